"""Addresses that follow one another, as one: `s1[3..5][0]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, takewhile

from .branches import Path, joined, steps


def spans(addresses: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Runs of addresses that differ in one position alone, each as one word and in full, in order."""
    left = dict.fromkeys(map(steps, addresses))
    while left:
        run = _longest_run(next(iter(left)), left)
        for path in run:
            del left[path]
        yield run_word(run), tuple(map(joined, run))


def _longest_run(first: Path, known: Iterable[Path]) -> Sequence[Path]:
    """The longest run that begins at an address; that address alone if nothing follows it."""
    there = frozenset(known)
    ways = [place for place, step in enumerate(first) if step.startswith("[")]
    runs = ([*takewhile(there.__contains__, _following(first, place))] for place in ways)
    return max(runs, key=len, default=[first])


def _following(path: Path, place: int) -> Iterator[Path]:
    """The address, and those after it at one of its positions."""
    return ((*path[:place], f"[{number}]", *path[place + 1 :]) for number in count(int(path[place][1:-1])))


def next_path(path: Path) -> Path | None:
    """The address one position further on; None if it ends in a label."""
    return (*path[:-1], f"[{int(path[-1][1:-1]) + 1}]") if path[-1].startswith("[") else None


def run_word(run: Sequence[Path]) -> str:
    """A run of addresses as one: `s1[3..5][0]`."""
    steps = (one if one == other else f"{one[:-1]}..{other[1:]}" for one, other in zip(run[0], run[-1], strict=True))
    return joined(tuple(steps))
