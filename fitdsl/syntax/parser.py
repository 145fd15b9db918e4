"""From a text to its tree; every mistake goes to the reporter, and what could be understood comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from ..diagnostics import Fix, Reporter
from ..source import Source, Span
from . import nodes
from .builder import Edition, all_of
from .cursor import Cursor
from .layout import CLOSERS, DEEPEST
from .machine import END
from .recovery import Recovery
from .slips import Slip, slip_of
from .trivia import surround
from .words import Word

EDITION = 1
LONGEST = 1_000_000


def parse(source: Source, reporter: Reporter) -> nodes.Spec:
    """The tree of a text; statements with mistakes may be missing from it, or be there with gaps."""
    if len(source.text) > LONGEST:
        message = f"this text has {len(source.text):,} characters, a spec has at most {LONGEST:,}"
        reporter.error("FIT0026", source.span(0, 0), message)
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
        while (word := self.cursor.next()) is not None and not self._too_deep(word):
            self._take(word)
        end = Word(END, self.cursor.source.span(len(self.cursor.source.text)))
        return all_of(self.recovery.finish(end), nodes.Commented)

    def _take(self, word: Word) -> None:
        slip = slip_of(word)
        meant = word if slip is None else self._slipped(slip, word)
        if meant is None or (meant.type == "_NL" and not self.cursor.layout.ends_statement()):
            return
        if meant.type in CLOSERS and not self._closes_top(meant):
            self.recovery.bracket(meant)
        elif not self.cursor.push(meant):
            self.recovery.unexpected(meant)
        elif self.cursor.layout.previous in (None, "_NL", "RBRACE") and self.cursor.layout.top.block:
            self.recovery.muted = False

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

    def _too_deep(self, word: Word) -> bool:
        """Refuse to go on where a tree would be too deep to handle safely."""
        if not self.cursor.layout.too_deep:
            return False
        self.recovery.muted = False
        message = f"more than {DEEPEST} brackets, operators and attributes inside one another"
        self.recovery.report("FIT0010", word.span, message, helps=("give a part a name with `let` or a label",))
        return True


def _spec(source: Source, found: Sequence[nodes.Commented], trivia: nodes.Trivia) -> nodes.Spec:
    """The spec of what was found; comments around the edition are the spec's own."""
    declarations = tuple(item for item in found if not isinstance(item, Edition))
    own = found[0].trivia if found and isinstance(found[0], Edition) else nodes.Trivia()
    return nodes.Spec(EDITION, cast("tuple[nodes.Declaration, ...]", declarations),
                      trivia=replace(own, dangling=trivia.dangling), span=source.span())  # fmt: skip


def _edition_mistakes(source: Source, found: Sequence[nodes.Commented]) -> Iterator[tuple[str, Span, str]]:
    """Code, place and message of what is wrong with the line `fit 1`."""
    if not any(isinstance(item, Edition) for item in found):
        yield "FIT0002", source.span(0, 0), f"the first line is missing: `fit {EDITION}`"
    for index, item in enumerate(found):
        if isinstance(item, Edition) and index > 0:
            yield "FIT0003", item.span, "the edition stands once, on the first line"
        elif isinstance(item, Edition) and item.number != EDITION:
            yield "FIT0003", item.span, f"edition {item.number} is unknown: this version reads edition {EDITION}"
