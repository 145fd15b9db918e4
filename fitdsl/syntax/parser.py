"""From a text to its tree; every mistake goes to the reporter, and what could be understood comes back."""

from __future__ import annotations

from dataclasses import replace

from ..diagnostics import Fix, Reporter
from ..source import Source, Span
from . import nodes
from .builder import Edition, Parts, all_of
from .cursor import Cursor
from .layout import CLOSERS, DEEPEST
from .machine import END
from .recovery import Recovery
from .trivia import surround
from .words import Word, read_number, unknown_escapes

EDITION = 1
LONGEST = 1_000_000


def parse(source: Source, reporter: Reporter) -> nodes.Spec:
    """The tree of a text; statements with mistakes may be missing from it."""
    if len(source.text) > LONGEST:
        reporter.error(
            "FIT0026",
            source.span(0, 0),
            f"this file has {len(source.text):,} characters; a spec has at most {LONGEST:,}",
        )
        return nodes.Spec(EDITION, ())
    items, trivia = surround(all_of(_Parser(source, reporter).items(), nodes.Commented), source.span())
    return _spec(source, items, trivia, reporter)


class _Parser:
    """Reads a text word by word."""

    def __init__(self, source: Source, reporter: Reporter) -> None:
        self.cursor = Cursor(source)
        self.recovery = Recovery(self.cursor, reporter)

    def items(self) -> Parts:
        """All declarations, in order."""
        while (word := self.cursor.next()) is not None:
            self._take(word)
            if self.cursor.layout.too_deep:
                self._too_deep(word)
                break
        end = Word(END, self.cursor.source.span(len(self.cursor.source.text)))
        self.recovery.end(end)
        if not self.cursor.machine.accepts(END):
            self.cursor.abandon()
        return self.cursor.machine.finish(end) or []

    def _take(self, word: Word) -> None:
        if word.type.startswith("BAD_"):
            self._slip(word)
        elif word.type == "_NL":
            self._line_end(word)
        elif word.type in CLOSERS and not self._closes_top(word):
            self.recovery.bracket(word)
        else:
            self._push(word)

    def _push(self, word: Word) -> None:
        if word.type in ("NUMBER", "STRING"):
            self._check_literal(word)
        if not self.cursor.push(word):
            self.recovery.unexpected(word)
        elif word.type in ("LBRACE", "RBRACE") and self.cursor.layout.previous in (None, "RBRACE"):
            self.recovery.muted = False

    def _line_end(self, word: Word) -> None:
        if self.cursor.layout.ends_statement():
            self._push(word)
            self.recovery.muted = False

    def _closes_top(self, word: Word) -> bool:
        opener = self.cursor.layout.top.opener
        return opener is not None and opener.type == CLOSERS[word.type]

    def _slip(self, word: Word) -> None:
        """A word that means nothing, reported and read as what was meant."""
        if word.type == "BAD_QUOTES":
            text = word.text[1:-1].replace('"', '\\"')
            self.recovery.report(
                "FIT0018",
                word.span,
                "text stands in double quotes",
                fixes=(Fix(word.span, f'"{text}"', "use double quotes"),),
            )
            self.cursor.push(Word("STRING", word.span)) or self.recovery.unexpected(Word("STRING", word.span))
        elif word.type == "BAD_STRING":
            self.recovery.report(
                "FIT0006",
                word.span,
                "this text is never closed",
                fixes=(Fix(word.span, word.text + '"', 'put `"` at the end of the line'),),
            )
            self.recovery.give_up(word)
        else:
            self.recovery.report("FIT0007", word.span, f"`{word.text}` means nothing here")

    def _check_literal(self, word: Word) -> None:
        if word.type == "NUMBER" and read_number(word.text) is None:
            self.recovery.report("FIT0008", word.span, f"`{word.text}` is not a number")
        for match in unknown_escapes(word.text) if word.type == "STRING" else ():
            start = word.span.start + match.start()
            self.recovery.report(
                "FIT0009", Span(word.span.source, start, start + len(match[0])), f"`{match[0]}` means nothing in text"
            )

    def _too_deep(self, word: Word) -> None:
        self.recovery.muted = False
        self.recovery.report("FIT0010", word.span, f"more than {DEEPEST} levels of brackets and operators")


def _spec(source: Source, items: tuple[nodes.Commented, ...], trivia: nodes.Trivia, reporter: Reporter) -> nodes.Spec:
    """The spec, once the edition has been checked."""
    declarations = tuple(item for item in items if not isinstance(item, Edition))
    edition = items[0] if items and isinstance(items[0], Edition) else None
    own = replace(edition.trivia if edition else nodes.Trivia(), dangling=trivia.dangling)
    _check_editions(source, items, reporter)
    return nodes.Spec(EDITION, declarations, trivia=own, span=source.span())


def _check_editions(source: Source, items: tuple[nodes.Commented, ...], reporter: Reporter) -> None:
    for index, item in enumerate(items):
        if not isinstance(item, Edition):
            continue
        if index > 0:
            reporter.error("FIT0003", item.span, "the edition stands once, on the first line")
        elif item.number != EDITION:
            reporter.error("FIT0003", item.span, f"edition {item.number} is unknown")
    if not any(isinstance(item, Edition) for item in items):
        reporter.error(
            "FIT0002",
            source.span(0, 0),
            "the first line is missing: `fit 1`",
            fixes=[Fix(source.span(0, 0), "fit 1\n\n", "put `fit 1` first")],
        )
