"""Words that mean nothing, each with what was most likely meant."""

from __future__ import annotations

from ..dataclass import dataclass
from ..diagnostics import Fix
from ..source import Span
from .words import Word, read_number, unknown_escapes

_WORDS = {"=>": ("ARROW", "->"), "&&": ("AND", "and"), "||": ("OR", "or")}

_CHARACTERS = {
    ";": ("", "each statement stands on a line of its own"),
    "!": ("not ", "write `not`"),
    "“": ('"', 'text stands in plain quotes: `"`'),
    "”": ('"', 'text stands in plain quotes: `"`'),
    "„": ('"', 'text stands in plain quotes: `"`'),
    "‘": ('"', 'text stands in plain quotes: `"`'),
    "’": ('"', 'text stands in plain quotes: `"`'),
    "–": ("-", "write `-`"),
    "—": ("-", "write `-`"),
    "−": ("-", "write `-`"),
    "×": ("*", "write `*`"),
    "·": ("*", "write `*`"),
    "≤": ("<=", "write `<=`"),
    "≥": (">=", "write `>=`"),
    "≠": ("!=", "write `!=`"),
    "→": ("->", "write `->`"),
    "…": ("..", "write `..`"),
    "\\": ("", "a line goes on after an operator, a comma or inside brackets"),
}

_NUMBERS = "a number looks like `3`, `40_000`, `5e-3`, `0.1`, `862K`, `1M` or `2G`"


@dataclass(frozen=True)
class Slip:
    """A finding about one word.

    Attributes:
        code: The kind of mistake.
        span: The wrong part of the word.
        message: What is wrong.
        help: What to do; None if the fix says it all.
        fix: The edit, if one is clear.
        meant: What to read instead; None to leave the word out.
    """

    code: str
    span: Span
    message: str
    help: str | None = None
    fix: Fix | None = None
    meant: Word | None = None


def slip_of(word: Word) -> Slip | None:
    """What is wrong with a word in itself; None if nothing is."""
    check = _CHECKS.get(word.type)
    return check(word) if check else None


def _wrong_word(word: Word) -> Slip:
    type, meant = _WORDS[word.text]
    message = f"`{word.text}` is written `{meant}`"
    return Slip("FIT0007", word.span, message, None, _instead(word, meant), Word(type, word.span, meant))


def _wrong_quotes(word: Word) -> Slip:
    text = '"' + word.text[1:-1].replace('"', '\\"') + '"'
    message = "text stands in double quotes"
    return Slip("FIT0018", word.span, message, f"write `{text}`", _instead(word, text), Word("STRING", word.span, text))


def _open_string(word: Word) -> Slip:
    end = word.span.end
    fix = Fix(Span(word.span.source, end, end), '"', 'put `"` here')
    return Slip(
        "FIT0006", word.span, "this text is never closed", 'text ends with `"` on the line where it begins', fix
    )


def _wrong_character(word: Word) -> Slip:
    replacement, help = _CHARACTERS.get(word.text, (None, None))
    if word.text.isspace():
        replacement, help = " ", "use an ordinary space"
    fix = None if replacement is None else _instead(word, replacement)
    return Slip("FIT0007", word.span, f"{_visible(word.text)} means nothing here", help, fix)


def _visible(character: str) -> str:
    code = f"U+{ord(character):04X}"
    if not character.isprintable() or character.isspace():
        return f"the character {code}"
    return f"`{character}`" if character.isascii() else f"`{character}` ({code})"


def _wrong_number(word: Word) -> Slip | None:
    if read_number(word.text) is not None:
        return None
    right = in_brackets(word.text) or _scaled(word.text)
    fix = _instead(word, right) if right else None
    help = f"write `{right}`" if fix else _NUMBERS
    return Slip("FIT0008", word.span, f"`{_short(word.text)}` is not a number", help, fix, word)


def _scaled(text: str) -> str | None:
    """A number as scales are written here: `10K` for `10k`, `4G` for `4GB`, as bytes are numbers like any other."""
    upper = text.upper()
    bare = upper.removesuffix("B").removesuffix("I")
    right = bare if bare.endswith(("K", "M", "G")) else upper
    return right if read_number(right) is not None else None


def in_brackets(text: str) -> str | None:
    """Positions as an address has them: `[6][0]` for `.6.0`; None for what is no position behind a point."""
    first, *positions = text.split(".")
    return None if first or not all(map(str.isdecimal, positions)) else "".join(f"[{one}]" for one in positions)


def _wrong_escape(word: Word) -> Slip | None:
    for match in unknown_escapes(word.text):
        start = word.span.start + match.start()
        span = Span(word.span.source, start, start + len(match[0]))
        fix = Fix(span, "\\" + match[0], "write `\\\\` for a backslash")
        message = f"`{match[0]}` means nothing in text"
        return Slip("FIT0009", span, message, 'escapes are `\\"`, `\\\\`, `\\n`, `\\t`, `\\r` and `\\u0041`', fix, word)
    return None


def _short(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:27]}..."


def _instead(word: Word, replacement: str) -> Fix:
    title = f"write `{replacement}`" if replacement.strip() else f"leave out {_visible(word.text)}"
    return Fix(word.span, replacement, title)


_CHECKS = {
    "BAD_WORD": _wrong_word,
    "BAD_QUOTES": _wrong_quotes,
    "BAD_STRING": _open_string,
    "BAD_CHARACTER": _wrong_character,
    "NUMBER": _wrong_number,
    "STRING": _wrong_escape,
}
