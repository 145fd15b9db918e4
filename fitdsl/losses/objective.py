"""What a stage minimises: a sum of losses, each with a weight that may move over the epochs."""

from __future__ import annotations

from dataclasses import dataclass

from ..optim.schedules import Schedule
from .base import Loss


@dataclass(frozen=True)
class Term:
    """`scale * schedule * loss`; a schedule left out counts as one."""

    loss: Loss
    scale: float = 1.0
    schedule: Schedule | None = None

    def weight(self, epoch: float, epochs: int) -> float:
        """The weight at an epoch counted from 1, in a stage of `epochs` epochs."""
        return self.scale if self.schedule is None else self.scale * self.schedule.at(epoch, epochs)


@dataclass(frozen=True)
class Objective:
    """A sum of terms."""

    terms: tuple[Term, ...]
