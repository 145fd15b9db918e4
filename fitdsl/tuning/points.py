"""The space of a search as samplers see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from ..space.domains import Domain

Point = Mapping[str, str]
"""Values of varied params as the language spells them; a param that is left out keeps its default."""


class Space(Protocol):
    """What a sampler knows of the space it searches."""

    @property
    def domains(self) -> Mapping[str, Domain]:
        """The values of every varied param."""

    @property
    def spelled(self) -> Callable[[str], list[str]]:
        """The values of a param with a finite domain as texts, in order."""

    @property
    def spelled_items(self) -> Callable[[str], list[str]]:
        """As `spelled`, for a list of draws: the values of one draw."""

    def draw(self, count: int, seed: int) -> list[Point]:
        """Points of feasible students, uniform among these; the same ones for the same seed."""

    def students(self) -> Iterator[Point]:
        """Every feasible point of a finite space in order."""

    def is_feasible(self, point: Point) -> bool:
        """Whether the student type-checks and meets every requirement."""

    def active(self, point: Point) -> frozenset[str]:
        """The params that have a say at a point."""
