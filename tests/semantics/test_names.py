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
