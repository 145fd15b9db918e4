"""Counting, drawing and listing paths of random lattices, beside walking every path."""

from __future__ import annotations

from collections import Counter
from math import prod, sqrt
from random import Random

import numpy as np
import pytest

from fitdsl.counting import tables
from fitdsl.counting.draws import counted as counted_within
from fitdsl.counting.lattice import Edge, Lattice

Limits = list[tuple[int | None, int | None]]


def random_lattice(random: Random) -> tuple[Lattice, Limits]:
    """A lattice with up to six layers and three sums, and limits of these."""
    depth, width = random.randint(1, 6), random.randint(0, 3)
    sizes = [1, *(random.randint(1, 4) for _ in range(depth - 1)), 1]
    layers = []
    for number in range(depth):
        targets = [
            *range(sizes[number + 1]),
            *(random.randrange(sizes[number + 1]) for _ in range(random.randint(0, 4))),
        ]
        layers.append(
            tuple(
                Edge(
                    random.randrange(sizes[number]),
                    target,
                    tuple(random.randint(-3, 6) for _ in range(width)),
                    ((number, place),),
                    random.choice([1, 1, 2]),
                )
                for place, target in enumerate(targets)
            )
        )
    limits: Limits = [
        (random.choice([None, random.randint(0, 10)]), random.choice([None, random.randint(3, 20)]))
        for _ in range(width)
    ]
    return Lattice(tuple(layers), width), limits


def is_within(steps: tuple[Edge, ...], limits: Limits) -> bool:
    sums = [sum(edge.cost[number] for edge in steps) for number in range(len(limits))]
    return all(
        (low is None or s >= low) and (high is None or s <= high) for s, (low, high) in zip(sums, limits, strict=True)
    )


def times(steps: tuple[Edge, ...]) -> int:
    return prod(edge.times for edge in steps)


@pytest.mark.parametrize("seed", range(150))
def test_paths_within_limits_are_counted_listed_and_drawn_evenly(seed: int) -> None:
    whole, limits = random_lattice(Random(seed))
    lattice = whole.reduced()
    paths = list(lattice.steps())
    assert lattice.paths() == whole.paths() == sum(map(times, paths))
    if not paths:
        return
    expected = {tuple(e.picks for e in steps): times(steps) for steps in paths if is_within(steps, limits)}
    assert {tuple(e.picks for e in steps) for steps in lattice.within(limits)} == expected.keys()
    counted, total = counted_within(lattice, limits), sum(expected.values())
    assert (counted.low, counted.high) == (total, total)
    assert counted.within is not None
    drawn = Counter(tuple(e.picks for e in steps) for steps in counted.within.draw(2_000, np.random.default_rng(seed)))
    assert drawn.keys() <= expected.keys()
    if len(expected) > 1:
        due = {picks: 2_000 * many / total for picks, many in expected.items()}
        chi_square = sum((drawn[picks] - many) ** 2 / many for picks, many in due.items())
        freedom = len(expected) - 1
        assert chi_square < freedom + 6 * sqrt(2 * freedom)


def test_the_least_and_the_most_of_a_sum_are_found_without_walking_every_path() -> None:
    for seed in range(50):
        lattice = random_lattice(Random(seed))[0].reduced()
        sums = [[sum(e.cost[n] for e in steps) for steps in lattice.steps()] for n in range(lattice.width)]
        for number, found in enumerate(sums):
            assert lattice.range(number) == ((min(found), max(found)) if found else None)
            steps = lattice.smallest(number)
            assert (steps is None) == (not found)
            assert not found or sum(e.cost[number] for e in steps or ()) == min(found)


@pytest.mark.parametrize("seed", range(150))
def test_beyond_what_tables_hold_counts_have_bounds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lattice, limits = random_lattice(Random(seed))
    lattice = lattice.reduced()
    expected = sum(times(steps) for steps in lattice.steps() if is_within(steps, limits))
    original = tables.within

    def within(lattice: Lattice, limits: Limits) -> tables.Within:
        if len(limits) > seed % 3:
            raise tables.TooManyRows
        return original(lattice, limits)

    monkeypatch.setattr("fitdsl.counting.draws.within", within)
    counted = counted_within(lattice, limits)
    assert counted.low <= expected <= counted.high
    assert counted.within is None or counted.within.count == expected == counted.low == counted.high
