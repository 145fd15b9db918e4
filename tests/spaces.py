"""A search space made by hand, small enough to be listed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import exp, log
from typing import Any

from fitdsl.space.domains import Choices, Continuous, Domain, Lists
from fitdsl.space.params import spell
from fitdsl.tuning.points import Point


@dataclass
class FakeSpace:
    """Params with domains, a rule for what is feasible, and params that need another one's value."""

    domains: Mapping[str, Domain]
    rule: Callable[[Point], bool] = lambda point: True
    switches: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)

    def spelled(self, name: str) -> list[str]:
        return [spell(value) for value in self.domains[name]]

    def spelled_items(self, name: str) -> list[str]:
        domain = self.domains[name]
        while isinstance(domain, Lists):
            domain = domain.domain
        return [spell(value) for value in domain]

    def draw(self, count: int, seed: int) -> list[Point]:
        generator = random.Random(seed)
        drawn = (self._drawn(generator) for _ in range(count * 10_000))
        feasible = (point for point in drawn if self.is_feasible(point))
        return [point for point, _ in zip(feasible, range(count), strict=False)]

    def students(self) -> Iterator[Point]:
        names = list(self.domains)
        for values in product(*map(self.spelled, names)):
            point = dict(zip(names, values, strict=True))
            if self.is_feasible(point):
                yield point

    def is_feasible(self, point: Point) -> bool:
        return self.rule({**self.defaults, **point})

    def active(self, point: Point) -> frozenset[str]:
        full = {**self.defaults, **point}
        return frozenset(name for name in self.domains if self._has_say(name, full))

    def _has_say(self, name: str, point: Point) -> bool:
        if name not in self.switches:
            return True
        switch, value = self.switches[name]
        return self._has_say(switch, point) and point[switch] == value

    def _drawn(self, generator: random.Random) -> Point:
        return {name: spell(_value(domain, generator)) for name, domain in self.domains.items()}


def _value(domain: Domain, generator: random.Random) -> Any:
    match domain:
        case Lists():
            return tuple(_value(domain.domain, generator) for _ in range(domain.length))
        case Continuous(low, high, True):
            return exp(generator.uniform(log(low), log(high)))
        case Continuous(low, high):
            return generator.uniform(low, high)
        case Choices(values):
            return generator.choice(values)
    return generator.choice(list(domain))
