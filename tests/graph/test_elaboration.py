"""What keeps a body from becoming a network: one finding for one mistake, at the narrowest place."""

from __future__ import annotations

import pytest
from findings import found


def network(body: str) -> str:
    """A text whose student, from line 3 on, has this body."""
    return f"student s(x: [4, 8, 8]) {{\n{body}\n}}"


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        (
            "Linear(10)",
            "3:1 FIT2004 `Linear` takes a flat input, got [4, 8, 8]  (put `Flatten()` before it)",
        ),
        (
            "a = Conv2d(4, 3)\na + x",
            "4:1 FIT2001 `+` joins flows of one shape, got [4, 6, 6] and [4, 8, 8]"
            "  (stride or pool both to the same height and width)",
        ),
        (
            "[x, x] -> ReLU()",
            "3:11 FIT2002 `ReLU` takes 1 input, got 2  (merge the flows first)",
        ),
        ("x -> ReLU", "3:6 FIT2003 `ReLU` is not something that flows  (call it: `ReLU()`)"),
        (
            "0.5 * x",
            "3:1 FIT2003 `*` joins two flows, the number 0.5 is none"
            "  (leave the number out: no number scales or shifts a flow, and the layers around learn their own scale)",
        ),
        ("x -> 3", "3:6 FIT2003 the number 3 is not something that flows  (layers are calls, such as `Linear(10)`)"),
        ("h = x -> Split(2)\nh[2]", "4:1 FIT2003 there is no part 2 here  (parts are numbered 0 to 1)"),
        (
            "x -> Split(2)",
            "3:1 FIT2003 a network gives one output, this one ends in several flows"
            "  (merge them: `[a, b] -> Concat()`)",
        ),
        ("ce() -> ReLU()", "3:1 FIT2003 `ce` is not a layer  (`fit list ops` names all layers)"),
        ("repeat 2.5 { ReLU() }", "3:8 FIT1010 `repeat` takes a whole number from 0, got the number 2.5"),
        (
            "repeat w in 5 { ReLU() }",
            "3:13 FIT1010 `repeat … in` runs over a list, got the number 5  (leave `w in` out to repeat so many times)",
        ),
        (
            "repeat 1_000_000_000 { ReLU() }",
            "3:8 FIT2005 this network has more than 20,000 layers  (no spec needs so many; look at its `repeat`s)",
        ),
        (
            "repeat 10_000 { repeat 10_000 { } }\nReLU()",
            "3:17 FIT2005 this network has more than 20,000 layers  (no spec needs so many; look at its `repeat`s)",
        ),
    ],
)
def test_mistakes_in_bodies(body: str, finding: str) -> None:
    assert found(network(body)) == [finding]


def test_inference_goes_on_beside_a_path_that_it_cannot_type() -> None:
    body = "a = Linear(10) -> ReLU() -> Flatten()\nb = x -> Conv2d(4, 30)\na + b"
    assert [line.split(" ", 2)[:2] for line in found(network(body))] == [["3:5", "FIT2004"], ["4:10", "FIT2004"]]


def test_a_name_for_what_has_no_type_is_no_place_to_compare() -> None:
    body = "a = Flatten()\nb = a -> Conv2d(4, 3) -> ReLU()\nc = a -> Linear(5)"
    text = f"teacher t(x: [4, 8, 8]) {{ f = Conv2d(4, 3) }}\n{network(body)}\nhint h: t.f guides s.a"
    assert found(text) == [
        "5:10 FIT2004 `Conv2d` takes [C, H, W], got [256]  (put it before `Flatten()`)",
    ]


def test_a_block_that_calls_itself_is_told_once() -> None:
    text = "block a() { b() }\nblock b() { a() }\n" + network("a()")
    (finding,) = found(text)
    assert finding.split(" ", 1)[1] == (
        "FIT2006 `a` is called inside itself  (write `repeat` where layers come again and again)"
    )


def test_blocks_that_double_end_quickly() -> None:
    blocks = "block b0() { ReLU() }\n" + "".join(f"block b{i}() {{ b{i - 1}() -> b{i - 1}() }}\n" for i in range(1, 30))
    (finding,) = found(blocks + network("b29()"))
    assert "more than 20,000 layers" in finding


def test_a_mistake_in_a_block_is_told_once_with_its_calls() -> None:
    text = "block wide() { Conv2d(4, 30) }\n" + network("a = wide()\nb = x -> wide()\na + b")
    assert len(found(text)) == 1


def test_several_inputs_must_be_named_at_the_start() -> None:
    text = "student s(x: [4], y: [4]) {\nReLU()\n}"
    assert found(text) == ["3:1 FIT2003 nothing flows into `ReLU`  (name what does: `x -> …`)"]
    assert found("student s(x: [4], y: [4]) {\nx + y -> ReLU()\n}") == []


def test_a_layer_that_nothing_reads_is_a_warning() -> None:
    assert found(network("a = ReLU()\nb = x -> Tanh()\nx -> Flatten()")) == [
        "3:5 FIT2007 nothing reads what this layer gives  (lead it to the output, or take the line away)",
        "4:10 FIT2007 nothing reads what this layer gives  (lead it to the output, or take the line away)",
    ]


def test_an_input_is_a_shape() -> None:
    assert found("student s(x: 3) { ReLU() }") == [
        "2:14 FIT2008 an input is a shape, got the number 3"
        "  (write `data.input`, or a shape without the batch axis: `[3, 32, 32]`)"
    ]
