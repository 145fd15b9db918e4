"""The parser's table: made from the grammar by `grammar.py`, shipped as JSON, loaded in milliseconds.

Lark's own caches are pickles; this one is plain data, the same on every machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from lark.common import LexerConf
from lark.grammar import NonTerminal, Rule, RuleOptions, Symbol, Terminal
from lark.lexer import ContextualLexer, PatternRE, PatternStr, TerminalDef
from lark.parsers.lalr_analysis import IntParseTable, Reduce, Shift

FILE = Path(__file__).with_name("table.json")
START = "start"
EVERYWHERE = (
    *("NAME", "NUMBER", "STRING", "_NL", "BLANK"),
    *("ARROW", "DOTS", "POWER", "FLOOR", "EQUALS", "DIFFERS", "AT_MOST", "AT_LEAST"),
    *("BAD_WORD", "BAD_QUOTES", "BAD_STRING", "BAD_CHARACTER"),
)
"""What the lexer cuts out in every state, so that only keywords depend on it: `->` is never `-` and `>`."""


@dataclass(frozen=True)
class Table:
    """What drives the parser.

    Attributes:
        parse_table: For each state, what each symbol does there.
        lexer: Cuts words by what the current state can take.
        methods: For each rule, the builder method that makes its node; None passes its only child on.
        items: For each state, what has been read of the rules it may be in.
        keywords: The words that are keywords where the grammar has a use for them, by type.
    """

    parse_table: IntParseTable
    lexer: ContextualLexer
    methods: dict[Rule, str | None]
    items: tuple[tuple[str, ...], ...]
    keywords: dict[str, str]


@cache
def load() -> Table:
    """The shipped table."""
    data = json.loads(FILE.read_text("utf-8"))
    terminals = [_terminal(*row) for row in data["terminals"]]
    names = {terminal.name for terminal in terminals}
    rules = [
        Rule(NonTerminal(origin), [_symbol(name, names) for name in expansion], index, None, RuleOptions(True))
        for index, (origin, expansion, _) in enumerate(data["rules"])
    ]
    states = {
        number: {
            symbol: (Shift, target) if target >= 0 else (Reduce, rules[-1 - target])
            for symbol, target in actions.items()
        }
        for number, actions in enumerate(data["states"])
    }
    return Table(
        cast(Any, IntParseTable)(states, {START: 0}, {START: data["end"]}),
        ContextualLexer(_lexer_conf(terminals, data["ignore"]), cast(Any, states), EVERYWHERE),
        dict(zip(rules, (method for _, _, method in data["rules"]), strict=True)),
        tuple(map(tuple, data["items"])),
        {name: value for name, kind, value, _ in data["terminals"] if kind == "str" and value.isalpha()},
    )


def _terminal(name: str, kind: str, value: str, priority: int) -> TerminalDef:
    return TerminalDef(name, PatternStr(value) if kind == "str" else PatternRE(value), priority)


def _symbol(name: str, terminals: Iterable[str]) -> Symbol:
    return Terminal(name) if name in terminals else NonTerminal(name)


def _lexer_conf(terminals: list[TerminalDef], ignore: list[str]) -> LexerConf:
    return LexerConf(terminals, re, ignore, skip_validation=True)
