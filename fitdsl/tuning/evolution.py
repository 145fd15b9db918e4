"""Regularised evolution: of a random sample of the population the best is mutated, and the oldest retire.

Source: Real et al. 2019, Regularized evolution for image classifier architecture search, algorithm 1.
"""

from __future__ import annotations

import math
import random
from collections import deque

from ..dataclass import dataclass
from .axes import Axes
from .points import Point, Space
from .report import beats
from .samplers import Draws, Proposer

ATTEMPTS = 64
"""Mutations tried before a uniform draw takes the place."""


@dataclass(frozen=True)
class Member:
    """A trained student of the population."""

    point: Point
    values: tuple[float, ...]


class Evolution(Proposer):
    """Mutates one active param of a good student to a neighbouring value that is feasible and new.

    The first `population` students are uniform draws. With several goals a student is the better the fewer of the
    population are at least as good in every goal and better in one.
    """

    def __init__(self, space: Space, goals: int, *, population: int, sample: int, seed: int) -> None:
        self._space = space
        self._axes = Axes(space, seed)
        self._draws = Draws(space, self._axes, seed)
        self._random = random.Random(f"evolution {seed}")
        self._members: deque[Member] = deque(maxlen=population)
        self._first_draws = population
        self._sample = sample

    def propose(self) -> Point | None:
        if self._first_draws or not self._members:
            self._first_draws = max(0, self._first_draws - 1)
            return self._draws.fresh()
        return self._mutated(self._parent()) or self._draws.fresh()

    def learned(self, point: Point, values: tuple[float, ...]) -> None:
        if not any(map(math.isnan, values)):
            self._draws.see(point)
            self._members.append(Member(point, values))

    def _parent(self) -> Member:
        among = self._random.sample(list(self._members), min(self._sample, len(self._members)))
        return min(among, key=lambda one: sum(beats(other.values, one.values) for other in self._members))

    def _mutated(self, parent: Member) -> Point | None:
        """A feasible point that differs in one param and was never proposed; None if none was met."""
        for _ in range(ATTEMPTS):
            child = self._neighbour(parent.point)
            if self._space.is_feasible(child) and self._draws.see(child):
                return child
        return None

    def _neighbour(self, point: Point) -> Point:
        name = self._random.choice(sorted(self._axes.active(point)))
        coordinates = self._axes.coordinates(name, point[name])
        place = self._random.randrange(len(coordinates))
        coordinates[place] = self._axes.of[name][place].neighbour(coordinates[place], self._random)
        return self._completed({**point, name: self._axes.text(name, coordinates)})

    def _completed(self, point: Point) -> Point:
        """A point with values for what has a say at it and without the rest."""
        active = self._axes.active(point)
        if not point.keys() >= set(active):
            point = {**self._space.draw(1, self._random.getrandbits(32))[0], **point}
            active = self._axes.active(point)
        return {name: text for name, text in point.items() if name in active}
