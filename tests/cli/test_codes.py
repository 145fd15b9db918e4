"""Every diagnostic code has a page, and the page's examples do what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fitdsl.compilation import Compilation
from fitdsl.explain import Explanation, explanations, parse_explanation
from fitdsl.source import Source

PACKAGE = Path(__file__).parents[2] / "fitdsl"
PAGES = sorted((PACKAGE / "codes").glob("*.md"))
CHECKED = [page for page in explanations().values() if page.found_when is None]
# Those with `use` are about files, which are not there.
FOUND_LATER = [page for page in explanations().values() if page.found_when and "use " not in page.wrong]


def codes_of(text: str, folder: Path) -> list[str]:
    """The code of each finding about a spec in `folder`."""
    page = Compilation(Source("page.fit", text), folder / "page.fit")
    return [finding.code for finding in page.search_diagnostics]


def test_every_code_in_the_sources_has_a_page_and_the_other_way_round() -> None:
    texts = (path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    used = {code for text in texts for code in re.findall(r'"(FIT\d{4})"', text)}
    assert used == set(explanations())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_about_the_code_it_is_called_after(path: Path) -> None:
    assert parse_explanation(path.read_text(encoding="utf-8")).code == path.stem


@pytest.mark.parametrize("page", CHECKED, ids=lambda page: page.code)
def test_the_wrong_spec_of_a_page_is_one_finding_with_its_code(page: Explanation, tmp_path: Path) -> None:
    assert codes_of(page.wrong, tmp_path) == [page.code]


@pytest.mark.parametrize("page", CHECKED, ids=lambda page: page.code)
def test_the_right_spec_of_a_page_has_nothing_to_report(page: Explanation, tmp_path: Path) -> None:
    assert codes_of(page.right, tmp_path) == []


@pytest.mark.parametrize("page", FOUND_LATER, ids=lambda page: page.code)
def test_what_checking_says_of_a_later_mistake_is_on_its_page(page: Explanation, tmp_path: Path) -> None:
    assert codes_of(page.wrong, tmp_path) == re.findall(r"FIT\d{4}", page.found_when or "")
    assert codes_of(page.right, tmp_path) == []


def test_a_page_that_is_laid_out_otherwise_is_refused() -> None:
    with pytest.raises(ValueError, match="not a page on a code: '# no code"):
        parse_explanation("# no code\n\n## Wrong\n")
