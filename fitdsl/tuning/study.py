"""A search without its machinery: which student is tried next, what came of each, and which is best.

Knows nothing of Ray: whoever runs trials asks `next` for them and says what happens to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from math import inf, isfinite
from typing import Any

from ..compilation import Compilation
from ..dataclass import dataclass
from ..program.model import Program
from ..program.search import CostOf, Goal
from ..training.report import CostReport
from ..values import Metric
from ..work.key import Around
from .candidates import Candidates, keys_of
from .ledger import Began, Ended, Flaw, Ledger, Move, Moved, Proposed, Reached, Refused, Staged
from .points import Point
from .report import ENDED, Counts, TrialReport, front
from .samplers import Proposer

REFUSALS = 300
"""Proposals refused in a row after which nothing new is expected."""


@dataclass(eq=False)
class Study:
    """The trials of a search.

    Attributes:
        compilation: The spec.
        candidates: What can be tried.
        goals: What to make large or small; the first decides which student is the best of several.
        proposer: Names what to try next.
        ledger: What has happened.
        around: What has a say in results and does not stand in the spec.
        wanted: How many students to train.
    """

    compilation: Compilation
    candidates: Candidates
    goals: Sequence[Goal]
    proposer: Proposer
    ledger: Ledger
    around: Around
    wanted: int
    is_exhausted: bool = False
    _keys: dict[str, int] = field(default_factory=dict)
    _stage_keys: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Tell the proposer what it was told before, in the same order."""
        for line in self.ledger.lines:
            match line:
                case Refused():
                    self.proposer.propose()
                    self.proposer.refused(line.point)
                case Proposed(trial=trial):
                    self.proposer.propose()
                    self._keys[trial.key] = trial.id
                case Ended():
                    self._teach(line)

    @property
    def trials(self) -> Mapping[int, TrialReport]:
        """All trials, by number."""
        return self.ledger.trials

    @property
    def signs(self) -> tuple[int, ...]:
        """For each goal 1 if large is good, else -1."""
        return tuple(1 if goal.direction == "maximize" else -1 for goal in self.goals)

    @property
    def unfinished(self) -> list[TrialReport]:
        """The trials that were begun and are not over."""
        return [trial for trial in self.trials.values() if trial.status not in ENDED]

    @property
    def progress(self) -> int:
        """How far all trials are."""
        return sum(trial.progress for trial in self.trials.values())

    def stage_keys(self, id: int) -> tuple[str, ...]:
        """Keys of the stages of a trial; none where data or weights are not here."""
        if id not in self._stage_keys:
            program = self.candidates.program(self.trials[id].point)
            keys = keys_of(program, self.around) if program else None
            self._stage_keys[id] = tuple((keys or {}).values())
        return self._stage_keys[id]

    def next(self) -> TrialReport | None:
        """A new student to train; None if there are enough, or no others."""
        refused = 0
        while len(self.trials) < self.wanted and not self.is_exhausted:
            point = None if refused >= REFUSALS or self._has_all() else self.proposer.propose()
            if point is None:
                self.is_exhausted = True
                break
            trial = self._judged(point)
            if trial is not None:
                return trial
            refused += 1
        return None

    def began(self, id: int) -> None:
        """A trial has started, or goes on."""
        self.ledger.add(Began(id=id))

    def moved(self, id: int, to: Move) -> None:
        """A trial was paused at a rung, or promoted beyond it."""
        self.ledger.add(Moved(id=id, to=to))

    def staged(self, id: int, stages: Mapping[str, Any]) -> None:
        """A trial has finished these stages, or taken them from earlier work."""
        if stages.keys() - self.trials[id].stages:
            self.ledger.add(Staged(id=id, stages=stages))

    def reached(self, id: int, result: Mapping[str, Any]) -> None:
        """A trial has finished an epoch of the last stage."""
        known = {name: result[name] for name in ("epoch", "score", "metrics", "seconds", "passes")}
        self.ledger.add(Reached(id=id, missed=self._missed(id, result, before=result["epoch"]), **known))

    def ended(self, id: int, result: Mapping[str, Any]) -> None:
        """A trial is over, as its last result says, or stopped before."""
        trial = self.trials[id]
        status = result.get("status", "stopped")
        metrics = result.get("metrics", trial.metrics)
        if status != "failed" and not (metrics and isfinite(result.get("score", 0.0))):
            status, result = "failed", {**result, "reason": "it has no finite score"}
        line = Ended(
            id=id,
            status=status,
            reason=result.get("reason", ""),
            metrics=metrics,
            values=() if status == "failed" else self.values(trial, metrics),
            epoch=result.get("epoch", trial.epoch),
            seconds=result.get("seconds"),
            passes=result.get("passes"),
            warnings=tuple(result.get("warnings", ())),
            missed=self._missed(id, result),
        )
        self.ledger.add(line)
        self._teach(line)

    def values(self, trial: TrialReport, metrics: Mapping[str, float]) -> tuple[float, ...]:
        """One number for each goal."""
        return tuple(_value(goal, trial, metrics) for goal in self.goals)

    def pareto(self) -> tuple[int, ...]:
        """The trials of which none is better in every goal.

        With several goals those that were stopped early count, too, with what they had reached: a student that is small
        enough need not be the most accurate one.
        """
        counted = ("done", "stopped") if len(self.goals) > 1 else ("done",)
        return front((trial for trial in self.trials.values() if trial.status in counted), self.signs)

    def best(self) -> int | None:
        """The finished trial that is best in the first goal; of equals the smallest."""
        trained = [trial for trial in self.trials.values() if trial.status == "done"]
        done = [self.trials[id] for id in front(trained, self.signs)]
        if not done:
            return None
        return max(done, key=lambda t: (self.signs[0] * t.values[0], -_weights(t), -t.id)).id

    def counts(self) -> Counts:
        """What became of the proposals."""
        return self.ledger.counts

    def _missed(self, id: int, result: Mapping[str, Any], before: float = inf) -> list[tuple[int, float]]:
        """Epochs that a trial has finished and of which the ledger knows nothing."""
        known = {epoch for epoch, _ in self.trials[id].history}
        told = result.get("history", ())
        return [(epoch, score) for epoch, score in told if epoch < before and epoch not in known]

    def _judged(self, point: Point) -> TrialReport | None:
        """A trial of a point, which is written down; None if it is no student, or an earlier one's twin."""
        program = self.candidates.program(point)
        if program is None:
            self._refuse(point, "infeasible")
            return None
        keys = keys_of(program, self.around)
        key = list(keys.values())[-1] if keys else str(sorted(point.items()))
        if key in self._keys:
            self._refuse(point, "duplicate")
            return None
        id = max(self.trials, default=-1) + 1
        trial = TrialReport(id=id, point=dict(point), key=key, seed=self.around.seed, cost=_costs(program))
        self._keys[key] = trial.id
        self._stage_keys[id] = tuple((keys or {}).values())
        self.ledger.add(Proposed(trial=trial))
        return trial

    def _refuse(self, point: Point, why: Flaw) -> None:
        self.ledger.add(Refused(point=dict(point), why=why))
        self.proposer.refused(point)

    def _has_all(self) -> bool:
        return self.candidates.size is not None and len(self.trials) >= self.candidates.size

    def _teach(self, line: Ended) -> None:
        point = self.trials[line.id].point
        if line.values:
            self.proposer.learned(point, tuple(s * v for s, v in zip(self.signs, line.values, strict=True)))
        else:
            self.proposer.refused(point)


def metric_of(goals: Sequence[Goal]) -> tuple[str, int]:
    """By which metric of the validation split trials are compared at a rung, and 1 if much of it is good, else -1."""
    for goal in goals:
        if isinstance(goal.what, Metric):
            return goal.what.name, 1 if goal.direction == "maximize" else -1
    return "loss", -1


def _value(goal: Goal, trial: TrialReport, metrics: Mapping[str, float]) -> float:
    what = goal.what
    return float(getattr(trial.cost[what.network], what.kind)) if isinstance(what, CostOf) else metrics[what.name]


def _costs(program: Program) -> dict[str, CostReport]:
    students = {name: network.cost for name, network in program.networks.items() if network.role == "student"}
    return {name: CostReport.of(cost) for name, cost in students.items() if cost is not None}


def _weights(trial: TrialReport) -> int:
    return sum(cost.weights for cost in trial.cost.values())
