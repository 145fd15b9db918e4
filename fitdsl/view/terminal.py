"""Text for screens: widths in cells, columns that line up, colour that can be switched off.

Spec texts and file names may hold anything, so whatever comes from a user passes `printable` before it is shown.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import chain, pairwise
from typing import TextIO

from ..dataclass import dataclass

WIDTH_WITHOUT_TERMINAL = 100
GAP = "  "
NARROWEST = 8


class Style(StrEnum):
    """How a piece of text stands out, as the parameters of an SGR escape sequence."""

    PLAIN = ""
    STRONG = "1"
    FAINT = "2"
    ERROR = "1;31"
    WARNING = "1;33"
    ACCENT = "1;34"
    GOOD = "1;32"


@dataclass(frozen=True)
class Display:
    """What the reader's screen can do.

    Attributes:
        width: Cells in a line.
        has_color: Whether it shows colour.
        is_terminal: Whether it is a screen at all, and not a file or another program.
    """

    width: int = WIDTH_WITHOUT_TERMINAL
    has_color: bool = False
    is_terminal: bool = True

    @classmethod
    def of(cls, stream: TextIO, environment: Mapping[str, str] = os.environ) -> Display:
        """The display behind a stream; `NO_COLOR` beats `FORCE_COLOR`, which beats what the stream is."""
        width = shutil.get_terminal_size((WIDTH_WITHOUT_TERMINAL, 24)).columns
        return cls(max(width, 40), _wants_color(stream, environment), stream.isatty())

    @property
    def room(self) -> int:
        """Cells that a line of a list may take: only a screen has an end."""
        return self.width if self.is_terminal else sys.maxsize

    def paint(self, text: str, style: Style) -> str:
        """The text in a style, or as it is where there is no colour."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.has_color and style and text else text


def _wants_color(stream: TextIO, environment: Mapping[str, str]) -> bool:
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"


def printable(text: str) -> str:
    """The text with every character that could steer a terminal replaced by one that shows it, one for one."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    if ord(char) < 0x20:
        return chr(0x2400 + ord(char))
    return "\u2421" if char == "\x7f" else "\ufffd"


def char_cells(char: str) -> int:
    """Cells one printable character takes: two for East Asian wide ones, none for combining marks."""
    if char.isascii():
        return 1
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cells(text: str) -> int:
    """Cells a printable text takes."""
    return len(text) if text.isascii() else sum(map(char_cells, text))


def clip(text: str, width: int) -> str:
    """The text, or as much of it as fits into `width` cells with an ellipsis at its end."""
    if cells(text) <= width:
        return text
    kept, used = [], 1
    for char in text:
        used += char_cells(char)
        if used > width:
            break
        kept.append(char)
    return "".join(kept) + "…"


def pad(text: str, width: int, align: str = "<") -> str:
    """The text filled up with blanks to `width` cells, to the left (`<`) or to the right (`>`)."""
    blanks = " " * (width - cells(text))
    return text + blanks if align == "<" else blanks + text


def columns(rows: Sequence[Sequence[str]], align: str, *, width: int, squeeze: Iterable[int] = ()) -> list[str]:
    """Rows as lines whose columns line up, two cells apart.

    Args:
        rows: Printable texts, as many in each row as `align` has characters.
        align: `<` or `>` for each column.
        width: Cells a line may take.
        squeeze: The columns to clip where lines are too long, in the order in which they give way.
    """
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - width
    for column in squeeze:
        spare = min(max(excess, 0), max(widths[column] - NARROWEST, 0))
        widths[column] -= spare
        excess -= spare
    return [_row(row, widths, align) for row in rows]


def _row(row: Sequence[str], widths: Sequence[int], align: str) -> str:
    fitted = (pad(clip(text, width), width, side) for text, width, side in zip(row, widths, align, strict=True))
    return GAP.join(fitted).rstrip()


def human(number: float) -> str:
    """A count in three digits: 862K, 9.04M; exact below a thousand."""
    if number < 1000:
        return f"{number:g}"
    power = next((power for power in range(1, 6) if number < 999.5 * 1000**power), 6)
    return f"{number / 1000**power:#.3g}".rstrip(".") + " KMGTPE"[power]


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 error`, `2 errors`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def indent(lines: Iterable[str], by: str = GAP) -> list[str]:
    """Lines moved to the right; empty ones stay empty."""
    return [by + line if line else line for line in lines]


def wrap(head: str, text: str, width: int) -> list[str]:
    """A text behind its head, broken at blanks; further lines begin where the text began."""
    margin = " " * len(head)
    return textwrap.wrap(
        text, width, initial_indent=head, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False
    )


def sections(blocks: Iterable[Sequence[str]]) -> str:
    """Blocks of lines with an empty line between them; empty blocks are left out."""
    full = [list(block) for block in blocks if block]
    separated = [[*block, ""] for block, _ in pairwise(full)] + full[-1:]
    return "\n".join(chain.from_iterable(separated))
