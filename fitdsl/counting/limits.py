"""From requirements to limits on the sums of a lattice, the same for all of its ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from ..dataclass import dataclass
from ..syntax import nodes
from .forms import MOST_CASES, Bound, Case, Forms
from .lattice import Edge, Lattice
from .linear import NotLinear
from .survey import End, Survey

Form = tuple[tuple[tuple[str, str], int], ...]
Limit = tuple[int | None, int | None]
Range = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Demands:
    """Every requirement at every end.

    Attributes:
        cases: By requirement, then by end: the cases in which it is met; None where it is made of other things than
            bounds on sums of costs, or where nothing ends that type-checks.
    """

    survey: Survey
    cases: tuple[tuple[tuple[Case, ...] | None, ...], ...]

    def is_linear(self, number: int) -> bool:
        """Whether a requirement is made of bounds."""
        by_end = zip(self.cases[number], self.survey.ends, strict=True)
        return all(cases is not None for cases, end in by_end if end.is_valid)

    @property
    def linear(self) -> list[int]:
        """The requirements that are made of bounds, as far as all their cases together are not too many."""
        found: list[int] = []
        for number in filter(self.is_linear, range(len(self.cases))):
            if sum(1 for _ in self.choices([*found, number])) <= MOST_CASES:
                found.append(number)
        return found

    def choices(self, requirements: Sequence[int]) -> Iterator[Mapping[int, int]]:
        """Every choice of one case for each of some requirements; students of two choices differ."""
        most = [max((len(cases or ()) for cases in self.cases[number]), default=0) for number in requirements]
        for places in product(*map(range, most)):
            yield dict(zip(requirements, places, strict=True))

    def at(self, end: int, choice: Mapping[int, int]) -> Case | None:
        """All bounds of a choice at an end; None where there is no such case."""
        cases = [self.cases[number][end] or () for number in choice]
        if any(place >= len(found) for found, place in zip(cases, choice.values(), strict=True)):
            return None
        chosen = (found[place] for found, place in zip(cases, choice.values(), strict=True))
        return tuple(bound for case in chosen for bound in case)

    def limited(self, choice: Mapping[int, int]) -> tuple[Lattice, tuple[Limit, ...]]:
        """The students that type-check, with what a choice bounds as sums, and the limits of these."""
        lattice, ends = self.survey.lattice, self.survey.ends
        found = {place: self.at(place, choice) for place, end in enumerate(ends) if end.is_valid}
        by_end = {place: merged(case) for place, case in found.items() if case is not None}
        possible = {place: bounds for place, bounds in by_end.items() if is_possible(bounds)}
        sums = tuple(sorted({(form, limit) for bounds in possible.values() for form, limit in _parts(bounds)}))
        alike = [form for form, _ in sums if len({repr(b.get(form)) for b in possible.values()}) == 1]
        forms = list(dict.fromkeys(alike))
        shifted = [(form, part) for form, part in sums if form not in forms]
        factors = [self._factors(form) for form in forms]
        factors += [self._factors(form, 1 if part == "high" else -1) for form, part in shifted]
        first = next(iter(possible.values()), {})
        limits = [first[form] for form in forms] + [(None, 0) for _ in shifted]
        whole = lattice.with_costs(lambda cost: tuple(_times(f, cost) for f in factors), len(factors))
        costs: list[tuple[int, ...] | None] = [None] * len(ends)
        most = [max((abs(value) for value in self._extremes(form)), default=0) for form, _ in shifted]
        for place, bounds in possible.items():
            shifts = (_shift(bounds, form, part, room) for (form, part), room in zip(shifted, most, strict=True))
            costs[place] = (*(0 for _ in forms), *shifts)
        return whole.ended(costs).reduced(), tuple(limits)

    def _extremes(self, form: Form) -> tuple[int, ...]:
        one = self.survey.lattice.with_costs(lambda cost: (_times(self._factors(form), cost),), 1)
        return one.ended([(0,)] * len(self.survey.ends)).range(0) or ()

    def _factors(self, form: Form, sign: int = 1) -> tuple[int, ...]:
        by_sum = dict(form)
        return tuple(sign * by_sum.get(sum, 0) for sum in self.survey.sums())


def demands(survey: Survey, requirements: Sequence[nodes.Expr]) -> Demands:
    """The cases of requirements at each end of a survey."""
    return Demands(survey, tuple(tuple(_cases(survey, end, expr) for end in survey.ends) for expr in requirements))


def _cases(survey: Survey, end: End, expr: nodes.Expr) -> tuple[Case, ...] | None:
    try:
        return Forms(end.declarations, survey.students, survey.extents).cases(expr) if end.is_valid else None
    except NotLinear:
        return None


def value_of(bound: Bound, sums: Sequence[tuple[str, str]], cost: Sequence[int]) -> int:
    """What a student has of what is bounded."""
    by_sum = dict(zip(sums, cost, strict=True))
    return sum(factor * by_sum[sum_] for sum_, factor in bound.form)


def merged(bounds: Sequence[Bound]) -> Mapping[Form, Limit]:
    """The limits of each form that together say what all bounds say."""
    found: dict[Form, Limit] = {}
    for bound in bounds:
        low, high = found.get(bound.form, (None, None))
        lows = [value for value in (low, bound.low) if value is not None]
        highs = [value for value in (high, bound.high) if value is not None]
        found[bound.form] = (max(lows, default=None), min(highs, default=None))
    return found


def is_possible(limits: Mapping[Form, Limit]) -> bool:
    """Whether no limit by itself rules everything out."""
    return all(low is None or high is None or low <= high for low, high in limits.values())


def added(steps: Sequence[Edge], width: int) -> tuple[int, ...]:
    """What steps cost together."""
    return tuple(map(sum, zip(*(edge.cost for edge in steps), strict=True))) if steps else (0,) * width


def _parts(limits: Mapping[Form, Limit]) -> Iterator[tuple[Form, str]]:
    for form, (low, high) in limits.items():
        yield from ((form, part) for part, value in (("low", low), ("high", high)) if value is not None)


def _shift(limits: Mapping[Form, Limit], form: Form, part: str, room: int) -> int:
    """What an end adds to a sum so that its limit is 0; so little that none is there where it has none."""
    low, high = limits.get(form, (None, None))
    if part == "high":
        return -room if high is None else -high
    return -room if low is None else low


def _times(factors: Sequence[int], cost: Sequence[int]) -> int:
    return sum(factor * value for factor, value in zip(factors, cost, strict=True))
