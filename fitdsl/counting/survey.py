"""Everything about a spec's students that counting needs: their lattice, and the verdict on each of its ends.

What hints, stages and requirements can see of a student is in the state it ends in, so that one real build decides for
all students of an end. That build also shows whether the lattice is right: costs must be those it adds up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import product
from typing import Any

from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..program.build import Built, build
from ..program.declarations import Declarations
from ..program.search import Searches
from ..semantics.bindings import Place, PlaceRange
from ..semantics.names import declared, searches
from ..semantics.scope import Scope
from ..space.domains import Lists
from ..space.params import ParamInfo, Point, resolve, spelled
from ..syntax import nodes
from ..syntax.walk import children
from .forms import items
from .lattice import Edge, Lattice
from .reading import TOP, Reader, Reads, Variable, combinations
from .unfold import COST, TooMany, Unfolding

MOST_ENDS = 400
"""So many real builds decide on ends, and no more."""
MOST_ADDRESSES = 1_000
MOST_VALUES = 10_000
"""Of one variable."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What a space stands on: the spec, where it stands in its space, and which params are turned.

    Attributes:
        linked: The spec with its params.
        point: The values of its params.
        name: Name of the spec.
        turned: The params that are turned and reach a student; their domains are finite.
    """

    linked: nodes.Spec
    point: Point
    name: str
    turned: Sequence[ParamInfo]

    def built(self, point: Point) -> tuple[Built, Reporter]:
        """The whole spec at a point, and what was found."""
        reporter = Reporter()
        return build(resolve(self.linked, {**self.point, **point}), self.name, reporter), reporter

    def requirements(self) -> tuple[nodes.Expr, ...]:
        """What every student must meet."""
        settings = (s for block in searches(self.linked, Reporter()) for s in block.settings)
        return tuple(item for s in settings if s.name.text == "require" for item in items(s.value))

    def is_feasible(self, point: Point) -> bool:
        """Whether the whole spec type-checks at a point and meets every requirement."""
        built, reporter = self.built(point)
        reader = Searches(built.declarations, {})
        blocks = searches(self.linked, reporter)
        return not reporter.has_errors and all(map(reader.is_met, blocks)) and not reporter.has_errors


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

    def point(self, steps: Sequence[Edge]) -> Point:
        """The point of a path, with the first value where any will do."""
        return point_of(self.variables, {v: max(place, 0) for edge in steps for v, place in edge.picks})


def point_of(variables: Sequence[Variable], places: Mapping[int, int]) -> Point:
    """The point at which variables have some of their values."""
    found: dict[str, list[nodes.Expr]] = {}
    for variable in variables:
        found.setdefault(variable.param, []).append(variable.spellings[places[variable.number]])
    drawn = {variable.param for variable in variables if variable.place is not None}
    return {name: nodes.List(tuple(values)) if name in drawn else values[0] for name, values in found.items()}


def survey(ground: Ground) -> Survey | None:
    """What counting needs; None where it is beyond what can be gone through."""
    try:
        return _Surveyor(ground).survey()
    except (TooMany, RecursionError):
        return None


@dataclass(eq=False)
class _Surveyor:
    ground: Ground
    named: Mapping[str, Any] = field(default_factory=dict)

    def survey(self) -> Survey:
        ground = self.ground
        reporter = Reporter()
        self.named = declared(resolve(ground.linked, ground.point), reporter)
        fixed = Declarations(self.named, reporter)
        variables = tuple(variables_of(ground.turned))
        by_param: dict[str, tuple[Variable, ...]] = {}
        for variable in variables:
            by_param[variable.param] = (*by_param.get(variable.param, ()), variable)
        reader = Reader(self.named, by_param)
        students = tuple(fixed.of_role("student"))
        rest = self._rest(reader)
        unfolding = Unfolding(reader, fixed, self._watched(reader, fixed), students)
        lets = [d.value for d in self.named.values() if isinstance(d, nodes.Let)]
        unfolding.begin(frozenset(variables), lets)
        networks = [d for name in students if isinstance(d := self.named[name], nodes.Network)]
        outputs: Reads = frozenset()
        for index, network in enumerate(networks):
            later = [reader.reads(part, TOP) for n in networks[index + 1 :] for part in (n.body, *n.inputs)]
            later_variables = frozenset(r for r in rest.union(*later) if isinstance(r, Variable))
            outputs |= {unfolding.student(network, outputs | later_variables)}
        unfolding.end(rest | outputs)
        ends = self._ends(unfolding, variables, students)
        return Survey(ground, variables, unfolding.lattice(), ends, students)

    def _rest(self, reader: Reader) -> Reads:
        """The variables that the rest of the spec reads: data, teachers, hints, stages and requirements."""
        parts: list[nodes.Node] = [*self.ground.requirements()]
        for declaration in resolve(self.ground.linked, self.ground.point).declarations:
            match declaration:
                case nodes.Network(role="student"):
                    parts += declaration.options
                case nodes.Network() | nodes.External() | nodes.Hint() | nodes.Stage() | nodes.Data():
                    parts += children(declaration)
        found = frozenset(r for part in parts for r in reader.reads(part, TOP) if isinstance(r, Variable))
        if combinations(found) > MOST_ENDS * MOST_ENDS:
            raise TooMany
        return found

    def _watched(self, reader: Reader, fixed: Declarations) -> Mapping[str, frozenset[str]]:
        """By network, the addresses that hints and stages name, at whatever values of variables."""
        found: dict[str, set[str]] = {}
        declarations = resolve(self.ground.linked, self.ground.point).declarations
        places = [d for d in declarations if isinstance(d, nodes.Hint | nodes.Stage)]
        scratch = Unfolding(reader, fixed, {}, ())
        for expr in (expr for place in places for expr in _outermost(place)):
            turned = sorted((r for r in reader.reads(expr, TOP) if isinstance(r, Variable)), key=lambda v: v.number)
            if combinations(frozenset(turned)) > MOST_ADDRESSES:
                raise TooMany
            for values in product(*(v.values for v in turned)):
                value = scratch.at(dict(zip(turned, values, strict=True))).evaluator.value(expr, Scope())
                for network, address in _addresses(value):
                    found.setdefault(network, set()).add(address)
        return {network: frozenset(addresses) for network, addresses in found.items()}

    def _ends(self, unfolding: Unfolding, variables: Sequence[Variable], students: Sequence[str]) -> tuple[End, ...]:
        lattice = unfolding.lattice()
        if len(unfolding.states) > MOST_ENDS:
            raise TooMany
        return tuple(self._end(steps, variables, students) for steps in to_each_end(lattice))

    def _end(self, steps: Sequence[Edge], variables: Sequence[Variable], students: Sequence[str]) -> End:
        places = {v: max(place, 0) for edge in steps for v, place in edge.picks}
        built, reporter = self.ground.built(point_of(variables, places))
        networks = [built.program.networks.get(name) for name in students]
        costs = [n.cost for n in networks if n is not None and n.cost is not None]
        added = tuple(map(sum, zip(*(edge.cost for edge in steps), strict=True)))
        if added != tuple(getattr(cost, kind) for cost in costs for kind in COST):
            raise TooMany
        return End(not reporter.has_errors, built.declarations)


def variables_of(params: Sequence[ParamInfo]) -> Iterator[Variable]:
    """The variables of params with finite domains."""
    number = 0
    for param in params:
        domain, node = param.domain, param.declaration.domain
        if domain is None or node is None:
            continue
        is_list = isinstance(domain, Lists) and isinstance(node, nodes.Draws)
        inner = domain.domain if isinstance(domain, Lists) else domain
        if (inner.size or MOST_VALUES + 1) > MOST_VALUES:
            raise TooMany
        spellings = tuple(spelled(node.domain if isinstance(node, nodes.Draws) else node, inner))
        values = tuple(inner)
        for place in range(domain.length) if isinstance(domain, Lists) else (None,):
            yield Variable(number, param.name, place if is_list else None, values, spellings, node)
            number += 1


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


def _outermost(node: nodes.Node) -> Iterator[nodes.Expr]:
    """The places in a declaration, without those that only lead to others."""
    if isinstance(node, nodes.Attribute | nodes.Index):
        yield node
        return
    for child in children(node):
        yield from _outermost(child)


def _addresses(value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case Place():
            yield value.network.name, value.address
        case PlaceRange(network=network, first=first, last=last):
            yield from ((network.name, end) for end in (first, last) if end is not None)
