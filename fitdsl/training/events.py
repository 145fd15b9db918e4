"""What training tells whoever watches: a value for each thing that happens, most of them lines of `events.jsonl`."""

from __future__ import annotations

import json
from abc import ABC
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from ..dataclass import dataclass

Metrics = Mapping[str, float]
"""Numbers by name: `loss`, `accuracy`, `error`, and the value of each term before its weight."""


@dataclass(frozen=True)
class Event(ABC):
    """Something that happened.

    Attributes:
        event: Its name in JSON.
        is_logged: Whether it belongs into `events.jsonl`.
    """

    event: ClassVar[str]
    is_logged: ClassVar[bool] = True

    def json(self) -> str:
        """One line of JSON."""
        values: dict[str, Any] = {"event": self.event, **asdict(self)}
        return json.dumps(values, default=str, ensure_ascii=False)


@dataclass(frozen=True)
class RunStarted(Event):
    """A run begins, or goes on; `stages` are those it consists of, in order."""

    event = "run"
    folder: Path
    stages: tuple[str, ...]
    seed: int
    device: str


@dataclass(frozen=True)
class StageStarted(Event):
    """A stage begins, or goes on after `epoch` finished epochs; `trains` counts the weights that move."""

    event = "stage"
    stage: str
    epoch: int
    epochs: int
    steps: int
    trains: int


@dataclass(frozen=True)
class StepsDone(Event):
    """Some steps of an epoch are done; `train` holds the means over the epoch so far."""

    event = "steps"
    is_logged = False
    stage: str
    epoch: int
    step: int
    rate: float
    train: Metrics
    examples_per_s: float


@dataclass(frozen=True)
class EpochDone(Event):
    """An epoch is done and measured.

    Attributes:
        rate: Learning rate in its last step, before per-layer factors.
        weights: Weight of each term at its end.
        val: Empty where there is no validation split.
        kept: Whether its weights are now the ones to keep.
        examples_per_s: Training examples a second, validation left out.
    """

    event = "epoch"
    stage: str
    epoch: int
    rate: float
    weights: Metrics
    train: Metrics
    val: Metrics
    kept: bool
    examples_per_s: float
    seconds: float


@dataclass(frozen=True)
class Warned(Event):
    """Training goes on, but not as whoever started it may think."""

    event = "warning"
    stage: str
    message: str


@dataclass(frozen=True)
class StageDone(Event):
    """A stage is over; its weights are in `file`."""

    event = "stage_done"
    stage: str
    epochs: int
    kept_epoch: int
    reused: bool
    seconds: float
    file: Path


@dataclass(frozen=True)
class RunDone(Event):
    """A run is over; `test` holds the final metrics of each network."""

    event = "done"
    folder: Path
    test: Mapping[str, Metrics]


Observer = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The observer of someone who does not want to know."""
    del event
