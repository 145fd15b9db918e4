"""Values of expressions: numbers, lists, components with checked arguments, places in networks.

What cannot be evaluated is reported once and becomes UNKNOWN, which every later step passes on in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..component import Component
from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..source import Span
from ..syntax import nodes
from ..values import Interval, NetworkRef, Rejected
from .arguments import Given, Site, bind
from .bindings import BlockValue, HasMembers, Place, PlaceRange
from .functions import LARGEST, Function, binary, bounded, call, describe, is_number, unary
from .scope import UNKNOWN, Scope

Lookup = Callable[[nodes.Name], Any]


@dataclass(frozen=True, eq=False)
class Evaluator:
    """Evaluates expressions.

    Attributes:
        reporter: Told of every mistake.
        lookup: The value of a top-level or built-in name; UNKNOWN where there is none.
    """

    reporter: Reporter
    lookup: Lookup

    def value(self, expr: nodes.Expr, scope: Scope) -> Any:
        """The value of an expression that is not a flow."""
        match expr:
            case nodes.String() | nodes.Boolean():
                return expr.value
            case nodes.Name():
                return self.name(expr, scope)
            case nodes.Range():
                return self._range(expr, scope)
            case nodes.Call():
                return self._call(expr, scope)
            case nodes.Chain() | nodes.Repeat():
                return self._refuse(
                    "FIT1009",
                    expr.span,
                    "layers stand in networks and blocks, here a value is due",
                    "put them in a block: `block NAME() { … }`",
                )
            case _:
                return self._guarded(expr, scope)

    def name(self, expr: nodes.Name, scope: Scope) -> Any:
        """What a name is bound to, nearest scope first."""
        try:
            return scope.find(expr.id)
        except KeyError:
            return self.lookup(expr)

    def given(self, arguments: tuple[nodes.Argument, ...], scope: Scope) -> tuple[Given, ...]:
        """Arguments of a call with their values."""
        return tuple(
            Given(
                name=argument.name.text if argument.name else None,
                value=self.value(argument.value, scope),
                span=argument.value.span,
                name_span=argument.name.span if argument.name else argument.value.span,
            )
            for argument in arguments
        )

    def make(self, cls: type[Component], expr: nodes.Call, scope: Scope) -> Any:
        """The component that a call describes."""
        return bind(cls, self.given(expr.arguments, scope), Site(expr.span, cls.word), self.reporter)

    def _guarded(self, expr: nodes.Expr, scope: Scope) -> Any:
        try:
            match expr:
                case nodes.Number():
                    return _number(expr.value)
                case nodes.List():
                    return bounded(self._all(expr.items, scope))
                case nodes.Dict():
                    return bounded(self._dict(expr, scope))
                case nodes.Unary():
                    return self._unary(expr, scope)
                case nodes.Binary():
                    return self._binary(expr, scope)
                case nodes.Attribute():
                    return self._attribute(expr, scope)
                case nodes.Index():
                    return self._index(expr, scope)
        except Rejected as rejected:
            return self._refuse("FIT1010", expr.span, rejected.message, rejected.help)
        raise AssertionError(f"no such expression: {expr!r}")

    def _unary(self, expr: nodes.Unary, scope: Scope) -> Any:
        operand = self.value(expr.operand, scope)
        return UNKNOWN if operand is UNKNOWN else unary(expr.op, operand)

    def _binary(self, expr: nodes.Binary, scope: Scope) -> Any:
        left = self.value(expr.left, scope)
        if isinstance(left, bool) and expr.op == ("or" if left else "and"):
            return left
        right = self.value(expr.right, scope)
        return UNKNOWN if UNKNOWN in (left, right) else binary(expr.op, left, right)

    def _attribute(self, expr: nodes.Attribute, scope: Scope) -> Any:
        value = self.value(expr.value, scope)
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, NetworkRef):
            value = Place(value, "")
        if not isinstance(value, HasMembers):
            raise Rejected(f"{describe(value)} has no parts, so no `.{expr.name}`")
        return value.member(expr.name.text)

    def _index(self, expr: nodes.Index, scope: Scope) -> Any:
        value = self.value(expr.value, scope)
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(expr.index, nodes.Range):
            return self._slice(value, expr.index, scope)
        index = self.value(expr.index, scope)
        if index is UNKNOWN:
            return UNKNOWN
        match value:
            case NetworkRef() | Place():
                return (value if isinstance(value, Place) else Place(value, "")).item(index)
            case tuple():
                return _item(value, index)
            case dict() if index in value:
                return value[index]
        raise Rejected(f"{describe(value)} has no item {index}")

    def _slice(self, value: Any, bounds: nodes.Range, scope: Scope) -> Any:
        if not isinstance(value, NetworkRef):
            raise Rejected(f"`..` selects layers of a network, not of {describe(value)}")
        ends = [None if end is None else self.address(end, value, scope) for end in (bounds.low, bounds.high)]
        return UNKNOWN if UNKNOWN in ends else PlaceRange(value, *ends)

    def address(self, expr: nodes.Expr, network: NetworkRef, scope: Scope) -> Any:
        """The address that an expression inside `network[…]` spells; its first name is a label, not a value."""
        match expr:
            case nodes.Name():
                return expr.id
            case nodes.Attribute():
                inner = self.address(expr.value, network, scope)
                return UNKNOWN if inner is UNKNOWN else Place(network, inner).member(expr.name.text).address
            case nodes.Index():
                inner, index = self.address(expr.value, network, scope), self.value(expr.index, scope)
                return UNKNOWN if UNKNOWN in (inner, index) else Place(network, inner).item(index).address
        raise Rejected("an end of `..` is the address of a layer, such as `s2` or `s1[2]`")

    def _range(self, expr: nodes.Range, scope: Scope) -> Any:
        ends = [None if end is None else self.value(end, scope) for end in (expr.low, expr.high)]
        if UNKNOWN in ends:
            return UNKNOWN
        for end, node in zip(ends, (expr.low, expr.high), strict=True):
            if node is not None and not is_number(end):
                return self._refuse("FIT1010", node.span, f"an end of `..` is a number, got {describe(end)}")
        low, high = ends
        if low is not None and high is not None and low > high:
            return self._refuse(
                "FIT1010", expr.span, f"the range {low} .. {high} is empty", "put the smaller end first"
            )
        return Interval(low, high)

    def _all(self, items: tuple[nodes.Expr, ...], scope: Scope) -> Any:
        values = tuple(self.value(item, scope) for item in items)
        return UNKNOWN if UNKNOWN in values else values

    def _dict(self, expr: nodes.Dict, scope: Scope) -> Any:
        values: dict[Any, Any] = {}
        for entry in expr.entries:
            key = entry.key.id if isinstance(entry.key, nodes.Name) else self.value(entry.key, scope)
            if not isinstance(key, str | int | float | Place | PlaceRange):
                return UNKNOWN if key is UNKNOWN else self._refuse("FIT1010", entry.key.span, "this is no key")
            if key in values:
                return self._refuse("FIT1010", entry.key.span, "this key is there twice")
            values[key] = self.value(entry.value, scope)
        return UNKNOWN if any(value is UNKNOWN for value in values.values()) else values

    def _call(self, expr: nodes.Call, scope: Scope) -> Any:
        callee = self.value(expr.function, scope)
        if callee is UNKNOWN:
            return UNKNOWN
        if isinstance(callee, Function):
            return self._function(callee, expr, scope)
        if isinstance(callee, type) and issubclass(callee, Component) and callee.kind != "op":
            return self.make(callee, expr, scope)
        if isinstance(callee, BlockValue | type):
            return self._refuse(
                "FIT1009",
                expr.span,
                f"{describe(callee)} makes layers, here a value is due",
                "call it in a network or a block, or name it without calling it",
            )
        return self._refuse("FIT1010", expr.function.span, f"{describe(callee)} cannot be called")

    def _function(self, function: Function, expr: nodes.Call, scope: Scope) -> Any:
        named = next((argument.name for argument in expr.arguments if argument.name), None)
        if named:
            return self._refuse(
                "FIT1004", named.span, f"`{function.name}` has no argument `{named}`", f"write {function.usage}"
            )
        arguments = self._all(tuple(argument.value for argument in expr.arguments), scope)
        if arguments is UNKNOWN:
            return UNKNOWN
        try:
            return call(function, arguments)
        except Rejected as rejected:
            return self._refuse("FIT1010", expr.span, rejected.message, rejected.help)

    def _refuse(self, code: str, span: Span, message: str, help: str | None = None) -> Any:
        self.reporter.error(code, span, message, helps=(help,) if help else ())
        return UNKNOWN


def _number(value: float) -> float:
    if isinstance(value, int) and value >= LARGEST:
        raise Rejected(f"{value:g} is too large a number")
    return value


def _item(items: tuple[Any, ...], index: Any) -> Any:
    if not isinstance(index, int) or isinstance(index, bool):
        raise Rejected(f"a position is a whole number, got {describe(index)}")
    if not -len(items) <= index < len(items):
        raise Rejected(f"a list of {len(items)} has no item {index}", "items are numbered from 0")
    return items[index]
