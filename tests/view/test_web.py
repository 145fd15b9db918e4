"""Pages of one file: nothing from outside runs in them, and nothing is fetched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from browsing import Visit

from fitdsl.view.web.html import Page, embedded, html

ATTACKS = (
    "</script><script>document.title = 'taken'</script>",
    "<!-- <script>",
    "]]>",
    "\u2028document.title = 'taken'",
    "&lt;/script&gt;",
    "'\"><img src=x onerror=\"document.title='taken'\">",
)


@pytest.mark.parametrize("text", ATTACKS)
def test_data_stay_data(text: str) -> None:
    shown = embedded({text: [text]})
    assert json.loads(shown) == {text: [text]}
    assert "<" not in shown
    assert "\u2028" not in shown


def test_the_policy_lets_nothing_run_that_is_not_of_the_page(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    body = "<p onclick=\"document.title = 'taken'\">here</p>"
    file.write_text(html(Page("ours", body, ("base.css",), data={"data": list(ATTACKS)})), encoding="utf-8")
    page = visit.open(file)
    page.click("p")
    assert page.title() == "ours"
    assert json.loads(page.inner_text("#data") or page.text_content("#data") or "") == list(ATTACKS)
    # the browser says that it refused the handler
    assert [text for text in visit.complaints if "Content Security Policy" in text] == visit.complaints
    visit.complaints.clear()
