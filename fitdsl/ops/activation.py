"""Non-linearities: each number on its own, or the numbers along one axis."""

from typing import Literal

from pydantic import Field, PositiveInt

from ..values import Call, Cost, TensorType
from .base import Op
from .demands import batched, demand, demand_axis


class _Activation(Op):
    """Keeps the shape."""

    role = "activation"

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        return x


class ReLU(_Activation):
    """max(x, 0) of each number, [...] -> [...]."""

    examples = (("ReLU()", (8, 5, 6)), ("ReLU()", (7,)))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.ReLU", self.options())


class LeakyReLU(_Activation):
    """x above zero, negative_slope * x below, of each number, [...] -> [...]."""

    examples = (("LeakyReLU()", (8, 5, 6)), ("LeakyReLU(0.2)", (7,)))

    negative_slope: float = Field(0.01, description="slope below zero")

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.LeakyReLU", self.options())


class PReLU(_Activation):
    """x above zero, a learned slope times x below, of each number, [C, ...] -> [C, ...]."""

    examples = (("PReLU()", (8, 5, 6)), ("PReLU(8, init=0.1)", (8, 5, 6)), ("PReLU(7)", (7,)))

    num_parameters: PositiveInt = Field(1, description="learned slopes: one for all, or one for each channel")
    init: float = Field(0.25, description="what the slopes start from")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        slopes, channels = self.num_parameters, x.shape[0] if x.rank else 1
        demand(
            slopes in (1, channels),
            f"`{self.word}` has {slopes} slopes for {channels} channels",
            f"write `PReLU({channels})` or `PReLU()`",
        )
        return x

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        return Cost(params=self.num_parameters, activations=x.size)

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.PReLU", self.options())


class ReLU6(_Activation):
    """min(max(x, 0), 6) of each number, [...] -> [...]."""

    examples = (("ReLU6()", (8, 5, 6)),)

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.ReLU6", self.options())


class GELU(_Activation):
    """x times the normal distribution function at x, of each number, [...] -> [...]."""

    examples = (("GELU()", (8, 5, 6)), ('GELU("tanh")', (7,)))

    approximate: Literal["none", "tanh"] = Field("none", description='"tanh" is faster and nearly the same')

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.GELU", self.options())


class SiLU(_Activation):
    """x * sigmoid(x) of each number, [...] -> [...]."""

    examples = (("SiLU()", (8, 5, 6)),)

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.SiLU", self.options())


class Hardswish(_Activation):
    """x * min(max(x + 3, 0), 6) / 6 of each number, [...] -> [...]."""

    examples = (("Hardswish()", (8, 5, 6)),)

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Hardswish", self.options())


class Hardsigmoid(_Activation):
    """min(max(x + 3, 0), 6) / 6 of each number, [...] -> [...]."""

    examples = (("Hardsigmoid()", (8, 5, 6)),)

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Hardsigmoid", self.options())


class Sigmoid(_Activation):
    """1 / (1 + exp(-x)) of each number, [...] -> [...]."""

    examples = (("Sigmoid()", (8, 5, 6)),)

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Sigmoid", self.options())


class Tanh(_Activation):
    """Hyperbolic tangent of each number, [...] -> [...]."""

    examples = (("Tanh()", (8, 5, 6)),)

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Tanh", self.options())


class ELU(_Activation):
    """x above zero, alpha * (exp(x) - 1) below, of each number, [...] -> [...]."""

    examples = (("ELU()", (8, 5, 6)), ("ELU(0.5)", (7,)))

    alpha: float = Field(1.0, description="what it tends to far below zero, negated")

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.ELU", self.options())


class Softmax(_Activation):
    """Shares that sum to 1 along one axis, [...] -> [...]."""

    gives_probabilities = True
    examples = (("Softmax()", (10,)), ("Softmax(0)", (8, 5, 6)), ("Softmax(dim=-2)", (8, 5, 6)))

    dim: int = Field(-1, description="axis of an example along which the shares sum to 1")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand_axis(self, self.dim, x.rank)
        return x

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Softmax", {"dim": batched(self.dim)})
