"""Which expressions have a value whatever the variables are, so that no state has to be looked at for them."""

from __future__ import annotations

from itertools import product

from ..semantics.functions import LARGEST, is_number
from ..syntax import nodes
from .reading import MOST_FOLLOWED, TOP, Binding, Deferred, Known, Names, Reader, Variable

Extent = tuple[float, float]
"""The least and the largest number that something can be."""


def is_safe(expr: nodes.Expr, reader: Reader, names: Names) -> bool:
    """Whether a value can be had whatever the variables are."""
    match expr:
        case nodes.Name() | nodes.String() | nodes.Boolean():
            return True
        case nodes.List():
            return all(is_safe(item, reader, names) for item in expr.items)
        case nodes.Index(index=nodes.Number(value=int() as place)):
            items = reader.items(expr.value, names)
            return items is not None and -len(items) <= place < len(items)
        case nodes.Call(function=nodes.Name(id="sum" | "min" | "max" | "len"), arguments=(argument,)):
            items = reader.items(argument.value, names)
            return bool(items) and all(_of_binding(item, "", reader, 0) is not None for item in items or ())
    return _extent(expr, reader, names, 0) is not None


def _extent(expr: nodes.Expr, reader: Reader, names: Names, depth: int) -> Extent | None:
    """Between which numbers an expression lies; None where it may have no value, or is not known to be a number."""
    match expr:
        case nodes.Number():
            return _within(expr.value, expr.value)
        case nodes.Unary(op="-" | "+" as sign):
            found = _extent(expr.operand, reader, names, depth)
            return found if found is None or sign == "+" else (-found[1], -found[0])
        case nodes.Binary(op="+" | "-" | "*" as op):
            left, right = (_extent(side, reader, names, depth) for side in (expr.left, expr.right))
            return None if left is None or right is None else _combined(op, left, right)
        case nodes.Name():
            return _of_binding(names.find(expr.id), expr.id, reader, depth + 1)
    return None


def _combined(op: str, left: Extent, right: Extent) -> Extent | None:
    match op:
        case "+":
            return _within(left[0] + right[0], left[1] + right[1])
        case "-":
            return _within(left[0] - right[1], left[1] - right[0])
    corners = [a * b for a, b in product(left, right)]
    return _within(min(corners), max(corners))


def _within(low: float, high: float) -> Extent | None:
    return (low, high) if low > -LARGEST and high < LARGEST else None


def _of_binding(binding: Binding | None, name: str, reader: Reader, depth: int) -> Extent | None:
    if depth > MOST_FOLLOWED:
        return None
    match binding:
        case Known():
            return _of_values((binding.value,))
        case Variable():
            return _of_values(binding.values)
        case Deferred():
            return _extent(binding.expr, reader, binding.names, depth)
        case None:
            return _of_top(name, reader, depth)
    return None


def _of_top(name: str, reader: Reader, depth: int) -> Extent | None:
    turned, declaration = reader.variables.get(name), reader.named.get(name)
    if turned is not None:
        return _of_values(turned[0].values) if turned[0].place is None else None
    if isinstance(declaration, nodes.Let | nodes.Param):
        value = declaration.value if isinstance(declaration, nodes.Let) else declaration.default
        return _extent(value, reader, TOP, depth)
    return None


def _of_values(values: tuple[object, ...]) -> Extent | None:
    numbers = [value for value in values if isinstance(value, int | float) and is_number(value)]
    return _within(min(numbers), max(numbers)) if numbers and len(numbers) == len(values) else None
