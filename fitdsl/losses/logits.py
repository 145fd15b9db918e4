"""Losses between a student's and a teacher's output beyond plain distillation."""

from math import log
from typing import Annotated, ClassVar

from pydantic import Field, NonNegativeFloat

from ..values import Call
from .base import Reads
from .distillation import LogitLoss, Temperature

_SQUARED = "multiply by the temperature squared, so that gradients keep their size"


class Decoupled(LogitLoss, name="dkd"):
    """Divergences of target against the rest and among the rest, weighted apart: [n, classes] twice, [n] -> scalar.

    alpha * KL(target and rest) + beta * KL(other classes, without the target), mean over the batch, softened, times
    the temperature squared if `squared`, as in the released code.

    Source: Zhao et al. 2022, Decoupled Knowledge Distillation, eq. 7.
    """

    reads: ClassVar = (Reads.LOGITS, Reads.TEACHER_LOGITS, Reads.TARGETS)
    source: ClassVar = "Zhao et al. 2022, Decoupled Knowledge Distillation, eq. 7"
    # softened, the teacher is (1/2, 1/4, 1/4) and the student (1/4, 1/4, 1/2). Target and rest: (1/2, 1/2) against
    # (1/4, 3/4) is ln(4/3) / 2; the rest alone: (1/2, 1/2) against (1/3, 2/3) is ln(9/8) / 2; 4 (first + 8 second)
    example: ClassVar = (
        "dkd(temperature=2)",
        {"logits": [[0.0, 0.0, 2 * log(2)]], "teacher": [[2 * log(2), 0.0, 0.0]], "targets": [0]},
        2 * log(4 / 3) + 16 * log(9 / 8),
    )

    temperature: Temperature = Field(4.0, description="what logits are divided by before the softmax")
    alpha: NonNegativeFloat = Field(1.0, description="weight of the target against all other classes")
    beta: NonNegativeFloat = Field(8.0, description="weight of the other classes among themselves")
    squared: bool = Field(True, description=_SQUARED)

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_logits.dkd")


class Relational(LogitLoss, name="dist"):
    """One minus the correlation of student and teacher, by example and by class: [n, classes] twice -> scalar.

    Pearson's correlation of softened probabilities: inter * the mean over examples + intra * the mean over classes,
    times the temperature squared if `squared`, as in the released code.

    Source: Huang et al. 2022, Knowledge Distillation from A Stronger Teacher (DIST), section 3.
    """

    source: ClassVar = "Huang et al. 2022, Knowledge Distillation from A Stronger Teacher, section 3"
    # rows (3/4, 1/4) and (1/4, 3/4) of the teacher, (3/4, 1/4) and (9/10, 1/10) of the student: two numbers correlate
    # by 1 or -1, so rows give 1 - (1 - 1) / 2 and columns 1 - (-1 - 1) / 2
    example: ClassVar = (
        "dist()",
        {"logits": [[log(3), 0.0], [log(9), 0.0]], "teacher": [[log(3), 0.0], [0.0, log(3)]]},
        3.0,
    )

    inter: NonNegativeFloat = Field(1.0, description="weight of the correlation over classes, within an example")
    intra: NonNegativeFloat = Field(1.0, description="weight of the correlation over the batch, within a class")
    squared: bool = Field(True, description=_SQUARED)

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_logits.dist")


class JensenShannon(LogitLoss, name="jsd"):
    """Jensen-Shannon divergence of softened student and teacher output: [n, classes] twice -> scalar.

    share * KL(teacher, mixture) + (1 - share) * KL(student, mixture), mean over the batch, where the mixture has
    `share` of the teacher's probabilities and the rest of the student's.

    Source: Lin 1991, Divergence Measures Based on the Shannon Entropy; in distillation Agarwal et al. 2024, On-Policy
    Distillation of Language Models (GKD), section 2.
    """

    source: ClassVar = "Agarwal et al. 2024, On-Policy Distillation of Language Models, section 2"
    # (3/4, 1/4) and (1/4, 3/4) mix to (1/2, 1/2): both divergences are 3/4 ln(3/2) + 1/4 ln(1/2) = 3/4 ln 3 - ln 2
    example: ClassVar = ("jsd()", {"logits": [[0.0, log(3)]], "teacher": [[log(3), 0.0]]}, 0.75 * log(3) - log(2))

    share: Annotated[float, Field(gt=0, lt=1)] = Field(0.5, description="the teacher's share of the mixture")
    squared: bool = Field(False, description=_SQUARED)

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_logits.jsd")


class MultiLevel(LogitLoss, name="mlkd"):
    """Agreement of softened output by example, over the batch and over classes: [n, classes] twice -> scalar.

    KL(teacher, student), mean over the batch, times the temperature squared if `squared`; plus the squared distance of
    the matrices P P^T [n, n], divided by n; plus that of P^T P [classes, classes], divided by the classes. The paper
    sums it over the temperatures 2 to 6, a spec `mlkd(2) + mlkd(3) + …`; its prediction masks are left out.

    Source: Jin et al. 2023, Multi-level Logit Distillation, section 3, and its released code.
    """

    source: ClassVar = "Jin et al. 2023, Multi-level Logit Distillation, section 3"
    # (3/4, 1/4) against (1/4, 3/4): KL is (ln 3) / 2; P P^T is 5/8 twice; P^T P differs by 1/2 twice on the diagonal
    # and nowhere else: 2 (1/4) / 2
    example: ClassVar = ("mlkd(1)", {"logits": [[0.0, log(3)]], "teacher": [[log(3), 0.0]]}, log(3) / 2 + 0.25)

    temperature: Temperature = Field(4.0, description="what logits are divided by before the softmax")
    squared: bool = Field(True, description=_SQUARED)

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses_logits.mlkd")
