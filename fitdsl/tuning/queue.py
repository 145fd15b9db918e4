"""Which trial starts next: one whose stages nobody trains at the moment, as it would only wait for them."""

from __future__ import annotations

from collections import Counter

from .report import ENDED, TrialReport
from .study import Study

AHEAD = 8
"""How many trials are proposed before they start, where the sampler learns nothing from results; and how often in a row
one is passed over at most."""


class Queue:
    """The trials of a study in the order in which they start.

    Those that were begun earlier go on first. Numbers follow the proposals, so that which students there are does not
    depend on the order.

    Args:
        study: The trials that are not over by now are started again.
    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._begun = [trial for trial in study.unfinished if trial.attempts]
        self._waiting = [trial for trial in study.unfinished if not trial.attempts]
        self._given: set[int] = set()
        self._passed: Counter[int] = Counter()

    @property
    def running(self) -> int:
        """How many of those it has given run, or are about to."""
        return sum(self._study.trials[id].status not in (*ENDED, "paused") for id in self._given)

    def next(self) -> TrialReport | None:
        """The trial to start; None if there are no more."""
        busy = self._busy()
        trial = self._begun.pop(0) if self._begun else self._chosen(busy)
        if trial is not None:
            self._given.add(trial.id)
        return trial

    def _chosen(self, busy: frozenset[str]) -> TrialReport | None:
        """Of the waiting ones that with the fewest busy stages; the first of equals."""
        # whoever starts first need not wait until others are proposed
        self._look_ahead(AHEAD if busy and not self._study.proposer.is_learning else 1)
        if not self._waiting:
            return None
        first = self._waiting[0]
        if self._passed[first.id] < AHEAD:
            first = min(self._waiting, key=lambda trial: len(busy.intersection(self._study.stage_keys(trial.id))))
        place = self._waiting.index(first)
        self._passed.update(trial.id for trial in self._waiting[:place])
        return self._waiting.pop(place)

    def _look_ahead(self, count: int) -> None:
        while len(self._waiting) < count and (trial := self._study.next()) is not None:
            self._waiting.append(trial)

    def _busy(self) -> frozenset[str]:
        """Keys of the stages that running trials, or those about to, have not finished."""
        trials = [self._study.trials[id] for id in self._given]
        running = [trial for trial in trials if trial.status not in (*ENDED, "paused")]
        done = {stage.key for trial in trials for stage in trial.stages.values()}
        return frozenset(key for trial in running for key in self._study.stage_keys(trial.id) if key not in done)
