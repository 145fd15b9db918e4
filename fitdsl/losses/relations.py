"""Losses that compare how the examples of a batch relate to each other, so that features may differ in size."""

from math import exp, log
from typing import ClassVar

from pydantic import Field, PositiveFloat, PositiveInt

from ..values import Call
from .feature import FeatureLoss, Needs


class RelationalLoss(FeatureLoss):
    """A comparison of relations within a batch: [n, ...] twice, of any two shapes."""

    needs: ClassVar = Needs.NOTHING


class ProbabilisticTransfer(RelationalLoss, name="pkt"):
    """KL divergence of the probabilities to be neighbours, from cosine similarities: [n, ...] twice -> scalar.

    Similarities (1 + cos) / 2, each row divided by its sum, [n, n]; the mean over all pairs, as in the released code.

    Source: Passalis and Tefas 2018, Learning Deep Representations with Probabilistic Knowledge Transfer, section 3.
    """

    source: ClassVar = "Passalis and Tefas 2018, Probabilistic Knowledge Transfer, section 3"
    # right angle: similarities 1 and 1/2, rows (2/3, 1/3); opposite: 1 and 0, rows (1, 0); KL 2/2 ln(3/2) over 2 pairs
    example: ClassVar = (
        "pkt()",
        {"guided": [[2.0, 0.0], [0.0, 3.0]], "hint": [[1.0], [-1.0]]},
        log(1.5) / 2,
    )

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_relations.pkt")


class SimilarityPreserving(RelationalLoss, name="sp"):
    """Squared distance of inner products between examples, each row of norm 1: [n, ...] twice -> scalar.

    The matrices are [n, n]; the sum over all pairs divided by n**2.

    Source: Tung and Mori 2019, Similarity-Preserving Knowledge Distillation, section 3.
    """

    source: ClassVar = "Tung and Mori 2019, Similarity-Preserving Knowledge Distillation, section 3"
    # rows (1, 0) and (0, 1) against (3/5, 4/5) twice: (4/25 + 16/25) + (9/25 + 1/25), over 4 pairs
    example: ClassVar = ("sp()", {"guided": [[1.0, 0.0], [0.0, 2.0]], "hint": [[3.0], [4.0]]}, 0.3)

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_relations.sp")


class CorrelationCongruence(RelationalLoss, name="cc"):
    """Mean squared distance of kernels between examples, features of norm 1: [n, ...] twice -> scalar.

    The kernel is the Gaussian exp(-gamma |x - y|**2) by its Taylor series of some order in the inner product.

    Source: Peng et al. 2019, Correlation Congruence for Knowledge Distillation, section 3.
    """

    source: ClassVar = "Peng et al. 2019, Correlation Congruence for Knowledge Distillation, section 3"
    # inner products 0 and -1 off the diagonal: exp(-2) (1 - (1 - 2 + 2)) at gamma 1 and order 2 is 0; at order 1
    # exp(-2) (1 - (1 - 2)) = 2 exp(-2), squared, in 2 of 4 pairs
    example: ClassVar = (
        "cc(gamma=1, order=1)",
        {"guided": [[2.0, 0.0], [0.0, 3.0]], "hint": [[1.0], [-1.0]]},
        2 * exp(-4),
    )

    gamma: PositiveFloat = Field(0.4, description="how fast the kernel falls with squared distance")
    order: PositiveInt = Field(2, description="highest power of the Taylor series")

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_relations.cc")


class RelationalDistance(RelationalLoss, name="rkd_distance"):
    """Huber loss of distances between examples, each divided by their mean: [n, ...] twice -> scalar.

    The mean is over distances above 0; the loss is the mean over all n**2 pairs.

    Source: Park et al. 2019, Relational Knowledge Distillation, section 3.2.1.
    """

    source: ClassVar = "Park et al. 2019, Relational Knowledge Distillation, section 3.2.1"
    # distances 3, 4, 5 of mean 4 against 1, 1, 2 of mean 4/3: 3/4, 1, 5/4 against 3/4, 3/4, 3/2. Twice, over 9 pairs,
    # (0 + 1/16 + 1/16) / 2
    example: ClassVar = (
        "rkd_distance()",
        {"guided": [[3.0, 0.0], [0.0, 0.0], [0.0, 4.0]], "hint": [[0.0], [1.0], [2.0]]},
        1 / 72,
    )

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_relations.rkd_distance")


class RelationalAngle(RelationalLoss, name="rkd_angle"):
    """Huber loss of cosines of the angles that three examples form: [n, ...] twice -> scalar.

    The mean over all n**3 triples; a triple that names an example twice has the cosine 0 or 1 on both sides.

    Source: Park et al. 2019, Relational Knowledge Distillation, section 3.2.2.
    """

    source: ClassVar = "Park et al. 2019, Relational Knowledge Distillation, section 3.2.2"
    # a triangle 3, 4, 5 has cosines 0, 3/5, 4/5; points on a line -1 in the middle, 1 at both ends. Each stands in 2 of
    # 27 triples: (1 + 4/25 + 1/25) / 2
    example: ClassVar = (
        "rkd_angle()",
        {"guided": [[3.0, 0.0], [0.0, 0.0], [0.0, 4.0]], "hint": [[0.0], [1.0], [2.0]]},
        1.2 / 27,
    )

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_relations.rkd_angle")
