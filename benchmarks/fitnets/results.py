"""Results of cells: small JSON files, and what is computed of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

from cells import Cell, study
from pydantic import BaseModel, ConfigDict, ValidationError
from scipy import stats

from fitdsl.atomic import write_text

RESULTS = Path(__file__).parent / "results"


class StageResult(BaseModel):
    """A stage: epochs trained, the one that was kept, and seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int
    kept_epoch: int
    seconds: float


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
        trained = [network for name, network in run["networks"].items() if name in run["trained"]]
        network = next((one for one in trained if one["role"] == "student"), trained[0])
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
            stages={
                name: StageResult(epochs=stage["epochs"], kept_epoch=stage["kept_epoch"], seconds=stage["seconds"])
                for name, stage in run["stages"].items()
            },
            versions=run["versions"],
        )


def _path(name: str) -> Path:
    return RESULTS / f"{name.replace('/', '.')}.json"


def write(result: Result) -> None:
    """Leave a result, whole or not at all."""
    RESULTS.mkdir(exist_ok=True)
    write_text(_path(result.name), result.model_dump_json(indent=1) + "\n")


def read_all() -> dict[str, Result]:
    """Every result there is, by the name of its cell.

    Raises:
        SystemExit: A file is damaged, or is of a training that the study does not have, or not like this.
    """
    cells = {cell.name: cell for cell in study()}
    found: dict[str, Result] = {}
    for path in sorted(RESULTS.glob("*.*.json")):
        try:
            result = Result.model_validate_json(path.read_text())
        except ValidationError as error:
            raise SystemExit(
                f"{path} is damaged; delete it to train this cell again ({error.errors()[0]['msg']})"
            ) from None
        cell = cells.get(result.name)
        if cell is None or (cell.spec, dict(cell.values)) != (result.spec, result.values):
            raise SystemExit(f"{path} is of no training of this study as it is now; delete it")
        found[result.name] = result
    return found


def prediction(values: Sequence[float], share: float = 0.95) -> tuple[float, float] | None:
    """Between what percents one more run of the kind lies with this probability, if runs are normally distributed.

    None of a single run, as nothing is known about its spread.
    """
    if len(values) < 2:
        return None
    n = len(values)
    reach = float(stats.t.ppf((1 + share) / 2, n - 1)) * stdev(values) * (1 + 1 / n) ** 0.5
    return max(0.0, mean(values) - reach), min(100.0, mean(values) + reach)
