"""The parser's table: made from the grammar by Lark (`grammar.py`), shipped as JSON, loaded in milliseconds.

Lark's own caches are pickles; this one is plain data, the same on every machine, and driving it takes so little that
Lark itself is not loaded.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from ..dataclass import dataclass

FILE = Path(__file__).with_name("table.json")
START = "start"
EVERYWHERE = (
    *("NAME", "NUMBER", "STRING", "_NL", "BLANK"),
    *("ARROW", "DOTS", "POWER", "FLOOR", "EQUALS", "DIFFERS", "AT_MOST", "AT_LEAST"),
    *("BAD_WORD", "BAD_QUOTES", "BAD_STRING", "BAD_CHARACTER"),
)
"""What is cut out in every state, so that only keywords depend on it: `->` is never `-` and `>`."""


@dataclass(frozen=True)
class Rule:
    """A rule of the grammar, as the machine reduces it.

    Attributes:
        origin: The symbol it makes.
        size: How many symbols it is made of.
        method: The builder's method that makes its node; None where its only part is passed on as it is.
    """

    origin: str
    size: int
    method: str | None


@dataclass(frozen=True)
class Table:
    """What drives the parser.

    Attributes:
        states: For each state, what each symbol does there: the state to go to, or -1 minus the number of the rule
            that is complete.
        rules: By number.
        end: The state in which a text is complete.
        items: For each state, what has been read of the rules it may be in.
        words: Matches the next word, whose type is the name of the group.
        ignored: Types of what stands between words.
        keywords: The words that are keywords where the grammar has a use for them, by type.
    """

    states: tuple[dict[str, int], ...]
    rules: tuple[Rule, ...]
    end: int
    items: tuple[tuple[str, ...], ...]
    words: re.Pattern[str]
    ignored: frozenset[str]
    keywords: dict[str, str]


@cache
def load() -> Table:
    """The shipped table."""
    data = json.loads(FILE.read_text("utf-8"))
    keywords = {name: value for name, kind, value, _ in data["terminals"] if kind == "str" and value.isalpha()}
    return Table(
        tuple(data["states"]),
        tuple(Rule(origin, len(expansion), method) for origin, expansion, method in data["rules"]),
        data["end"],
        tuple(map(tuple, data["items"])),
        _words([row for row in data["terminals"] if row[0] not in keywords]),
        frozenset(data["ignore"]),
        keywords,
    )


def _words(terminals: list[Any]) -> re.Pattern[str]:
    """One expression for all words but keywords: by priority, then what is spelled by a rule, then the longest."""
    order = sorted(terminals, key=lambda row: (-row[3], row[1] == "str", -len(row[2])))
    parts = (f"(?P<{name}>{re.escape(value) if kind == 'str' else value})" for name, kind, value, _ in order)
    return re.compile("|".join(parts))
