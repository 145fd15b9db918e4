"""The legal values of a param: choices, ranges with both ends included, and lists of independent draws."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import floor
from typing import Any

LARGEST_COUNT = 10**18


def countable(size: int) -> int | None:
    """A number of values, or None where nobody could write it or go through them."""
    return size if size <= LARGEST_COUNT else None


class Domain(ABC):
    """A set of values."""

    @property
    @abstractmethod
    def size(self) -> int | None:
        """How many values it holds; None if infinitely many, or beyond counting."""

    @abstractmethod
    def __contains__(self, value: object) -> bool:
        """Whether a value is one of them."""

    @abstractmethod
    def __iter__(self) -> Iterator[Any]:
        """Its values in order; only for finite domains."""


@dataclass(frozen=True)
class Choices(Domain):
    """`{a, b}`: these values."""

    values: tuple[Any, ...]

    @property
    def size(self) -> int:
        return len(self.values)

    def __contains__(self, value: object) -> bool:
        return value in self.values

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)


@dataclass(frozen=True)
class Steps(Domain):
    """`low .. high step s`, or a range of integers: `low`, `low + s`, … up to `high`."""

    low: int | float
    high: int | float
    step: int | float

    @property
    def size(self) -> int:
        # the small addition keeps 0.1 .. 0.3 step 0.1 at three values
        return floor((self.high - self.low) / self.step + 1e-9) + 1

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        steps = (value - self.low) / self.step
        return -1e-9 <= steps <= self.size - 1 + 1e-9 and abs(steps - round(steps)) < 1e-9

    def __iter__(self) -> Iterator[int | float]:
        return (self.low + index * self.step for index in range(self.size))


@dataclass(frozen=True)
class Continuous(Domain):
    """`low .. high` between numbers that are not both integers, evenly or by logarithm."""

    low: float
    high: float
    log: bool = False

    @property
    def size(self) -> None:
        return None

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high

    def __iter__(self) -> Iterator[float]:
        raise TypeError("a continuous range cannot be listed")


@dataclass(frozen=True)
class Lists(Domain):
    """`[domain] * n`: every list of n values of one domain."""

    domain: Domain
    length: int

    @property
    def size(self) -> int | None:
        return None if self.domain.size is None else countable(self.domain.size**self.length)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, tuple) and len(value) == self.length and all(item in self.domain for item in value)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return product(self.domain, repeat=self.length)
