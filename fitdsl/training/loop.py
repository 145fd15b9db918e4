"""The epochs of one stage: steps, measurements, what to keep and when to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import torch

from ..dataclass import dataclass
from ..program.model import StageSettings
from .checkpoint import Progress, copied
from .compiled import Measure
from .data import Splits, Walk, batches
from .events import EpochDone, Observer, StepsDone
from .metrics import Meter, NotFinite
from .stage import Stage
from .terms import Moment
from .updates import Updates

LOOK_EVERY_S = 0.5
"""How often the loop waits for the device, to show progress and to find losses that are not finite."""


class Asked(Exception):
    """Training was asked to end between two steps; the checkpoint says where."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """What surrounds the epochs of a stage.

    Attributes:
        splits: The data.
        walk: How the training split is passed through; each epoch takes its own number.
        measure: What a training step computes.
        epochs: How many there are at most.
        save: Writes a checkpoint.
        observer: Is told what happens.
        is_asked_to_end: Whether to stop before the next step.
    """

    splits: Splits
    walk: Walk
    measure: Measure
    epochs: int
    save: Callable[[Progress], None]
    observer: Observer
    is_asked_to_end: Callable[[], bool]

    def steps(self) -> int:
        """Steps in an epoch."""
        return self.walk.steps(len(self.splits.train))


def run_epochs(stage: Stage, updates: Updates, course: Course, progress: Progress) -> None:
    """Train until the last epoch or until the stage's `stop` says so; then put the kept weights back.

    Args:
        stage: What is trained, in place.
        updates: Moves its weights.
        course: The data, and whom to tell.
        progress: Where to begin; goes along.

    Raises:
        NotFinite: A loss or a weight became NaN or infinite; the last checkpoint is from before.
        Overflow: In fp16 no step could be taken for long.
        Asked: Training was asked to end; a checkpoint is saved.
    """
    settings = stage.plan.settings
    while progress.epoch < course.epochs and not _is_over(settings, progress):
        _Epoch(stage, updates, course, progress).run()
    if progress.kept:
        stage.put(progress.kept)


def _is_over(settings: StageSettings, progress: Progress) -> bool:
    stop = settings.stop
    return stop is not None and progress.epoch > 0 and stop.is_over(progress.values("val", stop.metric.name))


class _Epoch:
    """One epoch, or what is left of one that was broken off."""

    def __init__(self, stage: Stage, updates: Updates, course: Course, progress: Progress) -> None:
        self.stage, self.updates, self.course, self.progress = stage, updates, course, progress
        self.number = progress.epoch + 1
        self.begun = perf_counter()
        self.seen_before = progress.examples
        self.meter = Meter(stage.measured, progress.sums, progress.examples, progress.step)

    def run(self) -> None:
        self._fit()
        examples_per_s = self._examples_per_s()
        self._check_weights()
        self._record(self._validated(), examples_per_s)

    def _fit(self) -> None:
        course, done, looked = self.course, self.meter.steps, self.begun
        self.stage.train()
        for batch in batches(course.splits.train, replace(course.walk, epoch=self.number), start=done):
            if course.is_asked_to_end():
                self._leave()
            moment = self._moment(done)
            values = course.measure(batch, moment)
            self.updates.step(values[0], moment)
            self.meter.add(len(batch.targets), values)
            done += 1
            # the others find a loss that is not finite at the end of an epoch, as the first one has to save first
            if course.walk.peers.is_first and perf_counter() - looked > LOOK_EVERY_S:
                self._look()
                looked = perf_counter()
        self.meter.collect()

    def _moment(self, steps_done: int) -> Moment:
        return Moment(self.number + steps_done / self.course.steps(), self.course.epochs)

    def _look(self) -> None:
        self.meter.collect()
        rate = self.updates.rate_at(self._moment(self.meter.steps - 1))
        self.course.observer(
            StepsDone(
                self.stage.plan.name, self.number, self.meter.steps, rate, self.meter.means(), self._examples_per_s()
            )
        )

    def _examples_per_s(self) -> float:
        return (self.meter.examples - self.seen_before) / (perf_counter() - self.begun)

    def _leave(self) -> None:
        self.meter.collect()
        self.progress.step, self.progress.sums = self.meter.steps, self.meter.sums
        self.progress.examples = self.meter.examples
        self.progress.seconds += perf_counter() - self.begun
        self.course.save(self.progress)
        raise Asked

    def _check_weights(self) -> None:
        finite = [tensor.isfinite().all() for tensor in self.stage.tensors().values()]
        if not torch.stack(finite).all():
            raise NotFinite(["weights"])

    def _validated(self) -> dict[str, float]:
        self.stage.evaluate()
        meter, walk = Meter(self.stage.measured), self.course.walk
        moment = self._moment(self.course.steps())
        with torch.no_grad():
            for batch in batches(self.course.splits.val, Walk(batch=walk.batch, peers=walk.peers)):
                meter.add(len(batch.targets), self.stage.measure(batch, moment))
        try:
            meter.collect()
        except NotFinite as found:
            raise NotFinite([f"val.{name}" for name in found.names]) from None
        return meter.means()

    def _record(self, own_val: dict[str, float], examples_per_s: float) -> None:
        progress = self.progress
        # what the first process has measured decides for all when to stop and what to keep
        train, val = self.course.walk.peers.agreed(lambda: (self.meter.means(), own_val))
        progress.history.append({"train": train, "val": val})
        progress.step, progress.sums, progress.examples = 0, [], 0
        kept = self._keep()
        seconds = perf_counter() - self.begun
        progress.seconds += seconds
        self.course.save(progress)
        moment = self._moment(self.course.steps())
        self.course.observer(
            EpochDone(
                stage=self.stage.plan.name,
                epoch=self.number,
                rate=self.updates.rate_at(self._moment(self.course.steps() - 1)),
                weights={term.name: term.weight_at(moment) for term in self.stage.terms},
                train=train,
                val=val,
                kept=kept,
                examples_per_s=examples_per_s,
                seconds=seconds,
            )
        )

    def _keep(self) -> bool:
        """Whether the weights are now the ones to keep; copies them if later ones may be worse."""
        keep = self.stage.plan.settings.keep
        if keep is None:
            self.progress.kept_epoch = self.number
        elif keep.takes_last(self.progress.values("val", keep.metric.name)):
            self.progress.kept_epoch = self.number
            self.progress.kept = copied(self.stage.tensors())
        return self.progress.kept_epoch == self.number
