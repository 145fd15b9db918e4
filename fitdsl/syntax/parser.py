"""From a text to its tree; every mistake goes to the reporter, and what could be understood comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from ..diagnostics import Fix, Reporter
from ..source import Source, Span
from . import nodes
from .builder import Edition, all_of
from .cursor import Cursor
from .layout import CLOSERS, DEEPEST
from .recovery import Recovery
from .slips import Slip, slip_of
from .trivia import surround
from .words import Word

EDITION = 1
LONGEST = 1_000_000
TOO_LONG = f"this text is too long: a spec has at most {LONGEST:,} characters"
MOST_TROUBLES = 200

_EDITION_LINE = re.compile(r"(\s|\ufeff|#[^\n]*)*fit\b")


def parse(source: Source, reporter: Reporter) -> nodes.Spec:
    """The tree of a text; statements with mistakes may be missing from it, or be there with gaps."""
    if len(source.text) > LONGEST:
        reporter.error("FIT0026", source.span(0, 0), TOO_LONG)
        return nodes.Spec(EDITION, ())
    found, trivia = surround(_Parser(source, reporter).items(), source.span())
    for code, span, message in _edition_mistakes(source, found):
        fix = Fix(span, f"fit {EDITION}\n\n", f"put `fit {EDITION}` first")
        reporter.error(code, span, message, fixes=[fix] if code == "FIT0002" else [])
    return _spec(source, found, trivia)


class _Parser:
    """Reads a text word by word."""

    def __init__(self, source: Source, reporter: Reporter) -> None:
        self.cursor = Cursor(source)
        self.recovery = Recovery(self.cursor, reporter)

    def items(self) -> tuple[nodes.Commented, ...]:
        """The edition and all declarations, in order."""
        while (word := self.cursor.next()) is not None and not self._hopeless(word):
            self._take(word)
        return all_of(self.recovery.finish(), nodes.Commented)

    def _take(self, word: Word) -> None:
        slip = slip_of(word)
        meant = word if slip is None else self._slipped(slip, word)
        if meant is None:
            return
        if meant.type == "_NL" and not self.cursor.layout.ends_statement():
            self._between_lines()
        elif meant.type in CLOSERS and not self._closes_top(meant):
            self.recovery.bracket(meant)
        else:
            self._push(meant)

    def _push(self, word: Word) -> None:
        if not self.cursor.push(word):
            self.recovery.unexpected(word)
        if self.cursor.begins_statement:
            self.recovery.settle()

    def _between_lines(self) -> None:
        """A line end that ends no statement; one that was given up may stand before it."""
        if self.cursor.layout.top.block and self.cursor.layout.previous is None:
            self.recovery.settle()

    def _slipped(self, slip: Slip, word: Word) -> Word | None:
        """Report a slip; what to read instead of the word."""
        self.recovery.report(slip.code, slip.span, slip.message, helps=(slip.help,) if slip.help else (),
                             fixes=(slip.fix,) if slip.fix else ())  # fmt: skip
        if word.type == "BAD_STRING":
            self.recovery.give_up(word)
        return slip.meant

    def _closes_top(self, word: Word) -> bool:
        opener = self.cursor.layout.top.opener
        return opener is not None and opener.type == CLOSERS[word.type]

    def _hopeless(self, word: Word) -> bool:
        """Refuse to go on where a tree would be too deep to handle safely, or where nothing makes sense."""
        if self.cursor.layout.too_deep:
            message = f"more than {DEEPEST} brackets, operators and attributes inside one another"
            self._stop("FIT0010", word, message, "give a part a name with `let` or a label")
        elif self.recovery.troubles > MOST_TROUBLES:
            self._stop("FIT0019", word, "too many mistakes: the rest is not read", "mend those above first")
        else:
            return False
        return True

    def _stop(self, code: str, word: Word, message: str, help: str) -> None:
        self.recovery.muted = False
        self.recovery.report(code, word.span, message, helps=(help,))


def _spec(source: Source, found: Sequence[nodes.Commented], trivia: nodes.Trivia) -> nodes.Spec:
    """The spec of what was found; comments around the edition are the spec's own."""
    declarations = tuple(item for item in found if not isinstance(item, Edition))
    own = found[0].trivia if found and isinstance(found[0], Edition) else nodes.Trivia()
    return nodes.Spec(EDITION, cast("tuple[nodes.Declaration, ...]", declarations),
                      trivia=replace(own, dangling=trivia.dangling), span=source.span())  # fmt: skip


def _edition_mistakes(source: Source, found: Sequence[nodes.Commented]) -> Iterator[tuple[str, Span, str]]:
    """Code, place and message of what is wrong with the line `fit 1`."""
    if not any(isinstance(item, Edition) for item in found) and not _EDITION_LINE.match(source.text):
        yield "FIT0002", source.span(0, 0), f"the first line is missing: `fit {EDITION}`"
    for index, item in enumerate(found):
        if isinstance(item, Edition) and index > 0:
            yield "FIT0003", item.span, "the edition stands once, on the first line"
        elif isinstance(item, Edition) and item.number not in (EDITION, None):
            yield "FIT0003", item.span, f"edition {item.number} is unknown: this version reads edition {EDITION}"
