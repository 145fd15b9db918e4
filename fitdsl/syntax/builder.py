"""From grammar rules to nodes: one method for each rule or alias of `fit.lark`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from ..dataclass import dataclass
from ..source import Span
from . import nodes
from .table import Rule
from .trivia import inner, surround
from .walk import walk
from .words import Word, read_number, read_string

Parts = list[Any]
"""The words and nodes that a rule is made of, in order, with the parts of its `_rules` spliced in."""

T = TypeVar("T")
C = TypeVar("C", bound=nodes.Commented)


@dataclass(frozen=True, kw_only=True)
class Edition(nodes.Commented):
    """The line `fit 1`, until it is known whether it stands where it should."""

    number: int | float | None


@dataclass(frozen=True)
class Braces:
    """Settings between braces, and the comments there."""

    settings: tuple[nodes.Setting, ...]
    trivia: nodes.Trivia
    span: Span


def span_of(parts: Parts) -> Span:
    """From the first part to the last."""
    first, last = parts[0].span, parts[-1].span
    return cast(Span, first.to(last))


def all_of(parts: Parts, kind: type[T]) -> tuple[T, ...]:
    """The parts of one kind."""
    return tuple(part for part in parts if isinstance(part, kind))


def names_of(parts: Parts) -> tuple[nodes.Identifier, ...]:
    """The names among the words."""
    return tuple(identifier(part) for part in all_of(parts, Word) if part.type == "NAME")


def values_of(parts: Parts) -> tuple[nodes.Expr, ...]:
    """The nodes among the parts, which the rule knows to be values."""
    return cast("tuple[nodes.Expr, ...]", all_of(parts, nodes.Node))


def identifier(word: Word) -> nodes.Identifier:
    """A name where it is declared."""
    return nodes.Identifier(word.text, span=word.span)


def string(word: Word) -> nodes.String:
    """A quoted string; one that was left out is empty."""
    return nodes.String(read_string(word.text), span=word.span)


class Builder:
    """Makes nodes while the parser reduces; it keeps nothing between calls."""

    def start(self, parts: Parts) -> Parts:
        """All items of a text."""
        return parts

    # Declarations

    def edition(self, parts: Parts) -> Edition:
        """`fit 1`."""
        return Edition(number=read_number(parts[1].text), span=span_of(parts))

    def use(self, parts: Parts) -> nodes.Use:
        """`use "path"`."""
        return nodes.Use(string(parts[1]), span=span_of(parts))

    def let(self, parts: Parts) -> nodes.Let:
        """`let name = value`."""
        return _commented(nodes.Let(identifier(parts[1]), parts[3], span=span_of(parts)))

    def param(self, parts: Parts) -> nodes.Param:
        """`param name = default in domain`."""
        domain = parts[5] if len(parts) > 5 else None
        return _commented(nodes.Param(identifier(parts[1]), parts[3], domain, span=span_of(parts)))

    def data(self, parts: Parts) -> nodes.Data:
        """`data name { … }`."""
        return _settled(nodes.Data(identifier(parts[1]), parts[-1].settings, span=span_of(parts)), parts[-1])

    def network(self, parts: Parts) -> nodes.Network:
        """`teacher name(inputs, options) { … } from "weights"`."""
        body = next(part for part in parts if isinstance(part, nodes.Body))
        weights = string(parts[-1]) if parts[-1] is not body else None
        network = nodes.Network(
            parts[0].text,
            identifier(parts[1]),
            all_of(parts, nodes.Input),
            all_of(parts, nodes.Argument),
            body,
            weights,
            span=span_of(parts),
        )
        return _commented(network)

    def external(self, parts: Parts) -> nodes.External:
        """`teacher name = value`."""
        return _commented(nodes.External(parts[0].text, identifier(parts[1]), parts[3], span=span_of(parts)))

    def block(self, parts: Parts) -> nodes.Block:
        """`block name(parameters) { … }`."""
        block = nodes.Block(identifier(parts[1]), all_of(parts, nodes.Parameter), parts[-1], span=span_of(parts))
        return _commented(block)

    def hint(self, parts: Parts) -> nodes.Hint:
        """`hint name: a guides b { … }`."""
        braces = parts[-1] if isinstance(parts[-1], Braces) else None
        hint = nodes.Hint(
            identifier(parts[1]), parts[3], parts[5], braces.settings if braces else (), span=span_of(parts)
        )
        return _settled(hint, braces) if braces else _commented(hint)

    def stage(self, parts: Parts) -> nodes.Stage:
        """`stage name after others { … }`."""
        name, *after = names_of(parts)
        return _settled(nodes.Stage(name, tuple(after), parts[-1].settings, span=span_of(parts)), parts[-1])

    def search(self, parts: Parts) -> nodes.Search:
        """`search { … }`."""
        return _settled(nodes.Search(parts[-1].settings, span=span_of(parts)), parts[-1])

    def input(self, parts: Parts) -> nodes.Input:
        """`name: type` in a header."""
        return nodes.Input(identifier(parts[0]), parts[2], span=span_of(parts))

    def named(self, parts: Parts) -> nodes.Argument:
        """`name=value` in a call or header."""
        return nodes.Argument(identifier(parts[0]), parts[2], span=span_of(parts))

    def positional(self, parts: Parts) -> nodes.Argument:
        """A value in a call."""
        return nodes.Argument(None, parts[0], span=span_of(parts))

    def parameter(self, parts: Parts) -> nodes.Parameter:
        """`name = default` of a block."""
        default = parts[2] if len(parts) > 2 else None
        return nodes.Parameter(identifier(parts[0]), default, span=span_of(parts))

    def braces(self, parts: Parts) -> Braces:
        """`{ settings }`."""
        settings, trivia = surround(all_of(parts, nodes.Setting), _between(parts))
        return Braces(settings, trivia, span_of(parts))

    def setting(self, parts: Parts) -> nodes.Setting:
        """`name = value` in braces."""
        return _commented(nodes.Setting(identifier(parts[0]), parts[2], span=span_of(parts)))

    # Networks

    def body(self, parts: Parts) -> nodes.Body:
        """`{ lines }`."""
        statements, trivia = surround(all_of(parts, nodes.Commented), _between(parts))
        span = span_of(parts)
        return nodes.Body(
            cast("tuple[nodes.Statement, ...]", statements), "\n" not in span.text, trivia=trivia, span=span
        )

    def line(self, parts: Parts) -> nodes.Flow:
        """A line of a network."""
        return _commented(nodes.Flow(None, parts[0], span=span_of(parts)))

    def labelled(self, parts: Parts) -> nodes.Flow:
        """`label = value`."""
        return _commented(nodes.Flow(identifier(parts[0]), parts[2], span=span_of(parts)))

    # Domains

    def choice(self, parts: Parts) -> nodes.Choice:
        """`{a, b}` as a domain."""
        return nodes.Choice(values_of(parts), span=span_of(parts))

    def interval(self, parts: Parts) -> nodes.RangeDomain:
        """`low .. high step s`."""
        return nodes.RangeDomain(parts[0], parts[2], parts[4] if len(parts) > 4 else None, span=span_of(parts))

    def logarithmic(self, parts: Parts) -> nodes.RangeDomain:
        """`log(low .. high)`."""
        low, high = values_of(parts)
        return nodes.RangeDomain(low, high, log=True, span=span_of(parts))

    def draws(self, parts: Parts) -> nodes.Draws:
        """`[domain] * n`."""
        return nodes.Draws(parts[1], parts[4], span=span_of(parts))

    # Values

    def range(self, parts: Parts) -> nodes.Range:
        """`low .. high` as a value."""
        low, high = (None if isinstance(part, Word) else part for part in (parts[0], parts[-1]))
        return nodes.Range(low, high, span=span_of(parts))

    def chain(self, parts: Parts) -> nodes.Chain:
        """`a -> b -> c`."""
        return nodes.Chain(values_of(parts), span=span_of(parts))

    def binary(self, parts: Parts) -> nodes.Binary:
        """`a + b`."""
        left, operator, right = parts
        return nodes.Binary(operator.text, left, right, span=span_of(parts))

    def unary(self, parts: Parts) -> nodes.Unary:
        """`-a`."""
        return nodes.Unary(parts[0].text, parts[1], span=span_of(parts))

    def call(self, parts: Parts) -> nodes.Call:
        """`f(arguments)`."""
        return nodes.Call(parts[0], all_of(parts[1:], nodes.Argument), span=span_of(parts))

    def attribute(self, parts: Parts) -> nodes.Attribute:
        """`a.name`."""
        return nodes.Attribute(parts[0], identifier(parts[2]), span=span_of(parts))

    def index(self, parts: Parts) -> nodes.Index:
        """`a[index]`."""
        return nodes.Index(parts[0], parts[2], span=span_of(parts))

    def name(self, parts: Parts) -> nodes.Name:
        """A name that is used."""
        return nodes.Name(parts[0].text, span=parts[0].span)

    def number(self, parts: Parts) -> nodes.Number:
        """A number; 0 in place of one that is malformed."""
        spelling = parts[0].text
        return nodes.Number(read_number(spelling) or 0, spelling, span=parts[0].span)

    def string(self, parts: Parts) -> nodes.String:
        """A text."""
        return string(parts[0])

    def boolean(self, parts: Parts) -> nodes.Boolean:
        """`true` or `false`."""
        return nodes.Boolean(parts[0].text == "true", span=parts[0].span)

    def parenthesized(self, parts: Parts) -> nodes.Expr:
        """`(value)`; the span covers the parentheses."""
        return cast(nodes.Expr, replace(parts[1], span=span_of(parts)))

    def list(self, parts: Parts) -> nodes.List:
        """`[a, b]`."""
        return nodes.List(values_of(parts), span=span_of(parts))

    def dict(self, parts: Parts) -> nodes.Dict:
        """`{key: value}`."""
        return nodes.Dict(all_of(parts, nodes.Entry), span=span_of(parts))

    def entry(self, parts: Parts) -> nodes.Entry:
        """`key: value`."""
        return nodes.Entry(parts[0], parts[2], span=span_of(parts))

    def repeat(self, parts: Parts) -> nodes.Repeat:
        """`repeat n { … }` or `repeat w in list { … }`."""
        names = names_of(parts)
        return nodes.Repeat(names[0] if names else None, parts[-2], parts[-1], span=span_of(parts))


def _between(parts: Parts) -> Span:
    """The place inside the brackets that begin and end the parts."""
    span = span_of(parts)
    return Span(span.source, parts[0].span.end, parts[-1].span.start)


def _commented(node: C) -> C:
    """A statement, with the comments in its middle."""
    lines = _inner(node)
    return replace(node, trivia=nodes.Trivia(leading=lines)) if lines else node


def _settled(node: C, braces: Braces) -> C:
    """A declaration with the comments in its header and its braces."""
    return replace(node, trivia=replace(braces.trivia, leading=_inner(node, braces.span)))


def _inner(node: nodes.Node, *parts: Span) -> tuple[str | None, ...]:
    """The comments in a node, but for those in these parts and in bodies, which keep their own."""
    if "#" not in node.span.text:
        return ()
    return inner(node.span, [*parts, *(part.span for part in walk(node) if isinstance(part, nodes.Body))])


Make = Callable[[Parts], Any]


def makers(rules: Sequence[Rule]) -> tuple[Make, ...]:
    """What makes the node of each rule out of its parts."""
    builder = Builder()
    return tuple(_maker(builder, rule.method) for rule in rules)


def _maker(builder: Builder, method: str | None) -> Make:
    if method is None or method.startswith("_"):
        return _spliced
    make = getattr(builder, method)
    return lambda parts: make(_spliced(parts))


def _spliced(parts: Sequence[Any]) -> Parts:
    """The parts, with lists among them replaced by what they hold; a list that comes first grows in place."""
    if parts and isinstance(parts[0], list):
        flat, parts = parts[0], parts[1:]
    else:
        flat = []
    for part in parts:
        if isinstance(part, list):
            flat.extend(part)
        else:
            flat.append(part)
    return flat
