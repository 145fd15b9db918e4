"""Where a parse stands: the place in the text, the open brackets and the LALR machine, moved together."""

from __future__ import annotations

from functools import cached_property

from ..source import Source, Span
from .layout import CLOSERS, OPENERS, Layout, matching_brackets
from .machine import Machine
from .words import Word


def _depth_of(word: Word) -> int:
    """By how many levels a word opens or closes brackets."""
    return (word.type in OPENERS) - (word.type in CLOSERS)


class Cursor:
    """One way through a text.

    Attributes:
        source: The text.
        machine: What has been understood.
        layout: Which brackets are open.
        first: The first word of the present statement.
        count: How many words of it have been taken.
        last: The last word that was taken.
        broken: The operator at the end of the line before, where `last` is the first word of its line.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.machine = Machine()
        self.layout = Layout()
        self.first: Word | None = None
        self.count = 0
        self.last: Word | None = None
        self.broken: Word | None = None
        self._offset = 0
        self._keywords = {spelling: type for type, spelling in self.machine.table.keywords.items()}

    @cached_property
    def matches(self) -> dict[int, int]:
        """Where each bracket is closed, by offset."""
        return matching_brackets(self.source.text)

    def next(self) -> Word | None:
        """The next word; a keyword that the machine has no use for is a name. None at the end."""
        word = self.peek(self._offset)
        if word is None:
            return None
        self._offset = word.span.end
        if word.type in self.machine.table.keywords and word.type not in self.machine.table.states[self.machine.state]:
            return Word("NAME", word.span)
        return word

    def peek(self, offset: int) -> Word | None:
        """The word at an offset, whatever the machine wants; None at the end."""
        table, text = self.machine.table, self.source.text
        while (found := table.words.match(text, offset)) is not None:
            kind = str(found.lastgroup)
            if kind not in table.ignored:
                return Word(self._keywords.get(found[0], kind), Span(self.source, offset, found.end()))
            offset = found.end()
        return None

    def ahead(self, word: Word, count: int) -> list[Word]:
        """Up to `count` words behind a word; line ends in brackets are left out, and nothing follows one outside."""
        words: list[Word] = []
        depth = self.layout.groups + _depth_of(word)
        while len(words) < count and (following := self.peek(word.span.end)) is not None:
            word = following
            depth += _depth_of(word)
            if word.type != "_NL" or depth <= 0:
                words.append(word)
            if word.type == "_NL" and depth <= 0:
                break
        return words

    def rewind(self, offset: int) -> None:
        """Go on reading at another place."""
        self._offset = offset

    @property
    def end(self) -> int:
        """Where the last word that was taken ends."""
        return self.last.span.end if self.last else 0

    @property
    def begins_statement(self) -> bool:
        """Whether the last word was one behind which a statement begins."""
        return self.count == 0 and self.last is not None and self.last.type in ("_NL", "LBRACE")

    def breaks_line(self, word: Word) -> bool:
        """Whether a word is the first on its line, seen from the last one."""
        return "\n" in self.source.text[self.end : word.span.start]

    def push(self, word: Word) -> bool:
        """Take a word if it can stand here."""
        if not self.machine.feed(word):
            return False
        self.layout.note(word, self.machine.height)
        self.broken = self.last if self.last and self.breaks_line(word) else None
        self.last = word
        self.first = word if self.count == 0 else self.first
        self.count = 0 if self.layout.previous in (None, "_NL") else self.count + 1
        return True

    def virtual(self, type: str) -> Word:
        """A word that the text leaves out, right behind the last one."""
        return Word(type, Span(self.source, self.end, self.end))

    def abandon(self) -> None:
        """Give up the present statement; those before it in its block stay."""
        self.layout.close_groups()
        self.machine.unwind(self.layout.block.height)
        self.layout.previous = "_NL" if self.machine.at_list() else None
        self.count = 0

    def close_block(self) -> None:
        """End the innermost block as if its brace stood here, giving up an unfinished statement."""
        if self.layout.groups or not self.machine.accepts("RBRACE"):
            self.abandon()
        if self.layout.top.opener:
            self.push(self.virtual("RBRACE"))
