"""Losses between a guided layer and its hint that look at channels, positions or signs.

Sources are cited by equation or section; where a released code differs from its paper, the class says which it follows.
"""

from math import log, sqrt
from typing import ClassVar

from pydantic import Field, PositiveFloat, PositiveInt

from ..values import Call
from .feature import FeatureLoss, Needs


class AttentionTransfer(FeatureLoss, name="at"):
    """Distance of attention over positions, |A|**power summed over channels and brought to norm 1: -> scalar.

    The norm of the difference, mean over the batch; the mean of its squares over batch and positions if `squared`.

    Source: Zagoruyko and Komodakis 2017, Paying More Attention to Attention, eq. 2; `squared` as in the released code.
    """

    needs: ClassVar = Needs.POSITIONS
    source: ClassVar = "Zagoruyko and Komodakis 2017, Paying More Attention to Attention, eq. 2"
    # (0, 1 + 1) and (9, 0), of norm 1 (0, 1) and (1, 0): sqrt(2) apart
    example: ClassVar = ("at()", {"guided": [[[[0.0, 1.0]], [[0.0, 1.0]]]], "hint": [[[[3.0, 0.0]]]]}, sqrt(2))

    power: PositiveFloat = Field(2.0, description="power of an activation's absolute value")
    squared: bool = Field(False, description="mean of squared differences instead of their norm")

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_maps.at")


class NeuronSelectivity(FeatureLoss, name="nst"):
    """Squared maximum mean discrepancy of channels, each of norm 1 over positions: -> scalar.

    With the kernel k(x, y) = (x y)**power: the mean over pairs of the student's channels, plus that of the teacher's,
    minus twice that of one of each; mean over the batch.

    Source: Huang and Wang 2017, Like What You Like: Knowledge Distill via Neuron Selectivity Transfer, section 4.
    """

    needs: ClassVar = Needs.POSITIONS
    source: ClassVar = "Huang and Wang 2017, Neuron Selectivity Transfer, section 4"
    # channels (1, 0) and (0, 1) of the student, (3/5, 4/5) of the teacher: (1 + 0 + 0 + 1) / 4 + 1 - 2 (9 + 16) / 50
    example: ClassVar = (
        "nst()",
        {"guided": [[[[2.0, 0.0]], [[0.0, 5.0]]]], "hint": [[[[3.0, 4.0]]]]},
        0.5,
    )

    power: PositiveInt = Field(2, description="power of the inner product in the kernel; 1 is the linear one")

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_maps.nst")


class ActivationBoundaries(FeatureLoss, name="ab"):
    """Squared distance past the margin on the wrong side of 0, summed over units, mean over the batch: -> scalar.

    Where the hint is above 0, max(0, margin - guided)**2, elsewhere max(0, margin + guided)**2. Guide a layer before
    its activation by one before its activation.

    Source: Heo et al. 2019, Knowledge Transfer via Distillation of Activation Boundaries, section 3.
    """

    source: ClassVar = "Heo et al. 2019, Distillation of Activation Boundaries, section 3"
    # hints +, +, -, -: (1 - 3 -> 0), (1 - 0)**2 = 1, (1 + 1)**2 = 4, (1 - 0.5)**2 = 0.25; two examples
    example: ClassVar = (
        "ab()",
        {"guided": [[3.0, 0.0], [1.0, -0.5]], "hint": [[0.1, 7.0], [-2.0, 0.0]]},
        2.625,
    )

    margin: PositiveFloat = Field(1.0, description="how far from 0 an activation shall be")

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_maps.ab")


class Overhaul(FeatureLoss, name="ofd"):
    """Squared distance to the hint raised to its margin, except where both stay below 0: -> scalar.

    The margin of a channel is the mean of its negative responses, here in the batch; nothing is counted where
    guided <= raised hint <= 0. Summed over units, mean over the batch. Guide a layer before its activation by one
    before its activation, with `regressor = pointwise()`.

    Source: Heo et al. 2019, A Comprehensive Overhaul of Feature Distillation, section 3.
    """

    source: ClassVar = "Heo et al. 2019, A Comprehensive Overhaul of Feature Distillation, section 3"
    # the first channel's margin is the mean of -1 and -3, so that 2, -1, -3 are raised to 2, -1, -2; against 0, -5, 1
    # that is 4, nothing and 9. The second channel fits
    example: ClassVar = (
        "ofd()",
        {"guided": [[0.0, 1.0], [-5.0, 1.0], [1.0, 1.0]], "hint": [[2.0, 1.0], [-1.0, 1.0], [-3.0, 1.0]]},
        13 / 3,
    )

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_maps.ofd")


class ChannelWise(FeatureLoss, name="cwd"):
    """KL divergence of each channel's softmax over positions, mean over channels and batch: -> scalar.

    KL(hint, guided) of activations divided by the temperature, times the temperature squared.

    Source: Shu et al. 2021, Channel-wise Knowledge Distillation for Dense Prediction, section 3.
    """

    needs: ClassVar = Needs.MAP
    source: ClassVar = "Shu et al. 2021, Channel-wise Knowledge Distillation for Dense Prediction, section 3"
    # (3/4, 1/4) against (1/4, 3/4) at temperature 2 is (ln 3) / 2, times 4; the second channel fits
    example: ClassVar = (
        "cwd(temperature=2)",
        {"guided": [[[[0.0, 2 * log(3)]], [[1.0, 1.0]]]], "hint": [[[[2 * log(3), 0.0]], [[5.0, 5.0]]]]},
        log(3),
    )

    temperature: PositiveFloat = Field(4.0, description="what activations are divided by before the softmax")

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_maps.cwd")


class InterChannel(FeatureLoss, name="ickd"):
    """Squared distance of correlations between channels, each row of norm 1, divided by the channels: -> scalar.

    Correlations are inner products over positions, [n, C, C]; mean over the batch.

    Source: Liu et al. 2021, Exploring Inter-Channel Correlation for Diversity-Preserved Knowledge Distillation,
    section 3, and its released code, which has the rows of norm 1.
    """

    needs: ClassVar = Needs.CHANNELS
    source: ClassVar = "Liu et al. 2021, Exploring Inter-Channel Correlation, section 3"
    # channels (1, 0) and (0, 2): rows (1, 0) and (0, 1). Channels 3 and 4 at one position: both rows (3/5, 4/5).
    # (4/25 + 16/25) + (9/25 + 1/25) = 6/5, over two channels
    example: ClassVar = ("ickd()", {"guided": [[[[1.0, 0.0]], [[0.0, 2.0]]]], "hint": [[[[3.0]], [[4.0]]]]}, 0.6)

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_maps.ickd")


class PearsonChannels(FeatureLoss, name="pkd"):
    """One minus Pearson's correlation of each channel over batch and positions, mean over channels: -> scalar.

    Half the mean squared distance of channels brought to mean 0 and variance 1.

    Source: Cao et al. 2022, PKD: General Distillation Framework for Object Detectors via Pearson Correlation
    Coefficient, section 3.
    """

    source: ClassVar = "Cao et al. 2022, PKD via Pearson Correlation Coefficient, section 3"
    # a line with falling slope correlates by -1; (-1, 1, 0) with (-1, 0, 1) by 1/2: the mean of 2 and 1/2
    example: ClassVar = (
        "pkd()",
        {"guided": [[0.0, -1.0], [1.0, 1.0], [2.0, 0.0]], "hint": [[5.0, -1.0], [3.0, 0.0], [1.0, 1.0]]},
        1.25,
    )

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_maps.pkd")


class SimpleRecipe(FeatureLoss, name="srd"):
    """Logarithm of the summed differences, to a power, of channels of mean 0 and variance 1 over the batch: -> scalar.

    Source: Miles and Mikolajczyk 2024, Understanding the Role of the Projector in Knowledge Distillation, section 3;
    channels are brought to mean 0 and variance 1 as a batch norm in training does.
    """

    source: ClassVar = "Miles and Mikolajczyk 2024, Understanding the Role of the Projector, section 3"
    # hints 1 and -1 have variance 1, to which the norm adds 1e-5; equal guided outputs become 0: ln(2 / 1.00001**2)
    example: ClassVar = ("srd()", {"guided": [[7.0], [7.0]], "hint": [[1.0], [-1.0]]}, log(2) - 2 * log(1.00001))

    power: PositiveFloat = Field(4.0, description="power of the differences")

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_maps.srd")
