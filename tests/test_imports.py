"""Commands about a text start fast: they load neither torch nor ray."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "ray", "numpy", "scipy", "sklearn", "pandas")
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
    ["--help", "check specs/digits.fit", "show specs/digits.fit", "fmt --check specs/digits.fit", "list ops"],
)
def test_a_command_about_a_text_loads_no_array_library(arguments: str) -> None:
    command = [sys.executable, "-c", PROGRAM, *arguments.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_importing_the_package_loads_no_array_library() -> None:
    program = f"import sys, fitdsl; print(sorted({set(HEAVY)} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
