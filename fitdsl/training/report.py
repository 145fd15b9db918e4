"""What remains of a run: `run.json`, and the table that says what the student gained."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..late import late
from ..values import Cost
from .events import PARTS


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CostReport(_Report):
    """What one example costs a network."""

    params: int = Field(description="all learnable numbers")
    weights: int = Field(description="learnable numbers without biases and norm parameters")
    macs: int = Field(description="multiply-accumulates of convolutions and linear maps")
    activations: int = Field(description="numbers stored by layers")

    @classmethod
    def of(cls, cost: Cost) -> CostReport:
        """The same numbers, to be written down."""
        return cls(params=cost.params, weights=cost.weights, macs=cost.macs, activations=cost.activations)


class StageReport(_Report):
    """What one stage did."""

    key: str = Field(description="hash of everything its result depends on")
    epochs: int = Field(description="epochs trained")
    kept_epoch: int = Field(description="the epoch whose weights were kept, counted from 1")
    reused: bool = Field(description="whether its result was taken from earlier work")
    seconds: float = Field(description="wall time of its epochs")
    parts: dict[str, float] = Field({}, description="seconds by part: " + ", ".join(PARTS))
    metrics: dict[str, dict[str, float]] = Field(description="by split, the metrics of the kept epoch")


class NetworkReport(_Report):
    """A network at the end of a run, measured once on the test split."""

    role: Literal["teacher", "student"]
    cost: CostReport
    test: dict[str, float] = Field(description="loss (cross-entropy), accuracy and error")
    seconds: float = Field(description="wall time of the stages that trained it")
    examples_per_s: float = Field(description="examples classified a second, in evaluation")
    confusion: tuple[tuple[int, ...], ...] = Field(
        (), description="by class, its test examples by the class they were taken for; none where classes are many"
    )


class RunReport(_Report):
    """One run, as `run.json` holds it."""

    format_version: Literal[1] = 1
    name: str = Field(description="name of the spec")
    status: Literal["running", "done"] = Field(description="`running` until the last number is in")
    spec: str = Field(description="text of the spec")
    point: dict[str, Any] = Field(description="value of each param")
    seed: int
    epochs: int | None = Field(None, description="at most so many in each stage; none where all were to be trained")
    limits: dict[str, int] = Field({}, description="at most so many epochs in single stages, by name")
    device: str
    versions: dict[str, str] = Field(description="of everything that has a say in the numbers")
    plan: dict[str, str] = Field({}, description="key of every stage and of its names, in order")
    stages: dict[str, StageReport] = Field({}, description="finished stages by name, in order")
    networks: dict[str, NetworkReport] = Field({}, description="networks that were measured, by name")
    trained: tuple[str, ...] = Field((), description="networks whose final weights are in the run's folder")
    folder: Path = Field(Path(), exclude=True, description="where the run's files are")

    @property
    def test(self) -> dict[str, dict[str, float]]:
        """Final metrics by network."""
        return {name: network.test for name, network in self.networks.items()}

    def weights(self, network: str) -> Path:
        """The safetensors file of a trained network's final weights, whose keys are its layers' addresses."""
        return self.folder / "networks" / f"{network}.safetensors"

    def prepared(self, data: str) -> Path:
        """The safetensors file of what the preparations of some data have learned; only there if they learn."""
        return self.folder / "data" / f"{data}.safetensors"

    def __repr__(self) -> str:
        text: str = late("training.notebook").run_text(self)
        return text

    __str__ = __repr__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """How it draws itself in a notebook, which picks from it."""
        bundle: dict[str, str] = late("training.notebook").run_bundle(self)
        return bundle


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that have a say in a run's numbers."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("fitdsl", "torch", "numpy")}}


@dataclass(frozen=True)
class SummaryRow:
    """One network in a run's summary.

    Attributes:
        accuracy: Share of test examples classified rightly.
        seconds: Time spent training it.
        weights_ratio, macs_ratio: How many times fewer than the first teacher's; None without a teacher.
    """

    name: str
    role: str
    weights: int
    macs: int
    accuracy: float
    seconds: float
    weights_ratio: float | None
    macs_ratio: float | None


def summary_table(report: RunReport) -> tuple[SummaryRow, ...]:
    """Teachers, then students, with what each costs and reaches."""
    ordered = sorted(report.networks.items(), key=lambda item: item[1].role != "teacher")
    teacher = next((network for _, network in ordered if network.role == "teacher"), None)
    return tuple(_row(name, network, teacher) for name, network in ordered)


def _row(name: str, network: NetworkReport, teacher: NetworkReport | None) -> SummaryRow:
    cost = network.cost
    return SummaryRow(
        name=name,
        role=network.role,
        weights=cost.weights,
        macs=cost.macs,
        accuracy=network.test["accuracy"],
        seconds=network.seconds,
        weights_ratio=_times_fewer(teacher.cost.weights if teacher else None, cost.weights),
        macs_ratio=_times_fewer(teacher.cost.macs if teacher else None, cost.macs),
    )


def _times_fewer(teacher: int | None, own: int) -> float | None:
    return teacher / own if teacher and own else None
