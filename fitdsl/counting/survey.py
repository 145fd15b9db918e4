"""Everything about a spec's students that counting needs: their lattice, and the verdict on each of its ends.

What hints, stages and requirements can see of a student is in the state it ends in, so that one real build decides for
all students of an end. That build also shows whether the lattice is right: costs must be those it adds up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any

from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..program.declarations import Declarations
from ..semantics.bindings import Place, PlaceRange
from ..semantics.names import declared
from ..semantics.scope import Scope
from ..space.params import Point, resolve
from ..syntax import nodes
from ..syntax.walk import children
from .forms import Forms
from .ground import Ground, point_of, variables_of
from .lattice import Edge, Lattice
from .pieces import Pieces
from .reading import MOST_FOLLOWED, TOP, Reader, Reads, Variable, combinations
from .states import COST, States, TooMany
from .unfold import Unfolding

MOST_ENDS = 400
"""So many real builds decide on ends, and no more."""
MOST_ADDRESSES = 1_000


@dataclass(frozen=True, eq=False)
class End:
    """Where students of one kind end.

    Attributes:
        is_valid: Whether the spec type-checks with them.
        declarations: Of the student that was built to see that.
    """

    is_valid: bool
    declarations: Declarations


@dataclass(frozen=True, eq=False)
class Survey:
    """What was found.

    Attributes:
        variables: All of them, by number.
        lattice: Students as paths; a cost holds params, weights, macs and activations of each student in turn.
        ends: By state of the last layer.
        students: Names of the students.
    """

    ground: Ground
    variables: tuple[Variable, ...]
    lattice: Lattice
    ends: tuple[End, ...]
    students: tuple[str, ...]

    def sums(self) -> tuple[tuple[str, str], ...]:
        """What each sum of a cost is: a student and a kind."""
        return tuple((student, kind) for student in self.students for kind in COST)

    @cached_property
    def extents(self) -> Mapping[tuple[str, str], int]:
        """The most of each sum."""
        zero = (0,) * self.lattice.width
        whole = self.lattice.ended([zero] * len(self.ends))
        ranges = map(whole.range, range(whole.width))
        return {sum: found[1] for sum, found in zip(self.sums(), ranges, strict=True) if found is not None}

    def point(self, steps: Sequence[Edge]) -> Point:
        """The point of a path, with the first value where any will do."""
        return point_of(self.variables, {v: max(place, 0) for edge in steps for v, place in edge.picks})


def survey(ground: Ground) -> Survey | None:
    """What counting needs; None where it is beyond what can be gone through."""
    try:
        return _Surveyor(ground).survey()
    except (TooMany, RecursionError):
        return None


class _Surveyor:
    """Makes one survey."""

    def __init__(self, ground: Ground) -> None:
        self.ground, reporter = ground, Reporter()
        self.declarations = resolve(ground.linked, ground.point).declarations
        self.fixed = Declarations(declared(resolve(ground.linked, ground.point), reporter), reporter)
        self.variables = tuple(variables_of(ground.turned))
        by_param: dict[str, tuple[Variable, ...]] = {}
        for variable in self.variables:
            by_param[variable.param] = (*by_param.get(variable.param, ()), variable)
        self.reader = Reader(self.fixed.named, by_param)
        self.students = tuple(self.fixed.of_role("student"))
        self.pieces = Pieces(self.reader, self.fixed)
        self.forms = Forms(self.fixed, self.students, {})

    def survey(self) -> Survey:
        """The lattice, and what its ends are."""
        self._demand_fixed_domains()
        rest, states = self._rest(), States(len(self.students))
        unfolding = Unfolding(self.reader, self.pieces, states, self._watched(), self.students)
        unfolding.begin(frozenset(self.variables), (let.value for let in self._lets() if let not in self._counting))
        networks = [d for name in self.students if isinstance(d := self.fixed.named[name], nodes.Network)]
        outputs: Reads = frozenset()
        for index, network in enumerate(networks):
            later = [self.reader.reads(part, TOP) for n in networks[index + 1 :] for part in (n.body, *n.inputs)]
            later_variables = frozenset(r for r in rest.union(*later) if isinstance(r, Variable))
            outputs |= {unfolding.student(network, outputs | later_variables)}
        unfolding.end(rest | outputs)
        lattice = states.lattice()
        if len(states.now) > MOST_ENDS:
            raise TooMany
        ends = tuple(map(self._end, to_each_end(lattice)))
        survey = Survey(self.ground, self.variables, lattice, ends, self.students)
        self._demand_values(survey)
        return survey

    def _demand_fixed_domains(self) -> None:
        """Leave a space that has no size of its own, as values of one param decide on those of another one."""
        domains = (param.domain for param in self.ground.moving if param.domain is not None)
        if any(self.reader.reads(domain, TOP) for domain in domains):
            raise TooMany

    def _lets(self) -> Iterator[nodes.Let]:
        yield from (d for d in self.fixed.named.values() if isinstance(d, nodes.Let))

    @cached_property
    def _counting(self) -> tuple[nodes.Let, ...]:
        """The lets that costs of students take part in."""
        return tuple(let for let in self._lets() if self.forms.varies(let.value))

    def _demand_values(self, survey: Survey) -> None:
        """Leave a space where a let may have a value at some students of an end, and none at others."""
        for end in survey.ends if self._counting else ():
            forms = Forms(end.declarations, self.students, survey.extents)
            if end.is_valid and not all(forms.has_value(let.value) for let in self._counting):
                raise TooMany

    def _rest(self) -> Reads:
        """The variables that the rest of the spec reads: data, teachers, hints, stages and requirements."""
        parts: list[nodes.Node] = [*self.ground.requirements(), *(let.value for let in self._counting)]
        for declaration in self.declarations:
            if not isinstance(declaration, nodes.Let) and self.forms.varies(declaration):
                raise TooMany  # what a student costs is in no state
            match declaration:
                case nodes.Network(role="student"):
                    parts += declaration.options
                case nodes.Network() | nodes.External() | nodes.Hint() | nodes.Stage() | nodes.Data():
                    parts += children(declaration)
        found = frozenset(r for part in parts for r in self.reader.reads(part, TOP) if isinstance(r, Variable))
        if combinations(found) > MOST_ENDS * MOST_ENDS:
            raise TooMany
        return found

    def _watched(self) -> Mapping[str, frozenset[str]]:
        """By network, the addresses that hints and stages name, at whatever values of variables."""
        found: dict[str, set[str]] = {}
        places = [d for d in self.declarations if isinstance(d, nodes.Hint | nodes.Stage)]
        for expr in dict.fromkeys(expr for place in places for expr in self._named(place)):
            turned = sorted(
                (r for r in self.reader.reads(expr, TOP) if isinstance(r, Variable)), key=lambda v: v.number
            )
            if combinations(frozenset(turned)) > MOST_ADDRESSES:
                raise TooMany
            for values in product(*(v.values for v in turned)):
                value = self.pieces.at(dict(zip(turned, values, strict=True))).evaluator.value(expr, Scope())
                for network, address in _addresses(value):
                    found.setdefault(network, set()).add(address)
        return {network: frozenset(addresses) for network, addresses in found.items()}

    def _named(self, node: nodes.Node, depth: int = 0) -> Iterator[nodes.Expr]:
        """The places in a declaration, also through lets, without those that only lead to others."""
        if isinstance(node, nodes.Attribute | nodes.Index):
            yield node
        elif isinstance(node, nodes.Name):
            let = self.fixed.named.get(node.id)
            if isinstance(let, nodes.Let) and depth < MOST_FOLLOWED:
                yield from (node, *self._named(let.value, depth + 1))
        else:
            for child in children(node):
                yield from self._named(child, depth)

    def _end(self, steps: Sequence[Edge]) -> End:
        places = {v: max(place, 0) for edge in steps for v, place in edge.picks}
        built, reporter = self.ground.built(point_of(self.variables, places))
        networks = [built.program.networks.get(name) for name in self.students]
        costs = [n.cost for n in networks if n is not None and n.cost is not None]
        added = tuple(map(sum, zip(*(edge.cost for edge in steps), strict=True)))
        if added != tuple(getattr(cost, kind) for cost in costs for kind in COST):
            raise TooMany
        return End(not reporter.has_errors, built.declarations)


def to_each_end(lattice: Lattice) -> list[tuple[Edge, ...]]:
    """One path to each state of the last layer."""
    paths: list[tuple[Edge, ...]] = [()]
    for layer in lattice.layers:
        following: dict[int, tuple[Edge, ...]] = {}
        for edge in layer:
            if edge.target not in following:
                following[edge.target] = (*paths[edge.source], edge)
        paths = [following[state] for state in range(len(following))]
    return paths


def _addresses(value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case Place():
            yield value.network.name, value.address
        case PlaceRange(network=network, first=first, last=last):
            yield from ((network.name, end) for end in (first, last) if end is not None)
        case tuple():
            yield from (address for item in value for address in _addresses(item))
        case dict():
            yield from (address for item in (*value, *value.values()) for address in _addresses(item))
