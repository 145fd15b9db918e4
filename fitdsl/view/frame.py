"""A finding as a person reads it: what, where, the line it stands on with marks under it, and what would be right.

    error[FIT2004]: `Linear` takes a flat input, got [32, 15, 15]
      --> specs/net.fit:14:12
       |
    14 |   logits = Linear(10)
       |            ^^^^^^^^^^ input comes from `c3`
       = help: put `Flatten()` before it

A place that spans several lines is marked on its first. Tabs are four cells wide; a line longer than the display is
cut around its mark. A finding about a file as a whole, such as one that cannot be read, has no text and shows no line;
one about no place at all, such as an option of the command line, shows neither file nor line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby

from ..dataclass import dataclass
from ..diagnostics import Diagnostic, Label, Severity
from ..source import NOWHERE, Source
from .terminal import Display, Style, char_cells, printable

TAB = " " * 4
MARGIN = 5
"""Cells of a line beside its number and its text: the bar, two blanks, and an ellipsis at either end."""
SEVERITY_STYLE = {Severity.ERROR: Style.ERROR, Severity.WARNING: Style.WARNING}


def frame(diagnostic: Diagnostic, display: Display) -> str:
    """One finding in full, without a line end."""
    return "\n".join(_Frame(diagnostic, display).lines())


@dataclass(frozen=True)
class _Mark:
    """A label on the one line it is drawn under; cells are half-open."""

    start: int
    end: int
    text: str
    sign: str
    style: Style


@dataclass(frozen=True)
class _Frame:
    diagnostic: Diagnostic
    display: Display

    def lines(self) -> list[str]:
        found = self.diagnostic
        title = self.display.paint(f"{found.severity}[{found.code}]", self._severity_style)
        lines = [title + self.display.paint(f": {printable(found.message)}", Style.STRONG)]
        for position, labels in enumerate(self._labels_by_source()):
            lines += self._section(labels, "-->" if position == 0 else ":::")
        lines += self._remarks("note", found.notes)
        return lines + self._remarks("help", advice(found))

    @property
    def _severity_style(self) -> Style:
        return SEVERITY_STYLE[self.diagnostic.severity]

    @property
    def _gutter(self) -> int:
        return max(len(str(_line_of(label))) for label in (self.diagnostic.primary, *self.diagnostic.labels))

    def _labels_by_source(self) -> list[list[Label]]:
        grouped: dict[Source, list[Label]] = {}
        for label in (self.diagnostic.primary, *self.diagnostic.labels):
            grouped.setdefault(label.span.source, []).append(label)
        return list(grouped.values())

    def _section(self, labels: Sequence[Label], arrow: str) -> list[str]:
        source = labels[0].span.source
        if source is NOWHERE.source:
            return []
        lines = [f"{' ' * self._gutter}{self.display.paint(arrow, Style.ACCENT)} {_place(labels[0])}"]
        if not source.text:
            return lines
        lines.append(self._margin(""))
        previous = None
        for number, group in groupby(sorted(labels, key=_line_of), _line_of):
            if previous is not None and number > previous + 1:
                lines.append(self.display.paint("...", Style.ACCENT))
            lines += self._marked_line(source.line(number), number, list(group))
            previous = number
        return lines

    def _marked_line(self, text: str, number: int, labels: Sequence[Label]) -> list[str]:
        shown = _Shown.around(text, _column_of(labels[0]), self.display.width - self._gutter - MARGIN)
        marks = [self._mark(label, text, shown) for label in labels]
        rows = [_draw(row, self.display) for row in _mark_rows(marks)]
        return [self._margin(shown.text, str(number)), *map(self._margin, rows)]

    def _mark(self, label: Label, text: str, shown: _Shown) -> _Mark:
        start = _column_of(label)
        line, column = label.span.source.position(label.span.end)
        end = column - 1 if line == _line_of(label) else len(text)
        first, last = shown.cell(start), shown.cell(end)
        is_primary = label is self.diagnostic.primary
        style, sign = (self._severity_style, "^") if is_primary else (Style.ACCENT, "-")
        return _Mark(first, max(last, first + 1), printable(label.text), sign, style)

    def _margin(self, text: str, number: str = "") -> str:
        return f"{self.display.paint(f'{number:>{self._gutter}} |', Style.ACCENT)} {text}".rstrip()

    def _remarks(self, word: str, texts: Iterable[str]) -> list[str]:
        lead = " " * (self._gutter + 1)
        lines: list[str] = []
        for text in texts:
            first, *rest = text.split("\n")
            lines.append(f"{lead}{self.display.paint('=', Style.ACCENT)} {word}: {printable(first)}")
            lines += (f"{lead}{' ' * (len(word) + 4)}{printable(line)}" for line in rest)
        return lines


def advice(diagnostic: Diagnostic) -> tuple[str, ...]:
    """What the user can do, in words: the helps, and the fixes that no help names already."""
    titles = (fix.title for fix in diagnostic.fixes)
    return (*diagnostic.helps, *(title for title in titles if title not in diagnostic.helps))


def _place(label: Label) -> str:
    """File, line and column; the file alone where there is no text to point into."""
    return printable(repr(label.span) if label.span.source.text else label.span.source.name)


def _line_of(label: Label) -> int:
    return label.span.source.position(label.span.start)[0]


def _column_of(label: Label) -> int:
    """Code points before the label on its line."""
    return label.span.source.position(label.span.start)[1] - 1


@dataclass(frozen=True)
class _Shown:
    """The part of a line that is shown, and the cell at which each of its code points begins."""

    text: str
    first: int
    starts: tuple[int, ...]

    @classmethod
    def around(cls, line: str, anchor: int, width: int) -> _Shown:
        """As much of a line as `width` cells hold; cut so that the code point `anchor` stays in sight."""
        first = max(anchor - width // 3, 0) if anchor > width * 2 // 3 and len(line) > width else 0
        pieces = [_piece(char) for char in line[first : first + width]]
        starts = list(accumulate(map(_piece_cells, pieces), initial=0))
        count = sum(end <= width for end in starts[1:])
        before, after = "…" * (first > 0), "…" * (first + count < len(line))
        return cls(
            f"{before}{''.join(pieces[:count])}{after}",
            first,
            tuple(len(before) + start for start in starts[: count + 1]),
        )

    def cell(self, column: int) -> int:
        """Where a code point of the whole line stands; the nearest end where it is cut off."""
        return self.starts[min(max(column - self.first, 0), len(self.starts) - 1)]


def _piece(char: str) -> str:
    return TAB if char == "\t" else printable(char)


def _piece_cells(piece: str) -> int:
    return sum(map(char_cells, piece))


# Rows of cells below a line: each cell is a sign and its style --------------------------------------------------------

Row = list[tuple[str, Style]]


def _mark_rows(marks: Sequence[_Mark]) -> list[Row]:
    """The signs under a line, the rightmost label's text behind its own, the others' texts hanging below."""
    row: Row = []
    for mark in sorted(marks, key=lambda mark: mark.sign == "^"):
        _write(row, mark.start, mark.sign * (mark.end - mark.start), mark.style)
    texts = sorted((mark for mark in marks if mark.text), key=lambda mark: mark.start)
    if texts and texts[-1].end >= len(row):
        last = texts.pop()
        _write(row, last.end + 1, last.text, last.style)
    return [row, *_hanging_rows(texts)]


def _hanging_rows(marks: Sequence[_Mark]) -> list[Row]:
    rows = [_connectors(marks)] if marks else []
    for count in reversed(range(len(marks))):
        row = _connectors([mark for mark in marks[:count] if mark.start < marks[count].start])
        _write(row, marks[count].start, marks[count].text, marks[count].style)
        rows.append(row)
    return rows


def _connectors(marks: Iterable[_Mark]) -> Row:
    row: Row = []
    for mark in marks:
        _write(row, mark.start, "|", mark.style)
    return row


def _write(row: Row, start: int, text: str, style: Style) -> None:
    row.extend([(" ", Style.PLAIN)] * (start + len(text) - len(row)))
    row[start : start + len(text)] = [(char, style) for char in text]


def _draw(row: Row, display: Display) -> str:
    runs = groupby(row, key=lambda cell: cell[1])
    return "".join(display.paint("".join(char for char, _ in run), style) for style, run in runs)
