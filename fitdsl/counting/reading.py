"""What a piece of a network reads: params and flows, found in the text through lets, blocks and their parameters.

It may name more than a piece turns out to read at one point, never less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from math import prod
from typing import Any

from ..dataclass import dataclass
from ..semantics.names import Named
from ..syntax import nodes
from ..syntax.walk import children, free

MOST_FOLLOWED = 60
"""Names that lead through one another more deeply than this are not followed."""


@dataclass(frozen=True, eq=False)
class Variable:
    """A param that is turned, or one place in a list of draws.

    Attributes:
        number: Its place among all variables.
        param: Name of the param.
        place: Which draw it is; None for a param that is one value.
        values: What it can be.
        spellings: The same as trees.
        domain: Where they come from, as written.
    """

    number: int
    param: str
    place: int | None
    values: tuple[Any, ...]
    spellings: tuple[nodes.Expr, ...]
    domain: nodes.Domain


@dataclass(frozen=True, eq=False)
class Slot:
    """Where something is kept while students are unfolded: a flow, or how far the numbering of a line has come."""

    number: int


Read = Variable | Slot
Reads = frozenset[Read]
NOTHING: Reads = frozenset()


@dataclass(frozen=True, eq=False)
class Deferred:
    """An expression to be worked out where it is read."""

    expr: nodes.Expr
    names: Names


@dataclass(frozen=True, eq=False)
class Known:
    """A value that no variable takes part in."""

    value: Any


Binding = Variable | Slot | Deferred | Known
ELSEWHERE = Known(None)
"""What a name is bound to whose value is made inside the piece that reads it."""


@dataclass(frozen=True, eq=False)
class Names:
    """What names mean inside a body; those bound nowhere are of the top level."""

    parent: Names | None = None
    bound: Mapping[str, Binding] = field(default_factory=dict)

    def inner(self, **bound: Binding) -> Names:
        """These and further ones."""
        return Names(self, bound)

    def find(self, name: str) -> Binding | None:
        """What a name is bound to in the nearest body; None at the top level."""
        names: Names | None = self
        while names is not None:
            if name in names.bound:
                return names.bound[name]
            names = names.parent
        return None


TOP = Names()


@dataclass(frozen=True, eq=False)
class Reader:
    """Finds what is read.

    Attributes:
        named: Declarations of the spec by name.
        variables: Of each param that is turned, its variables.
    """

    named: Mapping[str, Named]
    variables: Mapping[str, tuple[Variable, ...]]
    _known: dict[tuple[int, int], tuple[Reads, object]] = field(default_factory=dict)
    _top: dict[str, Reads] = field(default_factory=dict)
    _free: dict[int, tuple[frozenset[str], nodes.Node]] = field(default_factory=dict)

    def reads(self, node: nodes.Node, names: Names) -> Reads:
        """What a node reads, itself or through what it names."""
        key = (id(node), id(names))
        if key not in self._known:
            # kept beside the answer, so that no other node takes its identity
            self._known[key] = (frozenset(self._found(node, names)), (node, names))
        return self._known[key][0]

    def free(self, node: nodes.Node) -> frozenset[str]:
        """The names in a node that are not bound inside it."""
        if id(node) not in self._free:
            self._free[id(node)] = (free(node), node)
        return self._free[id(node)][0]

    def _found(self, node: nodes.Node, names: Names) -> Iterator[Read]:
        match node:
            case nodes.Name():
                yield from self.binding(names.find(node.id), node.id)
            case nodes.Index(index=nodes.Number(value=int() as place)) if items := self.items(node.value, names):
                yield from self.binding(items[place], "") if -len(items) <= place < len(items) else ()
            case nodes.Repeat():
                yield from self.reads(node.over, names)
                bound = {node.variable.text: ELSEWHERE} if node.variable else {}
                yield from self.reads(node.body, names.inner(**bound))
            case nodes.Body():
                for statement, around in self.statements(node, names):
                    yield from self.reads(statement.value, around)
            case nodes.Entry(key=nodes.Name()):
                yield from self.reads(node.value, names)
            case _:
                for child in children(node):
                    yield from self.reads(child, names)

    def statements(self, body: nodes.Body, names: Names) -> Iterator[tuple[nodes.Statement, Names]]:
        """The statements of a body, each with the names that are bound before it."""
        for statement in body.statements:
            yield statement, names
            if isinstance(statement, nodes.Let):
                names = names.inner(**{statement.name.text: Deferred(statement.value, names)})
            elif statement.label is not None:
                names = names.inner(**{statement.label.text: ELSEWHERE})

    def binding(self, binding: Binding | None, name: str) -> Reads:
        """What reading a bound name, or one of the top level, reads."""
        match binding:
            case None:
                return self.top(name)
            case Deferred():
                return self.reads(binding.expr, binding.names)
            case Variable() | Slot():
                return frozenset((binding,))
        return NOTHING

    def top(self, name: str) -> Reads:
        """What a name of the top level reads."""
        if name in self.variables:
            return frozenset(self.variables[name])
        if name not in self._top:
            self._top[name] = NOTHING  # what leads to itself adds nothing
            self._top[name] = self._declared(self.named.get(name))
        return self._top[name]

    def _declared(self, declaration: Named | None) -> Reads:
        match declaration:
            case nodes.Let():
                return self.reads(declaration.value, TOP)
            case nodes.Param():
                return self.reads(declaration.default, TOP)
            case nodes.Data():
                return NOTHING.union(*(self.reads(setting, TOP) for setting in declaration.settings))
            case nodes.Block():
                names = TOP.inner(input=ELSEWHERE, **{p.name.text: ELSEWHERE for p in declaration.parameters})
                parts = (declaration.body, *(p.default for p in declaration.parameters if p.default is not None))
                return NOTHING.union(*(self.reads(part, names) for part in parts))
        return NOTHING

    def items(self, expr: nodes.Expr, names: Names, depth: int = 0) -> tuple[Binding, ...] | None:
        """The items of a list that is written out or drawn; None where the text does not say."""
        if isinstance(expr, nodes.List):
            return tuple(Deferred(item, names) for item in expr.items)
        if not isinstance(expr, nodes.Name) or depth > MOST_FOLLOWED:
            return None
        found = names.find(expr.id)
        if isinstance(found, Deferred):
            return self.items(found.expr, found.names, depth + 1)
        declaration = self.named.get(expr.id)
        if found is None and expr.id in self.variables:
            drawn = self.variables[expr.id]
            return None if drawn[0].place is None else drawn
        if found is None and isinstance(declaration, nodes.Let | nodes.Param):
            value = declaration.value if isinstance(declaration, nodes.Let) else declaration.default
            return self.items(value, TOP, depth + 1)
        return None


def combinations(reads: Reads) -> int:
    """How many ways there are to choose the variables among what is read."""
    return prod(len(read.values) for read in reads if isinstance(read, Variable))


def parameters(block: nodes.Block, arguments: Sequence[nodes.Argument], names: Names) -> Names | None:
    """What the parameters of a block are bound to in a call; None where they cannot be."""
    order = [parameter.name.text for parameter in block.parameters]
    given: dict[str, Binding] = {}
    for position, argument in enumerate(arguments):
        name = argument.name.text if argument.name else order[position] if position < len(order) else None
        if name not in order or name in given:
            return None
        given[name] = Deferred(argument.value, names)
    found = TOP
    for parameter in block.parameters:
        default = None if parameter.default is None else Deferred(parameter.default, found)
        binding = given.get(parameter.name.text, default)
        if binding is None:
            return None
        found = found.inner(**{parameter.name.text: binding})
    return found
