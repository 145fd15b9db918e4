"""Dividing examples so that every part has its share of every class, to the last example."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .examples import Indices


def stratify(targets: Indices, sizes: Sequence[int], *, seed: int) -> tuple[Indices, ...]:
    """Disjoint random parts of the given sizes, each with the classes in proportion.

    Args:
        targets: Class of each example, [n].
        sizes: How many examples each part gets; at most n together.
        seed: The same seed and targets give the same parts.

    Returns:
        For each part the positions of its examples, ascending.
    """
    generator = np.random.default_rng(seed)
    pools = [generator.permutation(np.flatnonzero(targets == label)) for label in np.unique(targets)]
    parts = []
    for size in sizes:
        shares = apportion(size, [len(pool) for pool in pools])
        parts.append(np.sort(np.concatenate([pool[:share] for pool, share in zip(pools, shares, strict=True)])))
        pools = [pool[share:] for pool, share in zip(pools, shares, strict=True)]
    return tuple(parts)


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Whole shares in proportion to the weights that add up to `total` (largest remainder; ties go to the first).

    No share exceeds its weight while `total` is at most their sum.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    # In integers on purpose: remainders must compare exactly.
    shares, remainders = zip(*(divmod(total * weight, whole) for weight in weights), strict=True)
    first = sorted(range(len(weights)), key=lambda index: -remainders[index])[: total - sum(shares)]
    return [share + (index in first) for index, share in enumerate(shares)]
