"""Fully connected layers, on a vector or on each token of a sequence."""

from pydantic import Field, PositiveInt

from ..values import Call, Cost, TensorType
from .base import Op
from .demands import demand


class _Dense(Op):
    """A linear map of the last axis.

    Legend: F features of a vector, L length, D width of a token.
    """

    out_features: PositiveInt = Field(description="numbers it gives")
    bias: bool = Field(True, description="add a learned number to each output")

    @property
    def rows(self) -> int:
        """How many linear forms it computes, before any are joined."""
        return self.out_features

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand(
            1 <= x.rank <= 2,
            f"`{self.word}` takes a flat input, got {x}",
            "put `Flatten()` before it" if x.rank else None,
        )
        return TensorType((*x.shape[:-1], self.out_features))

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        out, tokens = self.infer(x), x.size // x.shape[-1]
        weights = x.shape[-1] * self.rows
        stored = out.size if self.rows == self.out_features else out.size + tokens * self.rows
        return Cost(weights + (self.rows if self.bias else 0), weights, weights * tokens, stored)


class Linear(_Dense):
    """Linear map of the last axis, [F] -> [out_features] or [L, D] -> [L, out_features]."""

    examples = (("Linear(10)", (64,)), ("Linear(10, bias=false)", (64,)), ("Linear(12)", (5, 8)))

    def lower(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        return Call("torch.nn.Linear", {"in_features": x.shape[-1], **self.options()})


class Maxout(_Dense):
    """The largest of `pieces` linear maps, [F] -> [out_features] or [L, D] -> [L, out_features].

    The pieces of one output stand next to each other in the weight, each with its own bias.

    Source: Goodfellow et al. 2013, Maxout Networks.
    """

    examples = (("Maxout(500)", (64,)), ("Maxout(10, pieces=5, bias=false)", (64,)), ("Maxout(6, pieces=3)", (5, 8)))

    pieces: PositiveInt = Field(2, description="linear maps of which each output takes the largest")

    @property
    def rows(self) -> int:
        return self.out_features * self.pieces

    def lower(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        return Call("fitdsl.backend.modules.Maxout", {"in_features": x.shape[-1], **self.options()})
