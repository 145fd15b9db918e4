"""Pooling: one number for each window of a feature map."""

from typing import Self

from pydantic import Field, PositiveInt, model_validator

from ..values import Call, TensorType
from .windows import Margin, Size, Windowed, demand_positions, pooled, reach


class _Pool(Windowed):
    """A window that slides over each channel on its own.

    Legend: C channels, H height, W width, L length.
    """

    role = "transparent"

    kernel_size: Size = Field(description="window edge in pixels; a list gives each axis its own")
    stride: Size | None = Field(None, description="step of the window in pixels; the window edge if left out")
    padding: Margin = Field(0, description="pixels added on each side, at most half the window edge")

    @model_validator(mode="after")
    def _padding_is_small(self) -> Self:
        edges = zip(self.spread(self.kernel_size), self.spread(self.padding), strict=True)
        if any(2 * margin > edge for edge, margin in edges):
            raise ValueError("padding must be at most half of kernel_size")
        return self

    def _outcome(self, x: TensorType, dilation: Size, ceil_mode: bool) -> TensorType:
        channels, extents = self.split(x)
        kernel, margins, steps = map(self.spread, (self.kernel_size, self.padding, dilation))
        strides = self.spread(self.kernel_size if self.stride is None else self.stride)
        axes = zip(extents, kernel, strides, margins, steps, strict=True)
        positions = tuple(pooled(*axis, ceil_mode=ceil_mode) for axis in axes)
        padded = tuple(n + 2 * p for n, p in zip(extents, margins, strict=True))
        demand_positions(self, padded, positions, tuple(map(reach, kernel, steps)))
        return TensorType((channels, *positions))


class _MaxPool(_Pool):
    """Largest value in each window."""

    dilation: Size = Field(1, description="distance between neighbouring pixels of the window")
    ceil_mode: bool = Field(False, description="keep a last window that hangs over the edge")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        return self._outcome(x, self.dilation, self.ceil_mode)


class MaxPool1d(_MaxPool):
    """Largest value in each window, [C, L] -> [C, L']."""

    axes = 1
    examples = (
        ("MaxPool1d(2)", (4, 21)),
        ("MaxPool1d([3], stride=2, padding=1, dilation=2)", (4, 21)),
        ("MaxPool1d(2, ceil_mode=true)", (4, 21)),
    )

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.MaxPool1d", self.options())


class MaxPool2d(_MaxPool):
    """Largest value in each window, [C, H, W] -> [C, H', W']."""

    axes = 2
    examples = (
        ("MaxPool2d(2)", (8, 28, 28)),
        ("MaxPool2d(3, stride=2, ceil_mode=true)", (8, 28, 28)),
        ("MaxPool2d(4, stride=2, ceil_mode=true)", (8, 33, 33)),
        ("MaxPool2d([3, 2], stride=[2, 1], padding=[1, 0], dilation=[1, 2])", (8, 15, 16)),
        ("MaxPool2d(2, stride=3, padding=1, ceil_mode=true)", (8, 6, 6)),
    )

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.MaxPool2d", self.options())


class _AvgPool(_Pool):
    """Mean of each window."""

    ceil_mode: bool = Field(False, description="keep a last window that hangs over the edge")
    count_include_pad: bool = Field(True, description="count padded zeros in the mean")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        return self._outcome(x, 1, self.ceil_mode)


class AvgPool1d(_AvgPool):
    """Mean of each window, [C, L] -> [C, L']."""

    axes = 1
    examples = (
        ("AvgPool1d(2)", (4, 21)),
        ("AvgPool1d(3, stride=2, padding=1, ceil_mode=true, count_include_pad=false)", (4, 22)),
    )

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.AvgPool1d", self.options())


class AvgPool2d(_AvgPool):
    """Mean of each window, [C, H, W] -> [C, H', W']."""

    axes = 2
    examples = (
        ("AvgPool2d(2)", (8, 28, 27)),
        ("AvgPool2d([3, 2], stride=2, padding=[1, 0], ceil_mode=true, count_include_pad=false)", (8, 28, 27)),
        ("AvgPool2d(2, divisor_override=3)", (8, 28, 27)),
    )

    divisor_override: PositiveInt | None = Field(None, description="divisor of the sum, if not the window's size")

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.AvgPool2d", self.options())


class _AdaptivePool(Windowed):
    """Windows chosen so that the output has a given extent."""

    role = "transparent"

    output_size: Size = Field(description="extent of the output in pixels; a list gives each axis its own")

    def infer(self, *inputs: TensorType) -> TensorType:
        channels, _ = self.split(*inputs)
        return TensorType((channels, *self.spread(self.output_size)))


class AdaptiveAvgPool1d(_AdaptivePool):
    """Mean of windows that tile the input, [C, L] -> [C, output_size]."""

    axes = 1
    examples = (("AdaptiveAvgPool1d(1)", (4, 21)), ("AdaptiveAvgPool1d(5)", (4, 21)))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.AdaptiveAvgPool1d", self.options())


class AdaptiveAvgPool2d(_AdaptivePool):
    """Mean of windows that tile the input, [C, H, W] -> [C, H', W']."""

    axes = 2
    examples = (("AdaptiveAvgPool2d(1)", (8, 7, 7)), ("AdaptiveAvgPool2d([2, 3])", (8, 7, 7)))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.AdaptiveAvgPool2d", self.options())


class AdaptiveMaxPool1d(_AdaptivePool):
    """Largest value of windows that tile the input, [C, L] -> [C, output_size]."""

    axes = 1
    examples = (("AdaptiveMaxPool1d(1)", (4, 21)), ("AdaptiveMaxPool1d([5])", (4, 21)))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.AdaptiveMaxPool1d", self.options())


class AdaptiveMaxPool2d(_AdaptivePool):
    """Largest value of windows that tile the input, [C, H, W] -> [C, H', W']."""

    axes = 2
    examples = (("AdaptiveMaxPool2d(1)", (8, 7, 7)), ("AdaptiveMaxPool2d([2, 3])", (8, 7, 7)))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.AdaptiveMaxPool2d", self.options())
