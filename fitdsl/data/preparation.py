"""Preparations a spec can name; `prepare` does what is declared here."""

from typing import final

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from ..values import Call, Rejected, TensorType
from .base import Preparation, image_axes

Size = PositiveInt | tuple[PositiveInt, PositiveInt]


def height_width(size: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width that a size stands for; one number means a square."""
    return (size, size) if isinstance(size, int) else size


class _SameShape(Preparation):
    """A preparation that takes examples of any shape and keeps it."""

    def infer(self, input: TensorType) -> TensorType:
        """Any shape, kept."""
        return input


@final
class GCN(_SameShape):
    """Global contrast normalization: each example loses its mean and is scaled to a fixed length (L2 norm).

    Source: Coates, Lee and Ng 2011; pylearn2's `global_contrast_normalize`, as FitNets uses it with scale 55.
    """

    scale: PositiveFloat = Field(55.0, description="L2 norm of each example afterwards")
    min_divisor: PositiveFloat = Field(1e-8, description="an example whose norm / scale is below is not scaled")

    def lower(self) -> Call:
        """Needs no fitting."""
        return Call("fitdsl.data.prepare.ContrastNormalization", self.model_dump())


@final
class ZCA(Preparation):
    """Whitening that stays close to the image: x -> (x - mean) (covariance + bias I)^(-1/2), over all numbers of x.

    Source: pylearn2's `ZCA`, as FitNets uses it with bias 0.1.
    """

    bias: PositiveFloat = Field(0.1, description="added to the covariance's diagonal")

    def infer(self, input: TensorType) -> TensorType:
        """Any shape, kept.

        Raises:
            Rejected: The covariance would have more than 16,384 rows (2 GiB).
        """
        if input.size > 16_384:
            raise Rejected(
                f"`ZCA` of {input} needs a covariance of {input.size:,} x {input.size:,} numbers",
                "put `Resize` before it, or use `Standardize()`",
            )
        return input

    def lower(self) -> Call:
        """Learns mean and covariance."""
        return Call("fitdsl.data.prepare.Whitening", self.model_dump())


@final
class Standardize(_SameShape):
    """Mean 0 and standard deviation 1 in each channel, measured on the training split.

    A channel is an index of the first axis: a colour of [C, H, W], a feature of [F]. A constant one is only shifted.
    """

    def lower(self) -> Call:
        """Learns mean and standard deviation."""
        return Call("fitdsl.data.prepare.Standardization")


@final
class Normalize(Preparation):
    """(x - mean) / std in each channel, with given numbers."""

    mean: tuple[float, ...] = Field(min_length=1, description="one number per channel, or one for all")
    std: tuple[PositiveFloat, ...] = Field(min_length=1, description="one number per channel, or one for all")

    def infer(self, input: TensorType) -> TensorType:
        """Any shape, kept.

        Raises:
            Rejected: There are neither one nor as many numbers as channels.
        """
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, input.shape[0]):
                raise Rejected(
                    f"`Normalize` has {len(values)} numbers in `{name}`, but {input} has {input.shape[0]} channels"
                )
        return input

    def lower(self) -> Call:
        """Needs no fitting."""
        return Call("fitdsl.data.prepare.Normalization", self.model_dump())


@final
class Scale(_SameShape):
    """Every number times a factor."""

    factor: float = Field(description="what to multiply by")

    def lower(self) -> Call:
        """Needs no fitting."""
        return Call("fitdsl.data.prepare.Scaling", self.model_dump())


@final
class Resize(Preparation):
    """Another height and width, [C, H, W] -> [C, H', W'], bilinear and without aliasing when it shrinks."""

    size: Size = Field(description="edge in pixels, or [height, width]")

    def infer(self, input: TensorType) -> TensorType:
        """Images of the new size."""
        channels, _, _ = image_axes(self, input)
        return TensorType((channels, *height_width(self.size)))

    def lower(self) -> Call:
        """Needs no fitting."""
        return Call("fitdsl.data.prepare.Resizing", {"size": height_width(self.size)})


@final
class CenterCrop(Preparation):
    """The middle of each image, [C, H, W] -> [C, H', W']."""

    size: Size = Field(description="edge in pixels, or [height, width]")

    def infer(self, input: TensorType) -> TensorType:
        """Images of the new size.

        Raises:
            Rejected: The crop is larger than the image.
        """
        channels, height, width = image_axes(self, input)
        crop = height_width(self.size)
        if crop[0] > height or crop[1] > width:
            raise Rejected(f"`CenterCrop` of {crop[0]} x {crop[1]} does not fit into {input}")
        return TensorType((channels, *crop))

    def lower(self) -> Call:
        """Needs no fitting."""
        return Call("fitdsl.data.prepare.CenterCropping", {"size": height_width(self.size)})


@final
class Pad(Preparation):
    """Zeros around each image, [C, H, W] -> [C, H + 2p, W + 2p]."""

    padding: NonNegativeInt = Field(description="pixels added on each side")

    def infer(self, input: TensorType) -> TensorType:
        """Images of the new size."""
        channels, height, width = image_axes(self, input)
        return TensorType((channels, height + 2 * self.padding, width + 2 * self.padding))

    def lower(self) -> Call:
        """Needs no fitting."""
        return Call("fitdsl.data.prepare.Padding", self.model_dump())
