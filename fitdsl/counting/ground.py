"""What a space stands on: a spec at a point, and the params that are turned around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..program.build import Built, build
from ..program.search import Searches
from ..semantics.names import searches
from ..space.domains import Lists
from ..space.params import Domains, ParamInfo, Point, params, resolve, spelled
from ..syntax import nodes
from ..syntax.spelling import spell
from ..syntax.walk import walk
from .forms import items
from .reading import Variable
from .states import TooMany

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
        reporter, values = Reporter(), {**self.point, **point}
        built = build(resolve(self.linked, values), self.name, reporter)
        domains = Domains(built.declarations.evaluator)
        for param in self.moving:
            domains.info(param, values)
        return built, reporter

    @cached_property
    def moving(self) -> tuple[nodes.Param, ...]:
        """Params whose domains are made of other values, so that they may differ from point to point."""
        named = {d.name.text for d in self.linked.declarations if isinstance(d, nodes.Let | nodes.Param)}
        known = [(param, param.domain) for param in params(self.linked).values() if param.domain is not None]
        names = ((param, {n.id for n in walk(domain) if isinstance(n, nodes.Name)}) for param, domain in known)
        return tuple(param for param, used in names if used & named)

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


def point_of(variables: Sequence[Variable], places: Mapping[int, int]) -> Point:
    """The point at which variables have some of their values."""
    found: dict[str, list[nodes.Expr]] = {}
    for variable in variables:
        found.setdefault(variable.param, []).append(variable.spellings[places[variable.number]])
    drawn = {variable.param for variable in variables if variable.place is not None}
    return {name: nodes.List(tuple(values)) if name in drawn else values[0] for name, values in found.items()}


Spelled = Mapping[str, str]
"""Values of params as texts of the language."""


def spelled_point(point: Point) -> dict[str, str]:
    """A point as texts."""
    return {name: spell(value) for name, value in point.items()}


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
