"""Progress bars for training on a terminal; the only part of the command line that needs rich, so loaded late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from ..dataclass import dataclass
from ..training.events import (
    EpochDone,
    Event,
    Metrics,
    Observer,
    RunStarted,
    StageAwaited,
    StageDone,
    StageStarted,
    StepsDone,
    SweepMoved,
    Warned,
)
from ..view.terminal import clip, human, printable
from .progress import measured, milestone

LONGEST_NAME = 12
"""Cells a stage's name takes at most."""
WIDE = 132
"""Cells from which on a line has room for the measures' names and the speed."""


@contextmanager
def bars(console: Console | None = None) -> Iterator[Observer]:
    """Within the block, the observer draws a bar for each stage; on stderr where no other console is given."""
    shown = console or Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=8),
        TextColumn("{task.fields[status]}", markup=False),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=shown) as progress:
        yield _Bars(progress, is_wide=shown.width >= WIDE)


@dataclass
class _Bars:
    progress: Progress
    is_wide: bool
    val: Metrics = field(default_factory=dict, init=False)
    stage: StageStarted | None = field(default=None, init=False)
    task: TaskID | None = field(default=None, init=False)

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted() | StageAwaited() | Warned():
                self._above(milestone(event))
            case SweepMoved():
                self._sweep(event)
            case StageStarted():
                self._finish_task()
                self.stage, self.val = event, {}
                name = clip(printable(event.stage), LONGEST_NAME)
                total, done = event.epochs * event.steps, event.epoch * event.steps
                self.task = self.progress.add_task(name, total=total, completed=done, status="")
            case StepsDone():
                self._move(event, event.epoch - 1, event.step)
            case EpochDone():
                self.val = event.val
                self._move(event, event.epoch, 0)
            case StageDone():
                self._end(event)

    def _move(self, event: StepsDone | EpochDone, epochs: int, steps: int) -> None:
        if self.stage is None or self.task is None:
            return
        status = f"epoch {event.epoch}/{self.stage.epochs}  {self._measures(event)}"
        self.progress.update(self.task, completed=epochs * self.stage.steps + steps, status=status)

    def _measures(self, event: StepsDone | EpochDone) -> str:
        """Loss and accuracy, on the validation split those of the last epoch, and the speed where there is room."""
        if self.is_wide:
            return f"{measured(event.train, self.val)}  {human(round(event.examples_per_s))} examples/s"
        return measured(event.train, self.val, names=False)

    def _sweep(self, event: SweepMoved) -> None:
        if self.task is None:
            name = clip(printable(event.stage), LONGEST_NAME)
            self.task = self.progress.add_task(name, total=event.total, status="")
        status = f"teacher's outputs, {event.done:,} of {event.total:,}"
        self.progress.update(self.task, completed=event.done, status=status)

    def _finish_task(self) -> None:
        if self.task is not None:
            self.progress.remove_task(self.task)
            self.task = None

    def _end(self, event: StageDone) -> None:
        self._finish_task()
        self._above(milestone(event))

    def _above(self, line: str) -> None:
        self.progress.console.print(line, markup=False, highlight=False)
