"""Arguments of calls: each mistake is told at the argument, in words of the field's own type."""

from __future__ import annotations

import pytest
from findings import found


@pytest.mark.parametrize(
    ("call", "finding"),
    [
        ("Conv2d(8)", "3:12 FIT1006 `Conv2d` needs `kernel_size`"),
        ("Conv2d(0, 3)", "3:19 FIT1007 `out_channels` of `Conv2d` is a positive whole number, got the number 0"),
        ("Conv2d(8.5, 3)", "3:19 FIT1007 `out_channels` of `Conv2d` is a positive whole number, got the number 8.5"),
        (
            'Conv2d("8", 3)',
            '3:19 FIT1007 `out_channels` of `Conv2d` is a positive whole number, got the text "8"'
            "  (write it without quotes: `8`)",
        ),
        ("Conv2d(true, 3)", "3:19 FIT1007 `out_channels` of `Conv2d` is a positive whole number, got `true`"),
        ("Conv2d(8, 3, bias=1)", "3:30 FIT1007 `bias` of `Conv2d` is `true` or `false`, got the number 1"),
        (
            "Conv2d(8, 3, out_channels=8)",
            "3:25 FIT1005 `out_channels` of `Conv2d` is given twice  (leave one of the two out)",
        ),
        ("Conv2d(8, 3, pading=1)", "3:25 FIT1004 `Conv2d` has no argument `pading`  (did you mean `padding`?)"),
        (
            "Conv2d(in_channels=3, out_channels=8, kernel_size=3)",
            "3:19 FIT1004 `Conv2d` has no argument `in_channels`  (leave `in_channels` out: input sizes are inferred)",
        ),
        ("Dropout(1.5)", "3:20 FIT1007 `p` of `Dropout` is a number at least 0 and at most 1, got the number 1.5"),
        (
            'Conv2d(8, 3, padding_mode="relu")',
            '3:38 FIT1007 `padding_mode` of `Conv2d` is one of "zeros", "reflect", "replicate", "circular",'
            ' got the text "relu"',
        ),
        ("ReLU(1)", "3:17 FIT1005 `ReLU` takes no arguments"),
    ],
)
def test_calls_of_ops(call: str, finding: str) -> None:
    assert found(f"student s(x: [3, 8, 8]) {{\n  layer1 = {call}\n}}") == [finding]


def test_a_whole_float_is_an_integer_where_one_is_due() -> None:
    assert found("let width = 0.5\nstudent s(x: [3, 8, 8]) {\n  Conv2d(width * 16, 3)\n}") == []


def test_a_list_that_is_too_short_is_told_as_a_whole() -> None:
    network = "data d {\n  source = Digits()\n}\nstudent s(x: d.input) {\n  Flatten() -> Linear(10)\n}\n"
    stage = "stage a {\n  train = s\n  loss = ce()\n  epochs = 1\n  optimizer = Adam(lr=1, betas=[0.9])\n}"
    assert found(f"{network}{stage}") == [
        "12:32 FIT1007 `betas` of `Adam` is a list of 2, each item a number, got a list of 1"
    ]


def test_an_uncalled_component_is_told_to_be_called() -> None:
    assert found("data d {\n  source = Digits\n}") == [
        "3:12 FIT1007 `source` of `d` is a dataset, got `Digits`  (call it: `Digits()`)"
    ]


def test_a_dictionary_is_no_component() -> None:
    assert found("data d {\n  source = Digits()\n  augment = [{p: 1}]\n}") == [
        "4:13 FIT1007 `augment` of `d` is a list, each item an augmentation, got a list of 1 with a dictionary"
    ]
    networks = "teacher t(x: [4]) { a = Linear(3) }\nstudent s(x: [4]) { a = Linear(3) }\n"
    assert found(f"{networks}hint h: teacher.a guides student.a {{\n  regressor = {{}}\n}}") == [
        "5:15 FIT1007 `regressor` of `h` is a regressor or a block, got an empty dictionary"
    ]


def test_a_component_in_quotes_is_told_to_be_called() -> None:
    assert found('data d {\n  source = "digits"\n}') == [
        '3:12 FIT1007 `source` of `d` is a dataset, got the text "digits"  (call it, without quotes: `Digits()`)'
    ]


def test_an_input_size_in_front_as_in_pytorch_is_told_to_be_left_out() -> None:
    assert found("student s(x: [256]) {\n  Linear(256, 10)\n}") == [
        "3:15 FIT1007 `bias` of `Linear` is `true` or `false`, got the number 10"
        "  (give no size of what flows in: input sizes are inferred)"
    ]


def test_one_argument_is_one() -> None:
    assert found("block unit(out) { Linear(out) }\nstudent s(x: [4]) {\n  unit(1, 2)\n}") == [
        "4:11 FIT1005 `unit` takes at most 1 argument"
    ]


def test_blocks_bind_by_position_name_and_default() -> None:
    block = "block unit(out, k = 3, padding = k // 2) { Conv2d(out, k, padding=padding) }\n"
    assert found(block + "student s(x: [3, 8, 8]) {\n  unit(4)\n  unit(out=4, k=5)\n  unit(4, 1, 0)\n}") == []
    assert found(block + "student s(x: [3, 8, 8]) {\n  unit(k=3)\n}") == ["4:3 FIT1006 `unit` needs `out`"]
    assert found(block + "student s(x: [3, 8, 8]) {\n  unit(4, kernel=3)\n}") == [
        "4:11 FIT1004 `unit` has no argument `kernel`"
    ]


@pytest.mark.parametrize(
    ("shape", "got"),
    [
        ("[16, 16, 3]", "got a list of 3 with the number 16  (channels come first: `[3, 16, 16]`)"),
        ("[2, 16, 16]", "got a list of 3 with the number 2"),
        ("[3, 0, 16]", "got a list of 3 with the number 0"),
        ("[3, 16]", "got a list of 2"),
    ],
)
def test_a_list_of_unlike_items_says_what_each_is(shape: str, got: str) -> None:
    due = "`shape` of `ImageFolder` is a list of 3, the first one of 1, 3, 4, then a positive whole number each, "
    assert found(f'data d {{\n  source = ImageFolder("f", {shape}, 3)\n}}') == [f"3:29 FIT1007 {due}{got}"]
