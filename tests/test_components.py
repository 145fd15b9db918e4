"""Components are found by name, whichever family they stand in, and every family is known."""

from __future__ import annotations

import subprocess
import sys

from fitdsl.component import components, find


def run(program: str) -> str:
    """What a program prints in a process of its own."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_every_component_stands_in_a_family_that_is_known() -> None:
    program = """
from importlib import import_module
from pkgutil import iter_modules
from fitdsl.component import components
known = set(components())
for name in ("ops", "losses", "optim", "data", "space", "graph", "program"):
    for module in iter_modules(import_module(f"fitdsl.{name}").__path__):
        import_module(f"fitdsl.{name}.{module.name}")
print(sorted(set(components()) - known))
"""
    assert run(program) == "[]\n"


def test_a_rare_family_is_loaded_when_it_is_asked_for() -> None:
    program = """
import sys
from fitdsl.component import find
find("Conv2d")
print("fitdsl.ops.recurrent" in sys.modules)
find("LSTM")
print("fitdsl.ops.recurrent" in sys.modules)
"""
    assert run(program) == "False\nTrue\n"


def test_find_knows_what_is_listed_and_nothing_else() -> None:
    assert all(find(name) is cls for name, cls in components().items())
    assert find("Conv9d") is None
