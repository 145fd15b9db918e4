"""HTML and SVG from parts: whatever is not `Html` yet is a text, and is escaped as it is put in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import final

from ...dataclass import dataclass
from ..drawing.svg import escape

VOID = frozenset({"br", "circle", "line", "path", "polyline", "rect"})
"""Elements that hold nothing."""

_PLAIN = re.compile(r"[\w .,:;#%+()/=-]*", re.ASCII)
"""Texts that stand for themselves, which most are."""

Attribute = str | int | bool | None


@final
class Html(str):
    """Markup, in which all texts are escaped."""

    __slots__ = ()


def markup(part: str) -> Html:
    """A part of a page: markup as it is, a text escaped."""
    return part if isinstance(part, Html) else Html(_escaped(part))


def _escaped(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else escape(text)


def joined(parts: Iterable[str], between: str = "") -> Html:
    """Parts one behind the other."""
    return Html(between.join(map(markup, parts)))


def tag(element: str, *inside: str, **attributes: Attribute) -> Html:
    """An element with what is in it.

    Args:
        element: Its name.
        inside: Markup and texts.
        attributes: By name: `_` stands for `-`, one at the end is left out (`class_`); None and False leave one out.
    """
    given = "".join(
        _attribute(name, value) for name, value in attributes.items() if value is not None and value is not False
    )
    if element in VOID:
        return Html(f"<{element}{given}/>")
    return Html(f"<{element}{given}>{joined(inside)}</{element}>")


def _attribute(name: str, value: Attribute) -> str:
    known = name.removesuffix("_").replace("_", "-")
    return f" {known}" if value is True else f' {known}="{_escaped(str(value))}"'


def details(summary: str, *inside: str, is_open: bool = False, class_: str | None = None) -> Html:
    """What is shown when it is asked for."""
    return tag("details", tag("summary", summary), *inside, open=is_open, class_=class_)


def paragraph(*inside: str, class_: str | None = None) -> Html:
    """A paragraph."""
    return tag("p", *inside, class_=class_)


def code(text: str) -> Html:
    """A name or a command as it is typed."""
    return tag("code", text)


def listing(text: str) -> Html:
    """Lines as they are, which can be scrolled by keyboard, too."""
    return tag("pre", tag("code", text), tabindex=0)


def facts(pairs: Iterable[tuple[str, str]]) -> Html:
    """Words and what stands for each; pairs without anything are left out."""
    known = [tag("div", tag("dt", word), tag("dd", value)) for word, value in pairs if value]
    return tag("dl", *known, class_="facts") if known else Html()


@dataclass(frozen=True)
class Column:
    """A column of a table, with what is to be known of its numbers where a pointer rests on its head."""

    title: str
    is_number: bool = True
    about: str = ""


def words(*titles: str) -> tuple[Column, ...]:
    """Columns of texts."""
    return tuple(Column(title, is_number=False) for title in titles)


def numbers(*titles: str) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(Column(title) for title in titles)


@dataclass(frozen=True)
class Row:
    """A row of a table, the first cell of which is its head, and what marks it."""

    cells: Sequence[str]
    id: str | None = None
    trial: int | None = None


def table(columns: Sequence[Column], rows: Iterable[Row], caption: str = "", *, id: str | None = None) -> Html:
    """A table in a frame that scrolls where it is too wide."""
    heads = (
        tag("th", column.title, scope="col", class_=_look(column), title=column.about or None) for column in columns
    )
    looks = [_look(column) for column in columns]
    body = joined((_row(row, looks) for row in rows), "\n")
    inside = [
        tag("caption", caption) if caption else Html(),
        tag("thead", tag("tr", *heads)),
        "\n",
        tag("tbody", body),
    ]
    label = caption or ", ".join(column.title for column in columns[:3])
    return tag("div", tag("table", *inside, id=id), class_="wide", tabindex=0, role="region", aria_label=label)


def _row(row: Row, looks: Sequence[str | None]) -> Html:
    first, *others = row.cells
    cells = [tag("th", first, scope="row", class_=looks[0])]
    cells += [tag("td", cell, class_=look) for cell, look in zip(others, looks[1:], strict=True)]
    return tag("tr", *cells, id=row.id, data_trial=row.trial)


def _look(column: Column) -> str | None:
    return "n" if column.is_number else None
