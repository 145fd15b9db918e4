"""The few functions of the language: arithmetic without clock, chance, files or recursion.

Each is bounded: no call takes longer or yields more than a spec could need.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from ..component import Component
from ..dataclass import dataclass
from ..losses.objective import Objective, add, multiply
from ..syntax.words import read_number
from ..values import HintRef, Interval, Metric, NetworkRef, Rejected
from .bindings import BlockValue, DataValue, InputOf, Place, PlaceRange, SplitMetrics

LARGEST = 2**63
LONGEST_LIST = 10_000
Number = int | float


@dataclass(frozen=True)
class Function:
    """A function that a spec can call by position.

    Attributes:
        name: Its name in the language.
        call: What it does; raises `Rejected`, `TypeError` or `ValueError` for arguments that do not fit.
        usage: How it is called, for messages and the manual.
    """

    name: str
    call: Callable[..., Any]
    usage: str


def is_number(value: object) -> bool:
    """Whether a value takes part in arithmetic; truth values do not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(values: tuple[Any, ...]) -> tuple[Number, ...]:
    items = values[0] if len(values) == 1 and isinstance(values[0], tuple) else values
    if not items or not all(map(is_number, items)):
        raise TypeError
    return items


def _round(value: Number, digits: int = 0) -> Number:
    return round(value, digits) if digits else round(value)


def _round_to(value: Number, multiple: Number) -> Number:
    if multiple <= 0:
        raise Rejected(f"`round_to` rounds to a positive multiple, got {multiple}")
    return max(multiple, math.floor(value / multiple + 0.5) * multiple)


FUNCTIONS: Mapping[str, Function] = {
    function.name: function
    for function in (
        Function("min", lambda *values: min(_numbers(values)), "min(a, b, …) or min(list)"),
        Function("max", lambda *values: max(_numbers(values)), "max(a, b, …) or max(list)"),
        Function("sum", lambda *values: sum(_numbers(values)), "sum(list)"),
        Function("len", len, "len(list)"),
        Function("round", _round, "round(number) or round(number, digits)"),
        Function("floor", math.floor, "floor(number)"),
        Function("ceil", math.ceil, "ceil(number)"),
        Function("round_to", _round_to, "round_to(number, multiple): nearest multiple, at least one"),
        Function("log2", math.log2, "log2(number)"),
    )
}


def _power(left: Any, right: Any) -> Any:
    if abs(left) > 1 and right * math.log2(abs(left)) > 63:
        raise Rejected(f"{left} ** {right} is too large a number")
    result = left**right
    if isinstance(result, complex):
        raise Rejected(f"{left} ** {right} is not a real number")
    return result


_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": _power,
}  # fmt: skip
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def binary(op: str, left: Any, right: Any) -> Any:
    """The value of `left op right` for numbers, lists, truth values, losses and schedules.

    Raises:
        Rejected: The two do not go together, or the result is out of bounds.
    """
    result = _binary(op, left, right)
    if result is NotImplemented:
        help = next(filter(None, map(_operand_help, (left, right))), None)
        raise Rejected(f"`{op}` does not take {describe(left)} and {describe(right)}", help)
    if is_number(result) and not abs(result) < LARGEST:
        raise Rejected(f"the result of `{op}` is too large a number")
    return bounded(result)


def _operand_help(value: Any) -> str | None:
    """What to do about an operand that takes part in no arithmetic."""
    if isinstance(value, type) and issubclass(value, Component):
        return f"call it: `{called(value)}`"
    if isinstance(value, Function):
        return f"write {value.usage}"
    if isinstance(value, HintRef):
        return f"a hint's loss is `hint({value.name})`"
    if isinstance(value, Metric):
        return "metrics are known only after training: a search names them in `maximize` or `minimize`"
    if isinstance(value, str) and read_number(value) is not None:
        return f"write it without quotes: `{value}`"
    return None


def _binary(op: str, left: Any, right: Any) -> Any:
    if op in ("==", "!="):
        return (left == right) is (op == "==")
    if isinstance(left, bool) and isinstance(right, bool) and op in ("and", "or"):
        return left and right if op == "and" else left or right
    if is_number(left) and is_number(right):
        return _compute(op, left, right)
    if op == "*":
        return _repeated(left, right) if isinstance(left, tuple) else multiply(left, right)
    if op == "+":
        return left + right if isinstance(left, tuple) and isinstance(right, tuple) else add(left, right)
    return NotImplemented


def _compute(op: str, left: Number, right: Number) -> Any:
    function = _ARITHMETIC.get(op) or _ORDER.get(op)
    if function is None:
        return NotImplemented
    try:
        return function(left, right)
    except ZeroDivisionError:
        raise Rejected(f"{left} {op} {right} divides by zero") from None
    except OverflowError:
        raise Rejected(f"the result of `{op}` is too large a number") from None


def _repeated(items: tuple[Any, ...], count: Any) -> Any:
    if not isinstance(count, int) or isinstance(count, bool):
        return NotImplemented
    if len(items) * count > LONGEST_LIST:
        raise Rejected(f"a list has at most {LONGEST_LIST:,} items, this one would have {len(items) * count:,}")
    return items * count


def bounded(value: Any) -> Any:
    """A value as it is.

    Raises:
        Rejected: It is a list or a dictionary that holds too much, what stands in inner ones counted too. Lists of
            one list twice, one inside the other, would grow without end in a few lines.
    """
    count, pending = 0, [value]
    while pending:
        inner = pending.pop()
        items = inner.values() if isinstance(inner, dict) else inner if isinstance(inner, tuple) else ()
        count += len(items)
        if count > LONGEST_LIST:
            raise Rejected(f"a list has at most {LONGEST_LIST:,} items, those of lists inside it included")
        pending.extend(item for item in items if isinstance(item, tuple | dict))
    return value


def unary(op: str, operand: Any) -> Any:
    """The value of `-x`, `+x` or `not x`.

    Raises:
        Rejected: The operand does not fit.
    """
    if op == "not" and isinstance(operand, bool):
        return not operand
    if op != "not" and is_number(operand):
        return -operand if op == "-" else operand
    raise Rejected(f"`{op}` does not take {describe(operand)}")


def call(function: Function, arguments: tuple[Any, ...]) -> Any:
    """The value of a function.

    Raises:
        Rejected: The arguments do not fit.
    """
    try:
        return function.call(*arguments)
    except (TypeError, ValueError, OverflowError):
        given = f"does not take {', '.join(map(describe, arguments))}" if arguments else "needs an argument"
        raise Rejected(f"`{function.name}` {given}", f"write {function.usage}") from None


_WORDS: Mapping[type, Callable[[Any], str]] = {
    bool: lambda value: f"`{str(value).lower()}`",
    int: lambda value: f"the number {value}",
    float: lambda value: f"the number {value:g}",
    str: lambda value: f'the text "{value}"' if len(value) <= 40 else "a text",
    tuple: lambda value: f"a list of {len(value)}",
    dict: lambda value: "a dictionary" if value else "an empty dictionary",
    Interval: lambda value: "a range",
    Objective: lambda value: "a sum of losses",
    Function: lambda value: f"the function `{value.name}`",
    BlockValue: lambda value: f"the block `{value.word}`",
    NetworkRef: lambda value: f"the network `{value.name}`",
    HintRef: lambda value: f"the hint `{value.name}`",
    Place: lambda value: f"the place `{value.network.name}.{value.address}`",
    PlaceRange: lambda value: f"a selection of layers of `{value.network.name}`",
    DataValue: lambda value: f"the data `{value.name}`",
    InputOf: lambda value: f"the input of the data `{value.data}`",
    SplitMetrics: lambda value: f"the split `{value.split}`",
    Metric: lambda value: f"the metric `{value}`",
}


def called(component: type[Component]) -> str:
    """A component as a call, for messages: `ReLU()`, `Linear(…)`."""
    needs_arguments = any(field.is_required() for field in component.model_fields.values())
    return f"{component.word}({'…' * needs_arguments})"


def describe(value: Any) -> str:
    """A value in a few words, for messages."""
    if isinstance(value, type):
        return f"`{getattr(value, 'word', value.__name__)}`"
    if isinstance(value, Component):
        return f"the {value.kind} `{value.word}`"
    words = _WORDS.get(type(value))
    return words(value) if words else f"a {type(value).__name__.lower()}"
