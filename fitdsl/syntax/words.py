"""Words of a text as the parser takes them: each with its own span, and what numbers and strings mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from ..source import Span

_NUMBER = re.compile(r"(\d+(?:_\d+)*)?(\.\d+(?:_\d+)*)?(?:[eE]([+-]?\d+)|([KMG]))?")
_SCALES = {"K": 10**3, "M": 10**6, "G": 10**9}
_LONGEST_NUMBER = 100

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_TO_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]')


@dataclass(frozen=True, slots=True)
class Word:
    """One terminal of the grammar and where it stands; an empty span stands for a word that was left out.

    Attributes:
        type: Name of the terminal.
        span: Where it stands.
        meant: What is read there if it is not what is written.
    """

    type: str
    span: Span
    meant: str | None = None

    @property
    def text(self) -> str:
        """What is read."""
        return self.span.text if self.meant is None else self.meant


def read_number(spelling: str) -> int | float | None:
    """What a number means: whole unless it has a point or an exponent (`1.5M` is whole); None if it is malformed."""
    match = _NUMBER.fullmatch(spelling)
    if match is None or not any(match.group(1, 2)) or len(spelling) > _LONGEST_NUMBER:
        return None
    _, fraction, exponent, scale = match.groups()
    plain = spelling.replace("_", "")
    if scale:
        scaled = Decimal(plain[:-1]) * _SCALES[scale]
        return int(scaled) if scaled == scaled.to_integral_value() else float(scaled)
    if fraction or exponent:
        value = float(plain)
        return value if value != float("inf") else None
    return int(plain)


def write_number(value: int | float) -> str:
    """A spelling that reads back as the same number, for one that is not negative."""
    return repr(value)


def unknown_escapes(literal: str) -> list[re.Match[str]]:
    """The escapes in a quoted string that mean nothing."""
    return [match for match in _ESCAPE.finditer(literal) if len(match[1]) == 1 and match[1] not in _ESCAPES]


def read_string(literal: str) -> str:
    """What a quoted string means; an unknown escape stands for itself."""
    return _ESCAPE.sub(_unescape, literal[1:-1])


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    return chr(int(escape[1:], 16)) if len(escape) > 1 else _ESCAPES.get(escape, match[0])


def write_string(value: str) -> str:
    """A quoted string that reads back as `value`."""
    return f'"{_TO_ESCAPE.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    names = {meaning: escape for escape, meaning in _ESCAPES.items()}
    return f"\\{names[match[0]]}" if match[0] in names else f"\\u{ord(match[0]):04x}"
