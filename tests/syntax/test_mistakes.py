"""Typical mistakes, each with the one finding that it is; whole messages are compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus import found, read

from fitdsl.diagnostics import Diagnostic, Reporter
from fitdsl.source import Source
from fitdsl.syntax import nodes
from fitdsl.syntax.parser import parse

CASES = Path(__file__).with_name("mistakes.txt").read_text("utf-8").split("----\n")
"""Each a text below `fit 1`, and behind `! ` its one finding."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.partition("\n! ")[0])
def test_one_mistake_is_one_finding(case: str) -> None:
    text, _, finding = case.partition("\n! ")
    assert found(text + "\n") == [finding.rstrip("\n")]


def diagnostics(text: str) -> list[Diagnostic]:
    reporter = Reporter()
    parse(Source("x.fit", text), reporter)
    return reporter.diagnostics


def test_an_unclosed_bracket_points_at_its_opener_and_at_where_it_should_end() -> None:
    text = "fit 1\nstage a {\n  loss   = ce(\n  epochs = 3\n}\n"
    (finding,) = diagnostics(text)
    assert (finding.span.text, finding.primary.text) == ("(", "`)` is missing")
    assert [label.text for label in finding.labels] == ["it should be closed before the end of the line"]
    assert apply_fixes(text) == text.replace("ce(", "ce()")


def apply_fixes(text: str) -> str:
    """The text with the fix of each finding."""
    for finding in sorted(diagnostics(text), key=lambda finding: -finding.fixes[0].span.start):
        fix = finding.fixes[0]
        text = text[: fix.span.start] + fix.replacement + text[fix.span.end :]
    return text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("let x = 1\n", "fit 1\n\nlet x = 1\n"),
        ("fit 1\nstag a { epochs = 1 }\n", "fit 1\nstage a { epochs = 1 }\n"),
        ("fit 1\nstudent s(image d.input) { a }\n", "fit 1\nstudent s(image: d.input) { a }\n"),
        ("fit 1\nstudent s { a }\n", "fit 1\nstudent s() { a }\n"),
        ("fit 1\nstage a {\n  epochs: 1\n}\n", "fit 1\nstage a {\n  epochs= 1\n}\n"),
        ("fit 1\nlet x = [a b, c]\n", "fit 1\nlet x = [a, b, c]\n"),
        ("fit 1\nlet x = 'a'\n", 'fit 1\nlet x = "a"\n'),
        ("fit 1\nlet x = 10k => b\n", "fit 1\nlet x = 10K => b\n"),
        ("fit 1\nparam w = {4, 8}\nlet x = w\n", "fit 1\nparam w = 4 in {4, 8}\nlet x = w\n"),
        ("fit 1\nparam w in [4, 8]\n", "fit 1\nparam w = 4 in {4, 8}\n"),
        ("fit 1\nparam w = 4 in {4..8}  # c\n", "fit 1\nparam w = 4 in 4..8  # c\n"),
        ("fit 1\nparam w = 4 in [4, 8]\n", "fit 1\nparam w = 4 in {4, 8}\n"),
        ("fit 1\nparam w = 4 in 4..8 by 4\n", "fit 1\nparam w = 4 in 4..8 step 4\n"),
        ("fit 1\nuse blocks\n", 'fit 1\nuse "blocks"\n'),
        ("fit 1\nlet x = f(1))\n", "fit 1\nlet x = f(1)\n"),
        ("fit 1\nlet x = f(1]\n", "fit 1\nlet x = f(1)\n"),
        ('fit 1\nlet x = "a\n', 'fit 1\nlet x = "a"\n'),
        ('fit 1\nlet x = "a\\q"\n', 'fit 1\nlet x = "a\\\\q"\n'),
        ("fit 1\nstage a {\n  b = 1\nstage c {\n  d = 2\n}\n", "fit 1\nstage a {\n  b = 1\n}\nstage c {\n  d = 2\n}\n"),
    ],
)
def test_fixes_mend_what_they_are_for(wrong: str, right: str) -> None:
    assert apply_fixes(wrong) == right


def test_ten_mistakes_are_ten_findings_in_one_run() -> None:
    text = """\
fit 1

use blocks

param width 1.0 in {0.5, 1.0}

data digits {
  source: Digits()
  split = {train: 1_500 val: 200}
}

techer big(image: digits.input) {
  c1 = Conv2d(16, 3)) -> ReLU()
  Flatten() Linear(10
}

hint mid big.c1 guides small.c1

stage hints {
  loss = ce() +
  epochs = 3 < 4 < 5
  name = 'hints'
}
"""
    assert found(text) == [
        "3:5 FIT0001 expected the path of a file in quotes, found `blocks`  (put it in quotes)",
        "5:13 FIT0017 expected `=` and a default, found `1.0`  (put `=` before `1.0`)",
        "8:9 FIT0016 expected `=`, found `:`  (write `=` instead of `:`)",
        "9:25 FIT0014 expected an operator, `,` or `}`, found `val`  (put `,` before `val`)",
        "12:1 FIT0012 expected a declaration, found `techer`  (did you mean `teacher`?)",
        "13:21 FIT0005 `)` closes nothing",
        "14:13 FIT0017 expected an operator, `}` or the end of the line, found `Linear`  (put `->` before `Linear`)",
        "17:10 FIT0017 expected `:`, found `big`  (put `:` before `big`)",
        "20:15 FIT0011 expected a value after `+`, found the end of the line",
        "21:18 FIT0015 expected the end of the comparison, found `<`"
        "  (comparisons do not chain: write `a < b and b < c`)",
        '22:10 FIT0018 text stands in double quotes  (write `"hints"`)',
    ]


def test_what_stands_around_a_mistake_is_kept() -> None:
    spec, _ = read("fit 1\nlet a = 1\nstage b {\n  c = 1\n  d = )\n  e = 2\n}\nlet f = * 3 3\nlet g = 2\n")
    kept = [declaration for declaration in spec.declarations if not isinstance(declaration, nodes.Let)]
    assert [type(declaration).__name__ for declaration in spec.declarations][:2] == ["Let", "Stage"]
    assert isinstance(kept[0], nodes.Stage)
    assert [setting.name.text for setting in kept[0].settings] == ["c", "d", "e"]
    assert isinstance(spec.declarations[-1], nodes.Let)
    assert spec.declarations[-1].name.text == "g"


@pytest.mark.parametrize(
    "text",
    [
        "let a = " + "(" * 200 + ")" * 200,
        "let a = " + "[" * 200 + "]" * 200,
        "let a = " + "f(" * 200 + ")" * 200,
        "let a = " + "-" * 200 + "1",
        "let a = " + "1 + " * 200 + "1",
        "let a = a" + ".a" * 200,
        "let a = a" + "()" * 200,
        "student s() {" + "repeat 2 {\n" * 200 + "}" * 200 + "}",
    ],
    ids=lambda text: text[8:20],
)
def test_what_is_too_deep_to_handle_is_refused(text: str) -> None:
    (finding,) = found(text + "\n")
    assert finding.endswith(
        "FIT0010 more than 60 brackets, operators and attributes inside one another"
        "  (give a part a name with `let` or a label)"
    )


@pytest.mark.parametrize("sign", ["(", "[", "{", "x", "@", "a b\n"])
def test_a_text_that_is_too_long_is_one_finding(sign: str) -> None:
    assert found(sign * 3_000_000) == ["1:1 FIT0026 this text is too long: a spec has at most 1,000,000 characters"]


@pytest.mark.parametrize("line", ["let a = b c\n", "@\n", "x\n", ")\n", "let a = (\n", '"\n', "stage a {\n"])
def test_a_text_full_of_mistakes_is_not_read_to_its_end(line: str) -> None:
    assert 1 <= len(found(line * 50_000)) <= 202
