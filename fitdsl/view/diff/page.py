"""A difference as one page: both drawings side by side with what differs marked, and the rows of the text below.

Each row knows the boxes that it speaks of, and each box its rows; the script shows one where the other is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from ...dataclass import dataclass
from ...program.model import Program
from ..drawing.picture import Drawn, draw
from ..drawing.svg import escape, inline_svg, number
from ..terminal import printable
from ..web.html import Page, html
from .document import Change, DiffDocument
from .marks import WORDS, Entry, Mark, elements, entries, marks
from .rows import ARROW, Block, Row, blocks
from .text import MARKS, said


def diff_page(document: DiffDocument, before: Program, after: Program) -> str:
    """The whole page of a difference between two specs."""
    shown = [*blocks(document)]
    told = [entries(block, before, after) for block in shown]
    lines = [line for entry in told for line in entry]
    one = _Panel("before", document.before, draw(before), lines)
    other = _Panel("after", document.after, draw(after), lines)
    title = f"{printable(document.before)}{ARROW}{printable(document.after)}"
    body = "\n".join(
        (
            "<header>",
            f"<h1>{escape(title)}</h1>",
            *_lead(document),
            "</header>",
            f'<main>\n<div class="pictures">\n{one.figure()}\n{other.figure()}\n</div>',
            *_tables(shown, told, (one, other)),
            "</main>",
        )
    )
    return html(Page(f"fit diff: {title}", body, ("base.css", "diff.css"), ("diff.js",)))


def _lead(document: DiffDocument) -> Iterator[str]:
    if document.same:
        yield "<p>The two mean the same.</p>"
        return
    kinds = (f"<li>{_sign(change)} {escape(word)}</li>" for change, word in WORDS.items())
    yield f'<ul class="legend">{"".join(kinds)}</ul>'
    yield (
        '<p class="help">Point at a row to see its boxes, or at a marked box to see its rows. '
        "With the keyboard, arrow keys move between them and Enter goes from one to the other.</p>"
    )


def _sign(change: Change) -> str:
    return f'<span class="sign {change}" aria-hidden="true">{escape(MARKS[change][0])}</span>'


@dataclass(frozen=True, eq=False)
class _Panel:
    """One of the two drawings.

    Attributes:
        side: `before` or `after`.
        title: What it shows.
        lines: Every line of the difference.
    """

    side: str
    title: str
    drawn: Drawn
    lines: Sequence[Entry]

    @cached_property
    def marks(self) -> list[Mark]:
        """What is marked."""
        lines = [(line.change, getattr(line.spots, self.side)) for line in self.lines]
        return marks(self.drawn, lines, f"{self.side}-")

    def figure(self) -> str:
        """The drawing with its marks, in a frame in which it can be moved."""
        over = [element for mark in self.marks for element in elements(mark, _ids("row-", mark.lines))]
        title, width = escape(printable(self.title)), number(self.drawn.picture.width)
        notes = "".join(f'<p class="note">{escape(printable(note))}</p>' for note in self.drawn.notes)
        return "\n".join(
            (
                f'<figure style="--natural:{width}px">',
                f"<figcaption>{self.side} <b>{title}</b></figcaption>",
                f'<div class="pane" tabindex="0" role="region" aria-label="{self.side}: {title}">',
                inline_svg(self.drawn.picture, over),
                f"</div>{notes}</figure>",
            )
        )


def _ids(prefix: str, numbers: Sequence[int]) -> str:
    return " ".join(f"{prefix}{number}" for number in numbers)


# Rows -----------------------------------------------------------------------------------------------------------------


def _tables(shown: Sequence[Block], told: Sequence[Sequence[Entry]], panels: Sequence[_Panel]) -> Iterator[str]:
    partners: dict[int, list[str]] = {}
    for mark in (mark for panel in panels for mark in panel.marks):
        for line in mark.lines:
            partners.setdefault(line, []).append(mark.id)
    first = 0
    for block, lines in zip(shown, told, strict=True):
        yield from _table(block, [_linked(place, partners) for place in range(first, first + len(lines))])
        first += len(lines)


def _linked(line: int, partners: dict[int, list[str]]) -> str:
    """The attributes of a line that has boxes; nothing for others."""
    found = partners.get(line)
    return f' id="row-{line}" data-with="{" ".join(found)}" tabindex="-1"' if found else ""


def _table(block: Block, links: Sequence[str]) -> Iterator[str]:
    head, rest = links[0], links[1:]
    title = f"{_sign(block.change)} {escape(printable(block.title))}"
    yield "<table>"
    yield f'<caption><span{head}>{title} <span class="hidden">{WORDS[block.change]}</span></span></caption>'
    yield '<thead class="hidden"><tr><th scope="col">change</th><th scope="col">place</th>'
    yield '<th scope="col">what</th></tr></thead>\n<tbody>'
    yield from (_row(row, link) for row, link in zip(block.rows, rest, strict=False))
    if block.note:
        yield f'<tr class="note"{rest[-1]}><td></td><td></td><td>{escape(block.note)}</td></tr>'
    yield "</tbody></table>"


def _row(row: Row, link: str) -> str:
    change = f'{_sign(row.change)}<span class="hidden">{WORDS[row.change]}</span>'
    place = f'<th scope="row">{escape(printable(row.place))}</th>'
    pieces = "".join(f"<span>{escape(piece)}</span>" for piece in said(row))
    return f'<tr class="{row.change}"{link}><td>{change}</td>{place}<td>{pieces}</td></tr>'
