"""The space of students that a spec describes: how many there are, which are feasible, and draws of these.

Small spaces are listed. Large ones are counted on the lattice of their students, exactly and without making each; where
that cannot be done, what is not known is None and `bounds` says between which numbers it lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import prod
from random import Random
from typing import Any

from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..late import late
from ..space.domains import countable
from ..space.params import params, read_point
from ..syntax import nodes
from .dead import DeadValue, counted_dead, listed_dead
from .ground import Ground, Spelled, point_of, spelled_point
from .lattice import Edge, Lattice
from .limits import Demands, Limit, demands
from .shortfalls import Hopeless, counted_hopeless, listed_hopeless
from .students import Costs, Student, any_of, every, from_survey, one_by_one
from .survey import Survey, survey

MOST_LISTED = 1_000
"""A space of so many students is listed."""
MOST_BUILT = 128
"""A space that cannot be counted otherwise is counted by real builds up to this size."""
MOST_DRAWN = 2_000
Range = tuple[int, int]


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
        low, high = self._feasible_bounds
        return low if low == high else None

    @property
    def is_exact(self) -> bool:
        """Whether both counts are known."""
        return self.valid is not None and self.feasible is not None

    @property
    def bounds(self) -> Mapping[str, tuple[int, int | None]]:
        """Between which numbers `valid` and `feasible` lie, both included; None for no upper end."""
        valid = (0, self.size) if self.valid is None else (self.valid, self.valid)
        listed = None if self._listed is None else len(self._feasible)
        return {"valid": valid, "feasible": self._feasible_bounds if listed is None else (listed, listed)}

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
            return [spelled_point(student.point) for student in random.choices(self._feasible, k=count)]
        assert self._survey is not None
        steps = self._drawn(count, seed)
        variables = self._survey.variables
        return [spelled_point(point_of(variables, any_of(variables, one, random))) for one in steps]

    def _drawn(self, count: int, seed: int) -> list[list[Edge]]:
        drawn: list[list[Edge]] = late("counting.draws").draw(self._counted, count, seed)
        return drawn

    def students(self) -> Iterator[Spelled]:
        """Every feasible student, each once.

        Raises:
            LookupError: The feasible students are not known.
        """
        if self.feasible is None:
            raise LookupError("the feasible students of this space cannot be counted, so they cannot be listed")
        if self._listed is not None:
            yield from (spelled_point(student.point) for student in self._feasible)
        elif self._survey is not None and self.feasible:
            variables = self._survey.variables
            for steps in (steps for lattice, limits in self._limited for steps in lattice.within(limits)):
                for places in every(variables, steps):
                    yield spelled_point(point_of(variables, dict(enumerate(places))))

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
        if self._listed is not None:
            return tuple(listed_dead(self.ground, self._listed))
        if self._survey is None or self._valid is None:
            return ()
        drawn = self._drawn(min(MOST_DRAWN, 4 * self.feasible), 0) if self._counted else []
        return tuple(counted_dead(self._survey.variables, self._valid, self._limited, drawn))

    @cached_property
    def hopeless(self) -> tuple[Hopeless, ...]:
        """The requirements that no student meets which type-checks."""
        if self.ground is None or not self.valid:
            return ()
        if self._listed is not None:
            return tuple(listed_hopeless(self.ground, self._listed))
        return () if self._demands is None else tuple(counted_hopeless(self._demands))

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

    @cached_property
    def _limited(self) -> tuple[tuple[Lattice, tuple[Limit, ...]], ...]:
        """The students that type-check with the sums that requirements bound, once for each choice of cases."""
        return () if self._demands is None else tuple(map(self._demands.limited, self._choices(self._demands)))

    @staticmethod
    def _choices(demands: Demands) -> Iterator[Mapping[int, int]]:
        return demands.choices(demands.linear)

    @cached_property
    def _counted(self) -> tuple[Any, ...]:
        """How many of these keep within limits."""
        return tuple(late("counting.draws").counted(*limited) for limited in self._limited)

    @cached_property
    def _feasible_bounds(self) -> tuple[int, int | None]:
        """Between which numbers the number of feasible students lies, for a space that is not listed."""
        demands = self._demands
        if demands is None or not demands.linear:
            valid = self.size if self.valid is None else self.valid
            return (valid or 0) if demands is not None and not demands.cases else 0, valid
        low, high = sum(one.low for one in self._counted), sum(one.high for one in self._counted)
        # nothing is known of a requirement that is no bound, so that it may rule out all
        return low if len(demands.linear) == len(demands.cases) else 0, high


def _ranges(students: Sequence[Costs]) -> dict[str, dict[str, Range]]:
    found: dict[str, dict[str, Range]] = {}
    for costs in students:
        for name, cost in costs:
            for kind in ("params", "weights", "macs", "activations"):
                value = getattr(cost, kind)
                low, high = found.setdefault(name, {}).get(kind, (value, value))
                found[name][kind] = (min(low, value), max(high, value))
    return found
