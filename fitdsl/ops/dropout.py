"""Random zeros while training, nothing in evaluation."""

from pydantic import Field

from ..values import Call, TensorType
from .base import Op
from .demands import demand_map


class _Dropout(Op):
    """Keeps the shape, and the expected value of each number."""

    role = "transparent"

    p: float = Field(0.5, ge=0, le=1, description="probability of a zero")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        return x


class Dropout(_Dropout):
    """Sets numbers to zero at random while training, [...] -> [...]."""

    examples = (("Dropout()", (8, 5, 6)), ("Dropout(0.1)", (7,)))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Dropout", self.options())


class Dropout2d(_Dropout):
    """Sets whole channels to zero at random while training, [C, H, W] -> [C, H, W]."""

    examples = (("Dropout2d()", (8, 5, 6)), ("Dropout2d(0.1)", (8, 5, 6)))

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand_map(self, x, 2)
        return x

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Dropout2d", self.options())


class DropPath(_Dropout):
    """Sets whole examples to zero at random while training, to drop one branch of a sum, [...] -> [...].

    Source: Huang et al. 2016, Deep networks with stochastic depth.
    """

    examples = (("DropPath()", (8, 5, 6)), ("DropPath(0.1)", (7,)))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("fitdsl.backend.modules.DropPath", self.options())
