"""Pages of one file: nothing from outside runs in them, and nothing is fetched."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from browsing import Visit

from fitdsl.view.page import page
from fitdsl.view.report import search
from fitdsl.view.web.html import Page, asset, embedded, html

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


@pytest.mark.parametrize("scripts", [page.SCRIPTS, search.SCRIPTS])
def test_no_two_scripts_of_a_page_define_the_same_name(scripts: tuple[str, ...]) -> None:
    defined = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|let|class) ([\w$]+)", re.MULTILINE)
    names = [name for script in scripts for name in defined.findall(asset(script))]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_modules_become_one_script() -> None:
    page = html(Page("a page", "", (), ("letters.js", "paint.js")))
    assert "\nimport " not in page
    assert "\nexport " not in page
