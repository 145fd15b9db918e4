"""Values of params that never lead to a feasible student."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ..dataclass import dataclass
from ..late import late
from ..space.domains import Lists
from ..space.params import Point
from ..syntax import nodes
from ..syntax.spelling import spell
from .ground import Ground, variables_of
from .lattice import ANY, Edge, Lattice
from .limits import Limit, Range, added
from .reading import Variable
from .students import Student


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


def listed_dead(ground: Ground, listed: Sequence[Student]) -> Iterator[DeadValue]:
    """Those of a space whose students are listed."""
    drawn = [param.name for param in ground.turned if isinstance(param.domain, Lists)]
    valid = {s: set(_items(s.point, drawn)) for s in listed if s.is_valid}
    alive = set[tuple[str, str]]().union(*(found for s, found in valid.items() if s.is_feasible))
    for variable in variables_of(ground.turned):
        for place, expr in enumerate(variable.spellings) if not variable.place else ():
            item = (variable.param, spell(expr))
            if item not in alive:
                yield DeadValue(variable, place, any(item in found for found in valid.values()))


def counted_dead(
    variables: Sequence[Variable],
    valid: Lattice,
    limited: Sequence[tuple[Lattice, Sequence[Limit]]],
    drawn: Sequence[Sequence[Edge]],
) -> Iterator[DeadValue]:
    """Those of a space that is counted.

    Args:
        variables: Of the space.
        valid: The students that type-check.
        limited: The same with the sums that requirements bound, once for each choice of cases.
        drawn: Some feasible students, whose values need no further look.
    """
    by_param: dict[str, list[Variable]] = {}
    for variable in variables:
        by_param.setdefault(variable.param, []).append(variable)
    seen = {pick for steps in drawn for edge in steps for pick in edge.picks}
    for alike in by_param.values():
        for place in range(len(alike[0].values)):
            is_seen = any((v.number, p) in seen for v in alike for p in (place, ANY))
            if not is_seen and not any(_is_alive(limited, variable, place) for variable in alike):
                is_valid = any(_only(valid, variable, place).paths() for variable in alike)
                yield DeadValue(alike[0], place, is_valid)


def _is_alive(limited: Sequence[tuple[Lattice, Sequence[Limit]]], variable: Variable, place: int) -> bool:
    """Whether a value of a variable leads to a feasible student; yes where that is not known."""
    return any(_leads(_only(lattice, variable, place), limits) for lattice, limits in limited)


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
    found: int = late("counting.draws").counted(lattice, limits).high
    return found > 0


def _is_within(steps: list[Edge] | None, limits: Sequence[Limit]) -> bool:
    if steps is None:
        return False
    sums = added(steps, len(limits))
    return all(
        (low is None or low <= value) and (high is None or value <= high)
        for value, (low, high) in zip(sums, limits, strict=True)
    )


def _items(point: Point, drawn: Collection[str]) -> Iterator[tuple[str, str]]:
    """Params with their values; those that are lists of draws with each of their items."""
    for name, value in point.items():
        values = value.items if name in drawn and isinstance(value, nodes.List) else (value,)
        yield from ((name, spell(one)) for one in values)
