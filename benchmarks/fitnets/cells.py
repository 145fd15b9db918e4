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

SHORT: Mapping[str, str] = {"epochs": "4", "hint_epochs": "1"}
"""The side questions are asked of runs of half the length."""

STARTS: Mapping[str, Mapping[str, str]] = {
    "xavier": {"start": "xavier()"},
    "kaiming": {"start": "kaiming()", "lr": "2e-3"},
    "paper": {"start": "uniform(0.005)", "lr": "2e-3"},
}
"""Starts of the weights, each with the rate that was the best of those tried with it."""

PILOT_RATES = ("5e-4", "1e-3", "2e-3", "4e-3", "8e-3")
PILOTS: Mapping[str, Sequence[str]] = {
    "xavier": ("2e-3", "4e-3", "8e-3"),
    "kaiming": ("5e-4", "1e-3", "2e-3"),
    "paper": ("2e-3",),
}
"""By start, the rates tried with it on labels alone, before anything else was trained."""

PRINTED: Mapping[str, float] = {
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

SAMPLES = ("depth-12/hints/0", "start-paper/hints/0", "side/level-third/0")
"""One cell of each table."""

HEADLINE_SEEDS, SIDE_SEEDS = range(5), range(3)


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
        *_depth(12),
        *_depth(4),
        *_side(),
        *_starts(),
        *_depth(8),
        *_depth(6),
    ]


def positive(text: str) -> int:
    """A whole number above 0, as an option of a command."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def depth_group(layers: int, method: str) -> str:
    """Trainings of a student of so many convolutions."""
    return f"depth-{layers}/{method}"


def side_group(question: str, answer: str) -> str:
    """Trainings that answer a side question; those by the spec's own way are shared by all questions."""
    is_own = not VARIANTS[question][answer]
    return "side/as-it-is" if is_own else f"side/{question}-{answer.replace(' ', '-')}"


def start_group(start: str, method: str) -> str:
    """Trainings from a start of the weights; those from the spec's own, with hints, are the side questions' too."""
    return "side/as-it-is" if (start, method) == ("xavier", "hints") else f"start-{start}/{method}"


def pilot_group(start: str, rate: str) -> str:
    """The training that tried a start and a rate."""
    return f"pilot-{start}/{rate}"


def _pilots() -> Iterator[Cell]:
    """Trainings by which settings were picked, of the deepest student."""
    for start, rates in PILOTS.items():
        for rate in rates:
            values = {"epochs": "3", **METHODS["labels"], "start": STARTS[start]["start"], "lr": rate}
            yield Cell(pilot_group(start, rate), 0, values=values)
    for rate in PILOT_RATES[-2:]:
        yield Cell(pilot_group("hints", rate), 0, values={**SHORT, "lr": rate})


def _depth(layers: int) -> Iterator[Cell]:
    """The headline at one depth; each seed with all methods before the next, so that pairs are whole early."""
    for seed in HEADLINE_SEEDS:
        for method, values in METHODS.items():
            yield Cell(depth_group(layers, method), seed, values={"widths": WIDTHS[layers], **values})


def _side() -> Iterator[Cell]:
    groups = {side_group(q, a): values for q, answers in VARIANTS.items() for a, values in answers.items()}
    for seed in SIDE_SEEDS:
        yield from (Cell(group, seed, values={**SHORT, **values}) for group, values in groups.items())


def _starts() -> Iterator[Cell]:
    pairs = [(start, method) for start in STARTS for method in METHODS]
    groups = {start_group(*pair): {**STARTS[pair[0]], **METHODS[pair[1]]} for pair in pairs}
    del groups[start_group("xavier", "hints")]
    for seed in SIDE_SEEDS:
        yield from (Cell(group, seed, values={**SHORT, **values}) for group, values in groups.items())
