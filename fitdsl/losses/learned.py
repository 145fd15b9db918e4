"""Losses of a hint that have weights or a memory of their own, which train in the stage and are dropped after it.

Sources are cited by equation or section; where a released code differs from its paper, the class says which it follows.
"""

from functools import partial
from itertools import pairwise
from math import exp, log, sqrt
from typing import Annotated, Any, ClassVar

from pydantic import Field, PositiveFloat, PositiveInt

from ..values import Call, Cost, TensorType
from .base import Reads
from .feature import LearnedLoss, Needs, Sides, channels_of


def _convolutions(*widths: int, kernel: int, positions: int, bias: bool = True) -> Cost:
    """Cost of convolutions that keep positions, from the first width over all others to the last."""
    weights = kernel**2 * sum(own * other for own, other in pairwise(widths))
    biases = sum(widths[1:]) if bias else 0
    return Cost(weights + biases, weights, weights * positions, positions * sum(widths[1:]))


def _kernel(type: TensorType) -> int:
    """The window that neighbourhood has a meaning in: 3 x 3 pixels of a map, one token of a sequence."""
    return 3 if type.rank == 3 else 1


def _positions(type: TensorType) -> int:
    return type.size // channels_of(type)


class VariationalInformation(LearnedLoss, name="vid"):
    """Negative log-likelihood of the hint under a Gaussian around a map of the guided layer: -> scalar.

    The mean is the guided layer after three linear maps of its channels, without biases and with ReLU between; each
    channel of the hint has a learned variance. Mean over batch, channels and positions, without the constant.

    Source: Ahn et al. 2019, Variational Information Distillation for Knowledge Transfer, eq. 5 and 6.
    """

    needs: ClassVar = Needs.POSITIONS
    source: ClassVar = "Ahn et al. 2019, Variational Information Distillation, eq. 5"
    # with ones the mean of the hints 3 and 5 is 1 and 2: (4 / 5 + ln 5) / 2 and (9 / 5 + ln 5) / 2
    example: ClassVar = ("vid()", {"guided": [[[[1.0, 2.0]]]], "hint": [[[[3.0, 5.0]]]]}, (1.3 + log(5)) / 2)

    variance: Annotated[float, Field(gt=1e-5)] = Field(5.0, description="variance of each channel at the start")

    def sizes(self, sides: Sides) -> dict[str, Any]:
        return {"channels": channels_of(sides.guided[0]), "hint_channels": channels_of(sides.hint[0])}

    def cost(self, sides: Sides) -> Cost:
        (guided,), (hint,) = sides.guided, sides.hint
        out = channels_of(hint)
        maps = _convolutions(channels_of(guided), out, out, out, kernel=1, positions=_positions(hint), bias=False)
        return maps + Cost(params=out)

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_learned.VariationalInformation")


class FactorTransfer(LearnedLoss, name="ft"):
    """Mean absolute difference of student and teacher factors, each of norm 1 by example: -> scalar.

    A translator of three convolutions makes the student's factor, a paraphraser the teacher's. The paper trains the
    paraphraser before; here it trains in the stage, by the mean squared error with which its decoder rebuilds the hint,
    which is added. It learns from nothing else. Without `paraphrase` the hint itself is the teacher's factor.
    Convolutions are 3 x 3 on maps and 1 x 1 on tokens.

    Source: Kim et al. 2018, Paraphrasing Complex Network: Network Compression via Factor Transfer, eq. 3 and 4; the
    mean of absolute differences as in the released code, where the paper has their sum; `by_position` as in
    RepDistiller, whose numbers most later papers quote.
    """

    needs: ClassVar = Needs.POSITIONS
    source: ClassVar = "Kim et al. 2018, Paraphrasing Complex Network, eq. 4"
    # ones and norms at rest leave the guided tokens but for a factor: (3/5, 4/5) against (1, 0), mean over two
    example: ClassVar = ("ft(paraphrase=false)", {"guided": [[[3.0], [4.0]]], "hint": [[[2.0], [0.0]]]}, 0.6)

    rate: Annotated[float, Field(gt=0, le=1)] = Field(0.5, description="channels of a factor as a share of the hint's")
    paraphrase: bool = Field(True, description="compare with a learned factor of the hint, not the hint itself")
    by_position: bool = Field(False, description="compare the factors' mean square at each position")

    def _factors(self, hint: TensorType) -> int:
        return max(1, round(self.rate * channels_of(hint))) if self.paraphrase else channels_of(hint)

    def sizes(self, sides: Sides) -> dict[str, Any]:
        (guided,), (hint,) = sides.guided, sides.hint
        return {
            "channels": channels_of(guided),
            "hint_channels": channels_of(hint),
            "factors": self._factors(hint),
            "kernel": _kernel(hint),
        }

    def cost(self, sides: Sides) -> Cost:
        (guided,), (hint,) = sides.guided, sides.hint
        own, other, factors = channels_of(guided), channels_of(hint), self._factors(hint)
        convolutions = partial(_convolutions, kernel=_kernel(hint), positions=_positions(hint))
        translator = convolutions(own, own, factors, factors)
        # norms and activations store as much as the convolutions before them
        after = 2 * translator.activations
        student = translator + Cost(params=2 * (own + 2 * factors), activations=after)
        if not self.paraphrase:
            return student
        teacher = convolutions(other, other, factors, factors, factors, other, other)
        return student + teacher + Cost(activations=teacher.activations)

    def lower(self) -> Call:
        settings = {"paraphrase": self.paraphrase, "by_position": self.by_position}
        return Call("fitdsl.backend.losses_learned.FactorTransfer", settings)


class MaskedGeneration(LearnedLoss, name="mgd"):
    """Squared distance between the hint and what two convolutions generate of the masked guided layer: -> scalar.

    Summed over features, mean over the batch. A 1 x 1 convolution first brings the guided layer to the hint's channels
    where these differ. Only training masks. Convolutions are 3 x 3 on maps and 1 x 1 on tokens.

    Source: Yang et al. 2022, Masked Generative Distillation, eq. 3 to 5; sum and mean as in the released code, which
    gives the loss a weight of 2e-5 (detection) or 7e-5 (classification, where it masks channels with share 0.15).
    """

    needs: ClassVar = Needs.POSITIONS
    source: ClassVar = "Yang et al. 2022, Masked Generative Distillation, eq. 5"
    # with ones on tokens of one channel nothing changes: 9 + 1 and 4, over two examples
    example: ClassVar = (
        "mgd()",
        {"guided": [[[3.0], [1.0]], [[2.0], [0.0]]], "hint": [[[0.0], [2.0]], [[0.0], [0.0]]]},
        7.0,
    )

    share: Annotated[float, Field(ge=0, lt=1)] = Field(0.65, description="probability to be masked")
    channels: bool = Field(False, description="mask whole channels, not positions")

    def sizes(self, sides: Sides) -> dict[str, Any]:
        (guided,), (hint,) = sides.guided, sides.hint
        return {"guided": channels_of(guided), "hint": channels_of(hint), "kernel": _kernel(hint)}

    def cost(self, sides: Sides) -> Cost:
        (guided,), (hint,) = sides.guided, sides.hint
        own, other, positions = channels_of(guided), channels_of(hint), _positions(hint)
        generation = _convolutions(other, other, other, kernel=_kernel(hint), positions=positions)
        align = Cost() if own == other else _convolutions(own, other, kernel=1, positions=positions)
        return generation + align

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_learned.MaskedGeneration")


class ContrastiveRepresentation(LearnedLoss, name="crd"):
    """Noise-contrastive loss that tells an example's own hint from those of other classes, and back: -> scalar.

    Both layers are mapped to vectors of norm 1 by a linear map each. A memory holds such vectors of all examples of the
    training split; each is moved to the new vector when its example comes by. Of each example the other network's
    vector in memory is the positive, those of all other classes are the negatives. The released code draws a number of
    these at random; here all enter, with the weight of that number, which is the mean over its draws. In evaluation the
    positive is the example's own vector, and nothing is remembered.

    Source: Tian et al. 2020, Contrastive Representation Distillation, eq. 17 to 19; memory and constants as in the
    released code.
    """

    reads: ClassVar = (Reads.GUIDED, Reads.HINT, Reads.TARGETS, Reads.INDICES)
    needs: ClassVar = Needs.NOTHING
    source: ClassVar = "Tian et al. 2020, Contrastive Representation Distillation, eq. 17"
    # with ones, vectors are (r, r) with r = sqrt(1/2), and the memory's two are (1, 1): all scores are e**sqrt(2), the
    # mean. Over it times 2, a negative is 1/2, as much as the noise, 1 of 2, and the positive e**(1 - sqrt(2)) / 2
    example: ClassVar = (
        "crd(negatives=1, width=2, temperature=1)",
        {"guided": [[1.0], [2.0]], "hint": [[1.0], [3.0]], "targets": [0, 1], "indices": [0, 1]},
        2 * (log(1 + (1 + 2e-7) * exp(sqrt(2) - 1)) + log(2 + 2e-7)),
    )

    width: PositiveInt = Field(128, description="numbers of a vector in memory")
    negatives: PositiveInt = Field(16_384, description="how many negatives count against one positive")
    temperature: PositiveFloat = Field(0.07, description="what similarities are divided by")
    momentum: Annotated[float, Field(ge=0, lt=1)] = Field(0.5, description="share of the old vector that stays")

    def sizes(self, sides: Sides) -> dict[str, Any]:
        return {"guided": sides.guided[0].size, "hint": sides.hint[0].size, "examples": sides.examples}

    def cost(self, sides: Sides) -> Cost:
        weights = self.width * (sides.guided[0].size + sides.hint[0].size)
        scores = 2 * (sides.examples or 0)
        return Cost(weights + 2 * self.width, weights, weights + self.width * scores, 2 * self.width + 3 * scores)

    def remembers(self, sides: Sides) -> int:
        return (2 * self.width + 1) * (sides.examples or 0)

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_learned.ContrastiveRepresentation")
