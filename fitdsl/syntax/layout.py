"""Open brackets and line ends: which brace opens a block, and which line end ends a statement."""

from __future__ import annotations

import re
from dataclasses import field

from ..dataclass import dataclass
from .words import Word

_OPERATORS = frozenset(
    {
        "ARROW",
        "DOTS",
        "POWER",
        "FLOOR",
        "EQUALS",
        "DIFFERS",
        "AT_MOST",
        "AT_LEAST",
        "LESSTHAN",
        "MORETHAN",
        "PLUS",
        "MINUS",
        "STAR",
        "SLASH",
        "PERCENT",
        "NOT",
        "AND",
        "OR",
    }
)
_CONTINUES = _OPERATORS | {"COMMA"}
_BEFORE_VALUE = _CONTINUES | {None, "_NL", "EQUAL", "IN", "GUIDES", "REPEAT", "COLON", "LPAR", "LSQB", "LBRACE"}
_LINKS = _OPERATORS - {"ARROW"} | {"DOT", "RPAR", "RSQB"}
_FLAT = frozenset({"ARROW", "COMMA", "_NL"})

CLOSERS = {"RPAR": "LPAR", "RSQB": "LSQB", "RBRACE": "LBRACE"}
OPENERS = {opener: closer for closer, opener in CLOSERS.items()}
DEEPEST = 60


@dataclass
class Frame:
    """An open bracket.

    Attributes:
        opener: The bracket.
        block: Whether it holds statements, a line each; else it is a list, a call or a dictionary.
        height: How many states the parser's stack had when it was open.
        links: How many operators, calls and attributes hang together at this level so far.
    """

    opener: Word | None
    block: bool
    height: int
    links: int = 0


@dataclass
class Layout:
    """Where a reading of words stands; the text as a whole is the outermost block.

    Attributes:
        frames: The open brackets, innermost last.
        previous: Type of the last word; None where a statement may begin anyway.
    """

    frames: list[Frame] = field(default_factory=lambda: [Frame(None, True, 1)])
    previous: str | None = None

    @property
    def top(self) -> Frame:
        """The innermost open bracket."""
        return self.frames[-1]

    @property
    def groups(self) -> int:
        """How many brackets are open inside the innermost block."""
        return len(self.frames) - 1 - self.frames.index(self.block)

    @property
    def block(self) -> Frame:
        """The innermost block."""
        return next(frame for frame in reversed(self.frames) if frame.block)

    @property
    def too_deep(self) -> bool:
        """Whether a tree of what is open would be too deep to handle safely."""
        return sum(1 + frame.block + frame.links for frame in self.frames) > DEEPEST

    def ends_statement(self) -> bool:
        """Whether a line end means something here."""
        return self.top.block and self.previous is not None and self.previous not in _CONTINUES

    def note(self, word: Word, height: int) -> None:
        """Take account of a word that the parser has taken; its stack has `height` states now."""
        before, self.previous = self.previous, word.type
        if word.type in CLOSERS:
            self.frames.pop()
        if word.type in _LINKS:
            self.top.links += 1
        elif word.type in _FLAT:
            self.top.links = 0
        if word.type in OPENERS:
            self._open(word, height, block=word.type == "LBRACE" and before not in _BEFORE_VALUE)

    def _open(self, word: Word, height: int, *, block: bool) -> None:
        self.frames.append(Frame(word, block, height))
        if block:
            self.previous = None

    def close_groups(self) -> None:
        """Forget the brackets inside the innermost block."""
        while not self.top.block:
            self.frames.pop()


_BRACKET = re.compile(
    r"""
    "(?:\\.|[^"\\\n])*"? | '[^'\n]*' | \#[^\n]*     # text and comments hide brackets
    | (?P<open>[(\[{]) | (?P<close>[)\]}])
""",
    re.VERBOSE,
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def matching_brackets(text: str) -> dict[int, int]:
    """Where each bracket that is closed at all is closed, by offset.

    A closing bracket skips unclosed ones on its way to its partner, but `)` and `]` never leave their braces.
    """
    found: dict[int, int] = {}
    open_at: list[int] = []
    for match in _BRACKET.finditer(text):
        if match["open"]:
            open_at.append(match.start())
        elif match["close"]:
            depth = _partner(text, open_at, _PAIRS[match["close"]])
            if depth is not None:
                found[open_at[depth]] = match.start()
                del open_at[depth:]
    return found


def _partner(text: str, open_at: list[int], opener: str) -> int | None:
    for depth in range(len(open_at) - 1, -1, -1):
        if text[open_at[depth]] == opener:
            return depth
        if text[open_at[depth]] == "{":
            return None
    return None
