"""Every value on one line, with no more parentheses than its meaning needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from . import nodes
from .words import read_number, write_number, write_string

CHAIN, OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, POWER, POSTFIX, ATOM = range(11)
"""How tightly a value holds together, loosest first."""

_BINARY = {
    "or": (OR, OR, AND),
    "and": (AND, AND, NOT),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), (COMPARISON, SUM, SUM)),
    **dict.fromkeys(("+", "-"), (SUM, SUM, PRODUCT)),
    **dict.fromkeys(("*", "/", "//", "%"), (PRODUCT, PRODUCT, SIGN)),
    "**": (POWER, POSTFIX, SIGN),
}
"""For each operator, how tightly it binds, and what its left and right side need."""

_LEVELS: dict[type[nodes.Node], int] = {
    nodes.Chain: CHAIN,
    nodes.Call: POSTFIX,
    nodes.Attribute: POSTFIX,
    nodes.Index: POSTFIX,
}

_SIMPLE = re.compile(r"\w+")


def spell(value: nodes.Expr, need: int = CHAIN) -> str:
    """A value on one line, in parentheses if it holds together less tightly than `need`; a block is a line break."""
    text = _SPELL[type(value)](value)
    return text if level(value) >= need else f"({text})"


def level(value: nodes.Expr) -> int:
    """How tightly a value holds together."""
    match value:
        case nodes.Binary():
            return _BINARY[value.op][0]
        case nodes.Unary():
            return NOT if value.op == "not" else SIGN
        case nodes.Number():
            return ATOM if value.value >= 0 else SIGN
    return _LEVELS.get(type(value), ATOM)


def sides(operator: nodes.BinaryOp) -> tuple[int, int]:
    """How tightly the left and the right side of an operator must hold together."""
    return _BINARY[operator][1:]


def spell_domain(domain: nodes.Domain) -> str:
    """A domain on one line."""
    match domain:
        case nodes.Choice():
            return f"{{{', '.join(map(spell, domain.values))}}}"
        case nodes.Draws():
            return f"[{spell_domain(domain.domain)}] * {spell(domain.count, SIGN)}"
        case nodes.RangeDomain():
            return _interval(domain)


def _interval(domain: nodes.RangeDomain) -> str:
    between = _between(domain.low, domain.high)
    if domain.log:
        return f"log({between})"
    step = f" step {spell(domain.step, SUM)}" if domain.step else ""
    # A call of a function named `log` would read as a logarithmic domain.
    if between.startswith("log("):
        between = f"({spell(domain.low)}){between.removeprefix(spell(domain.low, SUM))}"
    return between + step


def _between(low: nodes.Expr, high: nodes.Expr) -> str:
    ends = spell(low, SUM), spell(high, SUM)
    return ("..".join if all(map(_SIMPLE.fullmatch, ends)) else " .. ".join)(ends)


def spell_over(repeat: nodes.Repeat) -> str:
    """The head of a repeat: what comes before its brace."""
    variable = f"{repeat.variable} in " if repeat.variable else ""
    over = spell(repeat.over, OR)
    return f"repeat {variable}{over}"


def spell_argument(argument: nodes.Argument) -> str:
    """An argument of a call."""
    return f"{argument.name}={spell(argument.value)}" if argument.name else spell(argument.value)


def spell_entry(entry: nodes.Entry) -> str:
    """A key and its value."""
    return f"{spell(entry.key, POSTFIX)}: {spell(entry.value)}"


def spell_body(body: nodes.Body) -> str:
    """A body on one line if it may stand there, else a line break."""
    if not body.statements and body.trivia == nodes.Trivia():
        return "{}"
    if not body.inline or len(body.statements) > 1 or body.statements[0].trivia != nodes.Trivia():
        return "\n"
    return f"{{ {spell_statement(body.statements[0])} }}"


def spell_statement(statement: nodes.Statement) -> str:
    """A line of a body."""
    if isinstance(statement, nodes.Let):
        return f"let {statement.name} = {spell(statement.value)}"
    return f"{statement.label} = {spell(statement.value)}" if statement.label else spell(statement.value)


def _number(number: nodes.Number) -> str:
    spelling = number.spelling
    if spelling is not None and read_number(spelling) == number.value:
        return spelling
    return write_number(number.value)


def _unary(unary: nodes.Unary) -> str:
    return f"not {spell(unary.operand, NOT)}" if unary.op == "not" else f"{unary.op}{spell(unary.operand, SIGN)}"


def _binary(binary: nodes.Binary) -> str:
    left, right = sides(binary.op)
    return f"{spell(binary.left, left)} {binary.op} {spell(binary.right, right)}"


def _range(range: nodes.Range) -> str:
    if range.low and range.high:
        return _between(range.low, range.high)
    return f"{spell(range.low, SUM) if range.low else ''}..{spell(range.high, SUM) if range.high else ''}"


_SPELL: dict[type[nodes.Node], Callable[[Any], str]] = {
    nodes.Number: _number,
    nodes.String: lambda string: write_string(string.value),
    nodes.Boolean: lambda boolean: "true" if boolean.value else "false",
    nodes.Name: lambda name: str(name.id),
    nodes.List: lambda node: f"[{', '.join(map(spell, node.items))}]",
    nodes.Dict: lambda node: f"{{{', '.join(map(spell_entry, node.entries))}}}",
    nodes.Unary: _unary,
    nodes.Binary: _binary,
    nodes.Call: lambda call: f"{spell(call.function, POSTFIX)}({', '.join(map(spell_argument, call.arguments))})",
    nodes.Attribute: lambda attribute: f"{spell(attribute.value, POSTFIX)}.{attribute.name}",
    nodes.Index: lambda index: f"{spell(index.value, POSTFIX)}[{spell(index.index)}]",
    nodes.Range: _range,
    nodes.Repeat: lambda repeat: f"{spell_over(repeat)} {spell_body(repeat.body)}",
    nodes.Chain: lambda chain: " -> ".join(spell(step, OR) for step in chain.steps),
}
