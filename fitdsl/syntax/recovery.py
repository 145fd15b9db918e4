"""Going on after a mistake, so that one mistake gives one finding and the rest of the text is still read.

The strategies are tried in order: an unclosed bracket is taken as closed where the next statement begins; a domain that
is spelt as elsewhere is told its spelling here; a block whose declaration lacks its brace gets one; a single word is
put in, exchanged or left out if the text then goes on well; else the statement is given up. Findings in a statement
that already has one are not reported.
"""

from __future__ import annotations

from ..diagnostics import Fix, Label, Reporter
from ..late import late
from ..source import Span
from .builder import Parts
from .cursor import Cursor
from .layout import CLOSERS, OPENERS, matching_brackets
from .machine import END
from .messages import Expected, expected, found
from .repairs import SPELLINGS, Repair, repairs
from .words import Word

DECLARATIONS = ("use", "let", "param", "data", "teacher", "student", "block", "hint", "stage", "search")


class Recovery:
    """What to do when a word cannot stand where it stands."""

    def __init__(self, cursor: Cursor, reporter: Reporter) -> None:
        self.cursor = cursor
        self.reporter = reporter
        self.muted = False
        self.recent = False
        self.troubles = 0

    def settle(self) -> None:
        """A statement begins."""
        self.recent = self.muted
        self.muted = False

    def unexpected(self, word: Word) -> None:
        """A word that the machine refuses."""
        self.troubles += 1
        for strategy in (
            self._foreign_comment,
            self._outside,
            self._unclosed_group,
            self._unclosed_block,
            self._broken_line,
            self._misspelt_domain,
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
        elif word.type == "RBRACE" and self._closed_on_line(word):
            self._stray(word, None)
        elif word.type == "RBRACE":
            self._end_group(top, min(self._line_end(top), word.span.start))
        else:
            self._never_closed(top, self.cursor.end, word)
            self.give_up(word)

    def finish(self) -> Parts:
        """All items, once what the end of the text leaves open is closed."""
        end = self.cursor.virtual(END)
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
        self.troubles += 1
        if not self.muted:
            self.reporter.error(code, span, message, under=under, helps=helps, labels=labels, fixes=fixes)
        self.muted = True

    # Brackets

    def _closed_on_line(self, word: Word) -> bool:
        """Whether the innermost bracket would be closed on this line if it were not for a word."""
        text = self.cursor.source.text
        rest = text[word.span.end : (text.find("\n", word.span.end) + 1) or None]
        top = self.cursor.layout.top.opener
        return top is not None and 0 in matching_brackets(top.text + rest)

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
        self._end_group(opener, self._line_end(opener))
        return True

    def _end_group(self, opener: Word, offset: int) -> None:
        """Read on from where an unclosed bracket was to end."""
        self._never_closed(opener, offset, self.cursor.peek(offset) or self.cursor.virtual(END))
        self.cursor.abandon()
        self.cursor.rewind(offset)

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

    def _misspelt_domain(self, word: Word) -> bool:
        """A param whose domain is spelt as elsewhere, or stands where its default belongs."""
        first = self.cursor.first
        is_param = first is not None and first.type == "PARAM"
        slip = late("syntax.domains").misspelt_domain(first) if is_param else None
        if slip is None:
            return False
        self.report(slip.code, slip.span, slip.message, helps=(slip.help,), fixes=(slip.fix,))
        self.give_up(word)
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
        closer = SPELLINGS[OPENERS[opener.type]]
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
            self.muted = self.muted or (self.recent and word.type == "RBRACE")
            fix = Fix(word.span, "", f"leave out `{word.text}`")
            self.report(
                "FIT0005", word.span, f"`{word.text}` closes nothing", under="no bracket is open here", fixes=(fix,)
            )
            return
        closer = OPENERS[opener.type]
        spelling = SPELLINGS[closer]
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

    def _foreign_comment(self, word: Word) -> bool:
        """A comment as in C: alone on its line, or behind a statement, which then seems to be divided by its text."""
        text, start = self.cursor.source.text, word.span.start
        if word.type != "FLOOR":
            line = text.rfind("\n", 0, start) + 1
            start = text.find("//", line, start)
            if start < 0 or word.type != "NAME" or not text[start + 2 : word.span.start].strip().isidentifier():
                return False
            before = text[line:start]
            if before.count("(") + before.count("[") > before.count(")") + before.count("]"):
                return False
        span = self.cursor.source.span(start, start + 2)
        advice = "write `#` instead of `//`"
        self.report("FIT0016", span, "a comment begins with `#`", helps=(advice,), fixes=(Fix(span, "#", advice),))
        if word.type == "FLOOR":
            if self.cursor.count == 0:
                self.cursor.abandon()
            self.cursor.rewind(len(text) if (end := text.find("\n", start)) < 0 else end)
        else:
            self.give_up(word)
        return True

    def _without_brace(self, word: Word) -> bool:
        """A header ends its line without `{`."""
        cursor = self.cursor
        if word.type != "_NL" or self.muted or not self._opens_block():
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
        begins = word.type in ("_NL", "LBRACE") and not self.cursor.layout.groups
        ahead = [] if begins else [following.type for following in self.cursor.ahead(word, 2)]
        for repair in repairs(self.cursor, word):
            if self.cursor.machine.takes([*(put.type for put in repair.words), *ahead]):
                self._report(word, expected(self.cursor.machine), repair)
                for put in repair.words:
                    if put.type != END:
                        self.cursor.push(put)
                return True
        return False

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
        offset = self._skipped(self._outside_groups(word), to_block=cursor.layout.top.block and self._opens_block())
        if offset < len(cursor.source.text) and cursor.source.text[offset] == "{":
            cursor.rewind(offset)
            return
        cursor.abandon()
        cursor.rewind(offset)

    def _skipped(self, offset: int, *, to_block: bool = False) -> int:
        """Where the statement that goes on at an offset ends: at its line end, or before a brace of its block."""
        cursor = self.cursor
        while (word := cursor.peek(offset)) is not None and word.type != "_NL":
            if word.type == "RBRACE" and len(cursor.layout.frames) > 1:
                return offset
            if word.type == "LBRACE" and to_block:
                return word.span.start
            offset = cursor.matches.get(word.span.start, word.span.end - 1) + 1
        return offset

    def _outside(self, word: Word) -> bool:
        """A line outside all braces that is no declaration: skipped, with the lines that hang on it."""
        cursor = self.cursor
        if len(cursor.layout.frames) > 1 or cursor.count > 0 or word.type == END:
            return False
        if self._repaired(word):
            return True
        if not (self.recent and self._indent(word)):
            self._report(word, expected(cursor.machine), None)
        offset = self._skipped(word.span.start)
        while (end := cursor.peek(offset)) is not None and (first := cursor.peek(end.span.end)) is not None:
            if end.type != "_NL" or not self._indent(first) or first.text in DECLARATIONS:
                break
            offset = self._skipped(first.span.start)
        cursor.abandon()
        cursor.rewind(offset)
        return True

    def _outside_groups(self, word: Word) -> int:
        """Where to go on skipping: behind the outermost bracket of the statement, if it is closed."""
        layout = self.cursor.layout
        groups = layout.frames[layout.frames.index(layout.block) + 1 :]
        if groups and groups[0].opener and groups[0].opener.span.start in self.cursor.matches:
            return self.cursor.matches[groups[0].opener.span.start] + 1
        return word.span.start if word.type == "_NL" or word.type in OPENERS else word.span.end

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
