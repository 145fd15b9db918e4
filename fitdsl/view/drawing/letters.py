"""How wide a text is, without a font at hand: texts in boxes must not overlap on any machine.

A viewer takes whatever sans-serif font it has. The widths below are those of the widest common one, DejaVu Sans
(Verdana is alike), so that a text fits in all of them and leaves some air in narrow ones such as Helvetica.
"""

from __future__ import annotations

import unicodedata

FIRST = " "
HUNDREDTHS = bytes.fromhex(
    "20 28 2e 54 40 5f 4e 1b 27 27 32 54 20 24 20 22 40 40 40 40 40 40 40 40 40 40 22 22 54 54 54 38 "
    "66 44 45 48 4d 43 3d 4e 4b 1d 32 43 38 56 4b 4f 43 4f 48 43 3d 49 44 63 45 43 45 27 22 27 54 38 "
    "32 3d 3f 37 3f 3e 23 3f 3f 1c 1c 3a 1c 61 3f 3d 3f 3f 29 34 27 3f 3b 52 3b 3b 34 40 22 40 54 "
)
"""Width of each printable ASCII character in hundredths of the font size, from the blank on."""

OTHER = 1.05
"""Width of any other character in font sizes; only ones from East Asia are wider than they are narrow."""
BOLD = 1.17
ELLIPSIS = "…"


def text_width(text: str, size: float, *, is_bold: bool = False) -> float:
    """Pixels that a text takes at most, in a font of `size` pixels."""
    return sum(map(_width, text)) * size * (BOLD if is_bold else 1)


def fit(text: str, width: float, size: float, *, is_bold: bool = False) -> str:
    """The text, or as much of it as fits into `width` pixels with an ellipsis at its end."""
    if text_width(text, size, is_bold=is_bold) <= width:
        return text
    room = width / size / (BOLD if is_bold else 1) - _width(ELLIPSIS)
    kept = 0
    for char in text:
        room -= _width(char)
        if room < 0:
            break
        kept += 1
    return text[:kept].rstrip() + ELLIPSIS


def fit_call(text: str, width: float, size: float) -> str:
    """A call that fits: its last arguments give way first, `Conv2d(16, 3, …)`."""
    if text_width(text, size) <= width:
        return text
    shorter = (f"{text[:comma]}, …)" for comma in reversed(_commas(text)))
    return next((call for call in shorter if text_width(call, size) <= width), fit(text, width, size))


def _commas(call: str) -> list[int]:
    """Where the commas between the arguments of a call stand, those inside its lists and texts left out."""
    found, depth, is_text = [], 0, False
    for place, char in enumerate(call):
        is_text ^= char == '"'
        if not is_text:
            depth += (char in "([{") - (char in ")]}")
            if char == "," and depth == 1:
                found.append(place)
    return found


def wrap_text(text: str, width: float, size: float) -> list[str]:
    """A text broken at blanks into lines that fit; a single word that does not is cut."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [fit(line, width, size) for line in lines]


def _width(char: str) -> float:
    place = ord(char) - ord(FIRST)
    if 0 <= place < len(HUNDREDTHS):
        return HUNDREDTHS[place] / 100
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0.0
    return 2.0 if unicodedata.east_asian_width(char) in "WF" else OTHER
