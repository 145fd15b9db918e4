"""What pages show, as plain values: whoever reads reports from disk fills these in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from ...dataclass import dataclass
from ...program.model import Program
from ...values import Cost

Numbers = Mapping[str, float]
"""Numbers by name."""


@dataclass(frozen=True)
class NetworkFacts:
    """A network at the end of its training.

    Attributes:
        cost: What one example costs.
        test: Metrics on the test split.
        seconds: Time in which it was trained.
        examples_per_s: Examples classified a second, in evaluation.
        confusion: For each class the numbers of its test examples by the class they were taken for; may be empty.
    """

    name: str
    role: str
    cost: Cost
    test: Numbers
    seconds: float
    examples_per_s: float
    confusion: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class EpochFacts:
    """An epoch as it was measured; `rates` are learning rates by per-layer factor, `weights` those of the terms."""

    epoch: int
    train: Numbers
    val: Numbers
    weights: Numbers
    rates: Numbers
    gradient: Numbers


@dataclass(frozen=True)
class StageFacts:
    """A stage of a run.

    Attributes:
        key: Hash of all that its result depends on.
        planned: How many epochs it was to have; None if that is not known.
        epochs: How many it has had.
        kept_epoch: The epoch whose weights were kept; None as long as that is open.
        is_done: Whether it is over.
        reused: Whether its result was taken from earlier work.
        metrics: Metrics of the kept epoch, by split.
        history: Every epoch that is on record.
    """

    name: str
    key: str = ""
    planned: int | None = None
    epochs: int = 0
    kept_epoch: int | None = None
    is_done: bool = False
    reused: bool = False
    seconds: float = 0.0
    parts: Numbers = field(default_factory=dict)
    metrics: Mapping[str, Numbers] = field(default_factory=dict)
    history: tuple[EpochFacts, ...] = ()


@dataclass(frozen=True)
class RunFacts:
    """A run, whole or not.

    Attributes:
        folder: As it is to be named in commands.
        is_done: Whether it is over; None if nothing says so.
        program: What its spec says; None if that cannot be read any more.
        epochs: At most so many in each stage, if that was asked for.
        limits: At most so many in single stages.
        missing: What could not be read, a sentence each.
    """

    name: str
    folder: Path
    is_done: bool | None
    spec: str = ""
    program: Program | None = None
    point: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    epochs: int | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    device: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    stages: tuple[StageFacts, ...] = ()
    networks: tuple[NetworkFacts, ...] = ()
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrialFacts:
    """A student that was tried.

    Attributes:
        point: Value of each param that varies, as the language writes it.
        metrics: On the validation split; empty where it has none.
        history: Epoch and score of each epoch of the last stage.
        stages: Finished stages, and whether each was taken from earlier work.
        reason: Why it failed.
    """

    id: int
    point: Mapping[str, str]
    status: str
    seed: int
    cost: Mapping[str, Cost]
    epoch: int = 0
    metrics: Numbers = field(default_factory=dict)
    history: tuple[tuple[int, float], ...] = ()
    stages: Mapping[str, bool] = field(default_factory=dict)
    seconds: float = 0.0
    reason: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def weights(self) -> int:
        """Of all its networks that learn."""
        return sum(cost.weights for cost in self.cost.values())

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all these."""
        return sum(cost.macs for cost in self.cost.values())


@dataclass(frozen=True)
class ParamFacts:
    """A param that varies: how its values lie, and those that can be listed, in their order."""

    name: str
    kind: Literal["choices", "linear", "log"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drawable:
    """Students as the scripts of a page draw them.

    Attributes:
        spec: The document of `view.page.data`, with a point for each different student.
        places: By trial, which of the points it is at; trials that are left out are not drawn.
    """

    spec: Mapping[str, Any]
    places: Mapping[int, int]


@dataclass(frozen=True)
class SearchFacts:
    """A search, whole or not.

    Attributes:
        folder: As it is to be named in commands.
        status: `running`, `interrupted` or `done`.
        program: The best student's spec; at its defaults where there is no best one; None if it cannot be read.
        goals: What was to be made large or small, such as `maximize val.accuracy`.
        metric: The metric of the validation split by which students are compared.
        is_large_good: Whether much of it is good.
        params: Those that vary.
        point: Values of those that do not.
        wanted: How many students were to be trained.
        pareto: The students of which none is better in every goal.
        best: The best of those trained to the end, if there is one.
        counts: What became of the proposals.
        winner: The networks of the best student's run, measured on the test split.
        teacher: The teacher's name, and what it reaches of the metric on the validation split, if that is known.
        best_spec: The spec with the best student's values; empty where there is none.
        drawable: What a script draws students from; None where there are none.
        missing: What could not be read, a sentence each.
    """

    name: str
    folder: Path
    status: str
    spec: str
    program: Program | None
    goals: tuple[str, ...]
    metric: str
    is_large_good: bool
    params: tuple[ParamFacts, ...]
    point: Mapping[str, str]
    seed: int
    sampler: str
    scheduler: str
    wanted: int
    trials: tuple[TrialFacts, ...]
    counts: Mapping[str, int]
    limits: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    resources: Numbers = field(default_factory=dict)
    pareto: tuple[int, ...] = ()
    best: int | None = None
    teacher_passes: float = 0.0
    seconds: float = 0.0
    winner: tuple[NetworkFacts, ...] = ()
    is_finished_live: bool = False
    best_spec: str = ""
    drawable: Drawable | None = None
    teacher: tuple[str, float] | None = None
    missing: tuple[str, ...] = ()

    def trial(self, id: int) -> TrialFacts:
        """A trial by its number.

        Raises:
            KeyError: There is none.
        """
        for trial in self.trials:
            if trial.id == id:
                return trial
        raise KeyError(id)
