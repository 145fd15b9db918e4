"""Addresses of layers, and with them the keys of every saved weight: they follow from the text alone."""

from __future__ import annotations

import pytest

import fitdsl as fit
from fitdsl.graph.model import state_key


def addresses(body: str, declarations: str = "") -> list[str]:
    """Addresses of the layers of a student whose input is [4, 8, 8]."""
    return list(fit.loads(f"fit 1\n{declarations}\nstudent s(x: [4, 8, 8]) {{\n{body}\n}}\n").student.graph.layers)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("c = Conv2d(4, 3)", ["c"]),
        ("Conv2d(4, 3)\nReLU()", ["[0]", "[1]"]),
        ("c = Conv2d(4, 3) -> ReLU()", ["c[0]", "c[1]"]),
        ("c = repeat 2 { Conv2d(4, 3) } -> ReLU()", ["c[0]", "c[1]", "c[2]"]),
        ("c = repeat 1 { Conv2d(4, 3) }", ["c[0]"]),
        ("c = repeat 2 { Conv2d(4, 3) -> ReLU() }", ["c[0][0]", "c[0][1]", "c[1][0]", "c[1][1]"]),
        ("repeat w in [4, 8] { Conv2d(w, 3) }", ["[0]", "[1]"]),
        ("a = Conv2d(4, 3)\nb = x -> Conv2d(4, 3)\na + b -> ReLU()", ["a", "b", "[0]", "[1]"]),
        ("a = Conv2d(4, 3)\ny = a + a", ["a", "y"]),
        ("y = Conv2d(4, 1) + x", ["y[0]", "y[1]"]),
        ("a = ReLU()\n[a, x -> Tanh()] -> Concat()", ["a", "[0]", "[1]"]),
        ("h = x -> Split(2)\nh[0] + h[1]", ["[0]", "[1]", "[2]"]),
        ("a = repeat 2 { b = ReLU() }", ["a[0].b", "a[1].b"]),
    ],
)
def test_layers_stand_where_their_text_says(body: str, expected: list[str]) -> None:
    assert addresses(body) == expected


def test_a_block_of_one_call_stands_at_the_address_of_its_own_call() -> None:
    block = "block conv(out) { Conv2d(out, 3, padding=1) }"
    assert addresses("s1 = repeat w in [4, 8] { conv(w) } -> MaxPool2d(2)", block) == ["s1[0]", "s1[1]", "s1[2]"]


def test_labels_of_a_block_stand_below_its_call() -> None:
    block = """block basic(out) {
  main = input -> Conv2d(out, 3, padding=1) -> BatchNorm2d()
  skip = input -> Conv2d(out, 1)
  main + skip -> ReLU()
}"""
    expected = ["main[0]", "main[1]", "skip", "[0]", "[1]"]
    joined = [a if a.startswith("[") else f".{a}" for a in expected]
    assert addresses("body = repeat 2 { basic(4) }", block) == [f"body[{i}]{a}" for i in range(2) for a in joined]
    assert addresses("one = basic(4)", block) == [f"one{a}" for a in joined]


def test_the_length_of_a_repeat_does_not_change_the_addresses_of_what_it_repeats() -> None:
    text = "fit 1\nparam depth = 1 in 1 .. 3\nstudent s(x: [4, 8, 8]) { s1 = repeat depth { Conv2d(4, 3) } }"
    longest = list(fit.loads(text, set={"depth": 3}).student.graph.layers)
    for depth in (1, 2, 3):
        assert list(fit.loads(text, set={"depth": depth}).student.graph.layers) == longest[:depth]


def test_a_label_means_its_last_result() -> None:
    student = fit.loads("fit 1\nstudent s(x: [4, 8, 8]) { s1 = repeat 2 { Conv2d(8, 3) } -> MaxPool2d(2) }").student
    assert student.graph.resolve("s1") == "s1[2]"
    assert student.shape("s1") == (8, 2, 2)
    assert student.shape("s1[0]") == (8, 6, 6)


def test_keys_are_addresses_with_points() -> None:
    assert [state_key(a) for a in ("c1", "s1[2]", "body[0].main[1]", "[3]")] == ["c1", "s1.2", "body.0.main.1", "3"]


def test_structure_is_a_value() -> None:
    blocks = "block one() { ReLU() }\nblock two() { ReLU() -> Tanh() }\nparam unit = one in {one, two}\n"
    text = f"fit 1\n{blocks}student s(x: [4]) {{ a = unit() }}"
    assert list(fit.loads(text).student.graph.layers) == ["a"]
    assert list(fit.loads(text, set={"unit": "two"}).student.graph.layers) == ["a[0]", "a[1]"]


def test_members_ancestors_and_descendants() -> None:
    graph = fit.loads("fit 1\nstudent s(x: [4]) {\na = Linear(4) -> ReLU()\nb = Linear(4)\na + b\n}").student.graph
    assert graph.members("a") == {"a[0]", "a[1]"}
    assert graph.ancestors(["b"]) == {"a[0]", "a[1]", "b"}
    assert graph.descendants(["b"]) == {"b", "[0]"}
