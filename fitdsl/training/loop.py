"""The epochs of one stage: steps, measurements, what to keep and when to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter

import torch
from torch import Tensor

from ..dataclass import dataclass
from ..program.model import StageSettings
from .cache import Kept, passing
from .checkpoint import Progress, copied
from .compiled import Measure
from .data import Batch, Splits, Walk
from .events import EpochDone, Observer, StepsDone
from .interrupts import Asked
from .metrics import Meter, Norms, NotFinite
from .stage import Stage
from .terms import Moment
from .updates import Updates

LOOK_EVERY_S = 0.5
"""How often the loop waits for the device, to show progress and to find losses that are not finite."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """What surrounds the epochs of a stage.

    Attributes:
        splits: The data.
        walk: How the training split is passed through; each epoch takes its own number.
        kept: By part, what is known of its outputs before a step.
        measure: What a training step computes.
        epochs: How many there are at most.
        save: Writes a checkpoint.
        is_due: Whether it is time for one.
        observer: Is told what happens.
        is_asked_to_end: Whether to stop before the next step.
    """

    splits: Splits
    walk: Walk
    kept: Mapping[str, Kept]
    measure: Measure
    epochs: int
    save: Callable[[Progress], None]
    is_due: Callable[[], bool]
    observer: Observer
    is_asked_to_end: Callable[[], bool]

    def steps(self) -> int:
        """Steps in an epoch."""
        return self.walk.steps(len(self.splits.train))

    def training(self, epoch: int, *, start: int) -> Iterator[Batch]:
        """The batches of an epoch from step `start` on."""
        return passing(self.splits.train, replace(self.walk, epoch=epoch), self.kept.get("train"), start=start)

    def validation(self) -> Iterator[Batch]:
        """The batches of the validation split."""
        return passing(self.splits.val, Walk(batch=self.walk.batch, peers=self.walk.peers), self.kept.get("val"))


def run_epochs(stage: Stage, updates: Updates, course: Course, progress: Progress) -> None:
    """Train until the last epoch or until the stage's `stop` says so; then put the kept weights back.

    Args:
        stage: What is trained, in place.
        updates: Moves its weights.
        course: The data, and whom to tell.
        progress: Where to begin; goes along.

    Raises:
        NotFinite: A loss or a weight became NaN or infinite; `progress.last` is from before.
        Overflow: In fp16 no step could be taken for long.
        Asked: Training was asked to end; a checkpoint is saved.
    """
    settings = stage.plan.settings
    while progress.epoch < course.epochs and not _is_over(settings, progress):
        if progress.step == 0:
            progress.last = copied(_result(stage, updates))
        _Epoch(stage, updates, course, progress).run()
    stage.put(progress.kept or _result(stage, updates))


def _result(stage: Stage, updates: Updates) -> Mapping[str, Tensor]:
    """What the stage leaves if it ends now: the running average where there is one, else its weights; not copied."""
    average = updates.average
    return average.tensors if average and average.count else stage.tensors()


@contextmanager
def _in_place(stage: Stage, updates: Updates) -> Iterator[None]:
    """Within the block the stage has the weights it would leave."""
    if updates.average is None:
        yield
        return
    training = {name: tensor.clone() for name, tensor in stage.tensors().items()}
    stage.put(_result(stage, updates))
    try:
        yield
    finally:
        stage.put(training)


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
        self.norms = Norms(*progress.norms)
        self.clock = stage.clock
        self.parts_before = progress.parts

    def run(self) -> None:
        self._fit()
        examples_per_s = self._examples_per_s()
        self._check_weights()
        with self.clock.part("validation"):
            val = self._validated()
        self._record(val, examples_per_s)

    def _fit(self) -> None:
        course, done, looked = self.course, self.meter.steps, self.begun
        self.stage.train()
        for batch in self.clock.each("data", course.training(self.number, start=done)):
            share = self.updates.share(done, course.steps())
            if share.is_first:
                self._between_updates()
            # all batches of an update are as far on as its first, as one large batch would be
            moment = self._moment(done - share.index)
            values = course.measure(batch, moment)
            with self.clock.part("step"):
                norm = self.updates.step(values[0], moment, share)
            if norm is not None:
                self.norms.add(norm)
            self.meter.add(len(batch.targets), values)
            done += 1
            # the others find a loss that is not finite at the end of an epoch, as the first one has to save first
            if course.walk.peers.is_first and perf_counter() - looked > LOOK_EVERY_S:
                self._look()
                looked = perf_counter()
        self._collect()

    def _moment(self, steps_done: int) -> Moment:
        return Moment(self.number + steps_done / self.course.steps(), self.course.epochs)

    def _collect(self) -> None:
        self.meter.collect()
        self.norms.collect()
        self.clock.collect()

    def _look(self) -> None:
        self._collect()
        rate = self.updates.rate_at(self._moment(self.meter.steps - 1))
        self.course.observer(
            StepsDone(
                self.stage.plan.name, self.number, self.meter.steps, rate, self.meter.means(), self._examples_per_s()
            )
        )

    def _examples_per_s(self) -> float:
        return (self.meter.examples - self.seen_before) / self._spent()

    def _between_updates(self) -> None:
        is_asked = self.course.is_asked_to_end()
        if is_asked or self.course.is_due():
            self._collect()
            self.progress.add_parts(self.clock.taken())
            self._save(self._so_far())
        if is_asked:
            raise Asked

    def _so_far(self) -> Progress:
        """The stage's progress with the steps of this epoch."""
        meter, spent = self.meter, self._spent()
        return replace(
            self.progress,
            step=meter.steps,
            sums=meter.sums,
            examples=meter.examples,
            norms=self.norms.state(),
            spent=self.progress.spent + spent,
            seconds=self.progress.seconds + spent,
        )

    def _spent(self) -> float:
        """Seconds in this epoch since the process took it up."""
        return perf_counter() - self.begun

    def _check_weights(self) -> None:
        finite = [tensor.isfinite().all() for tensor in self.stage.tensors().values()]
        if not torch.stack(finite).all():
            raise NotFinite(["weights"])

    def _validated(self) -> dict[str, float]:
        self.stage.evaluate()
        meter = Meter(self.stage.measured)
        moment = self._moment(self.course.steps())
        with torch.no_grad(), _in_place(self.stage, self.updates):
            for batch in self.course.validation():
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
        progress.step, progress.sums, progress.examples, progress.norms = 0, [], 0, Norms().state()
        progress.add_parts(self.clock.taken())
        kept, seconds = self._keep(), progress.spent + self._spent()
        progress.seconds += self._spent()
        progress.spent = 0.0
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
                rates=self.updates.rates_at(self._moment(self.course.steps() - 1)),
                gradient=self.norms.summary(),
                parts={name: total - self.parts_before.get(name, 0.0) for name, total in progress.parts.items()},
            )
        )
        # after the event: what is logged but not in a checkpoint is done and logged again, what is in it never is
        if self.course.is_due():
            self._save(progress)

    def _save(self, progress: Progress) -> None:
        with self.clock.part("checkpoint"):
            self.course.save(progress)

    def _keep(self) -> bool:
        """Whether the weights are now the ones to keep; copies them if later ones may be worse."""
        keep = self.stage.plan.settings.keep
        if keep is None:
            self.progress.kept_epoch = self.number
        elif keep.takes_last(self.progress.values("val", keep.metric.name)):
            self.progress.kept_epoch = self.number
            self.progress.kept = copied(_result(self.stage, self.updates))
        return self.progress.kept_epoch == self.number
