"""Comments and blank lines: what stands between two statements is split among them.

A comment behind a statement on the same line trails it; those on the lines below lead the next one, or dangle where no
statement follows. A comment in the middle of a statement moves above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from ..source import Source, Span
from .nodes import Commented, Trivia

_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"?|#([^\n]*)')

Lines = tuple[str | None, ...]
S = TypeVar("S", bound=Commented)


def surround(statements: Sequence[S], region: Span) -> tuple[tuple[S, ...], Trivia]:
    """The statements of a region with their comments, and what opens and ends the region itself."""
    if not statements:
        opening, dangling = _split(region.source, region.start, region.end)
        return (), Trivia(opening=opening, dangling=_trimmed(dangling))
    ends = [region.start, *(statement.span.end for statement in statements)]
    starts = [*(statement.span.start for statement in statements), region.end]
    gaps = [_split(region.source, end, start) for end, start in zip(ends, starts, strict=True)]
    commented = tuple(
        replace(
            statement, trivia=replace(statement.trivia, leading=(*lines, *statement.trivia.leading), trailing=trailing)
        )
        for statement, ((_, lines), (trailing, _)) in zip(statements, pairwise(gaps), strict=True)
    )
    return commented, Trivia(opening=gaps[0][0], dangling=_trimmed(gaps[-1][1]))


def inner(whole: Span, parts: Iterable[Span]) -> Lines:
    """The comments in a statement that stand in none of its parts that keep their own."""
    text = whole.text
    for part in parts:
        start, end = part.start - whole.start, part.end - whole.start
        text = text[:start] + " " * (end - start) + text[end:]
    return tuple(match[1].strip() for match in _COMMENT.finditer(text) if match[1] is not None)


def _split(source: Source, start: int, end: int) -> tuple[str | None, Lines]:
    """The comment on the line where a gap begins, and the lines below; a gap that begins the text has only lines."""
    lines = source.text[start:end].split("\n")
    first = None
    if start > 0:
        first = _comment(lines[0])
    lines = lines[1:-1] if start > 0 else lines[:-1]
    return first, _squeezed(_comment(line) for line in lines)


def _comment(line: str) -> str | None:
    _, mark, comment = line.partition("#")
    return comment.strip() if mark else None


def _squeezed(lines: Iterable[str | None]) -> Lines:
    kept: list[str | None] = []
    for line in lines:
        if line is not None or not kept or kept[-1] is not None:
            kept.append(line)
    return tuple(kept)


def _trimmed(lines: Lines) -> Lines:
    """Without the blank line at the end."""
    return lines[:-1] if lines and lines[-1] is None else lines
