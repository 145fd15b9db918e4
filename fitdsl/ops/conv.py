"""Convolutions and their maxout: what they make of a feature map, and what that costs."""

from math import prod
from typing import Any, Literal, Self

from pydantic import Field, PositiveInt, model_validator

from ..values import Call, Cost, TensorType
from .base import Op
from .demands import demand, demand_division
from .windows import Margin, Size, Windowed, convolved, demand_positions, reach, transposed


class _Convolution(Windowed):
    """A window of weights that slides over the input.

    Legend: C channels, D depth, H height, W width, L length.
    """

    out_channels: PositiveInt = Field(description="channels it gives")
    kernel_size: Size = Field(description="window edge in pixels; a list gives each axis its own")
    stride: Size = Field(1, description="step of the window in pixels")
    padding: Margin | Literal["same", "valid"] = Field(
        0, description='pixels added on each side; "same" keeps the extents, "valid" adds none'
    )
    dilation: Size = Field(1, description="distance between neighbouring weights of the window in pixels")
    groups: PositiveInt = Field(1, description="groups of channels that do not see each other")
    bias: bool = Field(True, description="add a learned number to each channel")
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = Field(
        "zeros", description="what the padding is filled with"
    )

    @model_validator(mode="after")
    def _same_has_no_stride(self) -> Self:
        if self.padding == "same" and max(self.spread(self.stride)) > 1:
            raise ValueError('padding="same" works with stride 1 only')
        return self

    @property
    def filters(self) -> int:
        """How many windows slide, before any are joined."""
        return self.out_channels

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        channels, extents = self.split(x)
        demand_division(self, "input channels", channels, self.groups)
        demand_division(self, "output channels", self.out_channels, self.groups)
        self._check_padding(extents)
        return TensorType((self.out_channels, *self._positions(extents)))

    def _positions(self, extents: tuple[int, ...]) -> tuple[int, ...]:
        if self.padding == "same":
            return extents
        kernel, dilation, margins = self.spread(self.kernel_size), self.spread(self.dilation), self._margins()
        positions = tuple(map(convolved, extents, kernel, self.spread(self.stride), margins, dilation))
        padded = tuple(n + 2 * p for n, p in zip(extents, margins, strict=True))
        demand_positions(self, padded, positions, tuple(map(reach, kernel, dilation)))
        return positions

    def _margins(self) -> tuple[int, ...]:
        """Padding on the wider side of each axis."""
        if self.padding == "same":
            windows = map(reach, self.spread(self.kernel_size), self.spread(self.dilation))
            return tuple(window // 2 for window in windows)
        return self.spread(0 if self.padding == "valid" else self.padding)

    def _check_padding(self, extents: tuple[int, ...]) -> None:
        needed = {"reflect": 1, "circular": 0}.get(self.padding_mode)
        if needed is None:
            return
        for extent, margin in zip(extents, self._margins(), strict=True):
            demand(
                extent >= margin + needed,
                f'`{self.word}` cannot fill {margin} pixels of padding in mode "{self.padding_mode}" '
                f"from {extent} pixels of input",
                'use less padding, or padding_mode="zeros"',
            )

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        out = self.infer(x)
        weights = self.filters * x.shape[0] // self.groups * prod(self.spread(self.kernel_size))
        biases = self.filters if self.bias else 0
        stored = (
            out.size if self.filters == self.out_channels else out.size + out.size // self.out_channels * self.filters
        )
        return Cost(weights + biases, weights, weights * prod(out.shape[1:]), stored)


class Conv1d(_Convolution):
    """Convolution along a sequence, [C, L] -> [out_channels, L']."""

    axes = 1
    examples = (
        ("Conv1d(16, 3)", (4, 20)),
        ("Conv1d(8, 5, stride=2, padding=2, bias=false)", (4, 21)),
        ('Conv1d(8, [4], padding="same", dilation=2, groups=2)', (4, 21)),
        ('Conv1d(8, 3, padding=2, padding_mode="circular")', (4, 9)),
    )

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Conv1d", _with_channels(self, *inputs))


class Conv2d(_Convolution):
    """Convolution over an image, [C, H, W] -> [out_channels, H', W']."""

    axes = 2
    examples = (
        ("Conv2d(16, 3)", (3, 32, 32)),
        ("Conv2d(16, 3, stride=2, padding=1, bias=false)", (3, 32, 31)),
        ("Conv2d(8, [3, 5], stride=[1, 2], padding=[0, 2], dilation=[2, 1])", (4, 16, 16)),
        ('Conv2d(8, 4, padding="same", groups=4)', (8, 9, 10)),
        ('Conv2d(8, 3, padding="valid")', (4, 9, 9)),
        ('Conv2d(8, 3, padding=1, padding_mode="reflect")', (4, 9, 9)),
        ('Conv2d(8, 3, padding="same", padding_mode="replicate")', (4, 9, 9)),
    )

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Conv2d", _with_channels(self, *inputs))


class Conv3d(_Convolution):
    """Convolution over a volume, [C, D, H, W] -> [out_channels, D', H', W']."""

    axes = 3
    examples = (
        ("Conv3d(8, 3)", (2, 6, 7, 8)),
        ("Conv3d(8, [1, 3, 3], stride=[1, 2, 2], padding=[0, 1, 1], groups=2)", (2, 6, 7, 8)),
        ('Conv3d(4, 2, dilation=[1, 2, 1], bias=false, padding=1, padding_mode="replicate")', (2, 6, 7, 8)),
    )

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Conv3d", _with_channels(self, *inputs))


class MaxoutConv2d(_Convolution):
    """Convolution to `pieces` maps a channel and the largest of them, [C, H, W] -> [out_channels, H', W'].

    The pieces of one channel stand next to each other in the weight, each with its own bias.

    Source: Goodfellow et al. 2013, Maxout Networks.
    """

    axes = 2
    examples = (
        ("MaxoutConv2d(16, 3, padding=1)", (3, 12, 12)),
        ("MaxoutConv2d(8, 8, padding=3, pieces=5, bias=false)", (4, 12, 12)),
        ('MaxoutConv2d(8, [3, 1], stride=2, padding="valid", dilation=2, groups=2, pieces=3)', (4, 12, 12)),
        ('MaxoutConv2d(8, 3, padding=1, padding_mode="circular", pieces=1)', (4, 12, 12)),
    )

    pieces: PositiveInt = Field(2, description="linear maps of which each channel takes the largest")

    @property
    def filters(self) -> int:
        return self.out_channels * self.pieces

    def lower(self, *inputs: TensorType) -> Call:
        return Call("fitdsl.backend.modules.MaxoutConv2d", _with_channels(self, *inputs))


class ConvTranspose2d(Windowed):
    """Transposed convolution, which enlarges an image, [C, H, W] -> [out_channels, H', W']."""

    axes = 2
    examples = (
        ("ConvTranspose2d(8, 4, stride=2, padding=1)", (6, 7, 8)),
        ("ConvTranspose2d(8, 3, stride=2, padding=1, output_padding=1, groups=2, bias=false)", (6, 7, 8)),
        ("ConvTranspose2d(8, [3, 2], stride=[1, 3], dilation=[2, 1], output_padding=[0, 2])", (6, 7, 8)),
    )

    out_channels: PositiveInt = Field(description="channels it gives")
    kernel_size: Size = Field(description="window edge in pixels; a list gives each axis its own")
    stride: Size = Field(1, description="step between windows in the output, in pixels")
    padding: Margin = Field(0, description="pixels cut off on each side of the output")
    output_padding: Margin = Field(0, description="pixels added at the right and lower edge of the output")
    groups: PositiveInt = Field(1, description="groups of channels that do not see each other")
    bias: bool = Field(True, description="add a learned number to each channel")
    dilation: Size = Field(1, description="distance between neighbouring weights of the window in pixels")

    @model_validator(mode="after")
    def _output_padding_is_small(self) -> Self:
        steps = map(max, self.spread(self.stride), self.spread(self.dilation))
        if any(extra >= step for extra, step in zip(self.spread(self.output_padding), steps, strict=True)):
            raise ValueError("output_padding must be smaller than the stride or the dilation")
        return self

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        channels, extents = self.split(x)
        demand_division(self, "input channels", channels, self.groups)
        demand_division(self, "output channels", self.out_channels, self.groups)
        windows = (self.kernel_size, self.stride, self.padding, self.dilation, self.output_padding)
        sizes = tuple(map(transposed, extents, *map(self.spread, windows)))
        demand(
            min(sizes) >= 1,
            f"`{self.word}` cuts all of its output off: {list(sizes)} pixels are left",
            "use less padding",
        )
        return TensorType((self.out_channels, *sizes))

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        weights = self.out_channels * x.shape[0] // self.groups * prod(self.spread(self.kernel_size))
        biases = self.out_channels if self.bias else 0
        return Cost(weights + biases, weights, weights * prod(x.shape[1:]), self.infer(x).size)

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.ConvTranspose2d", _with_channels(self, *inputs))


def _with_channels(op: Op, x: TensorType) -> dict[str, Any]:
    return {"in_channels": x.shape[0], **op.options()}
