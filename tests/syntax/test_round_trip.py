"""Text, tree and JSON are one spec: each printed to the other comes back equal."""

from __future__ import annotations

import json
from random import Random

import pytest
from corpus import CORPUS, parsed, read
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from trees import specs

from fitdsl.diagnostics import FitError
from fitdsl.syntax.jsonform import from_json, json_schema, to_json
from fitdsl.syntax.nodes import Spec
from fitdsl.syntax.printer import print_spec

SCHEMA = Draft202012Validator(json_schema())


@settings(deadline=None, max_examples=40)
@given(specs)
def test_a_printed_tree_reads_back_as_itself(spec: Spec) -> None:
    assert read(print_spec(spec)) == (spec, [])


@settings(deadline=None, max_examples=40)
@given(specs)
def test_printing_twice_changes_nothing(spec: Spec) -> None:
    text = print_spec(spec)
    assert print_spec(parsed(text)) == text


@settings(deadline=None, max_examples=40)
@given(specs)
def test_a_tree_in_json_comes_back_as_itself(spec: Spec) -> None:
    assert from_json(to_json(spec)) == spec


@settings(deadline=None, max_examples=40)
@given(specs, st.randoms(use_true_random=False))
def test_comments_at_any_line_survive(spec: Spec, random: Random) -> None:
    lines = print_spec(spec).splitlines()
    chosen = {index: f"c{index}" for index in range(len(lines)) if random.random() < 0.3}
    text = "\n".join(f"{line}  # {chosen[index]}" if index in chosen else line for index, line in enumerate(lines))
    once = print_spec(parsed(text))
    kept = [line.rpartition("# ")[2] for line in once.splitlines() if line.rpartition("# ")[2] in chosen.values()]
    assert sorted(kept) == sorted(chosen.values())
    assert print_spec(parsed(once)) == once


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_a_text_goes_through_json_unchanged(text: str) -> None:
    formatted = print_spec(parsed(text))
    document = to_json(parsed(text))
    assert print_spec(from_json(document)) == formatted
    assert to_json(from_json(document)) == document
    SCHEMA.validate(json.loads(document))


def test_the_json_of_a_small_spec() -> None:
    assert json.loads(to_json(parsed("fit 1\n# why\nlet x = 1K\n"))) == {
        "format_version": 1,
        "kind": "Spec",
        "edition": 1,
        "declarations": [
            {
                "kind": "Let",
                "name": {"kind": "Identifier", "text": "x"},
                "value": {"kind": "Number", "value": 1000, "spelling": "1K"},
                "trivia": {"leading": ["why"]},
            }
        ],
    }


def let(value: str, name: str = "x") -> str:
    """The JSON of a spec with one let."""
    identifier = f'{{"kind": "Identifier", "text": "{name}"}}'
    declaration = f'{{"kind": "Let", "name": {identifier}, "value": {value}}}'
    return f'{{"kind": "Spec", "edition": 1, "declarations": [{declaration}]}}'


NUMBER = '{"kind": "Number", "value": 1}'
UNWRITABLE = "some name or number in this JSON cannot be written in a spec"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("[]", "this JSON is no spec: Input should be an object"),
        ('{"kind": "Spec", "edition": 1}', "this JSON is no spec: at `declarations`: Field required"),
        (
            let(NUMBER.replace("}", ', "x": 1}')),
            "at `declarations.0.Let.value.Number.x`: Extra inputs are not permitted",
        ),
        (
            let(NUMBER.replace("1", '"1"')),
            "at `declarations.0.Let.value.Number.value.int`: Input should be a valid integer",
        ),
        (let(NUMBER.replace("1", "-1")), UNWRITABLE),
        (let(NUMBER, "a b"), UNWRITABLE),
        (let(NUMBER, "a = 2 #"), UNWRITABLE),
        (let('{"kind": "Name", "id": "true"}'), UNWRITABLE),
        (let(NUMBER).replace('"edition": 1', '"edition": 2'), UNWRITABLE),
    ],
)
def test_json_that_is_no_spec_is_refused(document: str, message: str) -> None:
    with pytest.raises(FitError) as error:
        from_json(document)
    assert message in error.value.diagnostics[0].message
    assert error.value.diagnostics[0].code == "FIT0027"


def test_the_schema_names_every_kind_of_node() -> None:
    kinds = set(json_schema()["$defs"])
    assert {"Number", "Chain", "Repeat", "Draws", "Network", "Search"} <= kinds


@pytest.mark.parametrize(
    ("opening", "closing", "depth"),
    [("[", "]", 57), ("f(", ")", 57), ("-(", ")", 28), ("{a: ", "}", 57), ("(a + ", ")", 28), ("f(-", ")", 28)],
)
def test_what_is_deepest_in_text_goes_through_json(opening: str, closing: str, depth: int) -> None:
    spec = parsed(f"fit 1\n\nlet x = {opening * depth}1{closing * depth}\n")
    assert from_json(to_json(spec)) == spec


def test_the_deepest_blocks_go_through_json() -> None:
    spec = parsed(f"fit 1\nstudent s() {{ {'repeat 2 { ' * 27}a{' }' * 27} }}\n")
    assert from_json(to_json(spec)) == spec
