"""Two sequences laid side by side so that what stands opposite has most in common, the order of both kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T")
Pairs = list[tuple[int, int]]

MOST_CELLS = 250_000
"""Comparisons that are made; longer sequences are paired position by position."""


def align(
    before: Sequence[T],
    after: Sequence[T],
    key: Callable[[T], tuple[Hashable, ...]],
    score: Callable[[T, T], int],
) -> Pairs:
    """Positions that belong together, in order.

    Changing sides changes the sides of the pairs and nothing else.

    Args:
        before: One sequence.
        after: The other one.
        key: Equal for what is alike in every respect; at both ends such are paired without further comparison.
        score: How much two have in common, the same both ways; those with 0 are never paired.
    """
    one, other = [key(item) for item in before], [key(item) for item in after]
    if repr(one) > repr(other):
        return [(here, there) for there, here in align(after, before, key, score)]
    start = _common(one, other)
    end = _common(one[start:][::-1], other[start:][::-1])
    middle = _aligned(before[start : len(one) - end], after[start : len(other) - end], score)
    return [
        *((place, place) for place in range(start)),
        *((start + here, start + there) for here, there in middle),
        *((len(one) - place, len(other) - place) for place in range(end, 0, -1)),
    ]


def _common(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """How many are equal at the beginning."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _aligned(before: Sequence[T], after: Sequence[T], score: Callable[[T, T], int]) -> Pairs:
    """The pairs with the largest sum of scores."""
    if len(before) * len(after) > MOST_CELLS:
        pairs = zip(before, after, strict=False)
        return [(place, place) for place, (a, b) in enumerate(pairs) if score(a, b)]
    scores = [[score(a, b) for b in after] for a in before]
    best = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for row in range(len(before) - 1, -1, -1):
        for column in range(len(after) - 1, -1, -1):
            paired = scores[row][column] and scores[row][column] + best[row + 1][column + 1]
            best[row][column] = max(paired, best[row + 1][column], best[row][column + 1])
    return _way(best, scores)


def _way(best: Sequence[Sequence[int]], scores: Sequence[Sequence[int]]) -> Pairs:
    """The pairs on the way along which the sums of scores were made."""
    found: Pairs = []
    row, column = 0, 0
    while best[row][column]:
        own = scores[row][column]
        if own and best[row][column] == own + best[row + 1][column + 1]:
            found.append((row, column))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return found
