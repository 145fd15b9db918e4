"""What the documentation shows is true: its specs check, its code runs, its links lead somewhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fitdsl.compilation import Compilation
from fitdsl.source import Source
from fitdsl.syntax.printer import print_spec

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
ADD_AN_OP = """
import sys
from fitdsl.component import components
from fitdsl.ops import activation
exec(sys.stdin.read(), vars(activation))
print(components("op")["Threshold"](threshold=0.1, value=0).lower())
"""


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def examples(language: str) -> list[object]:
    """Every code block in one language, named by its page and its number there."""
    found = ((page, number, text) for page in PAGES for number, text in enumerate(blocks(page, language), 1))
    return [pytest.param(text, id=f"{page.name}-{number}") for page, number, text in found]


@pytest.mark.parametrize("text", examples("fit"))
def test_a_spec_of_the_docs_is_right_and_formatted(text: str) -> None:
    compilation = Compilation(Source("docs", text))
    assert compilation.diagnostics == ()
    assert print_spec(compilation.tree) == text


@pytest.mark.parametrize("text", examples("python"))
def test_code_of_the_docs_is_python(text: str) -> None:
    assert ast.parse(text).body


def test_the_op_of_the_contributors_guide_works() -> None:
    (op,) = blocks(ROOT / "CONTRIBUTING.md", "python")
    done = subprocess.run([sys.executable, "-c", ADD_AN_OP], input=op, capture_output=True, text=True, check=True)
    assert done.stdout == "Call(target='torch.nn.Threshold', kwargs={'threshold': 0.1, 'value': 0.0})\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []
