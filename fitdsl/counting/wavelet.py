"""Sums of weights over a rectangle: rows in an order of their own, and a second number that each row has.

Source: Claude, Navarro and Ordóñez 2015, The wavelet matrix. Each level sorts the rows, stably, by one bit of the rank
of their number, highest bit first; beside it stand sums of weights, so that a query takes a few look-ups a level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class _Level:
    """Rows sorted by one bit.

    Attributes:
        bit: Which one.
        zeros: How many of the first i rows before sorting have it unset.
        border: How many there are in all; the others follow behind them.
        sums: Weight of the first i rows after sorting.
    """

    bit: int
    zeros: Integers
    border: int
    sums: Integers


class Wavelet:
    """Rows with numbers and weights.

    Args:
        numbers: Of each row, in order, [n].
        weights: Of each row, none below 0, [n].
    """

    def __init__(self, numbers: Integers, weights: Integers) -> None:
        self.ranks: Integers = np.unique(numbers)
        self._bits = len(self.ranks).bit_length()
        self._sums = _sums(weights)
        self._levels: list[_Level] = []
        self._rows: Integers = np.arange(len(numbers))
        current = np.searchsorted(self.ranks, numbers)
        for bit in reversed(range(self._bits)):
            is_set = (current >> bit) & 1
            zeros = _sums(1 - is_set)
            order = np.argsort(is_set, kind="stable")
            current, self._rows, weights = current[order], self._rows[order], weights[order]
            self._levels.append(_Level(bit, zeros, int(zeros[-1]), _sums(weights)))

    def below(self, start: Integers, stop: Integers, limit: Integers) -> Integers:
        """Weight of the rows start .. stop - 1 with numbers below a limit, for each of q queries, [q]."""
        rank = np.searchsorted(self.ranks, limit)
        total = np.zeros(len(start), np.int64)
        for level in self._levels:
            left, right = level.zeros[start], level.zeros[stop]
            is_set = (rank >> level.bit) & 1 == 1
            total += np.where(is_set, level.sums[right] - level.sums[left], 0)
            start = np.where(is_set, level.border + start - left, left)
            stop = np.where(is_set, level.border + stop - right, right)
        return total

    def row(self, start: Integers, stop: Integers, position: Integers) -> Integers:
        """The row that holds a position of the weight of rows start .. stop - 1, ordered by number, [q]."""
        for level in self._levels:
            left, right = level.zeros[start], level.zeros[stop]
            weight = level.sums[right] - level.sums[left]
            is_above = position >= weight
            position = np.where(is_above, position - weight, position)
            start = np.where(is_above, level.border + start - left, left)
            stop = np.where(is_above, level.border + stop - right, right)
        sums = self._levels[-1].sums if self._levels else self._sums
        return self._rows[np.searchsorted(sums, sums[start] + position, side="right") - 1]


def _sums(values: Integers) -> Integers:
    return np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
