"""Paths of a lattice whose sums keep within bounds, counted and drawn without walking each.

Tables of the distinct sums that lead to each state grow from the start and from the end and meet in the middle: a row
of the one goes with the rows of the other that keep the whole within bounds. Rows that can no longer keep within them
are dropped, and those that can no longer leave them are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass
from .lattice import Edge, Lattice
from .wavelet import Integers, Wavelet

Limits = Sequence[tuple[int | None, int | None]]
"""Least and most of each sum, both included; None where there is no bound."""
MOST_ROWS = 8_000_000
MOST_JOINED = 2
"""So many bounded sums can be joined in the middle; with more, a table grows up to the end."""
MOST_ROWS_TO_THE_END = 5_000_000
LARGEST = 2**61


class TooManyRows(Exception):
    """The tables would grow beyond what can be gone through."""


@dataclass(frozen=True)
class _Origin:
    """Where the rows of a table come from.

    Attributes:
        edge, row: Of each way to a row: the edge it takes, and the row before.
        sums: Students of the first i ways.
        starts: First way of each row.
    """

    edge: NDArray[np.int32]
    row: NDArray[np.int32]
    sums: Integers
    starts: Integers


@dataclass(frozen=True)
class _Table:
    """The distinct sums that lead to each state of a layer, ordered by state and sums.

    Attributes:
        starts: First row of each state, and the number of rows, [states + 1].
        sums: [rows, sums].
        counts: Students of each row, [rows].
        origins: Of this table and those before it.
    """

    starts: Integers
    sums: Integers
    counts: Integers
    origins: tuple[_Origin, ...] = ()


class _Side:
    """A table that grows over the layers of a lattice, first to last."""

    def __init__(self, lattice: Lattice, backward: Lattice, limits: Limits) -> None:
        self.lattice, self.limits = lattice, limits
        width = lattice.width
        self._least_before = [backward.least(s)[::-1] for s in range(width)]
        self._most_before = [backward.least(s, -1)[::-1] for s in range(width)]
        self.table = _Table(np.array([0, 1]), np.zeros((1, width), np.int64), np.ones(1, np.int64))
        self.place = 0
        self._least = [lattice.least(s) for s in range(width)]
        self._most = [lattice.least(s, -1) for s in range(width)]
        if any(abs(value or 0) > LARGEST for found in (*self._least, *self._most) for value in found[0]):
            raise TooManyRows

    def ways(self) -> int:
        """How many rows the next step makes before equal ones are joined."""
        edges = self.lattice.layers[self.place]
        sizes = np.diff(self.table.starts)
        return int(sum(sizes[edge.source] for edge in edges))

    def grow(self) -> None:
        """Go on by one layer."""
        edges, table = self.lattice.layers[self.place], self.table
        source = np.array([e.source for e in edges], np.int64)
        target = np.array([e.target for e in edges], np.int64)
        cost = np.array([e.cost for e in edges], np.int64).reshape(len(edges), self.lattice.width)
        count = np.array([e.times for e in edges], np.int64)
        lengths = table.starts[source + 1] - table.starts[source]
        edge = np.repeat(np.arange(len(edges), dtype=np.int32), lengths)
        begins = np.cumsum(lengths) - lengths
        row = np.arange(lengths.sum()) + (table.starts[source] - begins)[edge]
        self.place += 1
        sums, is_kept = self._bounded(table.sums[row] + cost[edge], target[edge])
        edge, row = edge[is_kept], row[is_kept]
        self._join(edge, row, sums[is_kept], target[edge], table.counts[row] * count[edge])

    def _bounded(self, sums: Integers, state: Integers) -> tuple[Integers, NDArray[np.bool_]]:
        """Sums, with one for all that cannot leave a bound on one side, and which can still keep within bounds."""
        is_kept = np.ones(len(sums), np.bool_)
        for number, (low, high) in enumerate(self.limits):
            least, most = self._at(self._least[number])[state], -self._at(self._most[number])[state]
            values = sums[:, number]
            if high is not None:
                is_kept &= values + least <= high
            if low is not None:
                is_kept &= values + most >= low
            if low is None and high is None:
                sums[:, number] = 0
            if low is None and high is not None:
                safe = self._at(self._least_before[number])[state]
                sums[:, number] = np.where(values + most <= high, safe, values)
            if high is None and low is not None:
                safe = -self._at(self._most_before[number])[state]
                sums[:, number] = np.where(values + least >= low, safe, values)
        return sums, is_kept

    def _at(self, found: Sequence[Sequence[int | None]]) -> Integers:
        """What is known of each state of this layer."""
        return np.array([value or 0 for value in found[self.place]], np.int64)

    def _join(self, edge: NDArray[np.int32], row: Integers, sums: Integers, state: Integers, counts: Integers) -> None:
        """Make one row of equal ones."""
        columns = [state, *(sums[:, number] for number in range(sums.shape[1]))]
        order = _order(columns)
        is_first = np.zeros(len(order), np.bool_)
        is_first[:1] = True
        for column in columns:
            ordered = column[order]
            is_first[1:] |= ordered[1:] != ordered[:-1]
        starts = np.flatnonzero(is_first)
        through = np.concatenate(([0], np.cumsum(counts[order], dtype=np.int64)))
        firsts = order[starts]
        totals = np.diff(np.append(through[starts], through[-1]))
        states = self.lattice.sizes()[self.place]
        bounds = np.searchsorted(state[firsts], np.arange(states + 1))
        origin = _Origin(edge[order], row[order].astype(np.int32), through, np.append(starts, len(order)))
        self.table = _Table(bounds, sums[firsts], totals, (*self.table.origins, origin))

    def walk(self, row: Integers, generator: np.random.Generator) -> list[Integers]:
        """The edges of a student of each row, drawn uniformly, first layer first."""
        edges: list[Integers] = []
        for origin in reversed(self.table.origins):
            first, after = origin.starts[row], origin.starts[row + 1]
            chosen = generator.integers(origin.sums[first], origin.sums[after])
            way = np.searchsorted(origin.sums, chosen, side="right") - 1
            edges.append(origin.edge[way].astype(np.int64))
            row = origin.row[way].astype(np.int64)
        return edges[::-1]


def _order(columns: Sequence[Integers]) -> Integers:
    """The order of rows by columns, the first counts most."""
    packed, room = np.zeros(len(columns[0]), np.int64), 1
    for column in columns if len(packed) else ():
        low, high = int(column.min()), int(column.max())
        room *= high - low + 1
        if room > LARGEST:
            return np.lexsort(tuple(reversed(columns)))
        packed = packed * (high - low + 1) + (column - low)
    return np.argsort(packed, kind="stable")


@dataclass(frozen=True, eq=False)
class Within:
    """The students within bounds.

    Attributes:
        count: How many.
    """

    count: int
    _before: _Side = field(repr=False)
    _after: _Side = field(repr=False)
    _middle: _Middle = field(repr=False)

    def draw(self, many: int, generator: np.random.Generator) -> list[list[Edge]]:
        """Steps of students, drawn uniformly and independently of each other."""
        if not self.count:
            return []
        before, after = self._middle.draw(many, generator)
        first, last = self._before.walk(before, generator), self._after.walk(after, generator)
        layers = self._before.lattice.layers
        places = np.stack([*first, *reversed(last)], axis=1) if first or last else np.zeros((many, 0), np.int64)
        return [[layer[place] for layer, place in zip(layers, row, strict=True)] for row in places.tolist()]


def within(lattice: Lattice, limits: Limits) -> Within:
    """The students whose sums keep within limits.

    Args:
        lattice: Reduced, with one end.
        limits: Of each sum.

    Raises:
        TooManyRows: The tables would grow too large.
    """
    backward = Lattice(
        tuple(tuple(e._replace(source=e.target, target=e.source) for e in layer) for layer in reversed(lattice.layers)),
        lattice.width,
    )
    before, after = _Side(lattice, backward, limits), _Side(backward, lattice, limits)
    bounded = sum(limit != (None, None) for limit in limits)
    while before.place + after.place < len(lattice.layers):
        is_joined = bounded <= MOST_JOINED
        side = min((before, after) if is_joined else (before,), key=_Side.ways)
        if side.ways() > (MOST_ROWS if is_joined else MOST_ROWS_TO_THE_END):
            raise TooManyRows
        side.grow()
    middle = _Middle(before.table, after.table, limits)
    return Within(middle.count, before, after, middle)


class _Middle:
    """Rows of a table before a layer with the rows after it that keep the whole within bounds."""

    def __init__(self, before: _Table, after: _Table, limits: Limits) -> None:
        self.after = after
        bounded = [number for number, limit in enumerate(limits) if limit != (None, None)]
        states = np.repeat(np.arange(len(before.starts) - 1), np.diff(before.starts))
        self.start, self.stop = after.starts[states], after.starts[states + 1]
        self._sums = np.concatenate(([0], np.cumsum(after.counts, dtype=np.int64)))
        self.wavelet: Wavelet | None = None
        self.skipped = np.zeros(len(states), np.int64)
        if not after.origins:
            # the rows before it are within their bounds already
            bounded = []
        if bounded:
            first, *others = bounded
            key, span, low = _keys(after, first)
            self.start, self.stop = (
                np.searchsorted(key, states * span + np.clip(value - before.sums[:, first] - low, 0, span - 1))
                for value in _ends(limits[first], low, span, before.sums[:, first])
            )
            self.stop = np.maximum(self.start, self.stop)
            if others:
                self._second(before, others[0], limits[others[0]])
        if self.wavelet is None:
            self.matched = self._sums[self.stop] - self._sums[self.start]
        self.through = np.concatenate(([0], np.cumsum(before.counts * self.matched, dtype=np.int64)))
        self.count = int(self.through[-1])

    def _second(self, before: _Table, number: int, limit: tuple[int | None, int | None]) -> None:
        low, high = limit
        sums = before.sums[:, number]
        self.wavelet = Wavelet(self.after.sums[:, number], self.after.counts)
        total = self._sums[self.stop] - self._sums[self.start]
        if low is not None:
            self.skipped = self.wavelet.below(self.start, self.stop, low - sums)
        if high is not None:
            total = self.wavelet.below(self.start, self.stop, high - sums + 1)
        self.matched = np.maximum(total - self.skipped, 0)

    def draw(self, many: int, generator: np.random.Generator) -> tuple[Integers, Integers]:
        """Rows before and after the middle, each pair as often as there are students of it."""
        chosen = generator.integers(0, self.count, size=many)
        before = np.searchsorted(self.through, chosen, side="right") - 1
        position = self.skipped[before] + generator.integers(0, self.matched[before])
        if self.wavelet is not None:
            return before, self.wavelet.row(self.start[before], self.stop[before], position)
        position += self._sums[self.start[before]]
        return before, np.searchsorted(self._sums, position, side="right") - 1


def _keys(table: _Table, number: int) -> tuple[Integers, int, int]:
    """One ascending key of state and a sum for each row, how many keys a state has, and the least sum."""
    sums = table.sums[:, number]
    low, high = (int(sums.min()), int(sums.max())) if len(sums) else (0, 0)
    span = high - low + 3
    states = np.repeat(np.arange(len(table.starts) - 1), np.diff(table.starts))
    if span * max(len(table.starts), 1) > LARGEST:
        raise TooManyRows
    return states * span + sums - low, span, low


def _ends(
    limit: tuple[int | None, int | None], low: int, span: int, sums: Integers
) -> tuple[Integers | int, Integers | int]:
    """First sum within a limit, and the first beyond it."""
    first = low + sums if limit[0] is None else limit[0]
    beyond = low + span - 1 + sums if limit[1] is None else limit[1] + 1
    return first, beyond
