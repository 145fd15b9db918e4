"""What losses between a student's and a teacher's output have in common, and the one most specs need."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, PositiveFloat

from ..optim.schedules import Schedule
from ..values import Call, NetworkRef
from .base import Loss, Reads


def _stays_positive(value: float | Schedule) -> float | Schedule:
    if isinstance(value, Schedule) and value.extremes()[0] <= 0:
        raise ValueError(f"a temperature stays above 0, this schedule reaches {value.extremes()[0]:g}")
    return value


def _some(shares: Mapping[str, float]) -> Mapping[str, float]:
    if not shares:
        raise ValueError("the dictionary of teachers is empty")
    return dict(shares)


Temperature = Annotated[PositiveFloat | Schedule, AfterValidator(_stays_positive)]
"""What logits are divided by before the softmax: a number above 0, or a schedule that stays above 0."""

Teachers = NetworkRef | Annotated[Mapping[str, PositiveFloat], AfterValidator(_some)]
"""A network, or the names of several with the share that each has in their mean: `{big: 0.7, wide: 0.3}`."""

_WHO = frozenset({"student", "teacher"})


class LogitLoss(Loss):
    """A comparison of a student's output with a teacher's, [n, classes] twice; several teachers enter as their mean.

    The mean is that of their logits, weighted where `teacher` gives shares.
    """

    reads: ClassVar[tuple[Reads, ...]] = (Reads.LOGITS, Reads.TEACHER_LOGITS)

    temperature: Temperature = Field(1.0, description="what logits are divided by before the softmax")
    student: NetworkRef | None = Field(None, description="the network it trains, where a stage trains several")
    teacher: Teachers | None = Field(
        None, description="the network it learns from, or several with their shares; all teachers' mean if left out"
    )

    @property
    def taught(self) -> NetworkRef | None:
        return self.student

    @property
    def learned_from(self) -> Mapping[str, float]:
        if isinstance(self.teacher, NetworkRef):
            return {self.teacher.name: 1.0}
        return self.teacher or {}

    def _call(self, function: str) -> Call:
        settings = {name: getattr(self, name) for name in type(self).model_fields if name not in _WHO}
        return Call(function, settings)


class Distillation(LogitLoss, name="kd"):
    """Cross-entropy of the student's softened output against the teacher's: [n, classes] twice -> scalar.

    H(softmax(teacher / t), softmax(student / t)), mean over the batch, without the factor t squared unless `squared`.
    An ensemble of teachers enters as the mean of their logits.

    Source: Romero et al. 2015, FitNets, eq. 2; `squared` as in Hinton et al. 2015, section 2; the released FitNets
    code softens the teacher only; `standardize` as in the released code of Sun et al. 2024, Logit Standardization.
    """

    source: ClassVar = "Romero et al. 2015, FitNets, eq. 2"
    # softened, the teacher is (3/4, 1/4) and the student (1/4, 3/4): 3/4 ln 4 + 1/4 (ln 4 - ln 3) = ln 4 - (ln 3) / 4
    example: ClassVar = (
        "kd(temperature=2)",
        {"logits": [[0.0, 2.1972245773362196]], "teacher": [[2.1972245773362196, 0.0]]},
        1.1116412889528632,
    )

    temperature: Temperature = Field(3.0, description="what logits are divided by before the softmax")
    soften_student: bool = Field(True, description="divide the student's logits as well as the teacher's")
    squared: bool = Field(False, description="multiply by the temperature squared, so that gradients keep their size")
    standardize: bool = Field(False, description="bring each example's logits to mean 0 and deviation 1 first")

    def lower(self) -> Call:
        return self._call("fitdsl.backend.losses.kd")
