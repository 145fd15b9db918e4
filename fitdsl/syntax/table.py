"""The parser's table: made from the grammar by Lark when the grammar changes, shipped as JSON, loaded in milliseconds.

`python -m fitdsl.syntax.table` writes `table.json` anew; a test holds it in step with the grammar.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token
from lark.common import LexerConf
from lark.grammar import NonTerminal, Rule, RuleOptions, Symbol, Terminal
from lark.lexer import ContextualLexer, PatternRE, PatternStr, TerminalDef
from lark.parsers.lalr_analysis import IntParseTable, Reduce, Shift

FILE = Path(__file__).with_name("table.json")

_START = "start"
_EVERYWHERE = ("NAME", "NUMBER", "STRING", "_NL", "BLANK", "BAD_QUOTES", "BAD_STRING", "BAD_CHARACTER")


class Postlexer:
    """Lets the lexer offer line ends, plain words and slips in every state; what they mean is up to the parser."""

    always_accept = _EVERYWHERE

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Leave the tokens as they are."""
        return stream


def build(*, debug: bool = False) -> Lark:
    """The parser straight from the grammar, refused if it is ambiguous anywhere (about half a second).

    Raises:
        lark.exceptions.GrammarError: The grammar has a conflict.
    """
    folder = resources.files("fitdsl.grammars")
    with resources.as_file(folder) as path:
        return Lark.open(
            str(path / "fit.lark"),
            parser="lalr",
            lexer="contextual",
            strict=True,
            debug=debug,
            keep_all_tokens=True,
            postlex=Postlexer(),
        )


def generate() -> dict[str, Any]:
    """The table as JSON values, the same for the same grammar."""
    lark = build(debug=True)
    machine = cast(Any, lark.parser.parser)._parse_table
    order = _numbered(machine.states, machine.start_states[_START])
    rules = sorted(lark.rules, key=_rule_text)
    number_of = {rule: -1 - index for index, rule in enumerate(rules)}
    return {
        "terminals": sorted([t.name, t.pattern.type, t.pattern.value, t.priority] for t in lark.terminals),
        "ignore": sorted(lark.ignore_tokens),
        "rules": [_rule_row(rule) for rule in rules],
        "states": [
            {
                symbol: order[target] if action is Shift else number_of[target]
                for symbol, (action, target) in sorted(machine.states[state].items())
            }
            for state in order
        ],
        "items": [sorted({_item_text(item) for item in state if item.index}) for state in order],
        "end": order[machine.end_states[_START]],
    }


def _numbered(states: dict[Any, dict[str, Any]], start: Any) -> dict[Any, int]:
    """The states in the order in which a walk over sorted symbols meets them."""
    order = {start: 0}
    pending = deque([start])
    while pending:
        for _, (action, target) in sorted(states[pending.popleft()].items(), key=lambda item: item[0]):
            if action is Shift and target not in order:
                order[target] = len(order)
                pending.append(target)
    return order


def _rule_text(rule: Rule) -> str:
    return f"{rule.origin.name}: {' '.join(symbol.name for symbol in rule.expansion)}"


def _rule_row(rule: Rule) -> list[Any]:
    inlined = bool(rule.options.expand1) and rule.alias is None
    return [
        rule.origin.name,
        [symbol.name for symbol in rule.expansion],
        None if inlined else rule.alias or rule.origin.name,
    ]


def _item_text(item: Any) -> str:
    """An item up to its dot: what has been read of a rule."""
    return " ".join([f"{item.rule.origin.name}:", *(symbol.name for symbol in item.rule.expansion[: item.index])])


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
        IntParseTable(states, {_START: 0}, {_START: data["end"]}),
        ContextualLexer(_lexer_conf(terminals, data["ignore"]), cast(Any, states), _EVERYWHERE),
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


def main() -> None:
    """Write the table of the present grammar."""
    FILE.write_text(json.dumps(generate(), indent=None, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
