"""Widths, clipping, numbers and colour."""

from __future__ import annotations

import io

import pytest

from fitdsl.view.terminal import Display, Style, cells, clip, columns, counted, human, printable, sections


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "stream", "has_color"),
    [
        ({}, io.StringIO(), False),
        ({}, Terminal(), True),
        ({"TERM": "dumb"}, Terminal(), False),
        ({"NO_COLOR": "1"}, Terminal(), False),
        ({"FORCE_COLOR": "1"}, io.StringIO(), True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, Terminal(), False),
        ({"NO_COLOR": ""}, Terminal(), True),
    ],
)
def test_who_gets_colour(environment: dict[str, str], stream: io.StringIO, has_color: bool) -> None:
    assert Display.of(stream, environment).has_color is has_color


def test_paint_without_colour_or_text_adds_nothing() -> None:
    assert Display().paint("a", Style.ERROR) == "a"
    assert Display(has_color=True).paint("", Style.ERROR) == ""
    assert Display(has_color=True).paint("a", Style.PLAIN) == "a"


def test_printable_replaces_one_for_one() -> None:
    assert printable("a\x00\x1b[1m\t\x7f\x9b\u202e漢 [red]") == "a␀␛[1m␉␡\ufffd\ufffd漢 [red]"
    assert printable("\udc80") == "\ufffd"


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("漢字", 4), ("e\u0301", 1), ("", 0)])
def test_cells(text: str, width: int) -> None:
    assert cells(text) == width


@pytest.mark.parametrize(("width", "clipped"), [(6, "ab漢字"), (5, "ab漢…"), (4, "ab…"), (1, "…")])
def test_clip(width: int, clipped: str) -> None:
    assert clip("ab漢字", width) == clipped


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00K"),
        (861_928, "862K"),
        (999_499, "999K"),
        (999_500, "1.00M"),
        (9_044_360, "9.04M"),
        (107_780_000, "108M"),
        (12 * 10**14, "1.20P"),
    ],
)
def test_human(number: int, text: str) -> None:
    assert human(number) == text


def test_counted() -> None:
    assert [counted(0, "error"), counted(1, "class", "classes"), counted(2000, "class", "classes")] == [
        "0 errors",
        "1 class",
        "2,000 classes",
    ]


def test_columns_line_up() -> None:
    assert columns([("a", "1"), ("漢字", "22")], "<>", width=80) == ["a      1", "漢字  22"]


def test_columns_give_way_in_order_down_to_eight_cells() -> None:
    rows = [("l" * 20, "o" * 20, "9")]
    assert columns(rows, "<<>", width=40, squeeze=(1, 0)) == [f"{'l' * 20}  {'o' * 14}…  9"]
    assert columns(rows, "<<>", width=20, squeeze=(1, 0)) == ["lllllll…  ooooooo…  9"]


def test_sections_leave_out_empty_blocks() -> None:
    assert sections([["a", "b"], [], ["c"]]) == "a\nb\n\nc"
    assert sections([]) == ""
