"""What needs arrays: loaded only for spaces that are too large to be listed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .lattice import Edge, Lattice
from .tables import Limits, TooManyRows, Within, within


def within_or_none(lattice: Lattice, limits: Limits) -> Within | None:
    """The students within limits; None where the tables would grow too large."""
    try:
        return within(lattice, limits)
    except TooManyRows:
        return None


def draw(cases: Sequence[Within], many: int, seed: int) -> list[list[Edge]]:
    """Steps of students of any case, drawn uniformly and independently of each other; the same for the same seed."""
    generator = np.random.default_rng(seed)
    sums = np.cumsum([case.count for case in cases], dtype=np.int64)
    chosen = np.searchsorted(sums, generator.integers(0, sums[-1], size=many), side="right")
    drawn = [iter(case.draw(int((chosen == place).sum()), generator)) for place, case in enumerate(cases)]
    return [next(drawn[place]) for place in chosen.tolist()]
