"""Commands about a text start fast: they load neither torch nor ray, and only the components that a spec names."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import fitdsl
from fitdsl.component import components, find
from fitdsl.families import FAMILIES

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "ray", "numpy", "scipy", "sklearn", "pandas", "networkx", "rich", "IPython")
PROGRAM = f"""
import sys
from fitdsl.cli import main
try:
    main(sys.argv[1:])
except SystemExit as exit:
    assert not exit.code, exit.code
print(sorted({set(HEAVY)} & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        "--help",
        "check specs/digits.fit",
        "show specs/digits.fit",
        "diff specs/digits.fit specs/digits.fit",
        "diff specs/digits.fit specs/digits.fit --format html",
        "show specs/digits.fit --format svg",
        "fmt --check specs/digits.fit",
        "list ops",
    ],
)
def test_a_command_about_a_text_loads_no_array_library(arguments: str) -> None:
    command = [sys.executable, "-c", PROGRAM, *arguments.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_importing_the_package_loads_no_array_library() -> None:
    program = f"import sys, fitdsl; print(sorted({set(HEAVY)} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


PLAIN = """
fit 1
data d { source = Digits() }
student s(image: d.input) { Flatten() -> Linear(d.classes) }
"""
UNNAMED = ("ops.norm", "ops.pool", "ops.recurrent", "losses.maps", "losses.learned", "data.augmentation")


def test_a_check_loads_only_the_families_that_its_spec_names() -> None:
    program = f"""
import sys, fitdsl
fitdsl.loads({PLAIN!r})
print([name for name in {UNNAMED} if f"fitdsl.{{name}}" in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_each_family_is_indexed_with_the_components_it_defines() -> None:
    defined: defaultdict[str, set[str]] = defaultdict(set)
    for word, component in components().items():
        defined[component.__module__.removeprefix("fitdsl.")].add(word)
    indexed = {family: set(words.split()) for family, words in FAMILIES.items()}
    assert {family: words for family, words in defined.items() if family in indexed} == indexed
    assert all(not (ROOT / "fitdsl" / f"{family.replace('.', '/')}.py").exists() for family in defined.keys() - indexed)


def test_a_component_outside_the_index_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fitdsl.component.HOMES", {})
    found = find("rkd_angle")
    assert found is not None
    assert found.word == "rkd_angle"


def test_the_package_has_the_names_of_its_table_of_contents() -> None:
    names = ["Compilation", "Cost", "Diagnostic", "Experiment", "FitError", "Network", "Space", "load", "loads"]
    assert all(getattr(fitdsl, name).__name__ == name for name in names)
    assert set(names) <= set(dir(fitdsl))
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        fitdsl.lode  # noqa: B018 - asked for its refusal
