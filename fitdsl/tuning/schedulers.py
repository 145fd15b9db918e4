"""Schedulers of Ray Tune: which trials train on, pause and stop, by their scores in the last stage.

Only results of the last stage's epochs carry `epoch`, counted in that stage from 1, and `score`, larger is better. All
others let a trial go on: the loss of a hint stage says little about how good a student will be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isnan
from typing import TYPE_CHECKING, Any, Literal

from ray.tune.schedulers import AsyncHyperBandScheduler, FIFOScheduler, HyperBandScheduler, MedianStoppingRule
from ray.tune.schedulers import TrialScheduler as RayScheduler

from ..backend.resolve import resolve
from ..dataclass import dataclass
from ..space.samplers import TrialScheduler
from .ledger import Ended, Line, Move, Moved, Reached
from .rungs import Rungs

if TYPE_CHECKING:
    from ray.tune.execution.tune_controller import TuneController
    from ray.tune.experiment import Trial

Result = Mapping[str, Any]
Decision = Move | Literal["stopped"]
Told = Callable[[str, Decision, int], None]
"""Hears of a decision: the trial's name, what was decided, and its epochs of the last stage by then."""

NUMBER, EPOCH, SCORE = "trial", "epoch", "score"
WORST = -1e100
"""Stands for a NaN among scores, which Ray would let pass; finite, as Ray interpolates between scores."""
SAMPLES = 3
"""Other trials at an epoch without which the median rule stops none."""


def scheduler(declared: TrialScheduler, epochs: int, told: Told) -> RayScheduler:
    """What a declared scheduler runs by.

    Args:
        declared: The declaration; one of another package may stand here.
        epochs: Epochs of the last stage.
        told: Hears of every trial that pauses, goes on or is stopped.
    """
    call = declared.lower()
    made: RayScheduler = resolve(call.target)(epochs=epochs, told=told, **call.kwargs)
    return made


def name_of(trial: Trial) -> str:
    """A trial's number in its study, which stays when a search is gone on with; Ray's own name where it has none."""
    return str(trial.config.get(NUMBER, trial.trial_id))


def promotion(*, epochs: int, told: Told, max_epochs: int | None, grace: int, reduction: int) -> RayScheduler:
    """Trials pause at rungs; the best of each go on."""
    ends = Ends(epochs, max_epochs)
    return Promotion(Rungs(grace, reduction, ends.last), ends, told)


def stopping(*, epochs: int, told: Told, max_epochs: int | None, grace: int, reduction: int) -> RayScheduler:
    """Trials stop at a rung unless they are among the best of those that came before."""
    ends = Ends(epochs, max_epochs)
    settings = {"max_t": ends.last, "grace_period": min(grace, ends.last), "reduction_factor": reduction}
    return _Stopping(told, ends, settings)


def median(*, epochs: int, told: Told, grace: int) -> RayScheduler:
    """Trials stop that are worse than the median of the others."""
    return _Median(told, Ends(epochs), {"grace_period": grace, "min_samples_required": SAMPLES})


def hyperband(*, epochs: int, told: Told, max_epochs: int | None, reduction: int) -> RayScheduler:
    """Brackets of trials, each halved at other epochs."""
    ends = Ends(epochs, max_epochs)
    return _HyperBand(told, ends, {"max_t": ends.last, "reduction_factor": reduction})


def none(*, epochs: int, told: Told) -> RayScheduler:
    """Every trial trains to its end."""
    made: RayScheduler = _NoScheduler()  # type: ignore[no-untyped-call]
    return made


@dataclass(frozen=True)
class Ends:
    """When trials end that no one stops.

    Attributes:
        epochs: Epochs of the last stage.
        max_epochs: Where a search ends them earlier.
    """

    epochs: int
    max_epochs: int | None = None

    @property
    def last(self) -> int:
        """The last epoch of any trial."""
        return self.epochs if self.max_epochs is None else min(self.epochs, self.max_epochs)

    def at(self, epoch: int) -> str | None:
        """What to do with a trial at its last epoch: wait for its own end, or end it there; None before."""
        if epoch < self.last:
            return None
        return RayScheduler.STOP if self.last < self.epochs else RayScheduler.CONTINUE


class Promotion(RayScheduler):
    """Successive halving whose trials pause at rungs, as Ray's only stops them (ray-project/ray, issue 32634).

    Trials to go on come before new ones. One is chosen as soon as a result makes room for it, before the trial that
    brought the result has let go of its worker, so that Ray hands the warm worker on.

    Attributes:
        rungs: Who is where. After a crash, what was told to it can be told again.
        at_once: At most so many trials run at the same time.
    """

    _supports_buffered_results = False

    def __init__(self, rungs: Rungs, ends: Ends, told: Told) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.rungs = rungs
        self._ends = ends
        self._told = told
        self._paused: set[str] = set()
        self.at_once: int | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether trials are paused. A searcher is not finished as long as they are, or Ray gives warm workers up."""
        return bool(self._paused)

    def remember(self, lines: Iterable[Line]) -> None:
        """Be where a search was when it broke off."""
        for line in lines:
            match line:
                case Reached(id=id, epoch=epoch, score=score):
                    self.rungs.reached(str(id), epoch, score)
                case Moved(id=id, to="promoted"):
                    self.rungs.promote(str(id))
                case Ended(id=id, status="done"):
                    self.rungs.through(str(id))
                case Ended(id=id, status="failed"):
                    self.rungs.gone(str(id))

    def on_trial_add(self, tune_controller: TuneController, trial: Trial) -> None:
        """A trial is new, or gone on with; then it waits where it did."""
        if self.rungs.waits(name_of(trial)) and trial.status == trial.PENDING:
            trial.set_status(trial.PAUSED)  # type: ignore[no-untyped-call]
            self._paused.add(name_of(trial))

    def on_trial_result(self, tune_controller: TuneController, trial: Trial, result: Result) -> str:
        """Go on, pause at a rung, or end at the last epoch."""
        if SCORE not in result:
            return self.CONTINUE
        epoch = result[EPOCH]
        if (end := self._ends.at(epoch)) is not None:
            return end
        is_rung = epoch in self.rungs.budgets
        name = name_of(trial)
        goes_on = self.rungs.reached(name, epoch, result[SCORE])
        if is_rung:
            self._told(name, "promoted" if goes_on else "paused", epoch)
        if not goes_on:
            self._paused.add(name)
        return self.CONTINUE if goes_on else self.PAUSE

    def on_trial_complete(self, tune_controller: TuneController, trial: Trial, result: Result) -> None:
        """A trial has come to its own end."""
        self.rungs.through(name_of(trial))

    def on_trial_error(self, tune_controller: TuneController, trial: Trial) -> None:
        """A trial has failed; Ray adds it again if it is to be retried, and then it keeps its place by its score."""
        self._paused.discard(name_of(trial))
        # a trial to be retried has another status here
        if trial.status in (trial.RUNNING, trial.PENDING):
            self.rungs.gone(name_of(trial))

    def on_trial_remove(self, tune_controller: TuneController, trial: Trial) -> None:
        """A trial that waits is stopped."""
        self._paused.discard(name_of(trial))
        self._told(name_of(trial), "stopped", self.rungs.budget(name_of(trial)))

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """A trial that may go on, else the first new one; once neither is there, see to those that wait."""
        trials: dict[str, Trial] = {name_of(trial): trial for trial in tune_controller.get_trials()}
        ready = {name for name in self._paused if trials[name].status == "PAUSED"}
        chosen = self.rungs.promotable(ready.__contains__) if self._has_room(trials.values()) else None
        if chosen is None:
            pending = [trial for trial in trials.values() if trial.status == "PENDING"]
            if pending or any(trial.status == "RUNNING" for trial in trials.values()):
                return pending[0] if pending else None
            chosen = self.rungs.drained(ready.__contains__)
        if chosen is not None:
            self._paused.discard(chosen)
            self._told(chosen, "promoted", self.rungs.budget(chosen))
            return trials[chosen]
        for name in sorted(ready):
            tune_controller.stop_trial(trials[name])
        return None

    def _has_room(self, trials: Iterable[Trial]) -> bool:
        return self.at_once is None or sum(trial.status in ("RUNNING", "PENDING") for trial in trials) < self.at_once

    def debug_string(self) -> str:
        """How many wait."""
        return f"{len(self._paused)} trials paused"


class _Scored:
    """Keeps Ray's schedulers to results with a score, and tells what they decide."""

    metric = None
    """Keeps Ray from asking for a score in every result."""

    def __init__(self, told: Told, ends: Ends, settings: Mapping[str, Any]) -> None:
        super().__init__(time_attr=EPOCH, metric=SCORE, mode="max", **settings)  # type: ignore[call-arg]
        self._told = told
        self._ends = ends
        self._epochs: dict[str, int] = {}

    def on_trial_result(self, tune_controller: TuneController, trial: Trial, result: Result) -> str:
        if SCORE not in result:
            return RayScheduler.CONTINUE
        epoch = self._epochs[trial.trial_id] = result[EPOCH]
        if (end := self._ends.at(epoch)) is not None:
            return end
        decision: str = super().on_trial_result(tune_controller, trial, _comparable(result))  # type: ignore[misc]
        if decision == RayScheduler.STOP:
            self._told(name_of(trial), "stopped", epoch)
        if decision == RayScheduler.PAUSE:
            self._told(name_of(trial), "paused", epoch)
        return decision

    def on_trial_complete(self, tune_controller: TuneController, trial: Trial, result: Result) -> None:
        if SCORE in result:
            super().on_trial_complete(tune_controller, trial, _comparable(result))  # type: ignore[misc]


def _comparable(result: Result) -> dict[str, Any]:
    return {**result, SCORE: WORST if isnan(result[SCORE]) else result[SCORE]}


class _Stopping(_Scored, AsyncHyperBandScheduler):
    pass


class _Median(_Scored, MedianStoppingRule):
    pass


class _HyperBand(_Scored, HyperBandScheduler):
    def on_trial_complete(self, tune_controller: TuneController, trial: Trial, result: Result) -> None:
        HyperBandScheduler.on_trial_complete(self, tune_controller, trial, dict(result))

    def on_trial_remove(self, tune_controller: TuneController, trial: Trial) -> None:
        if trial.status == trial.PAUSED:
            self._told(name_of(trial), "stopped", self._epochs[trial.trial_id])
        super().on_trial_remove(tune_controller, trial)

    def _unpause_trial(self, tune_controller: TuneController, trial: Trial) -> None:
        self._told(name_of(trial), "promoted", self._epochs[trial.trial_id])

    def _process_bracket(self, tune_controller: TuneController, bracket: Any) -> str:
        """As Ray's, which after the first halving would leave paused trials waiting for one that has ended."""
        action: str = super()._process_bracket(tune_controller, bracket)
        bracket.is_being_processed = False
        return action


class _NoScheduler(FIFOScheduler):
    metric = None
