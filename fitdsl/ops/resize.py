"""Larger or smaller images without weights: interpolation, padding, pixels from channels."""

from math import floor
from typing import Any, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from ..values import Call, TensorType
from .base import Op
from .demands import FORMS, demand, demand_map

_AXES_OF_MODE = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
}
_SMOOTH_MODE = {1: "linear", 2: "bilinear", 3: "trilinear"}


class Upsample(Op):
    """Another extent by interpolation, [C, L] -> [C, L'], [C, H, W] -> [C, H', W'] and the same for volumes."""

    role = "transparent"
    examples = (
        ("Upsample(scale_factor=2)", (4, 5, 6)),
        ("Upsample(7)", (4, 5, 6)),
        ('Upsample([9, 11], mode="bilinear", align_corners=true)', (4, 5, 6)),
        ('Upsample(scale_factor=[1.5, 0.7], mode="bicubic")', (4, 5, 6)),
        ('Upsample(scale_factor=1.7, mode="linear")', (4, 9)),
        ('Upsample(scale_factor=2, mode="trilinear")', (2, 3, 4, 5)),
        ('Upsample(scale_factor=3, mode="nearest-exact")', (4, 9)),
    )

    size: PositiveInt | tuple[PositiveInt, ...] | None = Field(None, description="extent of the output in pixels")
    scale_factor: PositiveFloat | tuple[PositiveFloat, ...] | None = Field(
        None, description="output pixels for each input pixel; instead of `size`"
    )
    mode: Literal["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear"] = Field(
        "nearest", description="how values between pixels are found; linear, bilinear and trilinear by number of axes"
    )
    align_corners: bool | None = Field(None, description="keep the corner pixels in place; not for nearest modes")

    @model_validator(mode="after")
    def _settings_agree(self) -> Self:
        if (self.size is None) == (self.scale_factor is None):
            raise ValueError("takes either `size` or `scale_factor`")
        if self.align_corners is not None and self.mode.startswith("nearest"):
            raise ValueError(f'align_corners has no meaning in mode "{self.mode}"')
        return self

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        axes, known = x.rank - 1, _AXES_OF_MODE[self.mode]
        forms = " or ".join(FORMS[number] for number in known)
        demand(
            axes in known,
            f'`{self.word}` in mode "{self.mode}" takes {forms}, got {x}',
            f'use mode="{_SMOOTH_MODE[axes]}"' if axes in _SMOOTH_MODE else None,
        )
        out = TensorType((x.shape[0], *self._extents(x)))
        demand(min(out.shape) >= 1, f"`{self.word}` leaves no pixel of {x}", "use a larger `scale_factor`")
        return out

    def _extents(self, x: TensorType) -> tuple[int, ...]:
        extents = x.shape[1:]
        if self.size is not None:
            return self._spread(self.size, x)
        return tuple(floor(n * factor) for n, factor in zip(extents, self._spread(self.scale_factor, x), strict=True))

    def _spread(self, value: Any, x: TensorType) -> tuple[Any, ...]:
        """One number for each spatial axis."""
        numbers = value if isinstance(value, tuple) else (value,) * (x.rank - 1)
        demand(
            len(numbers) == x.rank - 1,
            f"`{self.word}` has {len(numbers)} numbers for the {x.rank - 1} spatial axes of {x}",
            "give one number, or one for each axis",
        )
        return numbers

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Upsample", self.options())


class PixelShuffle(Op):
    """Squares of pixels from groups of channels, [C * r * r, H, W] -> [C, H * r, W * r].

    Source: Shi et al. 2016, Real-time single image and video super-resolution.  r upscale_factor.
    """

    role = "transparent"
    examples = (("PixelShuffle(2)", (8, 5, 6)), ("PixelShuffle(3)", (9, 5, 6)))

    upscale_factor: PositiveInt = Field(description="edge of the square that each group of channels becomes")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        channels, (height, width) = demand_map(self, x, 2)
        factor = self.upscale_factor
        demand(
            channels % factor**2 == 0,
            f"`{self.word}({factor})` needs a multiple of {factor**2} channels, got {x}",
            f"give the layer before it a multiple of {factor**2} channels",
        )
        return TensorType((channels // factor**2, height * factor, width * factor))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.PixelShuffle", self.options())


class ZeroPad2d(Op):
    """Zeros around an image, [C, H, W] -> [C, H', W']; negative padding cuts pixels off."""

    role = "transparent"
    examples = (
        ("ZeroPad2d(1)", (4, 5, 6)),
        ("ZeroPad2d([1, 2, 0, 3])", (4, 5, 6)),
        ("ZeroPad2d([-1, 0, 0, -2])", (4, 5, 6)),
    )

    padding: int | tuple[int, int, int, int] = Field(description="pixels on each side, or left, right, top and bottom")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        channels, (height, width) = demand_map(self, x, 2)
        left, right, top, bottom = self.padding if isinstance(self.padding, tuple) else (self.padding,) * 4
        out = TensorType((channels, top + height + bottom, left + width + right))
        # torch first cuts and then adds
        kept = (height + min(top, 0) + min(bottom, 0), width + min(left, 0) + min(right, 0))
        demand(
            min(*out.shape, *(one + 1 for one in kept)) >= 1,
            f"`{self.word}` cuts all pixels of {x} off",
            "use less negative padding",
        )
        return out

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.ZeroPad2d", self.options())
