"""Who proposes the next student: what every sampler does, and the two that learn nothing from results.

No proposer keeps anything on disk: after a crash it is made anew and told again what it was told.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterator

from ..backend.resolve import resolve
from ..space.samplers import Sampler
from .axes import Axes, Identity
from .points import Point, Space

BATCH = 64
"""Points drawn at once."""


class Proposer(ABC):
    """Proposes points and learns from what became of them.

    Attributes:
        is_learning: Whether what it proposes depends on results, so that it is asked as late as possible.
    """

    is_learning: bool = True

    @abstractmethod
    def propose(self) -> Point | None:
        """The next point to try; None once nothing is left."""

    def refused(self, point: Point) -> None:
        """A proposed point was infeasible, failed, or means the same network as an earlier one."""
        return

    def learned(self, point: Point, values: tuple[float, ...]) -> None:
        """A point was trained: one number for each goal, larger is better."""
        return


def proposer(sampler: Sampler, space: Space, goals: int) -> Proposer:
    """What a declared sampler proposes by.

    Args:
        sampler: The declaration; one of another package may stand here.
        space: What to search.
        goals: How many numbers are told of each result.
    """
    call = sampler.lower()
    made: Proposer = resolve(call.target)(space, goals, **call.kwargs)
    return made


class Random(Proposer):
    """Uniform draws from the feasible points, none twice."""

    is_learning = False

    def __init__(self, space: Space, goals: int, *, seed: int) -> None:
        self._draws = Draws(space, Axes(space, seed), seed)

    def propose(self) -> Point | None:
        return self._draws.fresh()


class Grid(Proposer):
    """Every feasible point in order, once."""

    is_learning = False

    def __init__(self, space: Space, goals: int) -> None:
        axes = Axes(space, seed=0)
        self._points = _distinct(space.students(), axes, set())

    def propose(self) -> Point | None:
        return next(self._points, None)


class Draws:
    """Uniform draws of feasible points, none twice; other samplers begin with them and fall back on them."""

    def __init__(self, space: Space, axes: Axes, seed: int) -> None:
        self._space = space
        self._axes = axes
        self._seen: set[Identity] = set()
        self._random = random.Random(f"draws {seed}")
        self._points = _distinct(self._endless(), axes, self._seen)

    def fresh(self) -> Point | None:
        """A feasible point that was not seen before; None if there is no other."""
        return next(self._points, None)

    def see(self, point: Point) -> bool:
        """Keep a point from being drawn; False if it was seen before."""
        identity = self._axes.identity(point)
        is_new = identity not in self._seen
        self._seen.add(identity)
        return is_new

    def _endless(self) -> Iterator[Point]:
        """Draws, batch by batch; what is left, in random order, once a batch brings nothing new."""
        is_new = True
        while is_new:
            batch = self._space.draw(BATCH, self._random.getrandbits(32))
            is_new = any(self._axes.identity(point) not in self._seen for point in batch)
            yield from batch
        if all(domain.size is not None for domain in self._space.domains.values()):
            left = [point for point in self._space.students() if self._axes.identity(point) not in self._seen]
            self._random.shuffle(left)
            yield from left


def _distinct(points: Iterator[Point], axes: Axes, seen: set[Identity]) -> Iterator[Point]:
    for point in points:
        identity = axes.identity(point)
        if identity not in seen:
            seen.add(identity)
            yield {name: text for name, text in point.items() if name in axes.active(point)}
