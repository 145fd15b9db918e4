"""Losses of a hint that read two or more layers of each network, listed from the input on."""

from typing import Any, ClassVar

from pydantic import Field, PositiveInt

from ..values import Call, Cost, TensorType
from .feature import FeatureLoss, LearnedLoss, Needs, Sides, channels_of


class SolutionFlow(FeatureLoss, name="fsp"):
    """Mean squared difference of the flows between neighbouring layers, summed over neighbours: -> scalar.

    The flow between two layers are the inner products of their channels, the mean over positions, [n, C', C]; of two
    sizes, the larger map is averaged to the smaller. Layers are listed from the input on.

    Source: Yim et al. 2017, A Gift from Knowledge Distillation, eq. 1 and 2; the mean and the averaging as in
    RepDistiller, whose numbers most later papers quote, where the paper has the sum over channels and max pooling.
    """

    needs: ClassVar = Needs.CHANNELS
    takes_several: ClassVar = True
    source: ClassVar = "Yim et al. 2017, A Gift from Knowledge Distillation, eq. 2"
    # one channel each: the student's flow is (1 * 2 + 3 * 4) / 2 = 7, the teacher's, after averaging to 1, 1 * 5
    example: ClassVar = (
        "fsp()",
        {"guided": ([[[[1.0, 3.0]]]], [[[[2.0, 4.0]]]]), "hint": ([[[[0.0, 2.0]]]], [[[[5.0]]]])},
        4.0,
    )

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_several.fsp")


class KnowledgeReview(LearnedLoss, name="reviewkd"):
    """Squared distance at several scales between hints and a review of the student from its deepest layer: -> scalar.

    From the deepest layer on, a 1 x 1 convolution brings each to `width` channels, where two learned attention maps
    weigh it and what came from deeper; a 3 x 3 convolution makes a map like the hint of it. Of each hint the mean
    squared distance enters whole and averaged to those of 4 x 4, 2 x 2 and 1 x 1 that are smaller, each with half the
    weight of the one before; the weighted mean of these, summed over layers. Layers are listed from the input on.

    Source: Chen et al. 2021, Distilling Knowledge via Knowledge Review, eq. 7, sections 3.2 and 3.3; widths, scales and
    the start of weights as in the released code.
    """

    needs: ClassVar = Needs.MAPS
    takes_several: ClassVar = True
    source: ClassVar = "Chen et al. 2021, Distilling Knowledge via Knowledge Review, eq. 7"
    # one pixel and one channel, so that the scale 1 x 1 is the whole. A norm at rest divides by s = sqrt(1.00001),
    # twice on each way: the deeper layer gives 2 / s**2 against 1. Attention weighs it and the shallower one, -2, both
    # by 1 / (1 + exp(-(2 - 2) / s)) = 1/2, so that nothing is left against 3
    example: ClassVar = (
        "reviewkd()",
        {"guided": ([[[[-2.0]]]], [[[[2.0]]]]), "hint": ([[[[3.0]]]], [[[[1.0]]]])},
        (2 / 1.00001 - 1) ** 2 + 9,
    )

    width: PositiveInt = Field(512, description="channels in between, at most; the deepest guided layer's if fewer")

    def _width(self, sides: Sides) -> int:
        return min(self.width, channels_of(sides.guided[-1]))

    def sizes(self, sides: Sides) -> dict[str, Any]:
        return {
            "guided": tuple(map(channels_of, sides.guided)),
            "hint": tuple(map(channels_of, sides.hint)),
            "width": self._width(sides),
        }

    def cost(self, sides: Sides) -> Cost:
        fusions = (_fusion(*ends, self._width(sides)) for ends in zip(sides.guided, sides.hint, strict=True))
        attention = (_attention(guided, self._width(sides)) for guided in sides.guided[:-1])
        return sum((*fusions, *attention), Cost())

    def lower(self) -> Call:
        return Call("fitdsl.backend.losses_several.KnowledgeReview")


def _fusion(guided: TensorType, hint: TensorType, width: int) -> Cost:
    """Both convolutions of one layer, each with its norm."""
    own, other = channels_of(guided), channels_of(hint)
    within, beyond = guided.size // own, hint.size // other
    weights = own * width + 9 * width * other
    macs = own * width * within + 9 * width * other * beyond
    return Cost(weights + 2 * (width + other), weights, macs, 2 * (width * within + other * beyond))


def _attention(guided: TensorType, width: int) -> Cost:
    """Two maps that weigh a layer and what came from deeper."""
    positions = guided.size // channels_of(guided)
    return Cost(4 * width + 2, 4 * width, 4 * width * positions, (4 + 3 * width) * positions)
