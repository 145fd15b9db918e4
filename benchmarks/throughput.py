"""Images a second of fitdsl, of plain PyTorch and of torchdistill on the same two stages, and how they compare.

    python benchmarks/throughput.py [--sizes 8 32] [--rounds 9]
        [--torchdistill PYTHON --baseline FOLDER]

A wide teacher and a thin student on scikit-learn's digits, at 8x8 and at 32x32 pixels: stage 1 teaches the student's
lower part by a hint, stage 2 the whole student by labels and softened answers. Same networks, losses, optimizers and
weights of the teacher, batches of 64, one thread. Every variant is a process of its own; all take turns, a round each,
and what is printed is the median of rounds, by the process's own time (the machine may be shared), with that by the
clock beside it; a ratio is the median of those of the same round. A round is an epoch: all training images in full
batches at 8x8, 640 of them at 32x32. What fitdsl needs to fill its memory of the teacher is spread over ten epochs.

torchdistill runs in an interpreter of its own, with the scripts of a folder that has `run_fitnet.py` and
`digits_zoo.py`; without these options it is left out. Ends with status 1 where fitdsl is not as fast as it has to be.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from safetensors.torch import save_file

import fitdsl as fit

WORKERS = Path(__file__).parent / "throughput_workers"
sys.path.insert(0, str(WORKERS))

from pair import BATCH, images, teacher, trained  # noqa: E402

STEPS = {8: 22, 32: 10}
"""Steps in a round, by the edge of an image: an epoch."""

EPOCHS = 10
"""Over how many epochs filling is spread, as many as the stages of the torchdistill baseline have."""

CUT, HOOKS = "torchdistill, cut by hand", "torchdistill, hooks"
PLAIN, KEPT, LIMIT = "PyTorch, cut by hand", "PyTorch, teacher's outputs kept", "limit: student alone"
STEPS_ALONE = "fitdsl, filling left out"
FITDSL, OFF = "fitdsl", "fitdsl, cache = off"


@dataclass(frozen=True)
class Required:
    """That a variant is at least so many times as fast as another."""

    variant: str
    other: str
    ratio: float
    sizes: tuple[int, ...] = (8, 32)
    stages: tuple[int, ...] = (1, 2)


REQUIRED = (
    Required(FITDSL, CUT, 2.0, sizes=(8,)),
    Required(FITDSL, CUT, 2.5, sizes=(32,)),
    Required(OFF, CUT, 1.0),
    Required(OFF, HOOKS, 1.3, stages=(1,)),
    Required(STEPS_ALONE, LIMIT, 0.9),
)


@dataclass(frozen=True)
class Speed:
    """How fast a variant is in a stage.

    Attributes:
        images: In a round.
        cpu, wall: Seconds of each round, by the process's time and by the clock.
    """

    images: float
    cpu: tuple[float, ...]
    wall: tuple[float, ...]

    def __str__(self) -> str:
        return f"{self.images / median(self.cpu):,.0f} ({self.images / median(self.wall):,.0f})"

    def over(self, other: Speed) -> float:
        """How many times as fast as another: the median over rounds, as those of one number met the same machine."""
        return median(theirs / ours for theirs, ours in zip(other.cpu, self.cpu, strict=True))


Table = Mapping[tuple[str, int], Speed]
"""Speeds by variant and stage."""


@dataclass(frozen=True)
class Place:
    """Where the variants of one size run: a folder with the data, the teacher's weights and the specs."""

    folder: Path
    size: int
    epochs: int

    def prepare(self) -> None:
        """Write what the workers read."""
        torch.manual_seed(0)
        count = STEPS[self.size] * BATCH
        inputs, labels, others, other_labels = images(self.size)
        inputs, labels = inputs[:count], labels[:count]
        arrays = {"x_train": inputs, "y_train": labels, "x_test": others, "y_test": other_labels}
        np.savez(self.folder / "digits.npz", **{name: array.numpy() for name, array in arrays.items()})
        state = trained(teacher(), inputs, labels).state_dict()
        torch.save(state, self.folder / "teacher.pt")
        text = (WORKERS / "digits_pair.fit").read_text().replace("SIZE", str(self.size))
        for cache in ("auto", "off"):
            (self.folder / f"{cache}.fit").write_text(text.replace("CACHE", cache))
        own = fit.load(self.folder / "auto.fit").teacher.build().state_dict()
        named = {name: tensor.clone() for name, tensor in zip(own, state.values(), strict=True)}
        save_file(named, self.folder / "teacher.safetensors")

    @contextmanager
    def worker(self, python: str, script: str, *arguments: object) -> Iterator[Worker]:
        """A worker, until the block ends."""
        paths = os.pathsep.join([str(WORKERS.parents[1]), os.environ.get("PYTHONPATH", "")])
        around = {"OMP_NUM_THREADS": "1", "FITDSL_STORE": str(self.folder / "store"), "PYTHONPATH": paths}
        with subprocess.Popen(
            [python, str(WORKERS / script), *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, **around},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C ends this process, which then ends its workers
            start_new_session=True,
        ) as process:
            worker = Worker(process)
            worker.answer()
            try:
                yield worker
            finally:
                process.kill()


@dataclass(frozen=True)
class Worker:
    """A process that runs rounds of one variant."""

    process: subprocess.Popen[str]

    def round(self, stage: int) -> dict[str, float]:
        """Run one and say what it took."""
        os.write(self.process.stdin.fileno(), f"{stage}\n".encode())  # type: ignore[union-attr]
        return self.answer()

    def answer(self) -> dict[str, float]:
        """The next line that is an answer."""
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith("@"):
                answer: dict[str, float] = json.loads(line[1:])
                return answer
        raise SystemExit(f"a worker ended too early: {' '.join(map(str, self.process.args))}")  # type: ignore[arg-type]


@dataclass(frozen=True)
class Opponent:
    """torchdistill's interpreter and the folder of its scripts."""

    python: str
    baseline: Path


def workers(place: Place, opponent: Opponent | None, stack: ExitStack) -> dict[str, Worker]:
    """A worker for each variant; they end with the stack."""
    size, steps = place.size, STEPS[place.size]
    count, found = steps * BATCH, dict[str, Worker]()
    if opponent:
        for name, mode in ((CUT, "sequential"), (HOOKS, "hooks")):
            arguments = ("with_torchdistill.py", mode, size, count, steps, opponent.baseline.resolve())
            found[name] = stack.enter_context(place.worker(opponent.python, *arguments))
    for name, variant in ((PLAIN, "cut"), (KEPT, "kept"), (LIMIT, "limit")):
        arguments = ("with_torch.py", variant, size, count, steps)
        found[name] = stack.enter_context(place.worker(sys.executable, *arguments))
    for name, spec in ((FITDSL, "auto.fit"), (OFF, "off.fit")):
        arguments = ("with_fitdsl.py", spec, place.epochs, steps)
        found[name] = stack.enter_context(place.worker(sys.executable, *arguments))
    return found


def measured(size: int, rounds: int, opponent: Opponent | None) -> Table:
    """The speeds at one size."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = Place(Path(folder), size, rounds + 1)
        place.prepare()
        found = workers(place, opponent, stack)
        answers: dict[tuple[str, int], list[dict[str, float]]] = {(name, s): [] for s in (1, 2) for name in found}
        for stage in (1, 2):
            for number in range(rounds + 1):
                for name, worker in found.items():
                    answers[name, stage].append(worker.round(stage))
                print(f"{size}x{size}, stage {stage}: {number} of {rounds} rounds", file=sys.stderr, flush=True)
        return speeds(answers)


def speeds(answers: Mapping[tuple[str, int], list[dict[str, float]]]) -> Table:
    """Medians of all rounds but the first; fitdsl's own with its share of filling, and without."""
    found = dict[tuple[str, int], Speed]()
    for (name, stage), (_, *rounds) in answers.items():
        if name == FITDSL:
            found[STEPS_ALONE, stage] = speed(rounds, filling=False)
        found[name, stage] = speed(rounds, filling=True)
    return found


def speed(rounds: list[dict[str, float]], *, filling: bool) -> Speed:
    """What rounds took, each with its share of what filling took where it counts."""

    def of(clock: str) -> tuple[float, ...]:
        share = rounds[0].get(f"filling_{clock}", 0.0) / EPOCHS if filling else 0.0
        return tuple(one[clock] + share for one in rounds)

    return Speed(rounds[0]["images"], of("cpu"), of("wall"))


def table_lines(tables: Mapping[int, Table]) -> Iterator[str]:
    """The speeds as a Markdown table: by the process's time, and by the clock in brackets."""
    heads = [f"{size}x{size} stage {stage}" for size in tables for stage in (1, 2)]
    yield f"| images/s | {' | '.join(heads)} |"
    yield "|---|" + "---|" * len(heads)
    for name in dict.fromkeys(name for table in tables.values() for name, _ in table):
        found = [table[name, stage] for table in tables.values() for stage in (1, 2)]
        yield f"| {name} | " + " | ".join(map(str, found)) + " |"


def ratio_lines(tables: Mapping[int, Table]) -> Iterator[tuple[str, bool]]:
    """A line of a Markdown table for each required ratio, and whether it is met."""
    for size, table in tables.items():
        for required in REQUIRED:
            for stage in required.stages:
                is_measured = size in required.sizes and (required.other, stage) in table
                if is_measured:
                    ratio = table[required.variant, stage].over(table[required.other, stage])
                    is_met = ratio >= required.ratio
                    compared = f"{required.variant} / {required.other}"
                    missed = "" if is_met else ", missed"
                    goal = f"{required.ratio:.1f}"
                    yield f"| {size}x{size} stage {stage} | {compared} | {ratio:.2f} | {goal}{missed} |", is_met


def main() -> int:
    """Measure, print, and say whether all is as fast as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", choices=STEPS, default=list(STEPS), help="edges of the images")
    parser.add_argument("--rounds", type=int, default=9, help="timed rounds of each variant and stage")
    parser.add_argument("--torchdistill", metavar="PYTHON", help="an interpreter that has torchdistill")
    parser.add_argument("--baseline", metavar="FOLDER", type=Path, help="torchdistill's scripts and configurations")
    given = parser.parse_args()
    if (given.torchdistill is None) != (given.baseline is None):
        parser.error("--torchdistill and --baseline go together")
    # not resolved: the interpreter of a virtual environment is often a link that must be called by its own name
    opponent = given.torchdistill and Opponent(str(Path(given.torchdistill).absolute()), given.baseline)
    if not (shutil.which(opponent.python) if opponent else True):
        parser.error(f"there is no interpreter at {given.torchdistill}")
    torch.set_num_threads(1)
    tables = {size: measured(size, given.rounds, opponent or None) for size in given.sizes}
    if not opponent:
        print("torchdistill is left out: name its interpreter and scripts with --torchdistill and --baseline\n")
    print(*table_lines(tables), "", sep="\n")
    ratios = list(ratio_lines(tables))
    print("| | ratio | measured | at least |\n|---|---|---|---|", *(line for line, _ in ratios), sep="\n")
    return 0 if all(is_met for _, is_met in ratios) else 1


if __name__ == "__main__":
    sys.exit(main())
