"""A name that nothing bears is told what it may stand for: another name, or another language's habit."""

from __future__ import annotations

import pytest
from findings import found


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("Conv2d(4, 1, bias=False)", "3:21 FIT1001 nothing is called `False`  (write `false`)"),
        (
            "Conv2d(4, 1, bias=None)",
            "3:21 FIT1001 nothing is called `None`  (leave it out: what is not written keeps its default)",
        ),
        (
            "nn.Conv2d(4, 1)",
            "3:3 FIT1001 nothing is called `nn`  (leave `nn.` out: names stand alone, such as `Conv2d(…)`)",
        ),
        ("Conv2D(4, 1)", "3:3 FIT1001 nothing is called `Conv2D`  (did you mean `Conv2d`?)"),
        (
            "first -> ReLU()",
            "3:3 FIT1001 nothing is called `first`  (`first` is made further below; move that line up)",
        ),
        ("quux()", "3:3 FIT1001 nothing is called `quux`"),
    ],
)
def test_unknown_names(line: str, finding: str) -> None:
    assert found(f"student s(x: [3, 8, 8]) {{\n  {line}\n  first = ReLU()\n}}") == [finding]


def test_a_beginning_means_the_name_that_begins_so() -> None:
    """Letter by letter, `mid` is as near to `min`."""
    assert found("let middle = 3\nlet third = mid") == [
        "3:13 FIT1001 nothing is called `mid`  (did you mean `middle`?)"
    ]


@pytest.mark.parametrize("mistake", ["Linear(false)", "Linaer(4)"])
def test_a_network_with_a_mistake_is_not_accused_again_by_what_it_costs(mistake: str) -> None:
    text = f"student s(x: [3]) {{\n  {mistake}\n}}\nlet size = params(s)\nlet twice = 2 * size"
    assert [line.split(" ")[0] for line in found(text)] in (["3:10"], ["3:3"])


@pytest.mark.parametrize("name", ["self", "None", "import"])
def test_neither_a_layer_nor_an_input_has_a_name_that_python_keeps(name: str) -> None:
    note = f"(call it `{name}1`)"
    assert found(f"student s({name}: [4]) {{ Linear(3) }}") == [f"2:11 FIT1003 no input can be called `{name}`  {note}"]
    assert found(f"student s(x: [4]) {{\n{name} = Linear(3)\n}}") == [
        f"3:1 FIT1003 no layer can be called `{name}`  {note}"
    ]


@pytest.mark.parametrize(("name", "read"), [("µ", "μ"), ("ﬁ", "fi"), ("ｘ", "x"), ("ſ", "s")])
def test_letters_that_python_takes_for_others_name_nothing_in_a_module(name: str, read: str) -> None:
    assert found(f"student s({name}: [4]) {{ Linear(3) }}") == [
        f"2:11 FIT1003 no input can be called `{name}`  (write `{read}`)"
    ]
    assert found(f"student s(a: [4]) {{\n{name} = Linear(3)\n}}") == [
        f"3:1 FIT1003 no layer can be called `{name}`  (write `{read}`)"
    ]


def test_other_letters_are_names() -> None:
    assert found("student s(größe: [4]) {\nμ = Linear(3)\n}") == []
