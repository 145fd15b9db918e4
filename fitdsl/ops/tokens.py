"""How tokens begin: learned vectors for indices, for positions and for the class."""

from pydantic import Field, NonNegativeInt, PositiveInt

from ..values import Call, Cost, TensorType
from .base import Op
from .demands import demand, demand_tokens


class Embedding(Op):
    """A learned vector for each index, [L] -> [L, embedding_dim]."""

    tokens = "read"
    examples = (("Embedding(20, 8)", (5,)), ("Embedding(20, 8, padding_idx=0)", (5,)))

    num_embeddings: PositiveInt = Field(description="how many indices there are")
    embedding_dim: PositiveInt = Field(description="width of a vector")
    padding_idx: NonNegativeInt | None = Field(None, description="index whose vector stays zero")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand(
            x.rank == 1,
            f"`{self.word}` takes a sequence of indices [L], got {x}",
            "put it first, where the data flow in",
        )
        demand(
            (self.padding_idx or 0) < self.num_embeddings,
            f"`{self.word}` pads with index {self.padding_idx}, but has {self.num_embeddings} indices",
            f"indices are 0 to {self.num_embeddings - 1}",
        )
        return TensorType((*x.shape, self.embedding_dim))

    def cost(self, *inputs: TensorType) -> Cost:
        weights = self.num_embeddings * self.embedding_dim
        return Cost(params=weights, weights=weights, activations=self.infer(*inputs).size)

    def lower(self, *inputs: TensorType) -> Call:
        return Call("fitdsl.backend.modules.Embedding", self.options())


class PositionalEmbedding(Op):
    """Adds a learned vector to each position, [L, D] -> [L, D]."""

    examples = (("PositionalEmbedding()", (5, 8)),)

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand_tokens(self, x)
        return x

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        return Cost(params=x.size, weights=x.size, activations=x.size)

    def lower(self, *inputs: TensorType) -> Call:
        length, width = demand_tokens(self, *inputs)
        return Call("fitdsl.backend.modules.PositionalEmbedding", {"length": length, "width": width})


class ClassToken(Op):
    """Puts a learned token in front, [L, D] -> [L + 1, D]."""

    examples = (("ClassToken()", (5, 8)),)

    def infer(self, *inputs: TensorType) -> TensorType:
        length, width = demand_tokens(self, *inputs)
        return TensorType((length + 1, width))

    def cost(self, *inputs: TensorType) -> Cost:
        _, width = demand_tokens(self, *inputs)
        return Cost(params=width, weights=width, activations=self.infer(*inputs).size)

    def lower(self, *inputs: TensorType) -> Call:
        _, width = demand_tokens(self, *inputs)
        return Call("fitdsl.backend.modules.ClassToken", {"width": width})
