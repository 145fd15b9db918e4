"""The candidates of a search: what its params can be, which points are students, and which are the same student."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from math import exp, log
from typing import Any

from ..compilation import Compilation
from ..dataclass import dataclass
from ..program.model import Program
from ..space.domains import Choices, Continuous, Domain, Lists
from ..space.params import spell, spelled
from ..syntax import nodes, spelling
from ..work.key import Around, stage_keys
from .points import Point

MOST_TRIED = 10_000
"""Points tried for feasible ones where the space is not known as a whole."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """The points that a search may propose.

    Attributes:
        compilation: The spec; params that do not vary have its values.
        vary: The params that do, by name.
    """

    compilation: Compilation
    vary: tuple[str, ...]

    @cached_property
    def domains(self) -> Mapping[str, Domain]:
        """What each of them can be."""
        infos = self.compilation.params
        return {name: domain for name in self.vary if (domain := infos[name].domain) is not None}

    def spelled(self, name: str) -> list[str]:
        """The values of a finite domain as texts, in order."""
        return _spelled(self._written(name), self.domains[name])

    def spelled_items(self, name: str) -> list[str]:
        """The values of each draw of a list as texts, in order."""
        written, domain = self._written(name), self.domains[name]
        if not isinstance(written, nodes.Draws) or not isinstance(domain, Lists):
            raise TypeError(f"`{name}` is no list of draws")
        return _spelled(written.domain, domain.domain)

    @cached_property
    def size(self) -> int | None:
        """How many points can be told apart; None if infinitely many."""
        space, others = self.compilation.space, [self.domains[name].size for name in self._free]
        counted: int | None = space.feasible
        for size in others:
            counted = None if counted is None or size is None else counted * size
        return counted

    def draw(self, count: int, seed: int) -> list[Point]:
        """Points drawn uniformly from the feasible students; params that shape none are drawn from their domains."""
        chance, space = random.Random(seed), self.compilation.space
        if space.feasible is None:
            return list(islice(self._tried(chance), count))
        students = space.draw(count, seed)
        return [{**student, **{name: self._drawn(name, chance) for name in self._free}} for student in students]

    def students(self) -> Iterator[Point]:
        """Every feasible point of a finite space, in order."""
        for student in self.compilation.space.students():
            yield from self._with_free(student, self._free)

    def is_feasible(self, point: Point) -> bool:
        """Whether the spec is sound at a point and meets every requirement."""
        return self.compilation.built_at(point) is not None

    def active(self, point: Point) -> frozenset[str]:
        """The varied params that have a say at a point."""
        built = self.compilation.built_at(point)
        return frozenset(self.vary) if built is None else built.declarations.in_use() & set(self.vary)

    def program(self, point: Point) -> Program | None:
        """The program at a point; None where it is not feasible."""
        built = self.compilation.built_at(point)
        return None if built is None else built.program

    @cached_property
    def _free(self) -> Sequence[str]:
        """The varied params that shape no student, such as a learning rate."""
        return [name for name in self.vary if name not in self.compilation.shaping]

    def _with_free(self, student: Point, names: Sequence[str]) -> Iterator[Point]:
        if not names:
            yield student
            return
        for value in self.spelled(names[0]):
            yield from self._with_free({**student, names[0]: value}, names[1:])

    def _tried(self, chance: random.Random) -> Iterator[Point]:
        """Feasible points found by trying, where the space is not known as a whole."""
        for _ in range(MOST_TRIED):
            point = {name: self._drawn(name, chance) for name in self.vary}
            if self.is_feasible(point):
                yield point

    def _written(self, name: str) -> nodes.Domain:
        written = self.compilation.params[name].declaration.domain
        if written is None:
            raise TypeError(f"`{name}` has no domain")
        return written

    def _drawn(self, name: str, chance: random.Random) -> str:
        domain = self.domains[name]
        return spell(_uniform(domain, chance)) if not isinstance(domain, Choices) else chance.choice(self.spelled(name))


def _spelled(written: nodes.Domain, domain: Domain) -> list[str]:
    return [spelling.spell(value) for value in spelled(written, domain)]


def keys_of(program: Program, around: Around) -> Mapping[str, str] | None:
    """The key of each stage; None where data or weights are not here, so that none can be told."""
    keys = stage_keys(program, program.stages, around)
    known = {name: key.digest for name, key in keys.items() if key is not None}
    return known if len(known) == len(keys) else None


def _uniform(domain: Domain, chance: random.Random) -> Any:
    """A value of a domain, each as likely as any other; by logarithm where the range says so."""
    match domain:
        case Continuous(low, high, log=True):
            return _short(exp(chance.uniform(log(low), log(high))), low, high)
        case Continuous(low, high):
            return _short(chance.uniform(low, high), low, high)
        case Lists(inner, length):
            return tuple(_uniform(inner, chance) for _ in range(length))
    return chance.choice(list(domain))


def _short(value: float, low: float, high: float) -> float:
    """A number with four digits, inside its range: that is what people can read and write."""
    return min(max(float(f"{value:.4g}"), low), high)
