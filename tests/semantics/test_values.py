"""Arithmetic, lists, functions and bounds of the language's values."""

from __future__ import annotations

from typing import Any

import pytest
from findings import found

from fitdsl.diagnostics import Reporter
from fitdsl.program.declarations import Declarations
from fitdsl.semantics.names import declared
from fitdsl.source import Source
from fitdsl.syntax.parser import parse


def value(expression: str) -> Any:
    """The value of an expression, among a few names."""
    reporter = Reporter()
    spec = parse(Source("x.fit", f"fit 1\nlet widths = [16, 32, 64]\nlet half = 0.5\nlet it = {expression}"), reporter)
    result = Declarations(declared(spec, reporter), reporter).value("it")
    assert not reporter.diagnostics
    return result


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3.5),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("7 % 4", 3),
        ("2 ** 3 ** 2", 512),
        ("-2 ** 2", -4),
        ("1M + 40_000", 1_040_000),
        ("862K", 862_000),
        ("1.5M", 1_500_000),
        ("5e-3", 0.005),
        ("half * 64", 32.0),
        ("1 < 2 and not 2 < 1", True),
        ("1 == 1.0 or false", True),
        ("[1, 2] + [3]", (1, 2, 3)),
        ("[8] * 3", (8, 8, 8)),
        ("widths[1]", 32),
        ("widths[-1]", 64),
        ("len(widths)", 3),
        ("sum(widths)", 112),
        ("min(3, 1, 2)", 1),
        ("max(widths)", 64),
        ("round(2.6)", 3),
        ("round(2.345, 2)", 2.35),
        ("floor(2.9)", 2),
        ("ceil(2.1)", 3),
        ("round_to(30, 8)", 32),
        ("round_to(1, 8)", 8),
        ("log2(8)", 3.0),
        ('{train: 0.9, "val": 0.1}', {"train": 0.9, "val": 0.1}),
        ("false and 1 / 0 > 2", False),
        ("true or 1 / 0 > 2", True),
        ("true and not false", True),
        ("false or 1 > 2", False),
    ],
)
def test_expressions(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "finding"),
    [
        ("true and 1 / 0 > 2", "2:19 FIT1010 1 / 0 divides by zero"),
        ("1 / 0", "2:10 FIT1010 1 / 0 divides by zero"),
        ("9_300_000_000_000_000_000", "2:10 FIT1010 9.3e+18 is too large a number"),
        ("0.1 ** -400", "2:10 FIT1010 the result of `**` is too large a number"),
        ("10 ** 100", "2:10 FIT1010 10 ** 100 is too large a number"),
        ("(-8) ** 0.5", "2:10 FIT1010 -8 ** 0.5 is not a real number"),
        ("9_000_000G * 9_000_000G", "2:10 FIT1010 the result of `*` is too large a number"),
        ('"a" + 1', '2:10 FIT1010 `+` does not take the text "a" and the number 1'),
        ("true + 1", "2:10 FIT1010 `+` does not take `true` and the number 1"),
        ("[1] * 1M", "2:10 FIT1010 a list has at most 10,000 items, this one would have 1,000,000"),
        ("not 3", "2:10 FIT1010 `not` does not take the number 3"),
        ("[1, 2][2]", "2:10 FIT1010 a list of 2 has no item 2  (items are numbered from 0)"),
        ("3[0]", "2:10 FIT1010 the number 3 has no item 0"),
        ("3(4)", "2:10 FIT1010 the number 3 cannot be called"),
        ("min()", "2:10 FIT1010 `min` needs an argument  (write min(a, b, …) or min(list))"),
        ("len(3)", "2:10 FIT1010 `len` does not take the number 3  (write len(list))"),
        ("log2(n=3)", "2:15 FIT1004 `log2` has no argument `n`  (write log2(number))"),
        ("round_to(3, 0)", "2:10 FIT1010 `round_to` rounds to a positive multiple, got 0"),
        (
            "Conv2d(3, 3)",
            "2:10 FIT1009 `Conv2d` makes layers, here a value is due"
            "  (call it in a network or a block, or name it without calling it)",
        ),
        ("it", "2:5 FIT1008 `it` is defined by itself: it -> it  (give one of them a value of its own)"),
    ],
)
def test_what_has_no_value(expression: str, finding: str) -> None:
    assert found(f"let it = {expression}") == [finding]


def test_losses_and_schedules_multiply_in_any_order() -> None:
    for expression in ("2 * ramp(4, 1) * kd()", "ramp(4, 1) * 2 * kd()", "kd() * 2 * ramp(4, 1)"):
        (term,) = value(f"{expression} + ce()").terms[:1]
        assert (term.weight.at(1, 10), term.loss.word) == (8.0, "kd")


def test_a_weight_multiplies_every_term_of_a_sum() -> None:
    assert [term.weight.scale for term in value("3 * (ce() + 2 * kd())").terms] == [3.0, 6.0]


def test_two_schedules_do_not_multiply() -> None:
    assert found("let it = ramp(1, 2) * ramp(1, 2) * ce()") == [
        "2:10 FIT1010 `*` does not take the schedule `ramp` and the schedule `ramp`"
    ]


def test_lists_of_lists_cannot_grow_without_end() -> None:
    lines = [f"let a{step + 1} = [a{step}, a{step}]" for step in range(60)]
    assert found("\n".join(["let a0 = [1]", *lines])) == [
        "14:11 FIT1010 a list has at most 10,000 items, those of lists inside it included"
    ]


def test_dictionaries_of_dictionaries_cannot_grow_without_end() -> None:
    lines = [f"let a{step + 1} = {{x: a{step}, y: a{step}}}" for step in range(60)]
    assert found("\n".join(["let a0 = [1]", *lines])) == [
        "14:11 FIT1010 a list has at most 10,000 items, those of lists inside it included"
    ]
