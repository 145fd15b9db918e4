"""What needs arrays: loaded only for spaces that are too large to be listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from ..dataclass import dataclass
from .lattice import Edge, Lattice
from .tables import Limits, TooManyRows, Within, within


@dataclass(frozen=True, eq=False)
class Counted:
    """How many students keep within limits.

    Attributes:
        low, high: Between which numbers that lies, both included.
        within: These students, where both are the same; None also where there are none.
    """

    low: int
    high: int
    within: Within | None = None


def counted(lattice: Lattice, limits: Limits) -> Counted:
    """How many students keep within limits: exactly, or with bounds where the tables would grow too large."""
    bounded = [place for place, limit in enumerate(limits) if not _is_slack(lattice, place, limits)]
    exact = _within(lattice, limits, bounded)
    return _estimated(lattice, limits, bounded) if exact is None else Counted(exact.count, exact.count, exact)


def draw(cases: Sequence[Counted], many: int, seed: int) -> list[list[Edge]]:
    """Steps of students of any case, drawn uniformly and independently of each other; the same for the same seed."""
    generator = np.random.default_rng(seed)
    known = [case.within for case in cases if case.within is not None]
    sums = np.cumsum([case.count for case in known], dtype=np.int64)
    chosen = np.searchsorted(sums, generator.integers(0, sums[-1], size=many), side="right")
    drawn = [iter(case.draw(int((chosen == place).sum()), generator)) for place, case in enumerate(known)]
    return [next(drawn[place]) for place in chosen.tolist()]


def _is_slack(lattice: Lattice, place: int, limits: Limits) -> bool:
    """Whether all students keep within a limit."""
    found, (low, high) = lattice.range(place), limits[place]
    return found is None or ((low is None or low <= found[0]) and (high is None or found[1] <= high))


def _within(lattice: Lattice, limits: Limits, places: Sequence[int]) -> Within | None:
    """The students within some of the limits; None where that cannot be had."""
    known = lattice.with_costs(lambda cost: tuple(cost[place] for place in places), len(places)).reduced()
    try:
        return within(known, [limits[place] for place in places])
    except TooManyRows:
        return None


def _estimated(lattice: Lattice, limits: Limits, places: Sequence[int]) -> Counted:
    """Bounds, from the students within each limit and within each two of them.

    Of those within one limit, few lie outside of another one if most lie within both: a student that is within the
    first one and outside of any other is missing from one of the pairs at least (Bonferroni's inequality).
    """
    found: dict[tuple[int, ...], int] = {}
    best: Within | None = None
    several = combinations(places, 2) if len(places) > 2 else ()
    for chosen in ((), *((place,) for place in places), *several):
        one = _within(lattice, limits, chosen)
        if one is not None:
            found[chosen] = one.count
            # tables are large: only those of the fewest students are kept
            best = one if best is None or one.count < best.count else best
    high = min(found.values(), default=lattice.paths())
    low = max(_at_least(found, chosen, places) for chosen in ((), *((place,) for place in places)))
    return Counted(low, high, best if low == high else None)


def _at_least(found: Mapping[tuple[int, ...], int], chosen: tuple[int, ...], places: Sequence[int]) -> int:
    """How many of the students within some limits are within all, at least; 0 where too little is known."""
    whole = found.get(chosen)
    others = [found.get(tuple(sorted((*chosen, place)))) for place in places if place not in chosen]
    if whole is None or None in others:
        return 0
    return max(whole - sum(whole - count for count in others if count is not None), 0)
