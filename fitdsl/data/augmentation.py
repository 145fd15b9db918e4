"""Augmentations a spec can name; `fitdsl.training.transforms` does what is declared here."""

from typing import Annotated, final

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from ..values import Call, Rejected, TensorType
from .base import Augmentation, Preparation, image_axes
from .preparation import CenterCrop, Size, height_width

Probability = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0, le=1)]


class _SameImageShape(Augmentation):
    """An augmentation of images that keeps their shape."""

    def infer(self, input: TensorType) -> TensorType:
        """Images, shape kept."""
        image_axes(self, input)
        return input


@final
class RandomCrop(Augmentation):
    """A random window of each image after padding it with zeros, [C, H, W] -> [C, H', W'].

    Where the shape changes, validation and test take the middle.
    """

    size: Size = Field(description="edge of the window in pixels, or [height, width]")
    padding: NonNegativeInt = Field(0, description="zeros put on each side first")

    def infer(self, input: TensorType) -> TensorType:
        """Images of the window's size.

        Raises:
            Rejected: The window is larger than the image (which validation and test take it from).
        """
        channels, height, width = image_axes(self, input)
        crop = height_width(self.size)
        if crop[0] > height or crop[1] > width:
            raise Rejected(f"`RandomCrop` of {crop[0]} x {crop[1]} does not fit into {input}", "use `Pad` in `prepare`")
        return TensorType((channels, *crop))

    def lower(self) -> Call:
        """Moves the window of each example."""
        kwargs = {"size": height_width(self.size), "padding": self.padding}
        return Call("fitdsl.training.transforms.random_crop", kwargs)

    @property
    def still(self) -> Preparation:
        """The middle of the image."""
        return CenterCrop(size=self.size)


@final
class RandomHorizontalFlip(_SameImageShape):
    """Left and right exchanged with probability p."""

    p: Probability = Field(0.5, description="probability")

    def lower(self) -> Call:
        """Flips the last axis."""
        return Call("fitdsl.training.transforms.random_flip", {"p": self.p, "axis": -1})


@final
class RandomVerticalFlip(_SameImageShape):
    """Top and bottom exchanged with probability p."""

    p: Probability = Field(0.5, description="probability")

    def lower(self) -> Call:
        """Flips the axis before the last."""
        return Call("fitdsl.training.transforms.random_flip", {"p": self.p, "axis": -2})


@final
class RandomRotation(_SameImageShape):
    """A turn about the centre by an angle drawn evenly from -degrees to degrees; corners that come in are zero."""

    degrees: Annotated[float, Field(ge=0, le=180)] = Field(description="largest angle, in degrees")

    def lower(self) -> Call:
        """Samples bilinearly."""
        return Call("fitdsl.training.transforms.random_rotation", self.model_dump())


@final
class RandomErasing(_SameImageShape):
    """With probability p, a rectangle of 2 to 33 % of the image's area and aspect 0.3 to 3.3 becomes zero.

    Source: Zhong et al. 2020, Random erasing data augmentation.
    """

    p: Probability = Field(0.5, description="probability")

    def lower(self) -> Call:
        """Masks a rectangle."""
        return Call("fitdsl.training.transforms.random_erasing", self.model_dump())


@final
class Cutout(_SameImageShape):
    """A square of zeros around a random pixel; it may reach over the edge.

    Source: DeVries and Taylor 2017, Improved regularization of convolutional neural networks with cutout.
    """

    size: PositiveInt = Field(description="edge of the square in pixels")

    def lower(self) -> Call:
        """Masks a square."""
        return Call("fitdsl.training.transforms.cutout", self.model_dump())


@final
class ColorJitter(_SameImageShape):
    """Brightness times 1 ± brightness, then the distance to the image's mean times 1 ± contrast.

    Values are not clipped, since prepared images have no fixed range.
    """

    brightness: Amount = Field(0.0, description="largest relative change of brightness")
    contrast: Amount = Field(0.0, description="largest relative change of contrast")

    def lower(self) -> Call:
        """Two factors for each example."""
        return Call("fitdsl.training.transforms.color_jitter", self.model_dump())


@final
class GaussianNoise(Augmentation):
    """Independent normal noise on every number."""

    std: NonNegativeFloat = Field(description="standard deviation, in units of the prepared examples")

    def infer(self, input: TensorType) -> TensorType:
        """Any shape, kept."""
        return input

    def lower(self) -> Call:
        """Adds noise."""
        return Call("fitdsl.training.transforms.gaussian_noise", self.model_dump())
