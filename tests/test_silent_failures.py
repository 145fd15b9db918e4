"""Each mistake of docs/silent-failures.md is one finding, and the page holds it as it is printed.

`python -m tests.test_silent_failures` writes the page anew after a message has changed.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fitdsl.compilation import Compilation
from fitdsl.diagnostics import Diagnostic
from fitdsl.source import Source
from fitdsl.view.frame import frame
from fitdsl.view.terminal import Display

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "silent-failures.md"
TEXT = PAGE.read_text(encoding="utf-8")
SPEC = re.search(r"^```fit\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
MISTAKE = re.compile(
    r"^## ([^\n]+)\n(?:(?!^## ).)*?^```diff\n- (.*?)\n\+ (.*?)\n```\n\n```text\n(.*?)^```", re.M | re.S
)
MISTAKES = [pytest.param(*found.groups()[1:], id=found[1]) for found in MISTAKE.finditer(TEXT)]


def findings(old: str, new: str) -> tuple[Diagnostic, ...]:
    """What is found after one line of the page's spec was changed."""
    assert SPEC is not None
    assert SPEC[1].count(f"{old}\n") == 1
    return Compilation(Source("digits.fit", SPEC[1].replace(f"{old}\n", f"{new}\n"))).diagnostics


def printed(old: str, new: str) -> str:
    """The same as a person reads it."""
    return "\n".join(frame(finding, Display()) for finding in findings(old, new)) + "\n"


def rewritten(text: str) -> str:
    """The page with every finding as it is printed today."""
    return MISTAKE.sub(
        lambda found: found[0].removesuffix(f"{found[4]}```") + printed(found[2], found[3]) + "```", text
    )


def test_the_page_shows_every_mistake() -> None:
    assert len(MISTAKES) == TEXT.count("\n```diff\n") == TEXT.count("\n```text\n") == 10


@pytest.mark.parametrize(("old", "new", "shown"), MISTAKES)
def test_each_mistake_is_one_finding_shown_as_printed(old: str, new: str, shown: str) -> None:
    assert len(findings(old, new)) == 1
    assert printed(old, new) == shown


@pytest.mark.parametrize(("path", "name"), re.findall(r"`(tests/\S+\.py)::(\w+)`", TEXT))
def test_what_cannot_be_written_is_held_by_a_test(path: str, name: str) -> None:
    assert f"\ndef {name}(" in (ROOT / path).read_text(encoding="utf-8")


if __name__ == "__main__":
    PAGE.write_text(rewritten(TEXT), encoding="utf-8")
