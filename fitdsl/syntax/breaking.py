"""Values over several lines: what does not fit its line is broken from the outside in.

A chain breaks before `->`, a sum after an operator, a bracket after every comma. Whatever fits in one piece where it
stands, or on the next line, stays in one piece, so breaking a text that is broken already changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..dataclass import dataclass
from . import nodes
from .spelling import CHAIN, OR, POSTFIX, SIGN, SUM, level, sides, spell, spell_domain

WIDTH = 100
INDENT = 2
_HANG = 4
_DEEPEST_HANG = 40


@dataclass(frozen=True)
class Place:
    """Where a value begins.

    Attributes:
        column: How much of its line is taken.
        indent: How far the line is indented that it belongs to.
    """

    column: int
    indent: int

    def after(self, text: str) -> Place:
        """The place behind a text that begins here."""
        _, broken, last = text.rpartition("\n")
        return replace(self, column=len(last) if broken else self.column + len(text))

    def fits(self, text: str) -> bool:
        """Whether a text fits the line, with a comma behind it."""
        return "\n" not in text and self.column + len(text) < WIDTH


Blocks = Callable[[nodes.Body, int], str]
"""Prints a body over several lines, given the indent of the line on which it begins."""

Item = Callable[[Place], str]


@dataclass(frozen=True)
class Breaker:
    """Prints values where they may be too long for one line."""

    block: Blocks

    def value(self, value: nodes.Expr, place: Place, need: int = CHAIN) -> str:
        """A value, in parentheses if it holds together less tightly than `need`."""
        flat = spell(value, need)
        if place.fits(flat) or type(value) not in _BREAK:
            return flat
        if level(value) < need:
            return f"({self.value(value, place.after('('))})"
        return _BREAK[type(value)](self, value, place)

    def domain(self, domain: nodes.Domain, place: Place) -> str:
        """A domain."""
        flat = spell_domain(domain)
        if place.fits(flat):
            return flat
        match domain:
            case nodes.Choice():
                return self.bracketed("{}", map(self.item, domain.values), place)
            case nodes.Draws():
                inner = f"[{self.domain(domain.domain, place.after('['))}] * "
                return inner + self.value(domain.count, place.after(inner), SIGN)
            case nodes.RangeDomain():
                return _interval(self, domain, place)

    def item(self, value: nodes.Expr) -> Item:
        """A value that is told its place later."""
        return self.named("", value)

    def bracketed(self, brackets: str, items: Iterable[Item], place: Place) -> str:
        """Items in brackets, one a line."""
        inside = Place(place.indent + INDENT, place.indent + INDENT)
        lines = [f"{' ' * inside.indent}{item(inside)},\n" for item in items]
        return f"{brackets[0]}\n{''.join(lines)}{' ' * place.indent}{brackets[1]}" if lines else brackets

    def argument(self, argument: nodes.Argument | nodes.Entry) -> Item:
        """An argument of a call, or a key and its value, that is told its place later."""
        if isinstance(argument, nodes.Entry):
            return lambda place: self._entry(argument, place)
        return self.named(f"{argument.name}=" if argument.name else "", argument.value)

    def _entry(self, entry: nodes.Entry, place: Place) -> str:
        key = self.value(entry.key, place, POSTFIX) + ": "
        return key + self.value(entry.value, place.after(key))

    def named(self, name: str, value: nodes.Expr) -> Item:
        """A value with something before it that is told its place later."""
        return lambda place: name + self.value(value, place.after(name))

    def filled(self, parts: Sequence[tuple[str, nodes.Expr, int]], place: Place, hang: int) -> str:
        """Values joined by what stands before each; its line end stands where a line may break."""
        text = ""
        for joint, value, need in parts:
            same, fresh = text + joint.replace("\n", ""), text + joint.replace(" \n", "\n" + " " * hang)
            on_same, on_fresh = place.after(same), replace(place.after(fresh), indent=hang)
            flat = spell(value, need)
            if on_same.fits(flat) or not on_fresh.fits(flat):
                text = same + self.value(value, on_same, need)
            else:
                text = fresh + flat
        return text


def _interval(breaker: Breaker, domain: nodes.RangeDomain, place: Place) -> str:
    text = "log(" if domain.log else ""
    low = breaker.value(domain.low, place.after(text), SUM)
    text += f"({low}) .. " if low.startswith("log(") and not domain.log else f"{low} .. "
    text += breaker.value(domain.high, place.after(text), SUM)
    if domain.step:
        text += " step "
        text += breaker.value(domain.step, place.after(text), SUM)
    return f"{text})" if domain.log else text


def _chain(breaker: Breaker, chain: nodes.Chain, place: Place) -> str:
    first = spell(chain.steps[0], OR)
    column = place.after(first + " ").column
    hang = column if "\n" not in first and column <= _DEEPEST_HANG else place.indent + _HANG
    joints = ["", *(" \n-> " for _ in chain.steps[1:])]
    return breaker.filled([(joint, step, OR) for joint, step in zip(joints, chain.steps, strict=True)], place, hang)


def _binary(breaker: Breaker, binary: nodes.Binary, place: Place) -> str:
    parts: list[tuple[str, nodes.Expr, int]] = []
    rest: nodes.Expr = binary
    while (
        isinstance(rest, nodes.Binary)
        and level(rest) == level(binary)
        and (not parts or level(rest) >= sides(rest.op)[0])
    ):
        left, right = sides(rest.op)
        parts.insert(0, (f" {rest.op} \n", rest.right, right))
        rest = rest.left
    hang = place.column if place.column <= _DEEPEST_HANG else place.indent + _HANG
    return breaker.filled([("", rest, left), *parts], place, hang)


def _call(breaker: Breaker, call: nodes.Call, place: Place) -> str:
    function = breaker.value(call.function, place, POSTFIX)
    return function + breaker.bracketed("()", map(breaker.argument, call.arguments), place)


def _list(breaker: Breaker, list: nodes.List, place: Place) -> str:
    return breaker.bracketed("[]", map(breaker.item, list.items), place)


def _dict(breaker: Breaker, dict: nodes.Dict, place: Place) -> str:
    return breaker.bracketed("{}", map(breaker.argument, dict.entries), place)


def _repeat(breaker: Breaker, repeat: nodes.Repeat, place: Place) -> str:
    head = f"repeat {repeat.variable} in " if repeat.variable else "repeat "
    head += breaker.value(repeat.over, place.after(head), OR) + " "
    return head + breaker.block(repeat.body, place.indent)


def _unary(breaker: Breaker, unary: nodes.Unary, place: Place) -> str:
    sign = "not " if unary.op == "not" else unary.op
    return sign + breaker.value(unary.operand, place.after(sign), level(unary))


def _attribute(breaker: Breaker, attribute: nodes.Attribute, place: Place) -> str:
    return f"{breaker.value(attribute.value, place, POSTFIX)}.{attribute.name}"


def _index(breaker: Breaker, index: nodes.Index, place: Place) -> str:
    value = breaker.value(index.value, place, POSTFIX) + "["
    return f"{value}{breaker.value(index.index, place.after(value))}]"


def _range(breaker: Breaker, range: nodes.Range, place: Place) -> str:
    low = breaker.value(range.low, place, SUM) + " .." if range.low else ".."
    high = " " + breaker.value(range.high, place.after(low), SUM) if range.high else ""
    return low + high


_BREAK: dict[type[nodes.Node], Callable[[Breaker, Any, Place], str]] = {
    nodes.Chain: _chain,
    nodes.Binary: _binary,
    nodes.Call: _call,
    nodes.List: _list,
    nodes.Dict: _dict,
    nodes.Repeat: _repeat,
    nodes.Unary: _unary,
    nodes.Attribute: _attribute,
    nodes.Index: _index,
    nodes.Range: _range,
}
