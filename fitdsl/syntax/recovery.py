"""Going on after a mistake, so that one mistake gives one finding and the rest of the text is still read.

The strategies are tried in order: an unclosed bracket is taken as closed where the next statement begins; a block whose
declaration lacks its brace gets one; a single word is put in, exchanged or left out if the text then goes on well; else
the statement is given up. Findings in a statement that already has one are not reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..diagnostics import Fix, Label, Reporter, closest
from ..source import Span
from .builder import Parts
from .cursor import Cursor
from .layout import CLOSERS, OPENERS
from .machine import END
from .messages import Expected, expected, found
from .words import Word

DECLARATIONS = ("use", "let", "param", "data", "teacher", "student", "block", "hint", "stage", "search")

_SPELLINGS = {
    "COMMA": ",",
    "EQUAL": "=",
    "COLON": ":",
    "LBRACE": "{",
    "RBRACE": "}",
    "RPAR": ")",
    "RSQB": "]",
    "ARROW": "->",
}
_LEFT_OUT = ("COMMA", "COLON", "EQUAL", "ARROW", "NAME", "NUMBER", "STRING")
_EXCHANGED = ("EQUAL", "COLON", "COMMA", "STRING")
_SIGNS = frozenset({"COMMA", "EQUAL", "COLON", "EQUALS", "ARROW", "DOT", "DOTS"})
_VALUES = frozenset({"NAME", "NUMBER", "STRING", "TRUE", "FALSE", "REPEAT"})


@dataclass(frozen=True)
class Repair:
    """A way to mend one place.

    Attributes:
        words: What to read there.
        advice: The same in words; None where the user has to think of something.
        fix: The edit.
        code: The kind of mistake, if the repair tells more about it than the place.
    """

    words: tuple[Word, ...]
    advice: str | None = None
    fix: Fix | None = None
    code: str | None = None


class Recovery:
    """What to do when a word cannot stand where it stands."""

    def __init__(self, cursor: Cursor, reporter: Reporter) -> None:
        self.cursor = cursor
        self.reporter = reporter
        self.muted = False

    def unexpected(self, word: Word) -> None:
        """A word that the machine refuses."""
        for strategy in (
            self._unclosed_group,
            self._unclosed_block,
            self._broken_line,
            self._without_brace,
            self._repaired,
        ):
            if strategy(word):
                return
        self._report(word, expected(self.cursor.machine), None)
        if not self._group_emptied():
            self.give_up(word)

    def bracket(self, word: Word) -> None:
        """A closing bracket that does not fit the innermost open one."""
        layout = self.cursor.layout
        openers = [frame.opener for frame in layout.frames]
        fitting = [opener for opener in openers if opener and opener.type == CLOSERS[word.type]]
        top = layout.top.opener
        if not fitting or top is None or (layout.top.block and word.type != "RBRACE"):
            self._stray(word, top if not layout.top.block else None)
        elif word.type == "RBRACE":
            self._never_closed(top, self.cursor.end, word)
            self.cursor.abandon()
            self.cursor.rewind(word.span.start)
        else:
            self._never_closed(top, self.cursor.end, word)
            self.give_up(word)

    def finish(self, end: Word) -> Parts:
        """All items, once what the end of the text leaves open is closed."""
        frames = self.cursor.layout.frames
        if frames[-1].opener:
            self._never_closed(frames[-1].opener, self.cursor.end, end)
        while len(frames) > 1:
            self.cursor.close_block()
        if not self.cursor.machine.accepts(END):
            self.unexpected(end)
        if not self.cursor.machine.accepts(END):
            self.cursor.abandon()
        return self.cursor.machine.finish(end)

    def report(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        under: str = "",
        helps: tuple[str, ...] = (),
        labels: tuple[Label, ...] = (),
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        """Report a mistake unless its statement has one already."""
        if not self.muted:
            self.reporter.error(code, span, message, under=under, helps=helps, labels=labels, fixes=fixes)
        self.muted = True

    # Brackets

    def _unclosed_group(self, word: Word) -> bool:
        """A bracket that nothing closes: it was to end with its line, or before the block that begins here."""
        cursor = self.cursor
        opener = cursor.layout.top.opener
        if cursor.layout.top.block or opener is None or opener.span.start in cursor.matches:
            return False
        if word.type == "LBRACE" and cursor.machine.takes([OPENERS[opener.type], word.type]):
            self._never_closed(opener, cursor.end, word)
            cursor.push(cursor.virtual(OPENERS[opener.type]))
            cursor.rewind(word.span.start)
            return True
        offset = self._line_end(opener)
        if offset > cursor.end or (offset == cursor.end and not cursor.breaks_line(word)):
            return False
        self._never_closed(opener, offset, cursor.peek(offset) or word)
        cursor.abandon()
        cursor.rewind(offset)
        return True

    def _line_end(self, opener: Word) -> int:
        """Where the statement of an unclosed bracket ends: before the next line that is indented no further."""
        source = self.cursor.source
        number = source.position(opener.span.start)[0]
        indent = self._indent(opener)
        while number < len(source.line_starts):
            number += 1
            line = source.line(number)
            if line.strip() and len(line) - len(line.lstrip()) <= indent:
                return source.line_starts[number - 1] - 1
        return len(source.text)

    def _broken_line(self, word: Word) -> bool:
        """A line ends in an operator, and the next one is a statement of its own."""
        cursor = self.cursor
        operator, last = cursor.broken, cursor.last
        if operator is None or last is None or last.type != "NAME" or cursor.layout.groups:
            return False
        if word.type != "EQUAL" and last.text not in DECLARATIONS:
            return False
        self.report("FIT0011", operator.span, f"expected a value after `{operator.text}`, found the end of the line")
        cursor.abandon()
        cursor.rewind(operator.span.end)
        return True

    def _unclosed_block(self, word: Word) -> bool:
        """A declaration begins inside braces: the block before it was to end."""
        cursor = self.cursor
        first, opener = cursor.first, cursor.layout.top.opener
        if not cursor.layout.top.block or opener is None or first is None or cursor.count != 1:
            return False
        if (
            first.text not in DECLARATIONS
            or word.type in ("EQUAL", "_NL")
            or self._indent(first) > self._indent(opener)
        ):
            return False
        self._never_closed(opener, cursor.source.text.rindex("\n", 0, first.span.start), first)
        while len(cursor.layout.frames) > 1:
            cursor.abandon()
            cursor.close_block()
        cursor.push(cursor.virtual("_NL"))
        cursor.rewind(first.span.start)
        self.muted = False
        return True

    def _indent(self, word: Word) -> int:
        """How far the line of a word is indented."""
        line = self.cursor.source.line(self.cursor.source.position(word.span.start)[0])
        return len(line) - len(line.lstrip())

    def _never_closed(self, opener: Word, due: int, where: Word) -> None:
        closer = _SPELLINGS[OPENERS[opener.type]]
        end = Span(opener.span.source, due, due)
        fix = Fix(end, f"\n{closer}" if closer == "}" else closer, f"put `{closer}` here")
        self.report(
            "FIT0004",
            opener.span,
            f"`{opener.text}` is never closed",
            under=f"`{closer}` is missing",
            labels=(Label(where.span, f"it should be closed before {found(where)}"),),
            fixes=(fix,),
        )

    def _stray(self, word: Word, opener: Word | None) -> None:
        """A closing bracket without a partner is left out, or read as the one that is due."""
        if opener is None:
            fix = Fix(word.span, "", f"leave out `{word.text}`")
            self.report(
                "FIT0005", word.span, f"`{word.text}` closes nothing", under="no bracket is open here", fixes=(fix,)
            )
            return
        closer = OPENERS[opener.type]
        spelling = _SPELLINGS[closer]
        self.report(
            "FIT0005",
            word.span,
            f"`{word.text}` closes `{opener.text}`",
            under=f"expected `{spelling}`",
            labels=(Label(opener.span, "opened here"),),
            fixes=(Fix(word.span, spelling, f"write `{spelling}`"),),
        )
        if not self.cursor.push(Word(closer, word.span)):
            self.give_up(word)

    # Single words

    def _without_brace(self, word: Word) -> bool:
        """A header ends its line without `{`."""
        cursor = self.cursor
        if word.type != "_NL" or not self._opens_block():
            return False
        self._report(word, expected(cursor.machine), Repair((), "put `{` at the end of the line"))
        following = cursor.peek(word.span.end)
        if following is None or following.type == "LBRACE":
            return True
        cursor.push(cursor.virtual("LBRACE"))
        if following.text in DECLARATIONS:
            cursor.push(cursor.virtual("RBRACE"))
            cursor.rewind(word.span.start)
        return True

    def _opens_block(self) -> bool:
        """Whether a brace here would open a block, not a dictionary."""
        return self.cursor.machine.accepts("LBRACE") and not self.cursor.machine.accepts("NUMBER")

    def _repaired(self, word: Word) -> bool:
        """Mend one word, if the text then goes on well."""
        ahead = [following.type for following in self.cursor.ahead(word, 2)] if word.type != "_NL" else []
        for repair in self._repairs(word):
            if self.cursor.machine.takes([*(put.type for put in repair.words), *ahead]):
                self._report(word, expected(self.cursor.machine), repair)
                for put in repair.words:
                    if put.type != END:
                        self.cursor.push(put)
                return True
        return False

    def _repairs(self, word: Word) -> Iterator[Repair]:
        """Ways to mend the text at a word, likeliest first."""
        yield from self._misspelt(word)
        for type in _EXCHANGED:
            if word.type == "NAME" if type == "STRING" else word.type in _SIGNS:
                yield self._exchange(word, type)
        for type in _LEFT_OUT:
            if self._may_be_left_out(type, word):
                yield self._insert(word, type)
        if word.type in _SIGNS:
            yield Repair((), f"leave out `{word.text}`", Fix(word.span, "", f"leave out `{word.text}`"))

    def _may_be_left_out(self, type: str, word: Word) -> bool:
        if type == "ARROW":
            return self.cursor.machine.in_network(self.cursor.layout.block.height)
        return type not in ("NAME", "NUMBER", "STRING") or word.type not in _VALUES

    def _misspelt(self, word: Word) -> Iterator[Repair]:
        keywords = self.cursor.machine.table.keywords
        accepted = {keywords[type]: type for type in self.cursor.machine.accepted() if type in keywords}
        near = closest(word.text, accepted) if word.type == "NAME" or word.type in keywords else None
        if near is not None:
            fix = Fix(word.span, near, f"write `{near}`")
            yield Repair((Word(accepted[near], word.span, near),), f"did you mean `{near}`?", fix)

    def _exchange(self, word: Word, type: str) -> Repair:
        if type == "STRING":
            fix = Fix(word.span, f'"{word.text}"', "put it in quotes")
            return Repair((Word(type, word.span, f'"{word.text}"'),), "put it in quotes", fix)
        spelling = _SPELLINGS[type]
        advice = f"write `{spelling}` instead of `{word.text}`"
        return Repair(
            (Word(type, word.span, spelling),), advice, Fix(word.span, spelling, f"write `{spelling}`"), "FIT0016"
        )

    def _insert(self, word: Word, type: str) -> Repair:
        words = (self.cursor.virtual(type), word)
        if type not in _SPELLINGS:
            return Repair(words)
        spelling = _SPELLINGS[type]
        advice = f"put `{spelling}` before {found(word)}"
        code = "FIT0014" if type == "COMMA" else "FIT0017"
        return Repair(words, advice, Fix(self.cursor.virtual(type).span, spelling, f"put `{spelling}` here"), code)

    # Giving up

    def _group_emptied(self) -> bool:
        """Skip to the end of a bracket that is closed, if it may as well be empty."""
        cursor = self.cursor
        frame = cursor.layout.top
        if frame.block or frame.opener is None or frame.opener.span.start not in cursor.matches:
            return False
        if not cursor.machine.would_close(frame.height, OPENERS[frame.opener.type]):
            return False
        cursor.machine.cut(frame.height)
        cursor.rewind(cursor.matches[frame.opener.span.start])
        return True

    def give_up(self, word: Word) -> None:
        """Skip to the end of the statement, or to the block that it opens."""
        cursor = self.cursor
        offset = self._outside_groups(word)
        while (following := cursor.peek(offset)) is not None and following.type != "_NL":
            if following.type == "RBRACE" and len(cursor.layout.frames) > 1:
                break
            if following.type == "LBRACE" and cursor.layout.top.block and self._opens_block():
                cursor.rewind(following.span.start)
                return
            offset = cursor.matches.get(following.span.start, following.span.end - 1) + 1
        cursor.abandon()
        cursor.rewind(offset)

    def _outside_groups(self, word: Word) -> int:
        """Where to go on skipping: behind the outermost bracket of the statement, if it is closed."""
        layout = self.cursor.layout
        groups = layout.frames[layout.frames.index(layout.block) + 1 :]
        if groups and groups[0].opener and groups[0].opener.span.start in self.cursor.matches:
            return self.cursor.matches[groups[0].opener.span.start] + 1
        return word.span.start if word.type == "_NL" else word.span.end

    def _report(self, word: Word, due: Expected, repair: Repair | None) -> None:
        help = repair.advice if repair and repair.advice else due.help
        code = repair.code if repair and repair.code else due.code
        fixes = (repair.fix,) if repair and repair.fix else ()
        self.report(
            code, _place(word), f"expected {due.what}, found {found(word)}", helps=(help,) if help else (), fixes=fixes
        )


def _place(word: Word) -> Span:
    """Where to point: at a word, or right before the end of a line."""
    return Span(word.span.source, word.span.start, word.span.start) if word.type == "_NL" else word.span
