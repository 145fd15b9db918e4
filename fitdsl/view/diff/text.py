"""A difference for a terminal: `+` new, `-` gone, `~` changed, `>` renamed, as wide as the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ..terminal import GAP, Display, Style, cells, clip, pad, printable, sections
from .document import Change, DiffDocument
from .rows import ARROW, Block, Row, blocks

MARKS: dict[Change, tuple[str, Style]] = {
    "added": ("+", Style.GOOD),
    "removed": ("-", Style.ERROR),
    "changed": ("~", Style.WARNING),
    "renamed": (">", Style.ACCENT),
}
TOGETHER = 32
"""Pieces of at most so many characters are not broken between lines."""
FIXED = "\xa0"
"""A blank at which no line is broken; `printable` leaves none of a user's own."""


def diff_text(document: DiffDocument, display: Display) -> str:
    """What was compared, then a block for everything that differs."""
    before, after = printable(document.before), printable(document.after)
    if document.same:
        return "\n".join(_wrapped(f"{before} and {after} mean the same", display.width))
    title = _wrapped(f"{before}{ARROW}{after}", display.width)
    head = [display.paint(line, Style.STRONG) for line in title]
    return sections([head, *([*_lines(block, display)] for block in blocks(document))])


def said(row: Row) -> Iterator[str]:
    """Everything that a row says, in pieces."""
    yield from map(printable, row.pieces)
    if row.shape:
        yield row.shape
    for word, number in (("params", row.params), ("MACs", row.macs)):
        if number:
            yield f"{word} {number}" if ARROW in number else f"{number} {word}"


def _lines(block: Block, display: Display) -> Iterator[str]:
    mark, style = MARKS[block.change]
    title = _wrapped(printable(block.title), display.width - 2)
    yield from (
        display.paint(f"{sign} {line}", style) for sign, line in zip([mark, *" " * len(title)], title, strict=False)
    )
    longest = max((cells(printable(row.place)) for row in block.rows), default=0)
    for row in block.rows:
        yield from _row(row, min(longest, display.width // 3), display)
    if block.note:
        yield from (display.paint(f"    {line}", Style.FAINT) for line in _wrapped(block.note, display.width - 4))


def _row(row: Row, margin: int, display: Display) -> Iterator[str]:
    """The place in its column and what is said of it beside, on as many lines as it takes."""
    (mark, style), place = MARKS[row.change], printable(row.place)
    text = ", ".join(piece.replace(" ", FIXED) if len(piece) <= TOGETHER else piece for piece in said(row))
    lines = _wrapped(text, display.width - margin - 6)
    if cells(place) > margin:
        yield display.paint(f"  {mark} {clip(place, display.width - 4)}", style)
    else:
        yield f"{display.paint(f'  {mark} {pad(place, margin)}', style)}{GAP}{lines.pop(0)}"
    yield from (" " * (margin + 6) + line for line in lines)


def _wrapped(text: str, width: int) -> list[str]:
    lines = textwrap.wrap(text, width, break_on_hyphens=False) or [""]
    return [line.replace(FIXED, " ") for line in lines]
