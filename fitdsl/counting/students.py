"""A space whose students are few: each is listed, with what it costs and which requirements it meets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random

from ..dataclass import dataclass
from ..program.search import Searches
from ..semantics.scope import Scope
from ..space.params import Point, grid
from ..syntax import nodes
from ..values import Cost
from .forms import Case
from .ground import Ground, point_of
from .lattice import ANY, Edge
from .limits import Demands, added, value_of
from .reading import Variable
from .states import COST
from .survey import End, Survey

Costs = tuple[tuple[str, Cost], ...]


@dataclass(frozen=True, eq=False)
class Student:
    """One point of a space.

    Attributes:
        point: Where it is.
        costs: Of each network that is a student, by name; empty where the spec does not type-check.
        misses: By requirement, by how much it misses it: 0 where it meets it, None where that is no number.
    """

    point: Point
    costs: Costs
    misses: tuple[int | None, ...]
    is_valid: bool

    @property
    def is_feasible(self) -> bool:
        """Whether it type-checks and meets every requirement."""
        return self.is_valid and all(missed == 0 for missed in self.misses)


def from_survey(survey: Survey, demands: Demands) -> Iterator[Student]:
    """Every student of a survey, in the order of the grid."""
    found: list[tuple[tuple[int, ...], Student]] = []
    for steps in survey.lattice.steps():
        cost = added(steps, survey.lattice.width)
        end = steps[-1].target if steps else 0
        valid = survey.ends[end].is_valid
        misses = _misses(survey, demands, end, cost) if valid else ()
        costs = costs_of(survey.students, cost) if valid else ()
        for places in every(survey.variables, steps):
            student = Student(point_of(survey.variables, dict(enumerate(places))), costs, misses, valid)
            found.append((places, student))
    yield from (student for _, student in sorted(found, key=lambda pair: pair[0]))


def one_by_one(ground: Ground) -> Iterator[Student]:
    """Every student of a ground, each by a real build."""
    for point in grid(ground.turned):
        built, reporter = ground.built(point)
        is_valid = not reporter.has_errors
        reader = Searches(built.declarations, {})
        met = [reader.holds(requirement) for requirement in ground.requirements()] if is_valid else []
        students = built.declarations.of_role("student")
        costs = tuple((s, c) for s in students if (n := built.program.networks.get(s)) and (c := n.cost))
        yield Student(point, costs if is_valid else (), tuple(0 if one else None for one in met), is_valid)


def every(variables: Sequence[Variable], steps: Sequence[Edge]) -> Iterator[tuple[int, ...]]:
    """The places of the values of all variables on a path, once for each student of it."""
    chosen = {variable: place for edge in steps for variable, place in edge.picks}
    ranges = (range(len(v.values)) if chosen[v.number] == ANY else (chosen[v.number],) for v in variables)
    return product(*ranges)


def any_of(variables: Sequence[Variable], steps: Sequence[Edge], random: Random) -> dict[int, int]:
    """The places of the values of all variables on a path, with one at random where any will do."""
    chosen = {variable: place for edge in steps for variable, place in edge.picks}
    return {
        v.number: random.randrange(len(v.values)) if chosen[v.number] == ANY else chosen[v.number] for v in variables
    }


def costs_of(students: Sequence[str], cost: Sequence[int]) -> Costs:
    """The costs of each student, from the sums of a lattice."""
    size = len(COST)
    return tuple((name, Cost(*cost[i * size : (i + 1) * size])) for i, name in enumerate(students))


def _misses(survey: Survey, demands: Demands, end: int, cost: Sequence[int]) -> tuple[int | None, ...]:
    requirements = survey.ground.requirements()
    return tuple(
        _missed(survey, by_end[end], requirement, survey.ends[end], cost)
        for by_end, requirement in zip(demands.cases, requirements, strict=True)
    )


def _missed(
    survey: Survey, cases: Sequence[Case] | None, requirement: nodes.Expr, end: End, cost: Sequence[int]
) -> int | None:
    if cases is not None:
        sums = survey.sums()
        misses = [max((b.excess(value_of(b, sums, cost)) for b in case), default=0) for case in cases]
        return min(misses, default=None)
    return 0 if holds(survey.students, requirement, end, cost) else None


def holds(students: Sequence[str], requirement: nodes.Expr, end: End, cost: Sequence[int]) -> bool:
    """Whether a requirement holds of students of an end, given what they cost."""
    known = end.declarations.with_costs(dict(costs_of(students, cost)))
    return known.evaluator.value(requirement, Scope()) is True
