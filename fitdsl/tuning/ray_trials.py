"""Trials as Ray Tune runs them: our trials in its actors, our study as its searcher, and its news in our ledger.

Ray keeps no state that a search needs: where trials stand is in the ledger, how far they are in their runs' folders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ray.exceptions import RayTaskError
from ray.tune import Callback, Stopper, Trainable
from ray.tune.experiment import Trial
from ray.tune.search import Searcher

from ..dataclass import dataclass
from .crashes import CRASHES, Crashes
from .queue import Queue
from .schedulers import NUMBER, Decision
from .study import Study
from .trainee import Result, Subject, Trainee

DIED = f"its process died {CRASHES + 1} times without coming any further"
OUT_OF_HOST_MEMORY = f"its machine ran out of memory {CRASHES + 1} times without its coming any further"
"""Why a trial has failed whose process has said nothing, or was ended by Ray."""

SELECTED = "Selected to kill"
"""Stands in Ray's report on a machine that ran out of memory before the actors that it has ended."""


class TrialActor(Trainable):
    """A process that trains one student after the other."""

    trainee: Trainee

    def setup(self, config: dict[str, Any], subject: Subject | None = None) -> None:
        """Take the first trial; Ray gives what `with_parameters` has been given."""
        if subject is None:
            raise TypeError("a trial needs to know its search")
        self.subject = subject
        self.opened: dict[Any, Any] = {}
        self._take(config)

    def reset_config(self, new_config: Mapping[str, Any]) -> bool:
        """Leave a trial for another one."""
        self.trainee.end()
        self._take(new_config)
        return True

    def step(self) -> Result:
        """Go on until there is news."""
        if self.is_away:
            self._take(self.config)
        return self.trainee.advance()

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any]:
        """Put a trial aside, so that any process can go on with it; all there is to save is in its run's folder."""
        self.trainee.end()
        self.is_away = True
        return {}

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing: a run goes on from its folder."""

    def cleanup(self) -> None:
        """End."""
        self.trainee.end()

    def _take(self, config: Mapping[str, Any]) -> None:
        self.is_away = False
        self.trainee = Trainee(self.subject, config[NUMBER], config["point"], self.opened)


class _Live:
    """Something of this process alone: Ray writes down how it was set up, from which we never start anything."""

    def __getstate__(self) -> dict[str, Any]:
        return {}


class StudySearcher(_Live, Searcher):
    """Hands Ray the trials of a study.

    Args:
        study: The study.
        room: How many trials may run or wait for a worker at the moment.
        is_waiting: Whether trials are paused: as long as they are, Ray is not told that there are no more, or it would
            give its warm workers up.
    """

    def __init__(self, study: Study, room: Callable[[], int], is_waiting: Callable[[], bool]) -> None:
        super().__init__()
        self.queue = Queue(study)
        self.room = room
        self.is_waiting = is_waiting

    def suggest(self, trial_id: str) -> Any:
        """The configuration of a new trial; None if there is none at the moment."""
        if self.queue.running >= self.room():
            return None
        trial = self.queue.next()
        if trial is None:
            return None if self.is_waiting() else Searcher.FINISHED
        return {NUMBER: trial.id, "point": dict(trial.point)}

    def on_trial_complete(self, trial_id: str, result: Any = None, error: bool = False) -> None:
        """Nothing: the callback writes it down."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the ledger has everything."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: the ledger has everything."""


@dataclass(frozen=True, eq=False)
class Watch:
    """Whoever looks on while a search runs.

    Attributes:
        moved: Told of every result, with the number of its trial.
        changed: Told when a trial begins, pauses or ends.
    """

    moved: Callable[[int, Result], None]
    changed: Callable[[], None]


class Chronicle(_Live, Callback):
    """Writes what Ray does with trials into the ledger."""

    def __init__(self, study: Study, watch: Watch, crashes: Crashes, is_asked_to_end: Callable[[], bool]) -> None:
        super().__init__()
        self.study = study
        self.watch = watch
        self.crashes = crashes
        self.is_asked_to_end = is_asked_to_end
        self.over: set[int] = set()
        self.actors: dict[str, int] = {}

    def on_trial_start(self, iteration: int, trials: Sequence[Trial], trial: Trial, **info: Any) -> None:
        """A trial begins or goes on."""
        self.actors[_actor(trial)] = _number(trial)
        self.study.began(_number(trial))
        self.watch.changed()

    def on_trial_result(
        self, iteration: int, trials: Sequence[Trial], trial: Trial, result: Mapping[str, Any], **info: Any
    ) -> None:
        """A trial has news."""
        id = _number(trial)
        self.study.staged(id, result.get("stages", {}))
        if result.get("done") and "status" in result:
            self._end(id, result)
            return
        if "score" in result:
            self.study.reached(id, result)
        if self.crashes.moved(id):
            # Ray counts deaths however far a trial has come between them
            trial.run_metadata.num_failures = 0
        self.watch.moved(id, dict(result))

    def on_trial_complete(self, iteration: int, trials: Sequence[Trial], trial: Trial, **info: Any) -> None:
        """A trial has come to its end, or was stopped."""
        if not self.is_asked_to_end():
            self._end(_number(trial), {})

    def on_trial_error(self, iteration: int, trials: Sequence[Trial], trial: Trial, **info: Any) -> None:
        """The process of a trial has died too often."""
        if not self.is_asked_to_end():
            self._end(_number(trial), {"status": "failed", "reason": _reason(trial)})

    def broke(self, why: str) -> None:
        """Ray has broken down over processes that it has ended itself, as a machine ran out of memory."""
        killed = "".join(line for line in why.splitlines() if SELECTED in line)
        for actor, id in self.actors.items():
            if actor in killed and id not in self.over and self.crashes.died(id):
                self._end(id, {"status": "failed", "reason": OUT_OF_HOST_MEMORY})

    def told(self, id: int, to: Decision) -> None:
        """A scheduler has paused a trial or lets it go on; that it has stopped one is told as its end."""
        if to != "stopped":
            self.study.moved(id, to)
            self.watch.changed()

    def _end(self, id: int, result: Mapping[str, Any]) -> None:
        if id in self.over:
            return
        self.over.add(id)
        self.study.ended(id, result)
        self.watch.changed()


class Until(_Live, Stopper):
    """Ends a search when it is asked to."""

    def __init__(self, is_asked_to_end: Callable[[], bool]) -> None:
        self.is_asked_to_end = is_asked_to_end

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Whether to end one trial: never."""
        return False

    def stop_all(self) -> bool:
        """Whether to end all."""
        return self.is_asked_to_end()


def _number(trial: Trial) -> int:
    number: int = trial.config[NUMBER]
    return number


def _actor(trial: Trial) -> str:
    """The id of the actor that runs a trial, by which Ray speaks of it."""
    actor = trial.temporary_state.ray_actor
    return actor._actor_id.hex() if actor else ""


def _reason(trial: Trial) -> str:
    """Why a trial has failed, in one line: the error that its process has told, if it has told one."""
    error = trial.get_pickled_error()
    lines = str(error).split("\n") if isinstance(error, RayTaskError) else []
    return next((line.strip() for line in reversed(lines) if line.strip()), DIED)
