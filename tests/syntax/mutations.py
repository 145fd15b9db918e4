"""Small random damage to a text: a word deleted, swapped with another, doubled, put in, or hit by a random byte."""

from __future__ import annotations

import re
from random import Random

_WORD = re.compile(r'"[^"\n]*"|#[^\n]*|\w+|->|\.\.|\n|[^\w\s]')
_INTRUDERS = ["(", ")", "[", "]", "{", "}", ",", ":", "=", "->", "+", "..", '"', "'", ";", "#", "@", "stage", "3", "\n"]


def mutate(text: str, random: Random) -> str:
    """The text with one change somewhere."""
    words = [match.span() for match in _WORD.finditer(text)]
    start, end = random.choice(words)
    match random.choice(("delete", "swap", "double", "byte", "put in")):
        case "delete":
            return text[:start] + text[end:]
        case "swap":
            (a, b), (c, d) = sorted(random.sample(words, 2))
            return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]
        case "double":
            return f"{text[:end]} {text[start:end]}{text[end:]}"
        case "byte":
            return text[:start] + bytes([random.randrange(256)]).decode("latin-1") + text[start + 1 :]
        case _:
            return text[:start] + random.choice(_INTRUDERS) + text[start:]
