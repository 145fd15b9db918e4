"""The page of a spec where something is unusual: students that do not check, links to nothing, paper, long names."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import Visit
from pictures import read
from playwright.sync_api import Page
from spec_pages import SET, item, opened

from fitdsl.compilation import Compilation

DIGITS = Path(__file__).parents[2] / "specs" / "digits.fit"
WINDOWS = """\
param width  = 4 in {4, 8}
param window = 3 in {3, 40}
student net(image: [3, 8, 8]) {
  a = Conv2d(width, window)
  b = Conv2d(width, 3)
}
"""
WIDTH_4, WIDTH_8 = ["param-0", "0"], ["param-0", "1"]
WINDOW_3, WINDOW_40 = ["param-1", "0"], ["param-1", "1"]


@pytest.fixture
def digits(visit: Visit, tmp_path: Path) -> Page:
    return opened(visit, tmp_path, Compilation.open(DIGITS))


def call_of(page: Page, address: str) -> str:
    return item(page, address).locator("text").first.text_content() or ""


# Students that do not check -------------------------------------------------------------------------------------------


def test_where_a_student_does_not_check_the_last_one_that_does_is_shown(visit: Visit, tmp_path: Path) -> None:
    page = opened(visit, tmp_path, read(WINDOWS))
    page.evaluate(SET, WIDTH_8)
    page.evaluate(SET, WINDOW_40)
    assert page.inner_text("#standing") == "does not check: the last student that does is shown"
    assert call_of(page, "net.a") == "a Conv2d(8, 3)"
    page.click("#back")
    assert call_of(page, "net.a") == "a Conv2d(4, 3)"


def test_a_param_changes_no_layer_of_students_that_do_not_check(visit: Visit, tmp_path: Path) -> None:
    page = opened(visit, tmp_path, read(WINDOWS))
    page.evaluate(SET, WIDTH_8)
    page.check("#param-1-shows")
    assert page.locator(".touched").count() == 0
    page.check("#param-0-shows")
    page.evaluate(SET, WINDOW_40)
    assert page.locator(".touched").count() == len(("a", "b"))
