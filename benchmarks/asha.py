"""How many epochs successive halving takes that promotes, against Ray's that only stops, over random orders of arrival.

    python benchmarks/asha.py [--orders 200]

Nothing trains: each student has a curve of scores, its final quality less what is not learned yet, with noise. The same
students arrive in random orders at workers that run at random speeds. The winner is the best score of those that
trained to their end; its loss is how far its true final quality is from the best student's. Ray's own scheduler decides
on the other side.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from statistics import mean
from types import SimpleNamespace

from ray.tune.schedulers import ASHAScheduler

from fitdsl.tuning.rungs import Rungs

SETTINGS = [
    (36, 9, 1, 3, 1),
    (36, 9, 1, 3, 4),
    (40, 27, 1, 3, 4),
    (81, 27, 1, 3, 8),
    (32, 40, 5, 3, 4),
    (64, 16, 1, 2, 4),
]
"""Students, epochs, grace, reduction, workers."""


@dataclass(frozen=True)
class Search:
    """One order of arrival: `scores[i][e - 1]` is the score of the i-th student to come after e epochs."""

    qualities: Sequence[float]
    scores: Sequence[Sequence[float]]
    workers: int
    seed: int


@dataclass(frozen=True)
class Outcome:
    """Epochs trained in all, students trained to their end, and how far the winner is from the best student."""

    epochs: int
    through: int
    regret: float


def search_of(students: int, epochs: int, workers: int, seed: int) -> Search:
    """Students in a random order, each with scores of its own that rank them better the longer they train."""
    generator = random.Random(seed)
    qualities = [generator.gauss(0, 1) for _ in range(students)]
    curves = [_curve(quality, epochs, generator) for quality in qualities]
    return Search(qualities, curves, workers, seed)


def _curve(quality: float, epochs: int, generator: random.Random) -> list[float]:
    speed = generator.gauss(4, 0.8)
    return [quality - speed / (epoch + 1) + generator.gauss(0, 0.5 / epoch**0.5) for epoch in range(1, epochs + 1)]


def stopping(search: Search, grace: int, reduction: int, epochs: int) -> Outcome:
    """Ray's: each student trains until it is outside the best share of a rung as known then."""
    ray_s = ASHAScheduler("epoch", "score", "max", max_t=epochs, grace_period=grace, reduction_factor=reduction)
    trials = [SimpleNamespace(trial_id=str(index)) for index in range(len(search.scores))]
    waiting = iter(range(len(trials)))

    def start() -> tuple[int, int] | None:
        index = next(waiting, None)
        if index is None:
            return None
        ray_s.on_trial_add(None, trials[index])
        return index, 0

    def goes_on(index: int, epoch: int) -> bool:
        result = {"epoch": epoch, "score": search.scores[index][epoch - 1]}
        return ray_s.on_trial_result(None, trials[index], result) == "CONTINUE"

    return _run(search, epochs, start, goes_on)


def promotion(search: Search, grace: int, reduction: int, epochs: int) -> Outcome:
    """Ours: each student pauses at a rung, and the best of it go on."""
    rungs = Rungs(grace, reduction, epochs)
    waiting = iter(range(len(search.scores)))
    paused: dict[str, int] = {}
    running: set[int] = set()

    def start() -> tuple[int, int] | None:
        trial = rungs.promotable(paused.__contains__)
        index = next(waiting, None) if trial is None else int(trial)
        if index is None and not running:
            trial = rungs.drained(paused.__contains__)
            index = None if trial is None else int(trial)
        if index is None:
            return None
        running.add(index)
        return index, paused.pop(str(index), 0)

    def goes_on(index: int, epoch: int) -> bool:
        does = rungs.reached(str(index), epoch, search.scores[index][epoch - 1])
        if epoch == epochs:
            rungs.through(str(index))
        elif not does:
            paused[str(index)] = epoch
        if epoch == epochs or not does:
            running.discard(index)
        return does

    return _run(search, epochs, start, goes_on)


def _run(
    search: Search,
    epochs: int,
    start: Callable[[], tuple[int, int] | None],
    goes_on: Callable[[int, int], bool],
) -> Outcome:
    """Workers that take an epoch each in about a unit of time, until nothing is left to start."""
    generator = random.Random(f"speeds {search.seed}")
    busy: list[tuple[float, int, int]] = []
    units, free, now, through = 0, search.workers, 0.0, []
    while True:
        for index, epoch in _started(start, free):
            free -= 1
            heappush(busy, (now + generator.uniform(0.5, 1.5), index, epoch + 1))
        if not busy:
            break
        now, index, epoch = heappop(busy)
        units += 1
        does_go_on = goes_on(index, epoch)
        if epoch == epochs:
            through.append(index)
        if does_go_on and epoch < epochs:
            heappush(busy, (now + generator.uniform(0.5, 1.5), index, epoch + 1))
        else:
            free += 1
    winner = max(through, key=lambda index: search.scores[index][-1])
    return Outcome(units, len(through), max(search.qualities) - search.qualities[winner])


def _started(start: Callable[[], tuple[int, int] | None], free: int) -> Iterator[tuple[int, int]]:
    for _ in range(free):
        started = start()
        if started is None:
            return
        yield started


def compared(setting: tuple[int, int, int, int, int], orders: int) -> tuple[list[Outcome], list[Outcome]]:
    """What both took, order by order."""
    students, epochs, grace, reduction, workers = setting
    searches = [search_of(students, epochs, workers, seed) for seed in range(orders)]
    return (
        [promotion(search, grace, reduction, epochs) for search in searches],
        [stopping(search, grace, reduction, epochs) for search in searches],
    )


def main() -> None:
    """Print a row for each setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=200)
    orders = parser.parse_args().orders
    print(
        "| students | epochs | grace | reduction | workers | promoting | stopping | ratio | winner short of the best |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for setting in SETTINGS:
        ours, rays = compared(setting, orders)
        epochs = [mean(outcome.epochs for outcome in outcomes) for outcomes in (ours, rays)]
        regrets = [mean(outcome.regret for outcome in outcomes) for outcomes in (ours, rays)]
        most = max(one.epochs / other.epochs for one, other in zip(ours, rays, strict=True))
        cells = [
            *map(str, setting),
            f"{epochs[0]:.0f}",
            f"{epochs[1]:.0f}",
            f"{epochs[0] / epochs[1]:.2f} (at most {most:.2f})",
        ]
        print("|", " | ".join([*cells, f"{regrets[0]:.2f}, {regrets[1]:.2f}"]), "|")


if __name__ == "__main__":
    main()
