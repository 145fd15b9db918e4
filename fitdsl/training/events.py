"""What training tells whoever watches: a value for each thing that happens, most of them lines of `events.jsonl`."""

from __future__ import annotations

import json
from abc import ABC
from collections.abc import Callable, Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Any, ClassVar

from ..dataclass import dataclass

Metrics = Mapping[str, float]
"""Numbers by name: `loss`, `accuracy`, `error`, the value of each term before its weight, `fit(HINT)` of each hint."""

PARTS = ("data", "teacher", "student", "loss", "step", "validation", "checkpoint")
"""Parts of a stage's time. `teacher` is all networks that do not learn, `student` those that do with their regressors,
`step` gradients and update; `validation` and `checkpoint` hold all that is done for them."""


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
class StageAwaited(Event):
    """Another process trains the same stage; its result is waited for."""

    event = "awaited"
    stage: str


@dataclass(frozen=True)
class SweepMoved(Event):
    """Outputs that are to be kept were computed, or found, for `done` of `total` rows."""

    event = "sweep"
    is_logged = False
    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class OutputsKept(Event):
    """What does not learn in a stage has run, once for each example.

    Attributes:
        outputs: The layers whose outputs are kept, `NETWORK.ADDRESS` each.
        place: Where: `disk` or `memory`.
        bytes: What they take.
        rows: How many examples, times views, were not there yet.
        total: How many there are.
    """

    event = "outputs"
    stage: str
    outputs: tuple[str, ...]
    place: str
    bytes: int
    rows: int
    total: int
    seconds: float


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
        rates: That rate by per-layer factor, `1` for what has none.
        gradient: `mean` and `max` over its steps of the gradient's norm, before anything bounds it.
        parts: Seconds by part of the work; what is left of `seconds` is neither.
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
    rates: Metrics = field(default_factory=dict)
    gradient: Metrics = field(default_factory=dict)
    parts: Metrics = field(default_factory=dict)


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
