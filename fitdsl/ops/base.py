"""What an op is: a class with PyTorch's argument names that knows its shape, its cost and how torch spells it."""

from abc import abstractmethod
from typing import Any, ClassVar, Literal

from ..component import Component
from ..values import Call, Cost, TensorType

Example = tuple[str, tuple[int, ...] | tuple[tuple[int, ...], ...]]
"""A call as a user writes it, and the shape (or, for several inputs, the shapes) it is given."""


class Op(Component, kind="op"):
    """One layer of a network.

    Attributes:
        examples: Calls with input shapes; the contract test builds each in torch and compares shape, parameters and
            multiply-accumulates with what `infer` and `cost` say.
        min_inputs, max_inputs: How many flows it joins; None means any number.
        role: `map` learns or rearranges, `activation` is a non-linearity, `transparent` (pooling, norms, dropout) keeps
            the non-linearity of the layer before it.
        is_commutative: Whether the order of its inputs does not matter, not even to the last bit.
        tokens: What it does with tokens: it keeps them as they are, reads them, or takes real numbers only.
        averages_batch: Whether in training it takes means over the examples of a batch.
        gives_probabilities: Whether its outputs are probabilities, where losses look for logits.
    """

    examples: ClassVar[tuple[Example, ...]]
    min_inputs: ClassVar[int] = 1
    max_inputs: ClassVar[int | None] = 1
    role: ClassVar[Literal["map", "activation", "transparent"]] = "map"
    is_commutative: ClassVar[bool] = False
    tokens: ClassVar[Literal["kept", "read", "refused"]] = "refused"
    averages_batch: ClassVar[bool] = False
    gives_probabilities: ClassVar[bool] = False

    @abstractmethod
    def infer(self, *inputs: TensorType) -> TensorType:
        """The type of the output.

        Raises:
            Rejected: The inputs do not fit this op; the message states the actual shapes, the help a remedy.
        """

    def cost(self, *inputs: TensorType) -> Cost:
        """What one example costs; `inputs` are ones that `infer` accepts."""
        return Cost(activations=self.infer(*inputs).size)

    @abstractmethod
    def lower(self, *inputs: TensorType) -> Call:
        """The torch module to build (a class path), or for plain arithmetic the function to call (`operator.add`)."""

    def parts(self) -> int | None:
        """How many parts it gives, to be picked as `x[0]`, `x[1]` and so on; None for an op with one output."""
        return None

    def options(self) -> dict[str, Any]:
        """The fields that differ from their defaults, which are torch's too, as keyword arguments."""
        return self.model_dump(exclude_defaults=True)
