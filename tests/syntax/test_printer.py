"""There is one formatting: it keeps what a text says, its comments and its spellings, and changes nothing twice."""

from __future__ import annotations

import pytest
from corpus import CORPUS, parsed

from fitdsl.syntax import nodes as n
from fitdsl.syntax.printer import print_spec


def printed(text: str) -> str:
    """A text in the one formatting, which printing again must not change."""
    once = print_spec(parsed(text))
    assert print_spec(parsed(once)) == once
    return once


def body_of(text: str) -> str:
    """How the lines of a network are printed."""
    lines = printed(f"student s() {{\n{text}\n}}\n").splitlines()
    return "\n".join(line.removeprefix("  ") for line in lines[3:-1])


def value(text: str) -> str:
    """How the right side of a let is printed."""
    return printed(f"let x = {text}\n").removeprefix("fit 1\n\nlet x = ").rstrip("\n")


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_printing_keeps_what_a_text_says(text: str) -> None:
    assert parsed(printed(text)) == parsed(text)


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_printing_keeps_every_comment(text: str) -> None:
    assert comments_of(printed(text)) == comments_of(text)


def comments_of(text: str) -> list[str]:
    return [line.partition("#")[2].strip() for line in text.splitlines() if "#" in line]


def test_the_example_of_the_language_is_printed_as_it_stands_there() -> None:
    squeezed = [" ".join(line.split()) for line in CORPUS["experiment"].splitlines()]
    assert [" ".join(line.split()) for line in printed(CORPUS["experiment"]).splitlines()] == squeezed


def test_neighbouring_lines_are_aligned() -> None:
    assert (
        printed(
            "param a = 1 in 1..2\nparam long = 10 in 1..2\n\nparam b = 1\nlet c = 1\nlet dd = 2  # d\nlet e = 33  # e\n"
        )
        == """\
fit 1

param a    = 1  in 1..2
param long = 10 in 1..2

param b = 1
let c  = 1
let dd = 2   # d
let e  = 33  # e
"""
    )


def test_a_long_default_does_not_push_its_neighbours() -> None:
    assert (
        printed("param a = 1 in 1..2\nparam b = [16, 32, 64] in [1..2] * 3\nparam cc = ReLU in {ReLU, GELU}\n")
        == """\
fit 1

param a  = 1    in 1..2
param b  = [16, 32, 64] in [1..2] * 3
param cc = ReLU in {ReLU, GELU}
"""
    )


def test_a_line_of_its_own_is_not_aligned() -> None:
    assert body_of("a = f()\n\nlong = g()\nf()\nb = h()") == "a = f()\n\nlong = g()\nf()\nb = h()"


def test_blank_lines_are_kept_but_never_two_and_never_inside_a_brace() -> None:
    assert (
        printed("# x\n\n\nfit 1\n\n\n\nlet a = 1\nstage b {\n\n\n  c = 1\n\n\n  d = 2\n\n}\nlet e = 1\n\n\n")
        == """\
# x

fit 1

let a = 1

stage b {
  c = 1

  d = 2
}

let e = 1
"""
    )


def test_comments_stay_where_they_are() -> None:
    text = """\
# above the edition
fit 1  # behind the edition

# first

# second
let a = 1  # behind a

stage b {  # behind the brace
  # above c
  c = 1  # behind c

  # at the end
}  # behind b

# at the very end
"""
    assert printed(text) == text


def test_comments_inside_a_statement_move_above_it() -> None:
    text = "let a = [  # one\n  1,  # two\n  2\n] +  # three\n  # four\n  b  # five\n"
    assert printed(text) == "fit 1\n\n# one\n# two\n# three\n# four\nlet a = [1, 2] + b  # five\n"


def test_comments_of_an_empty_text_and_an_empty_block_stay() -> None:
    text = "fit 1\n\nsearch {\n  # nothing yet\n}\n"
    assert printed(text) == text
    assert printed("# nothing\nfit 1\n# at all\n") == "# nothing\nfit 1\n# at all\n"


def test_a_number_sign_in_text_is_no_comment() -> None:
    assert printed('let x = f(\n"#a",  # b\n"c#")\n') == 'fit 1\n\n# b\nlet x = f("#a", "c#")\n'


@pytest.mark.parametrize(
    "text",
    [
        "(a + b) * c",
        "a + b * c",
        "a - (b - c)",
        "a - b - c",
        "(a ** b) ** c",
        "a ** b ** -c",
        "(-a) ** b",
        "-a ** b",
        "not (a and b)",
        "(not a) == b",
        "(a < b) == c",
        "(a or b) and c",
        "(a + b)(c)",
        "(a -> b).c[a -> b]",
        "(a -> b) + c",
        "(a -> b) -> c",
        "{(-1): 2, (a + b): c}",
        "f(a -> b, c=[a])",
        "f(1..2, a.b .. c, ..a, -b.., 1e-3 .. 0.1)",
    ],
)
def test_only_the_parentheses_that_mean_something_are_printed(text: str) -> None:
    assert value(text) == text
    assert value(f"(({text}))") == value(text)


@pytest.mark.parametrize("spelling", ["40_000", "1M", "862K", "1.50", "5e-3", "1E3", ".5"])
def test_the_spelling_of_a_number_is_kept(spelling: str) -> None:
    assert value(spelling) == spelling


def test_numbers_made_in_python_are_printed_by_their_value() -> None:
    numbers = (n.Number(3), n.Number(1e-5), n.Number(2, "3"), n.Unary("-", n.Number(0.5)))
    let = n.Let(n.Identifier("x"), n.List(numbers))
    assert print_spec(n.Spec(1, (let,))) == "fit 1\n\nlet x = [3, 1e-05, 2, -0.5]\n"


def test_a_negative_number_made_in_python_keeps_its_meaning() -> None:
    power = n.Binary("**", n.Number(-2), n.Number(2))
    assert print_spec(n.Spec(1, (n.Let(n.Identifier("x"), power),))) == "fit 1\n\nlet x = (-2) ** 2\n"


def test_strings_are_escaped() -> None:
    text = n.String('a "b" \\ \n\t\r\x00 é \u2028')
    assert print_spec(n.Spec(1, (n.Use(text),))) == 'fit 1\n\nuse "a \\"b\\" \\\\ \\n\\t\\r\\u0000 é \\u2028"\n'
    assert value('"a \\"b\\" \\\\ \\u00e9"') == '"a \\"b\\" \\\\ é"'


def test_a_domain_that_begins_like_a_logarithm_is_told_apart() -> None:
    log = n.Call(n.Name("log"), (n.Argument(None, n.Number(2)),))
    spec = n.Spec(1, (n.Param(n.Identifier("x"), n.Number(1), n.RangeDomain(log, n.Number(3))),))
    assert parsed(print_spec(spec)) == spec


def test_long_chains_break_before_an_arrow() -> None:
    step = "Conv2d(channels, 3, padding=1)"
    assert (
        body_of(f"main = input -> {step} -> {step} -> {step}")
        == f"""\
main = input -> {step} -> {step}
             -> {step}"""
    )


def test_long_sums_break_after_an_operator() -> None:
    term = "0.25 * contrastive_distillation(temperature=0.07)"
    assert value(f"{term} + {term} + ce()") == f"{term} +\n        {term} + ce()"


def test_long_brackets_break_after_every_comma() -> None:
    long = "a_rather_long_name_of_something_or_other"
    assert (
        value(f"f({long}, [{long}, {long}], key={{a: {long}, b: 1}})")
        == f"""\
f(
  {long},
  [{long}, {long}],
  key={{a: {long}, b: 1}},
)"""
    )
    assert (
        value(f"[f({long}, {long}, {long}), 1]")
        == f"""\
[
  f(
    {long},
    {long},
    {long},
  ),
  1,
]"""
    )


def test_long_headers_and_choices_break() -> None:
    names = [f"a_rather_long_name_{index}" for index in range(6)]
    assert printed(f"block b({', '.join(names)}) {{ a }}\n") == "\n".join(
        ["fit 1", "", "block b(", *(f"  {name}," for name in names), ") { a }", ""]
    )
    assert printed(f"param p = 1 in {{{', '.join(names)}}}\n") == "\n".join(
        ["fit 1", "", "param p = 1 in {", *(f"  {name}," for name in names), "}", ""]
    )


def test_a_body_stays_on_one_line_if_it_was_there_and_fits() -> None:
    assert body_of("x = repeat 2 { a -> b }") == "x = repeat 2 { a -> b }"
    assert body_of("x = repeat 2 {\n  a -> b }") == "x = repeat 2 {\n  a -> b\n}"
    chain = " -> ".join(["something_long()"] * 4 + ["something"])
    assert body_of(f"x = repeat 2 {{ {chain} }}") == f"x = repeat 2 {{\n  {chain}\n}}"


def test_blocks_nest_in_chains_and_brackets() -> None:
    text = "[a, repeat 2 {\n  b\n  c = d\n}] -> f(repeat 3 { e }) -> repeat 4 {\n  g\n}"
    assert (
        body_of(text)
        == """\
[
  a,
  repeat 2 {
    b
    c = d
  },
] -> f(repeat 3 { e }) -> repeat 4 {
  g
}"""
    )
