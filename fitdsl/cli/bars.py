"""Progress bars for training on a terminal; the only part of the command line that needs rich, so loaded late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from ..training.events import EpochDone, Event, Observer, RunStarted, StageDone, StageStarted, StepsDone
from ..view.terminal import human, printable
from .progress import measured, milestone


@contextmanager
def bars(console: Console | None = None) -> Iterator[Observer]:
    """Within the block, the observer draws a bar for each stage; on stderr where no other console is given."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[status]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console or Console(stderr=True)) as progress:
        yield _Bars(progress)


@dataclass
class _Bars:
    progress: Progress
    stage: StageStarted | None = field(default=None, init=False)
    task: TaskID | None = field(default=None, init=False)

    def __call__(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._above(milestone(event))
            case StageStarted():
                self.stage = event
                total, done = event.epochs * event.steps, event.epoch * event.steps
                self.task = self.progress.add_task(printable(event.stage), total=total, completed=done, status="")
            case StepsDone():
                self._move(event, event.epoch - 1, event.step)
            case EpochDone():
                self._move(event, event.epoch, 0)
            case StageDone():
                self._end(event)

    def _move(self, event: StepsDone | EpochDone, epochs: int, steps: int) -> None:
        if self.stage is None or self.task is None:
            return
        val = event.val if isinstance(event, EpochDone) else {}
        speed = f"{human(round(event.examples_per_s))} examples/s"
        status = f"epoch {event.epoch}/{self.stage.epochs}  {measured(event.train, val)}  {speed}"
        self.progress.update(self.task, completed=epochs * self.stage.steps + steps, status=status)

    def _end(self, event: StageDone) -> None:
        if self.task is not None:
            self.progress.remove_task(self.task)
            self.task = None
        self._above(milestone(event))

    def _above(self, line: str) -> None:
        self.progress.console.print(line, markup=False, highlight=False)
