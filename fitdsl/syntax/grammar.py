"""From the grammar to the parser's table, by Lark: only needed when the grammar changes.

`python -m fitdsl.syntax.grammar` writes `table.json` anew; a test holds it in step with the grammar.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from importlib import resources
from typing import Any, cast

from lark import Lark, Token
from lark.grammar import Rule
from lark.parsers.lalr_analysis import Shift

from .table import EVERYWHERE, FILE, START


class Postlexer:
    """Lets the lexer offer line ends, plain words and slips in every state."""

    always_accept = EVERYWHERE

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
    order = _numbered(machine.states, machine.start_states[START])
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
        "end": order[machine.end_states[START]],
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


def main() -> None:
    """Write the table of the present grammar."""
    FILE.write_text(json.dumps(generate(), separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
