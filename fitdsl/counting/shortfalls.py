"""Requirements that no student meets, with the student that misses them by least."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from ..dataclass import dataclass
from ..program.declarations import Declarations
from ..semantics.functions import is_number
from ..semantics.scope import Scope
from ..space.params import Point
from ..syntax import nodes
from ..values import Cost
from .ground import Ground, Spelled, spelled_point
from .lattice import Edge, Lattice
from .limits import Demands, Limit, added
from .students import Student


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


def listed_hopeless(ground: Ground, listed: Sequence[Student]) -> Iterator[Hopeless]:
    """Those of a space whose students are listed."""
    valid = [student for student in listed if student.is_valid]
    for number, requirement in enumerate(ground.requirements()):
        misses = [(missed, student.point) for student in valid if (missed := student.misses[number]) is not None]
        if not misses:
            yield Hopeless(requirement)
        elif all(missed > 0 for missed, _ in misses):
            yield _missed(ground, requirement, *min(misses, key=lambda one: one[0]))


def counted_hopeless(demands: Demands) -> Iterator[Hopeless]:
    """Those of a space that is counted; none where it is not known whether any student meets them."""
    ground = demands.survey.ground
    for number, requirement in enumerate(ground.requirements()):
        if demands.is_linear(number):
            found = [_case(*demands.limited(choice)) for choice in demands.choices([number])]
            missed = [one for one in found if one is not None]
            if all(misses > 0 for misses, _ in missed):
                nearest = min(missed, key=lambda one: one[0], default=None)
                yield (
                    Hopeless(requirement)
                    if nearest is None
                    else _missed(ground, requirement, nearest[0], demands.survey.point(nearest[1]))
                )


def _case(lattice: Lattice, limits: Sequence[Limit]) -> tuple[int, list[Edge]] | None:
    """By how much the limits of a case are missed at least, one by one, and by which student; None without students."""
    if not lattice.paths():
        return None
    missed = (_nearest(lattice, place, limit) for place, limit in enumerate(limits))
    return max((one for one in missed if one is not None), key=lambda one: one[0], default=(0, []))


def _missed(ground: Ground, requirement: nodes.Expr, misses: int, point: Point) -> Hopeless:
    built, _ = ground.built(point)
    networks = built.program.networks
    costs = {name: c for name in built.declarations.of_role("student") if (c := networks[name].cost) is not None}
    return Hopeless(requirement, spelled_point(point), misses, _sides(requirement, built.declarations), costs)


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


def _sides(requirement: nodes.Expr, declarations: Declarations) -> tuple[float, float] | None:
    """What stands on both sides of a comparison."""
    if not isinstance(requirement, nodes.Binary):
        return None
    left, right = (declarations.evaluator.value(side, Scope()) for side in (requirement.left, requirement.right))
    return (left, right) if is_number(left) and is_number(right) else None
