"""Texts and places in them, so that every finding can point at what the user wrote.

Offsets are half-open and count code points; lines and columns are computed only when something is shown.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from .dataclass import dataclass


@dataclass(frozen=True, eq=False)
class Source:
    """One text with the name under which the user knows it.

    Two sources are the same only if they are the same object: a file read twice is two sources.
    """

    name: str
    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of every line."""
        return (0, *(match.end() for match in re.finditer("\n", self.text)))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line counted from 1, without its line end."""
        start = self.line_starts[number - 1]
        stop = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:stop].rstrip("\r\n")

    def span(self, start: int = 0, end: int | None = None) -> Span:
        """The place from `start` up to `end`; to the end of the text if left out."""
        return Span(self, start, len(self.text) if end is None else end)


@dataclass(frozen=True)
class Span:
    """A half-open range of code points in one source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """What stands there."""
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """The smallest span that covers this one and `other`, which lies in the same source."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def __repr__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"


NOWHERE = Source("<built in code>", "").span()
"""The place of nodes that were made in Python rather than read from a text."""
