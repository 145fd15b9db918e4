"""Who trains on in successive halving that promotes: trials pause at rungs, and the best of each rung go on.

A rung is a number of epochs of the last stage. Of the n trials whose score at a rung is known, the best n // reduction
may go on, whichever came first. Early ones may turn out not to have been among the best; so that they cost no more than
they must, others go on only while fewer than n // reduction have; the better half of the best goes on in any case.
Once nothing else can run and no trial has come through, the best of the highest rung goes on, so that one does.

Source: Li et al. 2020, A system for massively parallel hyperparameter tuning, algorithm 2, which has no limit for those
that went on too early; `benchmarks/asha.py` compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isnan


class Rungs:
    """The scores that trials had at each rung, and who went on from it.

    Args:
        grace: Epochs of the lowest rung.
        reduction: Of this many trials at a rung one goes on.
        epochs: Epochs of a whole training; rungs lie below.
    """

    def __init__(self, grace: int, reduction: int, epochs: int) -> None:
        self._reduction = reduction
        self._rungs = {budget: _Rung() for budget in _budgets(grace, reduction, epochs)}
        self._is_one_through = False

    @property
    def budgets(self) -> tuple[int, ...]:
        """The epochs of each rung, lowest first."""
        return tuple(self._rungs)

    def reached(self, trial: str, epoch: int, score: float) -> bool:
        """Whether a trial goes on after an epoch; at a rung it pauses unless it is among the best of it by now.

        Args:
            trial: Its name.
            epoch: Epochs of the last stage it has trained.
            score: Larger is better; a NaN is the worst.
        """
        rung = self._rungs.get(epoch)
        if rung is None or trial in rung.promoted:
            return True
        rung.scores[trial] = score
        if trial not in rung.best(self._reduction):
            return False
        rung.promoted.add(trial)
        return True

    def promotable(self, is_paused: Callable[[str], bool] = lambda trial: True) -> str | None:
        """The trial to go on next, highest rung first, best first; it counts as promoted from then on.

        Args:
            is_paused: Which trials wait, so that they can go on at once.
        """
        for rung in reversed(self._rungs.values()):
            for trial in rung.best(self._reduction):
                if is_paused(trial):
                    return self._promoted(rung, trial)
        return None

    def drained(self, is_paused: Callable[[str], bool] = lambda trial: True) -> str | None:
        """The trial to go on when no other runs or will come: the best of the highest rung, unless one is through."""
        if self._is_one_through:
            return None
        for rung in reversed(self._rungs.values()):
            for trial in rung.ranked():
                if is_paused(trial):
                    return self._promoted(rung, trial)
        return None

    def promote(self, trial: str) -> None:
        """A trial goes on from the highest rung it has reached, as was decided before."""
        self._promoted(self._rungs[self.budget(trial)], trial)

    def waits(self, trial: str) -> bool:
        """Whether a trial has reached a rung and does not go on from it yet."""
        budget = self.budget(trial)
        return budget > 0 and trial not in self._rungs[budget].promoted

    def through(self, trial: str) -> None:
        """A trial has trained to its end."""
        self._is_one_through = True

    def gone(self, trial: str) -> None:
        """A trial has failed: its place at every rung is free."""
        for rung in self._rungs.values():
            rung.scores.pop(trial, None)
            rung.promoted.discard(trial)

    def budget(self, trial: str) -> int:
        """The highest rung that a trial has reached; 0 for none."""
        return max((budget for budget, rung in self._rungs.items() if trial in rung.scores), default=0)

    def _promoted(self, rung: _Rung, trial: str) -> str:
        rung.promoted.add(trial)
        return trial


class _Rung:
    def __init__(self) -> None:
        self.scores: dict[str, float] = {}
        self.promoted: set[str] = set()

    def ranked(self) -> list[str]:
        """Who waits with a score, best first; of equals the earlier one."""
        waiting = [trial for trial, score in self.scores.items() if trial not in self.promoted and not isnan(score)]
        return sorted(waiting, key=lambda trial: -self.scores[trial])

    def best(self, reduction: int) -> list[str]:
        """Who waits and may go on, best first."""
        ranked = sorted(self.scores, key=lambda trial: (isnan(self.scores[trial]), -self.scores[trial]))
        share = len(ranked) // reduction
        best, sure = set(ranked[:share]), set(ranked[: min(share, max(1, share // 2))])
        room = share - len(self.promoted)
        waiting = [trial for trial in self.ranked() if trial in best]
        return [trial for place, trial in enumerate(waiting) if place < room or trial in sure]


def _budgets(grace: int, reduction: int, epochs: int) -> Iterator[int]:
    budget = grace
    while budget < epochs:
        yield budget
        budget *= reduction
