"""Small random changes to a text: damage to its words, and values and names in each other's places."""

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


_NAME = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r'\d[\w.]*|"[^"\n]*"')
_SETTING = re.compile(r"= *(\S[^\n]*)")
_ARGUMENT = re.compile(r"(?<=[(,])[^(),\n]+,? *(?=[^\n]*\))")
_STRANGE = [
    *("-1", "0", "1_000_000_000", "9_000_000_000G", "0.5", "1e300", "1e-300", "0.1 ** -400", "len([])", "1 .. 3"),
    *('"x"', "true", "[]", "[1, 2]", "[[1], [2]]", "{}", "{a: 1}", "input", "..", "2 * ce() - kd()", "ramp(1, 2)"),
    *("ReLU", "ReLU()", "Digits", "tpe()", "ce()", "mse()", "Adam(lr=1)", "cosine()", "conv()", "RandomCrop(4)", "max"),
    *("student", "teacher", "student[..s2]", "student.s1[0]", "teacher.nope", "[student, student]", "val", "val.loss"),
    *("hint(mid)", "params(student)", "{student: 3}", "repeat 3 { ReLU() }", "-> ReLU()", 'python("a:b")'),
]


def disturb(text: str, random: Random) -> str:
    """The text with one value, name or argument replaced by something that fits badly, or left out."""
    names = _NAME.findall(text)
    options = ((_NUMBER, _STRANGE), (_SETTING, _STRANGE), (_NAME, _STRANGE), (_NAME, names), (_ARGUMENT, [""]))
    pattern, instead = random.choice(options)
    start, end = random.choice([match.span(pattern.groups) for match in pattern.finditer(text)] or [(0, 0)])
    new: str = random.choice(instead)
    return text[:start] + new + text[end:]
