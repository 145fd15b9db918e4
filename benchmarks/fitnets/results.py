"""Results of cells: small JSON files, and what is computed of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

from cells import Cell
from pydantic import BaseModel, ConfigDict
from scipy import stats

from fitdsl.atomic import write_text

RESULTS = Path(__file__).parent / "results"


class StageResult(BaseModel):
    """A stage: epochs trained, the one that was kept, seconds, and its measure on validation after each epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int
    kept_epoch: int
    seconds: float
    course: tuple[float, ...]


class Result(BaseModel):
    """What one cell gave; accuracies are shares of examples."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str
    seed: int
    spec: str
    values: dict[str, str]
    val: float
    test: float
    weights: int
    macs: int
    stages: dict[str, StageResult]
    versions: dict[str, str]

    @property
    def name(self) -> str:
        """Of its cell."""
        return f"{self.group}/{self.seed}"

    @classmethod
    def of_run(cls, cell: Cell, folder: Path) -> Result:
        """What a finished run left in its folder."""
        run = json.loads((folder / "run.json").read_text())
        events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
        network = next(network for name, network in run["networks"].items() if name in run["trained"])
        last = list(run["stages"].values())[-1]
        return cls(
            group=cell.group,
            seed=cell.seed,
            spec=cell.spec,
            values=dict(cell.values),
            val=last["metrics"]["val"]["accuracy"],
            test=network["test"]["accuracy"],
            weights=network["cost"]["weights"],
            macs=network["cost"]["macs"],
            stages={name: _stage(stage, _course(events, name)) for name, stage in run["stages"].items()},
            versions=run["versions"],
        )


def _course(events: Sequence[Mapping[str, object]], stage: str) -> tuple[float, ...]:
    """Accuracy on validation after each epoch of a stage, or its loss where it has none."""
    epochs = [event["val"] for event in events if event["event"] == "epoch" and event["stage"] == stage]
    return tuple(round(val.get("accuracy", val["loss"]), 6) for val in epochs if isinstance(val, dict))


def _stage(stage: Mapping[str, object], course: tuple[float, ...]) -> StageResult:
    names = ("epochs", "kept_epoch", "seconds")
    return StageResult.model_validate({**{name: stage[name] for name in names}, "course": course})


def _path(name: str) -> Path:
    return RESULTS / f"{name.replace('/', '.')}.json"


def write(result: Result) -> None:
    """Leave a result, whole or not at all."""
    RESULTS.mkdir(exist_ok=True)
    write_text(_path(result.name), result.model_dump_json(indent=1) + "\n")


def read_all() -> dict[str, Result]:
    """Every result there is, by the name of its cell."""
    found = [Result.model_validate_json(path.read_text()) for path in sorted(RESULTS.glob("*.*.json"))]
    return {result.name: result for result in found}


def prediction(values: Sequence[float], share: float = 0.95) -> tuple[float, float]:
    """Between what one more run of the kind lies with this probability, if runs are normally distributed.

    Of a single run nothing is known about its spread; a point on either side is given then, in percent.
    """
    if len(values) < 2:
        return values[0] - 1, values[0] + 1
    n = len(values)
    reach = float(stats.t.ppf((1 + share) / 2, n - 1)) * stdev(values) * (1 + 1 / n) ** 0.5
    return mean(values) - reach, mean(values) + reach
