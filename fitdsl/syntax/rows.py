"""Statements of the form `head = value`, whose `=` stand under one another where they are neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..dataclass import dataclass
from . import nodes
from .breaking import Breaker, Place
from .spelling import spell, spell_domain

_WIDEST_DEFAULT = 8
"""Defaults of params that are longer do not push the `in` of their neighbours to the right."""


@dataclass(frozen=True)
class Row:
    """A statement of the form `head = value`, for a param perhaps with a domain behind it."""

    head: str
    value: nodes.Expr
    domain: nodes.Domain | None = None

    def fits(self, indent: int) -> bool:
        """Whether it stands on one line, if it is not aligned with others."""
        domain = f" in {spell_domain(self.domain)}" if self.domain else ""
        return Place(indent, indent).fits(f"{self.head} = {spell(self.value)}{domain}")

    @property
    def value_width(self) -> int:
        """How wide its value asks the values of its neighbours to be."""
        width = len(spell(self.value)) if self.domain else 0
        return width if width <= _WIDEST_DEFAULT else 0

    def text(self, breaker: Breaker, indent: int, widths: tuple[int, int]) -> str:
        """The statement, its head and its value padded to these widths."""
        head = f"{self.head:<{widths[0]}} = "
        place = Place(indent, indent).after(head)
        value = breaker.value(self.value, place)
        if self.domain is None:
            return head + value
        value = f"{value:<{widths[1]}} in "
        return head + value + breaker.domain(self.domain, place.after(value))


def row_of(statement: nodes.Commented) -> Row | None:
    """A statement as a row; None if it has another form."""
    match statement:
        case nodes.Setting(name, value):
            return Row(name.text, value)
        case nodes.Flow(nodes.Identifier(label), value):
            return Row(label, value)
        case nodes.Let(name, value):
            return Row(f"let {name}", value)
        case nodes.Param(name, value, domain):
            return Row(f"param {name}", value, domain)
        case nodes.External(role, name, value):
            return Row(f"{role} {name}", value)
    return None


def runs(statements: Sequence[nodes.Commented], indent: int) -> Iterator[list[nodes.Commented]]:
    """Neighbours that are aligned with one another: single lines of one kind with nothing between them."""
    run: list[nodes.Commented] = []
    for statement in statements:
        if run and not _joins(run[-1], statement, indent):
            yield run
            run = []
        run.append(statement)
    if run:
        yield run


def _joins(before: nodes.Commented, statement: nodes.Commented, indent: int) -> bool:
    if type(before) is not type(statement) or statement.trivia.leading:
        return False
    return all(row is not None and row.fits(indent) for row in (row_of(before), row_of(statement)))
