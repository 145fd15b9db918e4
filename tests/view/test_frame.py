"""Frames of findings, compared whole."""

from __future__ import annotations

import pytest
from sample_findings import flat_input, unused

from fitdsl.diagnostics import Diagnostic, Label, Severity
from fitdsl.source import NOWHERE, Source
from fitdsl.view.frame import frame
from fitdsl.view.terminal import Display


def error(text: str, start: int, end: int, *labels: tuple[int, int, str], under: str = "") -> Diagnostic:
    source = Source("a.fit", text)
    others = tuple(Label(source.span(first, last), words) for first, last, words in labels)
    return Diagnostic("FIT0001", Severity.ERROR, "wrong", Label(source.span(start, end), under), others)


def test_the_frame_of_the_style_guide() -> None:
    text = "\n" * 13 + "  logits = Linear(10)"
    finding = Diagnostic(
        "FIT2004",
        Severity.ERROR,
        "`Linear` takes a flat input, got [32, 15, 15]",
        Label(Source("specs/net.fit", text).span(24), "input comes from `c3`"),
        helps=("put `Flatten()` before it",),
    )
    assert frame(finding, Display()) == (
        "error[FIT2004]: `Linear` takes a flat input, got [32, 15, 15]\n"
        "  --> specs/net.fit:14:12\n"
        "   |\n"
        "14 |   logits = Linear(10)\n"
        "   |            ^^^^^^^^^^ input comes from `c3`\n"
        "   = help: put `Flatten()` before it"
    )


def test_everything_at_once() -> None:
    assert frame(flat_input(), Display()) == (
        "error[FIT2004]: `Linear` takes a flat input, got [32, 15, 15]\n"
        " --> specs/net.fit:3:11\n"
        "  |\n"
        "3 |     logits = Linear(10, 漢=3) # ␛[31m [red]\n"
        "  |     ------   ^^^^^^^^^^^^^^^^\n"
        "  |     |        |          |\n"
        "  |     |        |          a field\n"
        "  |     |        input comes from `c3`\n"
        "  |     the output\n"
        "...\n"
        "6 | foo bar baz\n"
        "  |     --- --- see here\n"
        " ::: blocks/other.fit:2:7\n"
        "  |\n"
        "2 | block x\n"
        "  |       - defined here\n"
        "  = note: a note\n"
        "          of two lines\n"
        "  = help: put `Flatten()` before it\n"
        "  = help: remove `foo`"
    )


def test_colour() -> None:
    assert frame(unused(), Display(has_color=True)) == (
        "\x1b[1;33mwarning[FIT1008]\x1b[0m\x1b[1m: `bar` is never used\x1b[0m\n"
        " \x1b[1;34m-->\x1b[0m specs/net.fit:6:5\n"
        "\x1b[1;34m  |\x1b[0m\n"
        "\x1b[1;34m6 |\x1b[0m foo bar baz\n"
        "\x1b[1;34m  |\x1b[0m     \x1b[1;33m^^^\x1b[0m"
    )


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (error("ab\ncd\n", 1, 4), ["1 | ab", "  |  ^"]),
        (error("ab\n", 3, 3, under="ends here"), ["2 |", "  | ^ ends here"]),
        (error("ab", 1, 1), ["1 | ab", "  |  ^"]),
        (error("a\tb", 2, 3), ["1 | a    b", "  |      ^"]),
        (error("e\u0301x", 2, 3), ["1 | e\u0301x", "  |  ^"]),
        (error("a\r\n", 0, 1), ["1 | a", "  | ^"]),
        (error("abc", 0, 3, (1, 2, "in"), under="all"), ["1 | abc", "  | ^^^", "  | ||", "  | |in", "  | all"]),
        (error("ab", 0, 2, (1, 2, "in"), under="all"), ["1 | ab", "  | ^^ in", "  | |", "  | all"]),
        (error("ab", 0, 1, (0, 1, "again"), under="here"), ["1 | ab", "  | ^ again", "  | |", "  | here"]),
        (error("a\nb", 2, 3, (0, 1, "first")), ["1 | a", "  | - first", "2 | b", "  | ^"]),
    ],
    ids=["lines", "end", "empty", "tab", "combining", "crlf", "inside", "at the end", "same", "neighbours"],
)
def test_marks(finding: Diagnostic, expected: list[str]) -> None:
    assert frame(finding, Display()).split("\n")[3:] == expected


def test_a_long_line_is_cut_around_its_mark() -> None:
    finding = error("x" * 500 + "HERE" + "y" * 100_000, 500, 504)
    assert frame(finding, Display(width=40)).split("\n")[3:] == [
        "1 | …xxxxxxxxxxxHEREyyyyyyyyyyyyyyyyyyy…",
        "  |             ^^^^",
    ]


def test_a_long_line_is_cut_at_its_end_where_its_mark_is_near_its_beginning() -> None:
    finding = error("HERE" + "漢" * 30, 0, 4)
    assert frame(finding, Display(width=40)).split("\n")[3:] == ["1 | HERE漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢…", "  | ^^^^"]


def test_a_file_without_a_text_shows_no_line() -> None:
    place = Label(Source("gone.fit", "").span(), "")
    finding = Diagnostic("FIT0009", Severity.ERROR, "no such file", place, helps=("check its name",))
    assert frame(finding, Display()) == "error[FIT0009]: no such file\n --> gone.fit\n  = help: check its name"


def test_a_finding_about_no_place_is_its_message() -> None:
    finding = Diagnostic("FIT4004", Severity.ERROR, "no such stage", Label(NOWHERE, ""), helps=("name another",))
    assert frame(finding, Display()) == "error[FIT4004]: no such stage\n  = help: name another"


def test_names_of_files_cannot_steer_the_terminal() -> None:
    place = Label(Source("\x1b[2J\n.fit", "a").span(), "")
    finding = Diagnostic("FIT0001", Severity.ERROR, "\u202eevil\r", place)
    assert frame(finding, Display()).split("\n")[:2] == ["error[FIT0001]: \ufffdevil␍", " --> ␛[2J␊.fit:1:1"]
