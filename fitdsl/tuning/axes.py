"""The params of a space as axes that a sampler moves along: a list of draws is one axis for each draw.

A coordinate is the place of a value among those of its domain, or a number of a continuous range. Texts become
coordinates and back, so that no sampler knows how the language spells a value.
"""

from __future__ import annotations

import random
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import exp, log

from ..dataclass import dataclass
from ..space.domains import Continuous, Domain, Lists, Steps
from ..space.params import spell
from .points import Point, Space

Coordinate = int | float
Identity = frozenset[tuple[str, Coordinate]]
"""A point without what has no say in it: equal where two points mean the same."""

PROBES = 24
"""Points by which is known which params always have a say."""

MOST_LISTED = 64
"""Places around one that are listed to draw from them."""

_WORD = re.compile(r'"(?:\\.|[^"\\])*"|[][(){},]|[^][(){},"]+')


class Axis(ABC):
    """One dimension."""

    @abstractmethod
    def text(self, coordinate: Coordinate) -> str:
        """A value as the language spells it."""

    @abstractmethod
    def coordinate(self, text: str) -> Coordinate:
        """Where a value stands."""

    @abstractmethod
    def neighbour(self, coordinate: Coordinate, generator: random.Random) -> Coordinate:
        """Another value: a near one where values have an order."""


@dataclass(frozen=True)
class Named(Axis):
    """Values without an order."""

    texts: tuple[str, ...]

    def text(self, coordinate: Coordinate) -> str:
        return self.texts[int(coordinate)]

    def coordinate(self, text: str) -> int:
        return self.texts.index(text)

    def neighbour(self, coordinate: Coordinate, generator: random.Random) -> int:
        others = [place for place in range(len(self.texts)) if place != coordinate]
        return generator.choice(others or [0])


@dataclass(frozen=True)
class Stepped(Axis):
    """`low`, `low + step`, and so on."""

    steps: Steps

    def text(self, coordinate: Coordinate) -> str:
        return spell(self.steps.low + coordinate * self.steps.step)

    def coordinate(self, text: str) -> int:
        return round((float(text) - self.steps.low) / self.steps.step)

    def neighbour(self, coordinate: Coordinate, generator: random.Random) -> int:
        last, reach = self.steps.size - 1, max(1, self.steps.size // 4)
        near = range(max(0, int(coordinate) - reach), min(last, int(coordinate) + reach) + 1)
        others = [place for place in near if place != coordinate] if len(near) <= MOST_LISTED else near
        return generator.choice(others or [0])


@dataclass(frozen=True)
class Between(Axis):
    """All numbers between two, evenly or by logarithm."""

    domain: Continuous

    def text(self, coordinate: Coordinate) -> str:
        return spell(self._within(coordinate))

    def coordinate(self, text: str) -> float:
        return float(text)

    def neighbour(self, coordinate: Coordinate, generator: random.Random) -> float:
        low, high = self.domain.low, self.domain.high
        if self.domain.log:
            return self._within(exp(log(coordinate) + generator.gauss(0, 0.15) * log(high / low)))
        return self._within(coordinate + generator.gauss(0, 0.15) * (high - low))

    def _within(self, value: float) -> float:
        return float(min(max(value, self.domain.low), self.domain.high))


class Axes:
    """The axes of a space by param, one for each draw of a list, and which params have a say where."""

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self.of: Mapping[str, tuple[Axis, ...]] = {
            name: tuple(_axes(domain, _texts(space, name, domain))) for name, domain in space.domains.items()
        }
        probed = [space.active(point) for point in space.draw(PROBES, seed)]
        self._always = frozenset(space.domains).intersection(*probed)
        # what decides whether another param has a say has one itself more often, and so comes first
        self.order = sorted(space.domains, key=lambda name: -sum(name in active for active in probed))

    def active(self, point: Point) -> Collection[str]:
        """The params that have a say at a point."""
        return self._always if len(self._always) == len(self.of) else self._space.active(point)

    def next_param(self, point: Point) -> str | None:
        """The param to be set next of those that have a say once some are set; None if all are."""
        unset = [name for name in self.order if name not in point]
        if not unset or unset[0] in self._always:
            return unset[0] if unset else None
        active = self._space.active(point)
        return next((name for name in unset if name in active), None)

    def coordinates(self, name: str, text: str) -> list[Coordinate]:
        """Where a value of a param stands on its axes."""
        texts = _split(self._space.domains[name], text)
        return [axis.coordinate(item) for axis, item in zip(self.of[name], texts, strict=True)]

    def text(self, name: str, coordinates: Sequence[Coordinate]) -> str:
        """A value of a param as the language spells it."""
        items = (axis.text(coordinate) for axis, coordinate in zip(self.of[name], coordinates, strict=True))
        return _joined(self._space.domains[name], items)

    def identity(self, point: Point) -> Identity:
        """What two points have in common that mean the same."""
        active = self.active(point)
        return frozenset(
            (axis_name(name, place), coordinate)
            for name, text in point.items()
            if name in active
            for place, coordinate in enumerate(self.coordinates(name, text))
        )


def axis_name(param: str, place: int) -> str:
    """What one axis of a param is called."""
    return f"{param}[{place}]"


def _texts(space: Space, name: str, domain: Domain) -> Sequence[str]:
    """The texts of unordered values; numbers need none."""
    innermost = _innermost(domain)
    if isinstance(innermost, Steps | Continuous):
        return ()
    return space.spelled_items(name) if isinstance(domain, Lists) else space.spelled(name)


def _innermost(domain: Domain) -> Domain:
    return _innermost(domain.domain) if isinstance(domain, Lists) else domain


def _axes(domain: Domain, texts: Sequence[str]) -> Iterator[Axis]:
    match domain:
        case Lists():
            for _ in range(domain.length):
                yield from _axes(domain.domain, texts)
        case Steps():
            yield Stepped(domain)
        case Continuous():
            yield Between(domain)
        case _:
            yield Named(tuple(texts))


def _split(domain: Domain, text: str) -> list[str]:
    """The texts of all draws of a list, of lists of lists too."""
    if not isinstance(domain, Lists):
        return [text]
    return [leaf for item in _items(text) for leaf in _split(domain.domain, item)]


def _joined(domain: Domain, texts: Iterator[str]) -> str:
    if not isinstance(domain, Lists):
        return next(texts)
    return f"[{', '.join(_joined(domain.domain, texts) for _ in range(domain.length))}]"


def _items(text: str) -> list[str]:
    """The texts between the outermost commas of a list."""
    items, depth = [""], 0
    for word in _WORD.findall(text.strip()[1:-1]):
        depth += (word in "[({") - (word in "])}")
        if word == "," and not depth:
            items.append("")
        else:
            items[-1] += word
    return [item.strip() for item in items]
