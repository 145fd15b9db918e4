"""Folders of runs and searches that nobody has trained, for pages about them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fitdsl.training.report import CostReport, NetworkReport, RunReport, StageReport
from fitdsl.tuning.report import Counts, SearchReport, Status, TrialReport, TrialStage, Winner

SPEC = """\
fit 1

data d {
  source = Synthetic([1, 6, 6], 3, examples=200, test=60)
  split  = {train: 160, val: 40}
}

teacher big(image: d.input) {
  c1 = Conv2d(6, 3, padding=1) -> ReLU()
  Flatten()
  logits = Linear(d.classes)
}

student small(image: d.input) {
  s1 = Conv2d(4, 3, padding=1) -> ReLU()
  Flatten()
  logits = Linear(d.classes)
}

hint mid: teacher.c1 guides student.s1

stage teach {
  train     = teacher
  loss      = ce()
  optimizer = Adam(lr=1e-2)
  epochs    = 3
}

stage hints after teach {
  train     = student[..s1]
  loss      = hint(mid)
  optimizer = Adam(lr=5e-3)
  epochs    = 3
}

stage distil after hints {
  train     = student
  loss      = ce() + ramp(2, 1) * kd(temperature=3)
  optimizer = Adam(lr=1e-2)
  epochs    = 4
}
"""

SPACE = (
    SPEC.replace("data d {", "param width = 4 in {2, 4, 8}\nparam lr = 1e-2 in log(1e-3 .. 1e-1)\n\ndata d {", 1)
    .replace("s1 = Conv2d(4", "s1 = Conv2d(width")
    .replace("kd(temperature=3)\n  optimizer = Adam(lr=1e-2)", "kd(temperature=3)\n  optimizer = Adam(lr=lr)")
    + "\nsearch {\n  maximize = val.accuracy\n  minimize = weights(student)\n}\n"
)

ATTACKS = (
    "</script><script>document.title = 'taken'</script>",
    "'\"><img src=x onerror=\"document.title='taken'\">",
    "</title></style></svg><svg onload=alert(1)>",
    "<!--",
    "]]>&lt;b&gt;\u2028",
)

CONFUSION = ((18, 1, 1), (0, 20, 0), (4, 0, 16))


def cost(weights: int) -> CostReport:
    """What a network of so many weights might cost."""
    return CostReport(params=weights + 10, weights=weights, macs=20 * weights, activations=100)


def network(role: Any, weights: int, accuracy: float, **more: Any) -> NetworkReport:
    """A network that was measured."""
    test = {"loss": 0.25, "accuracy": accuracy, "error": 1 - accuracy}
    return NetworkReport(role=role, cost=cost(weights), test=test, seconds=12.0, examples_per_s=100.0 + weights, **more)


def epoch(stage: str, number: int, **more: Any) -> dict[str, Any]:
    """The event of an epoch, as `events.jsonl` has it."""
    terms = {"hints": ["hint(mid)"], "distil": ["ce", "kd"]}.get(stage, ["ce"])
    train: dict[str, float] = {"loss": 8 / number, **dict.fromkeys(terms, 4 / number)}
    train |= {"fit(mid)": 0.1 * number} if stage == "hints" else {"accuracy": 1 - 0.5 / number, "error": 0.5 / number}
    weights = {"ce": 1.0, "kd": 2 - number / 4} if stage == "distil" else {terms[0]: 1.0}
    known = {"rate": 0.01, "weights": weights, "train": train, "val": {k: v * 1.1 for k, v in train.items()}}
    known |= {"kept": True, "examples_per_s": 50.0, "seconds": 1.0, "rates": {"1": 0.01 / number}}
    known |= {"gradient": {"mean": 1.0, "max": 2.0}, "parts": {"data": 0.1}}
    return {"event": "epoch", "stage": stage, "epoch": number, **known, **more}


def events(stages: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """What is logged of a run that has trained so many epochs of each stage."""
    yield {"event": "run", "folder": "runs/pair/1", "stages": ["teach", "hints", "distil"], "seed": 3, "device": "cpu"}
    for stage, epochs in stages.items():
        yield {"event": "stage", "stage": stage, "epoch": 0, "epochs": 4, "steps": 5, "trains": 100}
        yield from (epoch(stage, number) for number in range(1, epochs + 1))
    yield {"event": "warning", "stage": "distil", "message": "the store cannot be written"}


def stage(epochs: int, **more: Any) -> StageReport:
    """A stage that is over."""
    known: dict[str, Any] = {"key": "k" * 32, "epochs": epochs, "kept_epoch": 2, "reused": False, "seconds": 4.0}
    known |= {"parts": {"data": 1.0, "step": 2.5}, "metrics": {"train": {"accuracy": 0.9}, "val": {"accuracy": 0.875}}}
    return StageReport(**(known | more))


def run_report(**changes: Any) -> RunReport:
    """A run that is over."""
    known: dict[str, Any] = {
        "name": "pair",
        "status": "done",
        "spec": SPEC,
        "point": {"width": "4"},
        "seed": 3,
        "device": "cpu",
        "versions": {"python": "3.12.1", "torch": "2.8.0"},
        "plan": {name: f"{name}-key" for name in ("teach", "hints", "distil")},
        "stages": {"teach": stage(3), "hints": stage(3), "distil": stage(4)},
        "networks": {
            "big": network("teacher", 3000, 0.95, confusion=CONFUSION),
            "small": network("student", 1000, 0.9, confusion=CONFUSION),
        },
        "trained": ("big", "small"),
    }
    return RunReport(**(known | changes))


def write_run(folder: Path, report: RunReport | None = None, log: Iterator[dict[str, Any]] | None = None) -> Path:
    """A run's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    report = report or run_report()
    lines = log or events({"teach": 3, "hints": 3, "distil": 4})
    (folder / "run.json").write_text(report.model_dump_json(indent=2), encoding="utf-8")
    (folder / "spec.fit").write_text(report.spec, encoding="utf-8")
    (folder / "events.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return folder


def trial(id: int, generator: random.Random, epochs: int = 9, **changes: Any) -> TrialReport:
    """A student somewhere in the space; two of three are stopped after a third of the epochs."""
    width, lr = generator.choice((2, 4, 8)), 10 ** generator.uniform(-3, -1)
    status: Status = "done" if id % 3 == 0 else "stopped"
    end = epochs if status == "done" else epochs // 3
    reached = min(0.5 + 0.05 * width + generator.uniform(0, 0.05), 1.0)
    history = [(at, reached * (1 - 0.5 / (at + 1))) for at in range(1, end + 1)]
    accuracy = history[-1][1]
    known: dict[str, Any] = {
        "point": {"width": str(width), "lr": f"{lr:.4g}"},
        "key": str(id),
        "status": status,
        "seed": 0,
        "cost": {"small": cost(100 * width)},
        "epoch": end,
        "metrics": {"loss": 1 - accuracy, "accuracy": accuracy, "error": 1 - accuracy},
        "values": (accuracy, 100.0 * width),
        "history": history,
        "stages": {"teach": TrialStage(key="t", reused=id > 0), "hints": TrialStage(key="h", reused=False)},
        "attempts": 1,
        "seconds": 61.0,
        "passes": 1.0,
    }
    return TrialReport(id=id, **(known | changes))


def search_report(count: int = 12, *, epochs: int = 9, **changes: Any) -> SearchReport:
    """A search that is over."""
    generator = random.Random(7)
    trials = [trial(id, generator, epochs) for id in range(count)]
    done = [one for one in trials if one.status == "done"]
    best = max(done, key=lambda one: one.values, default=None)
    networks = {"big": network("teacher", 3000, 0.95), "small": network("student", 800, 0.9)}
    known: dict[str, Any] = {
        "name": "pair",
        "status": "done",
        "spec": SPACE,
        "point": {},
        "seed": 0,
        "goals": ("maximize val.accuracy", "minimize weights(small)"),
        "vary": ("width", "lr"),
        "sampler": "random",
        "scheduler": "asha",
        "wanted": count,
        "resources": {"cpus": 1.0},
        "versions": {"python": "3.12.1"},
        "trials": trials,
        "pareto": (best.id,) if best else (),
        "best": best.id if best else None,
        "counts": Counts(
            proposed=count + 5, infeasible=3, duplicate=2, trained=count, stages_trained=20, stages_reused=9
        ),
        "teacher_passes": 2.5,
        "seconds": 90.0,
        "winner": Winner(id=best.id, networks=networks) if best else None,
    }
    return SearchReport(**(known | changes))


def write_search(folder: Path, report: SearchReport | None = None) -> Path:
    """A search's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    report = report or search_report()
    (folder / "search.json").write_text(report.model_dump_json(indent=2), encoding="utf-8")
    (folder / "spec.fit").write_text(report.spec, encoding="utf-8")
    if report.best is not None:
        (folder / "best.fit").write_text("# the best\n" + report.spec, encoding="utf-8")
    return folder
