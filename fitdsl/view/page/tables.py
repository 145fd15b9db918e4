"""What differs from point to point of a space, written down once for each value of the params that matter.

Everything is worked out at every point first; a table then leaves out the params that it does not depend on. So it is
exact, whatever params have to do with one another, and small where few of them do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from itertools import product
from math import prod
from typing import Any

from ...dataclass import dataclass

Table = Mapping[str, list[int]]
"""`p`: the axes that matter; `v`: a number for each combination of their values, the last axis the fastest."""


@dataclass(frozen=True)
class Axes:
    """The axes of a space of points.

    Attributes:
        sizes: How many values each has; points are counted with the last axis the fastest.
    """

    sizes: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many points there are."""
        return prod(self.sizes)

    def table(self, values: Sequence[int]) -> Table:
        """A value for each point, as a table over the axes on which it depends."""
        strides = [prod(self.sizes[axis + 1 :]) for axis in range(len(self.sizes))]
        matter = [axis for axis in range(len(self.sizes)) if self._matters(values, axis, strides[axis])]
        ways = product(*(range(self.sizes[axis]) for axis in matter))
        places = (sum(p * strides[axis] for p, axis in zip(way, matter, strict=True)) for way in ways)
        return {"p": matter, "v": [values[place] for place in places]}

    def _matters(self, values: Sequence[int], axis: int, stride: int) -> bool:
        """Whether a value changes anywhere along an axis."""
        size = self.sizes[axis]
        return any(value != values[place - place // stride % size * stride] for place, value in enumerate(values))


@dataclass(frozen=True, eq=False)
class Pool:
    """Things that are named by numbers, equal ones by the same."""

    items: list[Any] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def number(self, item: Any) -> int:
        """The number of a thing made of lists, texts and numbers."""
        key = json.dumps(item, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = len(self.items)
            self.items.append(item)
        return self._numbers[key]
