"""The students of a search one by one: as rows of a table, and as what scripts of the page know of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..terminal import counted
from .commands import command
from .markup import Column, Html, Row, numbers, table, tag, words
from .model import SearchFacts, TrialFacts
from .networks import clock
from .scales import short

STATES = {
    "done": "to the end",
    "stopped": "stopped early",
    "failed": "failed",
    "running": "running",
    "paused": "paused",
    "waiting": "waiting",
}
"""How the states of trials are called."""


def spelled(metric: str, value: float | None) -> str:
    """A metric as it is written: shares in percent."""
    if value is None:
        return ""
    return f"{value:.2%}" if metric in {"accuracy", "error"} else short(value)


def label_of(search: SearchFacts, trial: TrialFacts) -> str:
    """A student in a few words: `#9: accuracy 99.65%, 13,276 weights`."""
    value = trial.metrics.get(search.metric)
    reached = (
        STATES.get(trial.status, trial.status) if value is None else f"{search.metric} {spelled(search.metric, value)}"
    )
    return f"#{trial.id}: {reached}, {counted(trial.weights, 'weight')}"


def look_of(search: SearchFacts, trial: TrialFacts) -> str:
    """The classes of a student's marks."""
    marks = [trial.status, "front" if trial.id in search.pareto else "", "best" if trial.id == search.best else ""]
    return " ".join(filter(None, marks))


def command_of(search: SearchFacts, trial: int) -> str:
    """What trains a student again, alone."""
    place = f"{search.folder / 'search.json'}#{trial}"
    return command(search.program, "train", search.folder / "spec.fit", "--point", place)


# Table ----------------------------------------------------------------------------------------------------------------


def trial_table(search: SearchFacts) -> Html:
    """A row for each student."""
    metrics = metrics_of(search)
    columns = [
        Column("student"),
        *words("state"),
        *(Column(name, about="on the validation split") for name in metrics),
        *numbers("weights", "MACs", "epochs", "time"),
        *(Column(param.name) for param in search.params),
        Column("stages", is_number=False, about="those taken from earlier work or another student"),
        *words("remark"),
    ]
    rows = [_row(search, trial, metrics) for trial in search.trials]
    return table(columns, rows, "", id="students-table")


def metrics_of(search: SearchFacts) -> list[str]:
    """The metrics of the validation split, the one that decides first."""
    known = list(dict.fromkeys(name for trial in search.trials for name in trial.metrics))
    return sorted(known, key=lambda name: name != search.metric)


def _row(search: SearchFacts, trial: TrialFacts, metrics: Sequence[str]) -> Row:
    marks = [word for word, is_so in (("best", trial.id == search.best), ("front", trial.id in search.pareto)) if is_so]
    cells = [
        tag("a", f"#{trial.id}", href=f"#trial-{trial.id}"),
        ", ".join([STATES.get(trial.status, trial.status), *marks]),
        *(spelled(name, trial.metrics.get(name)) for name in metrics),
        f"{trial.weights:,}",
        f"{trial.macs:,}",
        str(trial.epoch),
        clock(trial.seconds) if trial.seconds else "",
        *(trial.point.get(param.name, "") for param in search.params),
        ", ".join(name for name, is_reused in trial.stages.items() if is_reused),
        trial.reason or "; ".join(trial.warnings),
    ]
    return Row(cells, f"trial-{trial.id}", trial.id)


# For scripts ----------------------------------------------------------------------------------------------------------


def trial_data(search: SearchFacts) -> dict[str, Any]:
    """What the page's script shows of a student that is chosen."""
    before, _, after = command_of(search, 0).rpartition("#0")
    metrics, stages = metrics_of(search), list(dict.fromkeys(name for trial in search.trials for name in trial.stages))
    return {
        "command": [f"{before}#", after],
        "states": STATES,
        "params": [param.name for param in search.params],
        "metrics": [[name, name in {"accuracy", "error"}] for name in metrics],
        "stages": stages,
        "best": search.best,
        "front": search.pareto,
        "trials": [_known(search, trial, metrics, stages) for trial in search.trials],
    }


def _known(search: SearchFacts, trial: TrialFacts, metrics: Sequence[str], stages: Sequence[str]) -> dict[str, Any]:
    """What is known of a trial, in the order of the names that all of them have; what is empty is left out."""
    known = {
        "status": trial.status,
        "point": [trial.point.get(param.name, "") for param in search.params],
        "metrics": [float(f"{trial.metrics[name]:.6g}") if name in trial.metrics else None for name in metrics],
        "cost": {name: [c.params, c.weights, c.macs, c.activations] for name, c in trial.cost.items()},
        "epoch": trial.epoch,
        # 2: taken from earlier work, 1: trained, 0: not finished
        "stages": [1 + trial.stages[name] if name in trial.stages else 0 for name in stages],
        "time": clock(trial.seconds) if trial.seconds else "",
        "reason": trial.reason,
        "warnings": list(trial.warnings),
    }
    return {"id": trial.id, "seed": trial.seed} | {name: value for name, value in known.items() if value}


def failures(search: SearchFacts) -> Iterator[Row]:
    """A row for each trial that failed."""
    for trial in search.trials:
        if trial.status == "failed":
            point = ", ".join(f"{name} = {value}" for name, value in trial.point.items())
            yield Row((f"#{trial.id}", trial.reason, point, str(trial.seed)))
