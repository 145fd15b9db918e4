"""The space of students that a spec describes: how many there are, which are feasible, and draws of these.

Small spaces are listed. Large ones are counted on the lattice of their students, exactly and without making each; where
that cannot be done, what is not known is None and `bounds` says between which numbers it lies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from math import prod
from random import Random
from typing import Any

from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..late import late
from ..program.declarations import Declarations
from ..semantics.functions import is_number
from ..semantics.scope import Scope
from ..space.domains import Lists, countable
from ..space.params import Point, params, read_point
from ..syntax import nodes
from ..syntax.spelling import spell
from ..values import Cost
from .forms import MOST_CASES
from .lattice import ANY, Edge, Lattice
from .limits import Demands, Limit, added, demands
from .reading import Variable
from .students import Student, any_of, every, from_survey, one_by_one
from .survey import Ground, Survey, point_of, survey, variables_of

MOST_LISTED = 1_000
"""A space of so many students is listed."""
MOST_BUILT = 128
"""A space that cannot be counted otherwise is counted by real builds up to this size."""
MOST_DRAWN = 2_000
Spelled = Mapping[str, str]
"""Values of params as texts of the language."""
Range = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Hopeless:
    """A requirement that no student meets which type-checks.

    Attributes:
        requirement: As written.
        nearest: The point of a student that misses it by least; None where it is no bound on costs.
        misses: By how much that student misses it, where costs are counted as often as the requirement counts them.
        sides: What stands on both sides of its comparison there.
        costs: What that student costs, by the name of its network.
    """

    requirement: nodes.Expr
    nearest: Spelled | None = None
    misses: int | None = None
    sides: tuple[float, float] | None = None
    costs: Mapping[str, Cost] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class DeadValue:
    """A value of a param that never leads to a feasible student.

    Attributes:
        place: Which of the values of the variable.
        is_valid: Whether it leads to students that type-check.
    """

    variable: Variable
    place: int
    is_valid: bool

    @property
    def expr(self) -> nodes.Expr:
        """The value as a tree."""
        return self.variable.spellings[self.place]

    @property
    def spelling(self) -> str:
        """The value as a text of the language."""
        return spell(self.expr)


@dataclass(frozen=True, eq=False)
class Space:
    """The students of a spec.

    Attributes:
        ground: What it stands on; None for a space that is infinite, or beyond counting.
    """

    ground: Ground | None

    # Counts -----------------------------------------------------------------------------------------------------------

    @cached_property
    def size(self) -> int | None:
        """Combinations of the varied params that reach a student; None if infinitely many, or beyond counting."""
        return None if self.ground is None else countable(prod(param.size or 0 for param in self.ground.turned))

    @cached_property
    def valid(self) -> int | None:
        """Those at which the whole spec type-checks; None where that is not known."""
        if self._listed is not None:
            return sum(student.is_valid for student in self._listed)
        return None if self._valid is None else self._valid.paths()

    @cached_property
    def feasible(self) -> int | None:
        """Those of them that meet every requirement; None where that is not known."""
        if self._listed is not None:
            return len(self._feasible)
        if self._demands is not None and not self._demands.cases:
            return self.valid
        return None if self._within is None else sum(one.count for one in self._within)

    @property
    def is_exact(self) -> bool:
        """Whether both counts are known."""
        return self.valid is not None and self.feasible is not None

    @property
    def bounds(self) -> Mapping[str, tuple[int, int | None]]:
        """Between which numbers `valid` and `feasible` lie, both included; None for no upper end."""
        known = {"valid": self.valid, "feasible": self.feasible}
        most = self.size if self.valid is None else self.valid
        return {name: (0, most) if count is None else (count, count) for name, count in known.items()}

    @cached_property
    def ranges(self) -> Mapping[str, Mapping[str, Range]]:
        """Least and most of each cost over the students that type-check: by name of the student, then by kind."""
        if self._listed is not None:
            return _ranges([student.costs for student in self._listed if student.is_valid])
        if self._survey is None or self._valid is None:
            return {}
        found = [self._valid.range(number) for number in range(self._valid.width)]
        by_sum = zip(self._survey.sums(), found, strict=True)
        ranges: dict[str, dict[str, Range]] = {}
        for (student, kind), one in by_sum:
            if one is not None:
                ranges.setdefault(student, {})[kind] = one
        return ranges

    # Students ---------------------------------------------------------------------------------------------------------

    def draw(self, count: int, seed: int) -> list[Spelled]:
        """Points of feasible students, drawn uniformly and independently; an empty list where none is feasible.

        Args:
            count: How many.
            seed: The same draws for the same seed.

        Raises:
            LookupError: The feasible students are not known.
        """
        if self.feasible is None:
            raise LookupError("the feasible students of this space cannot be counted, so none can be drawn")
        if not self.feasible:
            return []
        random = Random(seed)
        if self._listed is not None:
            return [_spelled(student.point) for student in random.choices(self._feasible, k=count)]
        assert self._survey is not None
        steps = self._drawn(count, seed)
        variables = self._survey.variables
        return [_spelled(point_of(variables, any_of(variables, one, random))) for one in steps]

    def _drawn(self, count: int, seed: int) -> list[list[Edge]]:
        drawn: list[list[Edge]] = late("counting.draws").draw(self._within or (), count, seed)
        return drawn

    def students(self) -> Iterator[Spelled]:
        """Every feasible student, each once.

        Raises:
            LookupError: The feasible students are not known.
        """
        if self.feasible is None:
            raise LookupError("the feasible students of this space cannot be counted, so they cannot be listed")
        if self._listed is not None:
            yield from (_spelled(student.point) for student in self._feasible)
        elif self._survey is not None and self.feasible:
            variables = self._survey.variables
            for steps in (steps for lattice, limits in self._limited for steps in lattice.within(limits)):
                for places in every(variables, steps):
                    yield _spelled(point_of(variables, dict(enumerate(places))))

    def is_feasible(self, point: Mapping[str, Any]) -> bool:
        """Whether a point, in Python values or texts of the language, is a feasible student, found by a real build."""
        if self.ground is None:
            return False
        reporter = Reporter()
        read = read_point(point, params(self.ground.linked), reporter)
        return not reporter.has_errors and self.ground.is_feasible(read)

    # What is wrong with it --------------------------------------------------------------------------------------------

    @property
    def requirements(self) -> tuple[nodes.Expr, ...]:
        """What every student must meet."""
        return () if self.ground is None else self.ground.requirements()

    @property
    def dead(self) -> tuple[tuple[str, str], ...]:
        """Params with values that never lead to a feasible student; none where no student is feasible."""
        return tuple((value.variable.param, value.spelling) for value in self.dead_values)

    @cached_property
    def dead_values(self) -> tuple[DeadValue, ...]:
        """The same, with where they stand."""
        if not self.feasible or self.ground is None:
            return ()
        found = self._listed_dead() if self._listed is not None else self._counted_dead()
        return tuple(found)

    @cached_property
    def hopeless(self) -> tuple[Hopeless, ...]:
        """The requirements that no student meets which type-checks."""
        if self.ground is None or not self.valid:
            return ()
        requirements = self.ground.requirements()
        found = (self._hopeless(number, requirement) for number, requirement in enumerate(requirements))
        return tuple(one for one in found if one is not None)

    def _hopeless(self, number: int, requirement: nodes.Expr) -> Hopeless | None:
        if self._listed is None:
            return self._counted_hopeless(number, requirement)
        valid = [student for student in self._listed if student.is_valid]
        if any(student.misses[number] == 0 for student in valid):
            return None
        numbers = [student for student in valid if student.misses[number] is not None]
        if not numbers:
            return Hopeless(requirement)
        nearest = min(numbers, key=lambda student: student.misses[number] or 0)
        return self._missed(requirement, nearest.point, nearest.misses[number] or 0)

    def _counted_hopeless(self, number: int, requirement: nodes.Expr) -> Hopeless | None:
        known, surveyed = self._demands, self._survey
        if known is None or surveyed is None or not known.is_linear(number):
            return None
        nearest: list[tuple[int, list[Edge]]] = []
        for lattice, limits in map(known.limited, known.choices([number])):
            missed = [_nearest(lattice, place, limit) for place, limit in enumerate(limits)]
            worst = max((one for one in missed if one is not None), key=lambda one: one[0], default=None)
            if lattice.paths() and (worst is None or worst[0] <= 0):
                return None
            nearest += [worst] if worst else []
        if not nearest:
            return Hopeless(requirement)
        misses, steps = min(nearest, key=lambda one: one[0])
        return self._missed(requirement, surveyed.point(steps), misses)

    def _missed(self, requirement: nodes.Expr, point: Point, misses: int) -> Hopeless:
        assert self.ground is not None
        built, _ = self.ground.built(point)
        networks = built.program.networks
        costs = {name: c for name in built.declarations.of_role("student") if (c := networks[name].cost) is not None}
        sides = _sides(requirement, built.declarations)
        return Hopeless(requirement, _spelled(point), misses, sides, costs)

    def _listed_dead(self) -> Iterator[DeadValue]:
        assert self.ground is not None
        drawn = [param.name for param in self.ground.turned if isinstance(param.domain, Lists)]
        valid = {s: set(_items(s.point, drawn)) for s in self._listed or () if s.is_valid}
        alive = set[tuple[str, str]]().union(*(found for s, found in valid.items() if s.is_feasible))
        for variable in variables_of(self.ground.turned):
            for place, expr in enumerate(variable.spellings) if not variable.place else ():
                item = (variable.param, spell(expr))
                if item not in alive:
                    yield DeadValue(variable, place, any(item in found for found in valid.values()))

    def _counted_dead(self) -> Iterator[DeadValue]:
        by_param: dict[str, list[Variable]] = {}
        for variable in self._survey.variables if self._survey else ():
            by_param.setdefault(variable.param, []).append(variable)
        drawn = self._drawn(min(MOST_DRAWN, 4 * (self.feasible or 0)), 0) if self._within else []
        seen = {pick for steps in drawn for edge in steps for pick in edge.picks}
        for variables in by_param.values():
            for place in range(len(variables[0].values)):
                is_seen = any((v.number, p) in seen for v in variables for p in (place, ANY))
                if not is_seen and not any(self._is_alive(variable, place) for variable in variables):
                    is_valid = self._valid is not None and any(_only(self._valid, v, place).paths() for v in variables)
                    yield DeadValue(variables[0], place, is_valid)

    def _is_alive(self, variable: Variable, place: int) -> bool:
        """Whether a value of a variable leads to a feasible student; yes where that is not known."""
        return any(_leads(_only(lattice, variable, place), limits) for lattice, limits in self._limited)

    # What it rests on -------------------------------------------------------------------------------------------------

    @cached_property
    def _survey(self) -> Survey | None:
        return None if self.ground is None or self.size is None else survey(self.ground)

    @cached_property
    def _demands(self) -> Demands | None:
        if self._survey is None or self.ground is None:
            return None
        return demands(self._survey, self.ground.requirements())

    @cached_property
    def _listed(self) -> tuple[Student, ...] | None:
        if self.size is None or self.ground is None or self.size > MOST_LISTED:
            return None
        if self._survey is not None and self._demands is not None:
            return tuple(from_survey(self._survey, self._demands))
        return tuple(one_by_one(self.ground)) if self.size <= MOST_BUILT else None

    @cached_property
    def _feasible(self) -> tuple[Student, ...]:
        return tuple(student for student in self._listed or () if student.is_feasible)

    @cached_property
    def _valid(self) -> Lattice | None:
        """Those that type-check, with all their costs."""
        if self._survey is None:
            return None
        zero = (0,) * self._survey.lattice.width
        return self._survey.lattice.ended([zero if end.is_valid else None for end in self._survey.ends]).reduced()

    @property
    def _valid_ends(self) -> list[int]:
        return [place for place, end in enumerate(self._survey.ends if self._survey else ()) if end.is_valid]

    @cached_property
    def _limited(self) -> tuple[tuple[Lattice, tuple[Limit, ...]], ...]:
        """The students that type-check with the sums that requirements bound, once for each choice of cases."""
        assert self._demands is not None
        return tuple(map(self._demands.limited, self._demands.choices(range(len(self._demands.cases)))))

    @cached_property
    def _within(self) -> tuple[Any, ...] | None:
        demands = self._demands
        if demands is None or not all(map(demands.is_linear, range(len(demands.cases)))):
            return None
        if sum(1 for _ in demands.choices(range(len(demands.cases)))) > MOST_CASES:
            return None
        found = tuple(late("counting.draws").within_or_none(*limited) for limited in self._limited)
        return None if None in found else found


def _ranges(students: list[tuple[tuple[str, Cost], ...]]) -> dict[str, dict[str, Range]]:
    found: dict[str, dict[str, Range]] = {}
    for costs in students:
        for name, cost in costs:
            for kind in ("params", "weights", "macs", "activations"):
                value = getattr(cost, kind)
                low, high = found.setdefault(name, {}).get(kind, (value, value))
                found[name][kind] = (min(low, value), max(high, value))
    return found


def _nearest(lattice: Lattice, place: int, limit: Limit) -> tuple[int, list[Edge]] | None:
    """By how much a sum misses its limit at least, and the steps of a student that does."""
    low, high = limit
    least = lattice.smallest(place) if high is not None else None
    if least is not None and high is not None:
        excess = added(least, lattice.width)[place] - high
        if excess > 0 or low is None:
            return excess, least
    if low is None:
        return None
    mirrored = lattice.with_costs(lambda cost: (-cost[place],), 1)
    most = mirrored.smallest(0)
    return None if most is None else (low + added(most, 1)[0], most)


def _only(lattice: Lattice, variable: Variable, place: int) -> Lattice:
    """The students at one value of a variable."""
    number = variable.number
    return lattice.kept(lambda edge: all(v != number or p in (place, ANY) for v, p in edge.picks)).reduced()


def _is_beyond(range: Range | None, limit: Limit) -> bool:
    """Whether a sum never keeps within its limit."""
    low, high = limit
    return range is None or (high is not None and range[0] > high) or (low is not None and range[1] < low)


def _leads(lattice: Lattice, limits: Sequence[Limit]) -> bool:
    """Whether any student keeps within limits; yes where that is not known."""
    if not lattice.paths() or any(map(_is_beyond, map(lattice.range, range(lattice.width)), limits)):
        return False
    if any(_is_within(lattice.smallest(number), limits) for number in range(lattice.width)):
        return True
    counted = late("counting.draws").within_or_none(lattice, limits)
    return counted is None or counted.count > 0


def _sides(requirement: nodes.Expr, declarations: Declarations) -> tuple[float, float] | None:
    """What stands on both sides of a comparison."""
    if not isinstance(requirement, nodes.Binary):
        return None
    left, right = (declarations.evaluator.value(side, Scope()) for side in (requirement.left, requirement.right))
    return (left, right) if is_number(left) and is_number(right) else None


def _is_within(steps: list[Edge] | None, limits: Sequence[Limit]) -> bool:
    if steps is None:
        return False
    sums = added(steps, len(limits))
    return all(
        (low is None or low <= value) and (high is None or value <= high)
        for value, (low, high) in zip(sums, limits, strict=True)
    )


def _spelled(point: Point) -> dict[str, str]:
    return {name: spell(value) for name, value in point.items()}


def _items(point: Point, drawn: Collection[str]) -> Iterator[tuple[str, str]]:
    """Params with their values; those that are lists of draws with each of their items."""
    for name, value in point.items():
        values = value.items if name in drawn and isinstance(value, nodes.List) else (value,)
        yield from ((name, spell(one)) for one in values)
