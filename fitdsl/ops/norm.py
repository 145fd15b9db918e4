"""Normalisation: bring the numbers of a channel, a group or a token to a common scale."""

from math import prod
from typing import Annotated, Self

from pydantic import Field, NonNegativeFloat, PositiveInt, model_validator

from ..values import Call, Cost, TensorType
from .base import Op
from .demands import FORMS, demand, demand_division, demand_map

Epsilon = Annotated[float, Field(gt=0, lt=1)]
"""Below 1, so that a number of channels, which PyTorch takes first, is no eps."""


class _Norm(Op):
    """Keeps the shape; its affine parameters count as parameters, not as weights.

    Legend: C channels, H height, W width, L length, D width of a token.
    """

    role = "transparent"

    eps: Epsilon = Field(1e-5, description="added to the variance, against division by zero")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        return x


def _affine(size: int, x: TensorType, *, learned: bool = True, shifted: bool = True) -> Cost:
    """Cost of scaling, and shifting if `shifted`, `size` kinds of numbers."""
    return Cost(params=size * (1 + shifted) * learned, activations=x.size)


class _BatchNorm(_Norm):
    """Normalises each channel over the batch; keeps running statistics for evaluation."""

    averages_batch = True

    momentum: NonNegativeFloat | None = Field(0.1, description="share of each batch in the running statistics")
    affine: bool = Field(True, description="learn a scale and a shift for each channel")
    track_running_stats: bool = Field(True, description="keep running statistics and use them in evaluation")

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        return _affine(x.shape[0], x, learned=self.affine)


class BatchNorm1d(_BatchNorm):
    """Normalises each channel over the batch, [C] -> [C] or [C, L] -> [C, L]."""

    examples = (
        ("BatchNorm1d()", (12,)),
        ("BatchNorm1d(1e-3, momentum=0.01)", (4, 9)),
        ("BatchNorm1d(affine=false, track_running_stats=false)", (4,)),
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        remedy = "use `BatchNorm2d()` for images" if x.rank == 3 else None
        demand(1 <= x.rank <= 2, f"`{self.word}` takes [C] or {FORMS[1]}, got {x}", remedy)
        return x

    def lower(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        return Call("torch.nn.BatchNorm1d", {"num_features": x.shape[0], **self.options()})


class BatchNorm2d(_BatchNorm):
    """Normalises each channel over the batch and the image, [C, H, W] -> [C, H, W]."""

    examples = (
        ("BatchNorm2d()", (8, 5, 6)),
        ("BatchNorm2d(eps=1e-3, momentum=0.01, track_running_stats=false)", (8, 5, 6)),
        ("BatchNorm2d(affine=false)", (8, 5, 6)),
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand(x.rank != 1, f"`{self.word}` takes {FORMS[2]}, got {x}", "use `BatchNorm1d()` for vectors")
        demand_map(self, x, 2)
        return x

    def lower(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        return Call("torch.nn.BatchNorm2d", {"num_features": x.shape[0], **self.options()})


class InstanceNorm2d(_Norm):
    """Normalises each channel of each image on its own, [C, H, W] -> [C, H, W]."""

    examples = (
        ("InstanceNorm2d()", (8, 5, 6)),
        ("InstanceNorm2d(eps=1e-3, affine=true)", (8, 5, 6)),
        ("InstanceNorm2d(momentum=0.2, track_running_stats=true)", (8, 5, 6)),
    )

    momentum: NonNegativeFloat = Field(0.1, description="share of each batch in the running statistics")
    affine: bool = Field(False, description="learn a scale and a shift for each channel")
    track_running_stats: bool = Field(False, description="keep running statistics and use them in evaluation")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        _, extents = demand_map(self, x, 2)
        demand(
            prod(extents) > 1,
            f"`{self.word}` needs more than one pixel a channel, got {x}",
            "put it before the pooling, or use `GroupNorm`",
        )
        return x

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        return _affine(x.shape[0], x, learned=self.affine)

    def lower(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        return Call("torch.nn.InstanceNorm2d", {"num_features": x.shape[0], **self.options()})


class GroupNorm(Op):
    """Normalises groups of channels of each example, [C, ...] -> [C, ...]."""

    role = "transparent"
    examples = (("GroupNorm(4)", (8, 5, 6)), ("GroupNorm(1, eps=1e-6)", (8, 5)), ("GroupNorm(2, affine=false)", (8,)))

    num_groups: PositiveInt = Field(description="groups of channels that are normalised together")
    eps: Epsilon = Field(1e-5, description="added to the variance, against division by zero")
    affine: bool = Field(True, description="learn a scale and a shift for each channel")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand(x.rank >= 1, f"`{self.word}` takes [C, ...], got {x}")
        each = demand_division(self, "channels", x.shape[0], self.num_groups) * prod(x.shape[1:])
        demand(
            each > 1,
            f"`{self.word}` needs more than one number a group, got {x} in {self.num_groups} groups",
            "use fewer groups",
        )
        return x

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        return _affine(x.shape[0], x, learned=self.affine)

    def lower(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        given = self.options()
        return Call("torch.nn.GroupNorm", {"num_groups": given.pop("num_groups"), "num_channels": x.shape[0], **given})


class LayerNorm(Op):
    """Normalises the last axis, or as many last axes as are named, [..., D] -> [..., D]."""

    role = "transparent"
    examples = (
        ("LayerNorm()", (5, 8)),
        ("LayerNorm(8, eps=1e-6, bias=false)", (5, 8)),
        ("LayerNorm([4, 5, 6])", (4, 5, 6)),
        ("LayerNorm(elementwise_affine=false)", (8,)),
    )

    normalized_shape: PositiveInt | tuple[PositiveInt, ...] | None = Field(
        None, description="last axes of the input, to be normalised together; the last one if left out"
    )
    eps: Epsilon = Field(1e-5, description="added to the variance, against division by zero")
    elementwise_affine: bool = Field(True, description="learn a scale and a shift for each number")
    bias: bool = Field(True, description="learn the shift too")

    @model_validator(mode="after")
    def _some_axis_is_normalised(self) -> Self:
        if self.normalized_shape == ():
            raise ValueError("normalized_shape must name at least one axis")
        return self

    def _normalised(self, x: TensorType) -> tuple[int, ...]:
        if self.normalized_shape is None:
            return x.shape[-1:]
        return self.normalized_shape if isinstance(self.normalized_shape, tuple) else (self.normalized_shape,)

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        last = self._normalised(x)
        demand(x.rank >= 1, f"`{self.word}` takes [..., D], got {x}")
        demand(
            x.shape[-len(last) :] == last,
            f"`{self.word}` expects the last axes {list(last)}, got {x}",
            "leave `normalized_shape` out to normalise the last axis",
        )
        return x

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        return _affine(prod(self._normalised(x)), x, learned=self.elementwise_affine, shifted=self.bias)

    def lower(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        return Call("torch.nn.LayerNorm", {**self.options(), "normalized_shape": self._normalised(x)})


class LocalResponseNorm(Op):
    """Divides each number by the energy of neighbouring channels, [C, ...] -> [C, ...].

    Source: Krizhevsky et al. 2012, ImageNet classification with deep convolutional neural networks, section 3.3.
    """

    role = "transparent"
    examples = (("LocalResponseNorm(5)", (8, 5, 6)), ("LocalResponseNorm(3, alpha=1e-3, beta=0.5, k=2)", (8, 5)))

    size: PositiveInt = Field(description="channels that count as neighbours")
    alpha: float = Field(1e-4, description="factor of the energy")
    beta: float = Field(0.75, description="exponent of the divisor")
    k: float = Field(1.0, description="added to the energy")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand(x.rank >= 2, f"`{self.word}` takes [C, ...] with at least two axes, got {x}")
        return x

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.LocalResponseNorm", self.options())
