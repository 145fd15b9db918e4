"""What the study consists of: cells, each of which is one `fit train`, and the tables that they fill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SPECS = Path(__file__).parents[2] / "specs" / "fitnets"
STUDENT, TEACHER = "fashion_mnist", "fashion_mnist_teacher"

METHODS: Mapping[str, Mapping[str, str]] = {
    "labels": {"hint_epochs": "0", "answers": "0"},
    "answers": {"hint_epochs": "0"},
    "hints": {},
}
"""How a student is trained: by labels alone, by labels and answers, and by hints before these; defaults left out."""

WIDTHS: Mapping[int, str] = {
    4: "[[16], [20], [28, 28]]",
    6: "[[8], [14, 14], [24, 24, 24]]",
    8: "[[8], [11, 11, 11], [20, 20, 20, 20]]",
    12: "[[8], [8, 8, 8, 8, 8], [16, 16, 16, 16, 16, 16]]",
}
"""Widths by the number of convolutions."""

STUDENTS: Mapping[str, Mapping[str, str]] = {
    **{f"depth-{layers}": {"widths": widths} for layers, widths in WIDTHS.items()},
    "long-12": {"widths": WIDTHS[12], "epochs": "16"},
}
"""What the methods are compared on: students of each depth, and the deepest trained for twice as long."""

SHORT: Mapping[str, str] = {"epochs": "4", "hint_epochs": "1"}
"""The side questions are asked of runs of half the length."""

PAPER_START: Mapping[str, str] = {
    "start": "uniform(0.005)",
    "optimizer": "RMSpropFloor(lr=lr, alpha=0.9, floor=1e-5)",
}
"""The paper's start of the weights and the rule of its optimizer."""

STARTS: Mapping[str, Mapping[str, str]] = {
    "xavier": {"start": "xavier()", "lr": "8e-3"},
    "kaiming": {"start": "kaiming()", "lr": "8e-3"},
    "uniform": {"start": "uniform(0.005)", "lr": "2e-3"},
    "paper": {**PAPER_START, "lr": "5e-3"},
    "released": {**PAPER_START, "lr": "5e-4"},
    "released-long": {**PAPER_START, "lr": "5e-4", "epochs": "16"},
}
"""Ways to begin: a start of the weights, an optimizer and a rate, the best of `PILOTS` for the first four. The last two
have the rate released for the paper's networks for MNIST, and were added after a pilot of it on labels alone had stayed
at chance; nothing was tuned for them.
"""

LONG_STARTS = ("released-long",)
"""Ways to begin of which one seed is trained, as these runs take four times as long."""

PILOTS: Mapping[str, Sequence[str]] = {
    "xavier": ("2e-3", "4e-3", "8e-3", "1.6e-2"),
    "kaiming": ("5e-4", "1e-3", "2e-3", "4e-3", "8e-3"),
    "uniform": ("2e-3", "4e-3", "8e-3"),
    "paper": ("5e-4", "5e-3", "1e-2"),
}
"""By way to begin, the rates tried with it on labels alone."""

PILOT_HINT_RATES = ("4e-3", "8e-3")
"""Rates tried with hints first."""

OWN_RATE: Mapping[str, Mapping[str, str]] = {"long-12/labels": {"lr": "2e-3"}}
"""Kinds of training that have a rate of their own; a lower one is safer for labels alone where training takes long."""

PILOT_LONG: Mapping[str, Sequence[int]] = {"4e-3": (0,), "8e-3": range(5)}
"""By rate, the seeds with which it was tried for these, beside their own."""

PILOT_HINTS = ("1", "3")
"""How many of the epochs of the whole run were tried for the hints, after the spec's own."""

PILOT_TEACHER: Mapping[str, str] = {"start": "xavier()", "drop": "0.3", "epochs": "10"}
"""The teacher that was tried beside the spec's own."""

PAPER_SPEEDUPS: Mapping[str, float] = {
    "cifar10_fitnet1": 13.36,
    "cifar10_fitnet2": 4.64,
    "cifar10_fitnet3": 1.37,
    "cifar10_fitnet4": 1.52,
}
"""Speed-up over the teacher in the paper's table 5."""

VARIANTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "level": {"first": {"level": "0"}, "second": {}, "third": {"level": "2"}},
    "regressor": {"maxout": {}, "linear": {"regressor": "linear"}, "full": {"regressor": "fc()"}},
    "fall": {
        "4 to 1": {},
        "4 to 0": {"fall": "[4, 0]"},
        "4 to 4": {"fall": "[4, 4]"},
        "1 to 1": {"fall": "[1, 1]"},
    },
    "tau": {"1": {"tau": "1.0"}, "3": {}, "10": {"tau": "10.0"}},
}
"""Side questions, each with the values of params for its answers; the spec's own way is written without any."""

SAMPLES = ("long-12/hints/0", "start-released/labels/0", "start-released/hints/0", "side/level-third/0")
"""One cell of each table that compares ways to train, and both sides of the paper's finding."""

HEADLINE, HEADLINE_SEEDS, SIDE_SEEDS = ("depth-12", "long-12"), range(5), range(3)
"""Students of whom more seeds are trained than of all else."""


@dataclass(frozen=True)
class Cell:
    """One training.

    Attributes:
        group: The kind of training whose seeds make one row of a table, such as `depth-12/hints`.
        values: What is set, by param.
    """

    group: str
    seed: int
    spec: str = STUDENT
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Unique in the study."""
        return f"{self.group}/{self.seed}"

    @property
    def path(self) -> Path:
        """The spec's file."""
        return SPECS / f"{self.spec}.fit"


def study() -> list[Cell]:
    """All cells, what matters most first."""
    return [
        Cell("teacher", 0, TEACHER),
        *_pilots(),
        *_methods("depth-12"),
        *_methods("long-12"),
        *_starts(),
        *_side(),
        *_methods("depth-4"),
        *_methods("depth-8"),
        *_methods("depth-6"),
    ]


def positive(text: str) -> int:
    """A whole number above 0, as an option of a command."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def method_group(student: str, method: str) -> str:
    """Trainings of a student of `STUDENTS` by a method."""
    return f"{student}/{method}"


def side_group(question: str, answer: str) -> str:
    """Trainings that answer a side question; those by the spec's own way are shared by all questions."""
    is_own = not VARIANTS[question][answer]
    return "side/as-it-is" if is_own else f"side/{question}-{answer.replace(' ', '-')}"


def start_group(start: str, method: str) -> str:
    """Trainings from a start of the weights; those from the spec's own, with hints, are the side questions' too."""
    return "side/as-it-is" if (start, method) == ("xavier", "hints") else f"start-{start}/{method}"


def pilot_group(kind: str, tried: str) -> str:
    """The training that tried something."""
    return f"pilot-{kind}/{tried}"


def _pilots() -> Iterator[Cell]:
    """Trainings by which settings were picked, of the deepest student."""
    yield Cell(pilot_group("teacher", "dropout"), 0, TEACHER, PILOT_TEACHER)
    for start, rates in PILOTS.items():
        for rate in rates:
            yield Cell(
                pilot_group(start, rate), 0, values={"epochs": "3", **METHODS["labels"], **STARTS[start], "lr": rate}
            )
    for rate in PILOT_HINT_RATES:
        yield Cell(pilot_group("hints", rate), 0, values={**SHORT, "lr": rate})
    for rate, seeds in PILOT_LONG.items():
        values = {**STUDENTS["long-12"], **METHODS["labels"], "lr": rate}
        yield from (Cell(pilot_group("long", rate), seed, values=values) for seed in seeds)
    for epochs in PILOT_HINTS:
        yield Cell(pilot_group("hints", epochs), 0, values={"hint_epochs": epochs})


def _methods(student: str) -> Iterator[Cell]:
    """One student; each seed with all methods before the next, so that pairs are whole early."""
    for seed in HEADLINE_SEEDS if student in HEADLINE else SIDE_SEEDS:
        for method, values in METHODS.items():
            group = method_group(student, method)
            yield Cell(group, seed, values={**STUDENTS[student], **values, **OWN_RATE.get(group, {})})


def _side() -> Iterator[Cell]:
    groups = {side_group(q, a): values for q, answers in VARIANTS.items() for a, values in answers.items()}
    for seed in SIDE_SEEDS:
        yield from (Cell(group, seed, values={**SHORT, **values}) for group, values in groups.items())


def _starts() -> Iterator[Cell]:
    for seed in SIDE_SEEDS:
        for start, values in STARTS.items():
            if seed > 0 and start in LONG_STARTS:
                continue
            for method, changes in METHODS.items():
                group = start_group(start, method)
                if not group.startswith("side/"):
                    yield Cell(group, seed, values={**SHORT, **values, **changes})
