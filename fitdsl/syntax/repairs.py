"""Small edits that may mend a text where a word cannot stand, likeliest first."""

from __future__ import annotations

from collections.abc import Iterator

from ..dataclass import dataclass
from ..diagnostics import Fix, closest
from ..source import Span
from .cursor import Cursor
from .messages import found
from .slips import in_brackets
from .words import Word

SPELLINGS = {"COMMA": ",", "COLON": ":", "EQUAL": "=", "ARROW": "->", "RBRACE": "}", "RPAR": ")", "RSQB": "]"}

_ELSEWHERE = {"by": ("STEP", "step"), "to": ("DOTS", "..")}
"""What words between the numbers of a range are written as here."""

_SIGNS = frozenset({"COMMA", "EQUAL", "COLON", "EQUALS", "ARROW", "DOT", "DOTS"})
_VALUES = frozenset({"NAME", "NUMBER", "STRING", "TRUE", "FALSE", "REPEAT"})


@dataclass(frozen=True)
class Repair:
    """A way to mend one place.

    Attributes:
        words: What to read there instead of the word.
        advice: The same in words; None where the user has to think of something.
        fix: The edit; None where there is no single one.
        code: The kind of mistake, if the repair tells more about it than the place.
    """

    words: tuple[Word, ...]
    advice: str | None = None
    fix: Fix | None = None
    code: str | None = None


def repairs(cursor: Cursor, word: Word) -> Iterator[Repair]:
    """Ways to mend the text at a word that cannot stand there."""
    yield from _misspelt(cursor, word)
    if word.type == "NAME":
        yield _quoted(word)
    if word.type == "NUMBER" and (positions := in_brackets(word.text)) and cursor.end == word.span.start:
        advice = f"write `{positions}`: positions stand in brackets"
        yield Repair(tuple(_positions(word)), advice, Fix(word.span, positions, advice))
    if word.type in _SIGNS:
        yield from (_exchange(word, sign, SPELLINGS[sign]) for sign in ("EQUAL", "COLON", "COMMA"))
    if word.type == "LBRACE":
        advice = "put `()` before `{`"
        words = (cursor.virtual("LPAR"), cursor.virtual("RPAR"), word)
        yield Repair(words, advice, _here(cursor, "()", advice))
    yield from (_insert(cursor, word, sign) for sign in ("COMMA", "COLON", "EQUAL"))
    if cursor.machine.in_network(cursor.layout.block.height):
        yield _insert(cursor, word, "ARROW")
    advice = "put each statement on a line of its own"
    yield Repair((cursor.virtual("_NL"), word), advice, _here(cursor, "\n", advice))
    if cursor.last and word.type == cursor.last.type and word.type in _SIGNS:
        yield _delete(word)
    if word.type not in _VALUES:
        yield from (Repair((cursor.virtual(value), word)) for value in ("NAME", "NUMBER", "STRING"))
    if word.type in _SIGNS:
        yield _delete(word)


def _misspelt(cursor: Cursor, word: Word) -> Iterator[Repair]:
    """The keyword that was meant."""
    keywords = cursor.machine.table.keywords
    if word.type != "NAME" and word.type not in keywords:
        return
    accepted = {keywords[type]: type for type in cursor.machine.accepted() if type in keywords}
    if word.text in _ELSEWHERE:
        yield _exchange(word, *_ELSEWHERE[word.text])
    near = closest(word.text, accepted)
    if near is not None:
        advice = f"did you mean `{near}`?"
        yield Repair((Word(accepted[near], word.span, near),), advice, Fix(word.span, near, advice))


def _positions(word: Word) -> Iterator[Word]:
    """The words of positions that are written behind points."""
    for position in word.text.split(".")[1:]:
        yield from (Word("LSQB", word.span, "["), Word("NUMBER", word.span, position), Word("RSQB", word.span, "]"))


def _quoted(word: Word) -> Repair:
    text = f'"{word.text}"'
    return Repair((Word("STRING", word.span, text),), "put it in quotes", Fix(word.span, text, "put it in quotes"))


def _exchange(word: Word, type: str, sign: str) -> Repair:
    advice = f"write `{sign}` instead of `{word.text}`"
    return Repair((Word(type, word.span, sign),), advice, Fix(word.span, sign, advice), "FIT0016")


def _insert(cursor: Cursor, word: Word, type: str) -> Repair:
    sign = SPELLINGS[type]
    code = "FIT0014" if type == "COMMA" else "FIT0017"
    advice = f"put `{sign}` before {found(word)}"
    return Repair((cursor.virtual(type), word), advice, _here(cursor, sign, advice), code)


def _delete(word: Word) -> Repair:
    return Repair((), f"leave out `{word.text}`", Fix(word.span, "", f"leave out `{word.text}`"))


def _here(cursor: Cursor, text: str, title: str) -> Fix:
    """Put something behind the last word."""
    return Fix(Span(cursor.source, cursor.end, cursor.end), text, title)
