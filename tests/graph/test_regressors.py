"""Regressors are solved from the two shapes and end in the hint layer's own non-linearity."""

from __future__ import annotations

import pytest
from findings import found

import fitdsl as fit
from fitdsl.graph.regressors import Strided, Transposed
from fitdsl.ops.activation import Tanh
from fitdsl.values import TensorType
from fitdsl.view.spelling import spell_call

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
                "  (use another regressor: `fc()` or `transposed()`)"
            ],
        ),
        (
            {"settings": "regressor = identity()"},
            [
                "9:28 FIT3001 `identity` compares equal shapes, got [5, 16, 16] and [12, 7, 7]"
                "  (use another regressor: `conv()` or `fc()` or `strided()`)"
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
        "  (guide `s.g` instead, which gives [5, 16, 16])  (use another regressor: `fc()` or `transposed()`)"
    ]


SIZES = [
    ((16, 16), (8, 8)),
    ((16, 16), (7, 7)),
    ((32, 9), (8, 9)),
    ((7, 5), (4, 2)),
    ((8, 8), (1, 1)),
    ((9, 9), (8, 3)),
]


@pytest.mark.parametrize(("larger", "smaller"), SIZES)
def test_maps_of_two_sizes_are_joined_either_way(larger: tuple[int, int], smaller: tuple[int, int]) -> None:
    big, small = TensorType((5, *larger)), TensorType((12, *smaller))
    (shrink,) = Strided().solve(big, small, None)
    assert shrink.infer(big) == small
    enlarge, act = Transposed().solve(small, big, Tanh())
    assert (enlarge.infer(small), act.word) == (big, "Tanh")


def test_strided_windows_of_half_the_size_lie_side_by_side() -> None:
    assert ops(teacher="Conv2d(12, 2, stride=2) -> ReLU()", settings="regressor = strided()") == [
        "Conv2d(12, [2, 2], stride=[2, 2])",
        "ReLU()",
    ]
    assert ops(teacher="MaxoutConv2d(12, 2, stride=2)", settings="regressor = strided()") == [
        "MaxoutConv2d(12, [2, 2], stride=[2, 2], pieces=2)"
    ]


def test_transposed_ends_in_the_hints_maxout() -> None:
    settings = {"student": "Conv2d(5, 2, stride=2)", "settings": "regressor = transposed()"}
    assert ops(teacher="MaxoutConv2d(12, 3, padding=1)", **settings) == [
        "ConvTranspose2d(12, [2, 2], stride=[2, 2])",
        "MaxoutConv2d(12, 1, pieces=2)",
    ]


def ops(**parts: str) -> list[str]:
    """The ops of the regressor as they would be written."""
    layers = fit.loads(pair(**parts)).program.hints["mid"].regressor.layers.values()
    return [spell_call(layer.op) for layer in layers]


TOKENS = """fit 1

teacher t(x: [12, 8]) {
  h = Linear(16) -> GELU()
}

student s(x: [12, 8]) {
  g = Linear(6)
  short = Flatten() -> Linear(6)
}

hint mid: teacher.h guides student.g {
  regressor = pointwise()
}
"""


def test_tokens_are_mapped_one_by_one_or_attended_to() -> None:
    def layers(text: str) -> list[tuple[str, tuple[int, ...]]]:
        regressor = fit.loads(text).program.hints["mid"].regressor
        return [(spell_call(layer.op), layer.type.shape) for layer in regressor.layers.values()]

    assert layers(TOKENS) == [("Linear(16)", (12, 16)), ("GELU()", (12, 16))]
    longer = TOKENS.replace("teacher t(x: [12, 8])", "teacher t(x: [20, 8])").replace(
        "pointwise()", "attention(num_heads=4)"
    )
    assert layers(longer) == [("QueryAttention(20, 16, num_heads=4)", (20, 16)), ("GELU()", (20, 16))]


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        (
            [("[12, 8]) {\n  h", "[20, 8]) {\n  h")],
            "12:28 FIT3001 `pointwise` keeps positions, but [12, 6] and [20, 16] differ in them"
            "  (use another regressor: `fc()` or `attention()`)",
        ),
        (
            [("pointwise()", "attention(num_heads=3)")],
            "12:28 FIT3001 `attention` cannot divide tokens of width 16 among 3 heads"
            "  (use another regressor: `fc()` or `pointwise()` or `attention()`)",
        ),
        (
            [("pointwise", "strided")],
            "12:28 FIT3001 `strided` takes a map larger than the hint's, got [12, 6] and [12, 16]"
            "  (use another regressor: `fc()` or `pointwise()` or `attention()`)",
        ),
        (
            [("pointwise", "transposed")],
            "12:28 FIT3001 `transposed` takes a map smaller than the hint's, got [12, 6] and [12, 16]"
            "  (use another regressor: `fc()` or `pointwise()` or `attention()`)",
        ),
        (
            [("guides student.g", "guides student.short"), ("pointwise", "attention")],
            "12:28 FIT3001 `attention` joins tokens [L, D], got [6] and [12, 16]"
            "  (guide `s.g` instead, which gives [12, 6])  (use another regressor: `fc()`)",
        ),
    ],
)
def test_tokens_that_a_regressor_cannot_join(changes: list[tuple[str, str]], finding: str) -> None:
    text = TOKENS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    assert found(text) == [finding]
