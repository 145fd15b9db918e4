"""What training shows while it runs: a plain line every few seconds, or every event as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from time import monotonic

from ..dataclass import dataclass
from ..training.events import (
    EpochDone,
    Event,
    Metrics,
    RunStarted,
    StageAwaited,
    StageDone,
    StageStarted,
    SweepMoved,
    Warned,
)
from ..view.terminal import counted, human, printable
from .session import say

QUIET_S = 2.0
"""Seconds between two plain lines."""


def print_json(event: Event) -> None:
    """Print an event as one line of JSON, at once."""
    if event.is_logged:
        print(event.json(), flush=True)


@dataclass
class PlainProgress:
    """Writes lines: one for each stage that begins or ends, and at most one every few seconds in between."""

    write: Callable[[str], None] = say
    clock: Callable[[], float] = monotonic
    stage: StageStarted | None = field(default=None, init=False)
    spoke: float = field(default=0.0, init=False)

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case StageStarted():
                self.stage = event
                self._write(stage_line(event))
            case SweepMoved() if self.clock() - self.spoke >= QUIET_S:
                self._write(sweep_line(event))
            case EpochDone() if self.stage and self.clock() - self.spoke >= QUIET_S:
                self._write(f"  {epoch_line(event, self.stage)}")
            case RunStarted() | StageAwaited() | StageDone() | Warned():
                self._write(milestone(event))

    def _write(self, line: str) -> None:
        self.spoke = self.clock()
        self.write(line)


def sweep_line(event: SweepMoved) -> str:
    """`stage hints: outputs of what does not learn, 12,800 of 60,000 rows`."""
    return printable(f"stage {event.stage}: outputs of what does not learn, {event.done:,} of {event.total:,} rows")


def stage_line(event: StageStarted) -> str:
    """`stage hints: 12,300 params in 20 epochs of 18 steps`."""
    going_on = f", going on after epoch {event.epoch}" if event.epoch else ""
    length = f"{counted(event.epochs, 'epoch')} of {counted(event.steps, 'step')}"
    return printable(f"stage {event.stage}: {counted(event.trains, 'param')} in {length}{going_on}")


def epoch_line(event: EpochDone, stage: StageStarted) -> str:
    """Where a stage stands after an epoch: measures, speed, and the time left at this pace."""
    left = round((stage.epochs - event.epoch) * event.seconds)
    speed = f"{human(round(event.examples_per_s))} examples/s"
    measures = measured(event.train, event.val)
    return f"epoch {event.epoch}/{stage.epochs}  {measures}  {speed}  {left // 60}:{left % 60:02} left"


def milestone(event: RunStarted | StageAwaited | StageDone | Warned) -> str:
    """The beginning of a run, the end of a stage, or a warning in between."""
    match event:
        case RunStarted():
            return printable(f"run {event.folder} on {event.device}, seed {event.seed}")
        case StageAwaited():
            return printable(f"stage {event.stage}: another process trains it, waiting for its result")
        case Warned():
            return printable(f"warning: {event.message}")
        case StageDone():
            length = f"{counted(event.epochs, 'epoch')} in {event.seconds:.1f} s, kept epoch {event.kept_epoch}"
            return printable(f"stage {event.stage}: {'trained before, ' * event.reused}{length}")


def measured(train: Metrics, val: Metrics, *, names: bool = True) -> str:
    """Loss and accuracy on both splits, where they were measured, each behind its name unless `names` is false."""
    texts = {split: _metrics(metrics, names=names) for split, metrics in (("train", train), ("val", val))}
    return "  ".join(f"{split} {text}" for split, text in texts.items() if text)


def _metrics(metrics: Metrics, *, names: bool) -> str:
    formats = {"loss": ".4f", "accuracy": ".1%"}
    return " ".join(
        f"{f'{name} ' * names}{metrics[name]:{format}}" for name, format in formats.items() if name in metrics
    )
