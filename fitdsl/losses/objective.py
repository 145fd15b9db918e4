"""What a stage minimises: a sum of losses, each with a weight that may move over the epochs."""

from __future__ import annotations

from typing import Any

from ..dataclass import dataclass
from ..optim.schedules import Schedule
from ..values import ByInstance
from .base import Loss


@dataclass(frozen=True)
class Weight:
    """`scale * schedule`; a schedule left out counts as one."""

    scale: float = 1.0
    schedule: Schedule | None = None

    def at(self, epoch: float, epochs: int) -> float:
        """The weight at an epoch counted from 1, in a stage of `epochs` epochs."""
        return self.scale if self.schedule is None else self.scale * self.schedule.at(epoch, epochs)

    def extremes(self) -> tuple[float, float]:
        """Bounds on its values, lowest first, whatever the length of the stage."""
        if self.schedule is None or self.scale == 0:
            return self.scale, self.scale
        first, second = (self.scale * bound for bound in self.schedule.extremes())
        return min(first, second), max(first, second)

    @property
    def is_zero(self) -> bool:
        """Whether it is 0 all the time."""
        return self.extremes() == (0, 0)


@dataclass(frozen=True)
class Term:
    """`weight * loss`."""

    loss: Loss
    weight: Weight = Weight()


@dataclass(frozen=True)
class Objective(ByInstance):
    """A sum of terms."""

    terms: tuple[Term, ...]


def as_objective(value: Any) -> Objective | None:
    """A loss, a term or a sum as an objective; None for anything else."""
    match value:
        case Loss():
            return Objective((Term(value),))
        case Term():
            return Objective((value,))
        case Objective():
            return value
    return None


def add(left: Any, right: Any) -> Any:
    """The sum of two objectives; NotImplemented where one of them is none."""
    first, second = as_objective(left), as_objective(right)
    return Objective(first.terms + second.terms) if first and second else NotImplemented


def multiply(left: Any, right: Any) -> Any:
    """A number or schedule times a weight, a loss or a sum of losses, in either order; else NotImplemented."""
    weight, other = (_as_weight(left), right) if _as_weight(left) else (_as_weight(right), left)
    if weight is None:
        return NotImplemented
    if second := _as_weight(other):
        return _product(weight, second)
    objective = as_objective(other)
    if objective is None:
        return NotImplemented
    weights = [_product(weight, term.weight) for term in objective.terms]
    if NotImplemented in weights:
        return NotImplemented
    return Objective(tuple(Term(term.loss, new) for term, new in zip(objective.terms, weights, strict=True)))


def _as_weight(value: Any) -> Weight | None:
    match value:
        case bool():
            return None
        case int() | float():
            return Weight(float(value))
        case Schedule():
            return Weight(schedule=value)
        case Weight():
            return value
    return None


def _product(left: Weight, right: Weight) -> Any:
    if left.schedule and right.schedule:
        return NotImplemented
    return Weight(left.scale * right.scale, left.schedule or right.schedule)
