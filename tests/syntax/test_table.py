"""The shipped table is the grammar's, and the grammar has no conflict."""

from __future__ import annotations

import json

from fitdsl.syntax.grammar import build, generate
from fitdsl.syntax.messages import EXPECTED, key_of
from fitdsl.syntax.table import FILE, load


def test_the_grammar_has_no_conflict_and_no_two_words_collide() -> None:
    assert build().options.strict


def test_the_shipped_table_is_in_step_with_the_grammar() -> None:
    assert json.loads(FILE.read_text("utf-8")) == generate(), "run `python -m fitdsl.syntax.grammar`"


def test_every_state_of_the_parser_has_a_message_and_every_message_a_state() -> None:
    assert {key_of(items) for items in load().items} == set(EXPECTED)


def test_every_message_says_what_was_expected_or_can_list_it() -> None:
    table = load()
    silent = [
        items
        for state, items in enumerate(table.items)
        if EXPECTED[key_of(items)].what is None and not any(map(str.isupper, table.states[state]))
    ]
    assert silent == []
