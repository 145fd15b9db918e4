"""Regressors are solved from the two shapes and end in the hint layer's own non-linearity."""

from __future__ import annotations

import pytest
from findings import found

import fitdsl as fit

PAIR = """
teacher t(x: [3, 16, 16]) {{
  h = {teacher}
}}
student s(x: [3, 16, 16]) {{
  g = {student}
}}
hint mid: teacher.h guides student.g {{ {settings} }}
"""
SHAPES = {"teacher": "MaxoutConv2d(12, 3) -> MaxPool2d(2)", "student": "Conv2d(5, 3, padding=1)", "settings": ""}


def pair(**parts: str) -> str:
    """A text with a hint [12, 7, 7] from [5, 16, 16], or with other parts."""
    return "fit 1\n" + PAIR.format(**{**SHAPES, **parts})


def regressor(**parts: str) -> list[tuple[str, tuple[int, ...]]]:
    """Ops and shapes of the regressor."""
    layers = fit.loads(pair(**parts)).program.hints["mid"].regressor.layers.values()
    return [(layer.op.word, layer.type.shape) for layer in layers]


def test_the_papers_kernel_is_guided_minus_hint_plus_one() -> None:
    (layer,) = fit.loads(pair()).program.hints["mid"].regressor.layers.values()
    assert layer.op.word == "MaxoutConv2d"
    assert dict(layer.op)["kernel_size"] == (10, 10)
    assert dict(layer.op)["pieces"] == 2
    assert layer.type.shape == (12, 7, 7)


def test_a_student_guides_no_teacher() -> None:
    text = pair().replace("teacher.h guides student.g", "student.g guides teacher.h")
    assert found(text) == [
        "9:11 FIT3002 `s` is a student, `t` a teacher: students are guided  (write `teacher.h guides student.g`)"
    ]


def test_none_where_the_shapes_agree() -> None:
    assert regressor(student="Conv2d(12, 3) -> MaxPool2d(2)") == []


def test_it_ends_in_the_hint_layers_own_activation() -> None:
    teacher = "Conv2d(12, 3) -> BatchNorm2d() -> GELU() -> MaxPool2d(2)"
    assert regressor(teacher=teacher) == [("Conv2d", (12, 7, 7)), ("GELU", (12, 7, 7))]
    assert regressor(teacher="Conv2d(12, 3) -> MaxPool2d(2)") == [("Conv2d", (12, 7, 7))]


def test_the_other_regressors() -> None:
    assert regressor(settings="regressor = fc()") == [
        ("Flatten", (1280,)), ("Maxout", (588,)), ("Unflatten", (12, 7, 7))
    ]  # fmt: skip
    assert regressor(student="Conv2d(5, 3) -> MaxPool2d(2)", settings="regressor = pointwise()") == [
        ("MaxoutConv2d", (12, 7, 7))
    ]
    assert regressor(student="Conv2d(12, 3) -> MaxPool2d(2)", settings="regressor = identity()") == []


def test_a_block_is_called_with_channels_and_kernel() -> None:
    block = "block my(out, k) { Conv2d(out, k) -> Tanh() }\n"
    layers = fit.loads(pair(settings="regressor = my").replace("fit 1\n", f"fit 1\n{block}")).program.hints["mid"]
    assert [layer.type.shape for layer in layers.regressor.layers.values()] == [(12, 7, 7), (12, 7, 7)]


@pytest.mark.parametrize(
    ("parts", "finding"),
    [
        (
            {"student": "Conv2d(5, 3, padding=1)\n  p = MaxPool2d(4)"},
            [],
        ),
        (
            {"student": "Conv2d(5, 3, stride=4)"},
            [
                "9:28 FIT3001 a convolution cannot make [12, 7, 7] from the smaller map [5, 4, 4]"
                "  (use another regressor: `fc()`)"
            ],
        ),
        (
            {"settings": "regressor = identity()"},
            [
                "9:28 FIT3001 `identity` compares equal shapes, got [5, 16, 16] and [12, 7, 7]"
                "  (use another regressor: `conv()` or `fc()`)"
            ],
        ),
    ],
)
def test_pairs_that_cannot_be_compared(parts: dict[str, str], finding: list[str]) -> None:
    assert found(pair(**parts)) == finding


def test_the_remedy_names_a_layer_that_can_be_guided() -> None:
    text = pair(student="Conv2d(5, 3, padding=1)\n  q = MaxPool2d(4)").replace("student.g", "student.q")
    assert found(text) == [
        "10:28 FIT3001 a convolution cannot make [12, 7, 7] from the smaller map [5, 4, 4]"
        "  (guide `s.g` instead, which gives [5, 16, 16])  (use another regressor: `fc()`)"
    ]
