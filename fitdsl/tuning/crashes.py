"""Which trials have died with their processes, and which are given up: those that die without coming any further."""

from __future__ import annotations

from dataclasses import field

from ..dataclass import dataclass
from .study import Study

CRASHES = 2
"""How often in a row a trial is gone on with whose process has died, unless it comes further."""


@dataclass(eq=False)
class Crashes:
    """How often each trial has died since it last came further than ever before.

    Attributes:
        study: Knows how far each trial is.
    """

    study: Study
    _furthest: dict[int, int] = field(default_factory=dict)
    _deaths: dict[int, int] = field(default_factory=dict)

    def moved(self, id: int) -> bool:
        """Whether a trial has come further: its earlier deaths then count no longer."""
        at = self.study.trials[id].progress
        is_further = at > self._furthest.get(id, 0)
        if is_further:
            self._furthest[id], self._deaths[id] = at, 0
        return is_further

    def died(self, id: int) -> bool:
        """Count a death; whether the trial is to be given up."""
        self._deaths[id] = self._deaths.get(id, 0) + 1
        return self._deaths[id] > CRASHES
