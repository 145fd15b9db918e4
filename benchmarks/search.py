"""Students an hour of `fit search` and of Ray Tune with a training function written by hand, and what a trial costs.

    python benchmarks/search.py [--epochs 2] [--rounds 2] [--students 24]

The wide teacher of `benchmarks/throughput.py` and a space of thin students on scikit-learn's digits at 8x8: a hint,
then labels and softened answers. Same students, networks, optimizers, batches of 64 and epochs, one core a trial, on
one Ray of this machine that is started before; all take turns, a share of the students each in every round. What counts
is the clock, from connecting to that Ray until the result is there. Two spaces: one whose students share six prefixes
up to the guided layer, one where all have their own.

- *by hand* is the function of `benchmarks/search_workers/by_hand.py` with Ray Tune's defaults: it loads the teacher
  once a trial, runs it in every step, and reports every epoch.
- *limit* is forward, loss, backward and step of the students on tensors at hand, one process a core, from an epoch of
  each stage; once with every stage of every student, once with what has to be trained at least.

Then what a trial costs whose student is in the store; what is launched under a budget that most students exceed, beside
Optuna in Ray; and what 200 trials of a moment cost the driver. Takes six minutes on two cores, and ends with status 1
where something falls short.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from safetensors.torch import save_file

BENCHMARKS = Path(__file__).resolve().parent
PATHS = [str(BENCHMARKS / name) for name in ("search_workers", "throughput_workers", "..")]
# processes that Ray starts find the same modules
os.environ["PYTHONPATH"] = os.pathsep.join([*PATHS, os.environ.get("PYTHONPATH", "")])
os.environ |= {"OMP_NUM_THREADS": "1", "RAY_AUTH_MODE": "disabled"}
sys.path[:0] = PATHS

import by_hand  # noqa: E402
from pair import images, teacher, trained  # noqa: E402
from ray import tune  # noqa: E402
from ray.cluster_utils import Cluster  # noqa: E402
from ray.tune.search.optuna import OptunaSearch  # noqa: E402

import fitdsl as fit  # noqa: E402
from fitdsl.tuning.cluster import connected  # noqa: E402
from fitdsl.tuning.options import SearchOptions  # noqa: E402
from fitdsl.tuning.report import SearchReport, TrialReport  # noqa: E402
from fitdsl.tuning.search import search  # noqa: E402
from fitdsl.tuning.study import Study  # noqa: E402
from fitdsl.work.store import Store  # noqa: E402

CORES = 2
DEFAULTS: by_hand.Point = {"low": 16, "middle": 32, "high": 48, "depth": 4, "tau": 4.0}
WIDTHS = (8, 16, 32, 64)


@dataclass(frozen=True)
class Space:
    """Values of the student's params; those left out have their defaults.

    Attributes:
        name: Of the spec.
        title: What it has that others have not.
        ratio: How many times as many students an hour as by hand there have to be.
    """

    name: str
    title: str
    ratio: float
    values: Mapping[str, Sequence[Any]]

    def text(self, **words: str) -> str:
        """The spec."""
        domains = {name.upper(): f"{{{', '.join(map(str, self.of(name)))}}}" for name in DEFAULTS}
        known = {"FILE": "digits", "BUDGET": "1M", "VARY": ", ".join(self.values), **domains, **words}
        text = (BENCHMARKS / "search_workers" / "digits_space.fit").read_text().partition("fit 1\n")[2]
        for word, value in known.items():
            text = text.replace(word, value)
        return f"fit 1\n{text}"

    def of(self, name: str) -> Sequence[Any]:
        """The values of a param."""
        return self.values.get(name, (DEFAULTS[name],))


SHARED = Space("shared", "6 prefixes", 3.0, {"low": (8, 12, 16), "high": (32, 48), "depth": (3, 4), "tau": (2.0, 4.0)})
APART = Space("apart", "24 prefixes", 2.0, {"low": (8, 10, 12, 14, 16, 18), "middle": (24, 28, 32, 36)})
BUDGETED = Space(
    "budgeted",
    "a budget",
    0.0,
    {"low": WIDTHS, "middle": WIDTHS, "high": (16, 32, 48, 64), "depth": (1, 2, 3, 4, 5, 6), "tau": (2.0, 4.0)},
)
BUDGET = 25_000
"""Weights and biases of a student."""

COUNTED = ("teacher passes", "hint stages", "refused", "duplicates")

WARM_S, OWN_MS = 0.15, 20.0
"""The most that a trial of a known student, and our parts of the driver in a trial, may take."""


@dataclass(frozen=True)
class Fact:
    """A line of the last table.

    Attributes:
        is_met: Whether it is as it has to be.
    """

    what: str
    measured: str
    goal: str
    is_met: bool

    def __str__(self) -> str:
        return f"| {self.what} | {self.measured} | {self.goal}{'' if self.is_met else ', missed'} |"


@dataclass(frozen=True)
class Place:
    """A folder with the data, the teacher's weights and the specs, and the Ray that all trials run on."""

    folder: Path
    address: str
    epochs: int

    def prepare(self) -> None:
        """Write what is read."""
        torch.manual_seed(0)
        inputs, labels, others, other_labels = images(8)
        for name, count in (("digits", len(labels)), ("few", 160), ("moment", 25)):
            arrays = {"x_train": inputs[:count], "y_train": labels[:count]}
            arrays |= {"x_test": others[:count], "y_test": other_labels[:count]}
            np.savez(self.folder / f"{name}.npz", **{key: array.numpy() for key, array in arrays.items()})
        state = trained(teacher(), inputs, labels).state_dict()
        torch.save(state, self.folder / "teacher.pt")
        own = fit.load(self.spec(SHARED, "random()")).teacher.build().state_dict()
        named = {name: tensor.clone() for name, tensor in zip(own, state.values(), strict=True)}
        save_file(named, self.folder / "teacher.safetensors")

    def spec(self, space: Space, sampler: str, **words: str) -> Path:
        """Write the spec of a space."""
        file = self.folder / f"{space.name}.fit"
        file.write_text(space.text(SAMPLER=sampler, **{"EPOCHS": str(self.epochs), **words}))
        return file

    def search(self, spec: Path, trials: int, name: str, **options: Any) -> SearchReport:
        """Run `fit search`, or go on with it."""
        # spaces overlap, and none may live off what another has trained
        store = Store(self.folder / "stores" / spec.stem)
        asked = SearchOptions(trials=trials, folder=self.folder / name, address=self.address, store=store, **options)
        return search(fit.load(spec).compilation, asked)

    def tune(self, function: Any, configuration: Mapping[str, Any], **choices: Any) -> list[Mapping[str, Any]]:
        """Run Ray Tune on a function; the last result of each trial, with its configuration."""
        common = {"folder": str(self.folder), "file": "digits.npz", "epochs": self.epochs}
        with connected(self.address), redirect_stdout(sys.stderr):
            tuner = tune.Tuner(
                tune.with_resources(function, {"cpu": 1}),
                param_space={**common, **configuration},
                tune_config=tune.TuneConfig(**choices),
                run_config=tune.RunConfig(storage_path=str(self.folder / "by_hand"), verbose=0),
            )
            results = tuner.fit()
        if results.errors:
            raise SystemExit(f"by hand: {results.errors[0]}")
        return [result.metrics or {} for result in map(results.__getitem__, range(len(results)))]


@dataclass(eq=False)
class Race:
    """Rounds in one space.

    Attributes:
        ours, by_hand: Seconds of each round.
        every, least: Seconds that every stage of every student takes on one core, and those that are not the same.
        report: Of the search.
    """

    space: Space
    ours: list[float] = field(default_factory=list)
    by_hand: list[float] = field(default_factory=list)
    every: float = 0.0
    least: float = 0.0
    report: SearchReport | None = None

    def run(self, place: Place, students: int, rounds: int, limits: Sequence[Limit]) -> None:
        """Take turns."""
        spec = place.spec(self.space, f"random(trials={students}, seed=0)")
        for number in range(rounds):
            before, until = (students * n // rounds for n in (number, number + 1))
            began = perf_counter()
            self.report = place.search(spec, until, self.space.name, resume=number > 0)
            self.ours.append(perf_counter() - began)
            trials = self.report.trials[before:until]
            points = [point_of(trial) for trial in trials]
            began = perf_counter()
            place.tune(by_hand.train, {"student": tune.grid_search(points)})
            self.by_hand.append(perf_counter() - began)
            self._limit(trials, alone(limits, points), place.epochs)
            took = f"{self.ours[-1]:.1f} s, by hand {self.by_hand[-1]:.1f} s"
            say(f"{self.space.title}, round {number + 1} of {rounds}: {took}")

    def _limit(self, trials: Sequence[TrialReport], seconds: Sequence[tuple[float, float]], epochs: int) -> None:
        for trial, (hint, answer) in zip(trials, seconds, strict=True):
            self.every += epochs * (hint + answer)
            self.least += epochs * (answer + (0.0 if trial.stages["hints"].reused else hint))

    @property
    def ratio(self) -> float:
        """How many times as many students an hour as by hand."""
        return sum(self.by_hand) / sum(self.ours)

    def lines(self, epochs: int) -> Iterator[str]:
        """Rows of the table."""
        assert self.report
        students, counts = len(self.report.trials), self.report.counts
        hints = sum(not trial.stages["hints"].reused for trial in self.report.trials)
        passes = f"{self.report.teacher_passes:g}"
        refused = f"{counts.infeasible} | {counts.duplicate}"
        rows = (
            ("by hand", sum(self.by_hand), f"{2 * epochs * students} | {students} | - | -"),
            ("fitdsl", sum(self.ours), f"{passes} | {hints} | {refused}"),
            ("limit, every stage", self.every / CORES, "- | - | - | -"),
            ("limit, each stage once", self.least / CORES, "- | - | - | -"),
        )
        for name, seconds, found in rows:
            rates = f"{3600 * students / seconds:,.0f} | {sum(self.by_hand) / seconds:.2f} | "
            yield f"| {self.space.title} | {name} | {rates}{self.least / CORES / seconds:.2f} | {found} |"

    def fact(self) -> Fact:
        """Whether there are as many students an hour as there have to be."""
        single = ", ".join(f"{theirs / ours:.2f}" for theirs, ours in zip(self.by_hand, self.ours, strict=True))
        what = f"{self.space.title}: students an hour, fitdsl / by hand (single rounds)"
        goal = f"at least {self.space.ratio:.1f}"
        return Fact(what, f"{self.ratio:.2f} ({single})", goal, self.ratio >= self.space.ratio)


@dataclass(frozen=True)
class Limit:
    """A process that times students' own steps."""

    process: subprocess.Popen[str]

    def ask(self, points: Sequence[by_hand.Point]) -> None:
        """Let it time some."""
        assert self.process.stdin
        self.process.stdin.write("".join(f"{json.dumps(point)}\n" for point in points))
        self.process.stdin.flush()

    def answer(self) -> Any:
        """What it says next."""
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())


def alone(limits: Sequence[Limit], points: Sequence[by_hand.Point]) -> list[tuple[float, float]]:
    """Seconds of an epoch of both stages of each student, as many at a time as there are processes."""
    for number, limit in enumerate(limits):
        limit.ask(points[number :: len(limits)])
    return [tuple(limits[number % len(limits)].answer()) for number in range(len(points))]


def point_of(trial: TrialReport) -> by_hand.Point:
    """The student of a trial."""
    return {**DEFAULTS, **{name: json.loads(text) for name, text in trial.point.items()}}


def warm(place: Place, students: int) -> Iterator[Fact]:
    """What a trial takes whose student is in the store, beside an empty function in Ray."""
    with ends() as at:
        place.search(place.spec(APART, f"random(trials={students}, seed=0)"), students, "warm", at_once=1)
    ours = median(np.diff(at[3:]))
    found = place.tune(by_hand.nothing, {}, num_samples=5, max_concurrent_trials=1)
    theirs = median(np.diff(sorted(one["timestamp"] for one in found)))
    measured = f"{ours:.3f} s (an empty function in Ray {theirs:.2f} s)"
    yield Fact("a trial whose student is in the store", measured, f"at most {WARM_S} s", ours <= WARM_S)


@contextmanager
def ends() -> Iterator[list[float]]:
    """When trials end, within the block."""
    at, ended = list[float](), Study.ended

    def timed(*args: Any) -> None:
        ended(*args)
        at.append(perf_counter())

    with patch.object(Study, "ended", timed):
        yield at


def budgeted(place: Place, trials: int = 40) -> Iterator[Fact]:
    """What is launched under a budget that most students exceed, beside Optuna in Ray."""
    spec = place.spec(BUDGETED, f"tpe(trials={trials}, seed=0)", EPOCHS="1", FILE="few", BUDGET=str(BUDGET))
    report = place.search(spec, trials, "budgeted")
    choices = {name: tune.choice(list(BUDGETED.of(name))) for name in DEFAULTS}
    found = place.tune(
        by_hand.train_within,
        {**choices, "file": "few.npz", "epochs": 1, "budget": BUDGET},
        search_alg=OptunaSearch(metric="accuracy", mode="max", seed=0),
        num_samples=trials,
        reuse_actors=True,
    )
    students = {"fitdsl": list(map(point_of, report.trials)), "Optuna": [one["config"] for one in found]}
    too_big = {name: sum(by_hand.weights(by_hand.student(one)) > BUDGET for one in of) for name, of in students.items()}
    twice = {name: len(of) - len({tuple(one[key] for key in DEFAULTS) for one in of}) for name, of in students.items()}
    space, counts = fit.load(spec).compilation.space, report.counts
    say(f"{space.feasible} of {space.size} students are within the budget; {counts}")
    for what, of, refused in (
        (f"of {trials}, over the budget", too_big, counts.infeasible),
        (f"of {trials}, trained twice", twice, counts.duplicate),
    ):
        measured = f"{of['fitdsl']}, {refused} refused (Optuna in Ray {of['Optuna']})"
        yield Fact(what, measured, "none", of["fitdsl"] == 0 and len(report.trials) == trials)


def many(place: Place, trials: int = 200) -> Iterator[Fact]:
    """What many trials of a moment cost the driver."""
    spec = place.spec(BUDGETED, "random(seed=0)", EPOCHS="1", FILE="moment", BUDGET="1M")
    arguments = (spec, place.folder / "many", place.address, trials)
    script = str(BENCHMARKS / "search_workers" / "many.py")
    done = subprocess.run([sys.executable, script, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    mb, own, cpu, wall = (found[name] for name in ("mb", "own_ms", "own_cpu_ms", "wall_ms"))
    growth = mb[-1] - mb[0]
    at = ", ".join(str(trials * quarter // 4) for quarter in (1, 2, 3, 4))
    yield Fact(f"the driver's memory after {at} trials", f"{listed(mb)} MB", "20 MB more at most", growth <= 20)
    measured = f"{listed(own)} ms ({listed(cpu)} on a core; all of a trial {listed(wall)} ms)"
    yield Fact("our own time in the driver, a trial", measured, f"at most {OWN_MS:.0f} ms", max(own) <= OWN_MS)


def listed(numbers: Sequence[float]) -> str:
    """Numbers with one digit behind the point."""
    return ", ".join(f"{number:.1f}" for number in numbers)


def say(message: str) -> None:
    """Tell whoever waits."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def place_of(epochs: int) -> Iterator[tuple[Place, list[Limit]]]:
    """A place, a Ray of its own, and a process on each core that times students; all end with the block."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        os.environ["FITDSL_STORE"] = str(Path(name, "store"))
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": CORES, "include_dashboard": False})
        stack.callback(cluster.shutdown)
        place = Place(Path(name), cluster.address, epochs)
        place.prepare()
        limits = list[Limit]()
        for _ in range(CORES):
            command = [sys.executable, str(BENCHMARKS / "search_workers" / "limit.py"), name]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.kill)
            limits.append(Limit(process))
        for limit in limits:
            limit.answer()
        yield place, limits


def main() -> int:
    """Measure, print, and say whether all is as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=2, help="of each stage")
    parser.add_argument("--rounds", type=int, default=2, help="turns of each, in both spaces")
    parser.add_argument("--students", type=int, default=24, help="in both spaces")
    given = parser.parse_args()
    torch.set_num_threads(1)
    logging.getLogger("ray").setLevel(logging.ERROR)
    with place_of(given.epochs) as (place, limits):
        facts = list(budgeted(place))
        races = [Race(space) for space in (SHARED, APART)]
        for race in races:
            race.run(place, given.students, given.rounds, limits)
        facts = [*(race.fact() for race in races), *warm(place, given.students), *facts, *many(place)]
    heads = (
        "space",
        "",
        "students/h",
        "/ by hand",
        "/ limit, once",
        "teacher passes",
        "hint stages",
        "refused",
        "duplicates",
    )
    print(f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", sep="\n")
    print(*(line for race in races for line in race.lines(given.epochs)), "", sep="\n")
    print("| | measured | goal |\n|---|---|---|", *facts, sep="\n")
    return 0 if all(fact.is_met for fact in facts) else 1


if __name__ == "__main__":
    sys.exit(main())
