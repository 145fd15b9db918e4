"""The study of benchmarks/fitnets: all of its trainings are sound, and its page says what their results say."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import fitdsl as fit
from fitdsl.compilation import Compilation

STUDY = Path(__file__).parents[1] / "benchmarks" / "fitnets"


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(STUDY))
    return importlib.import_module("cells")


def test_nothing_is_found_in_a_cell(cells: ModuleType) -> None:
    asked = {(cell.path, tuple(cell.values.items())) for cell in cells.study()}
    found = {values: Compilation.open(path, set=dict(values)).diagnostics for path, values in asked}
    assert {values: diagnostics for values, diagnostics in found.items() if diagnostics} == {}


def test_cells_have_names_of_their_own(cells: ModuleType) -> None:
    names = [cell.name for cell in cells.study()]
    assert len(set(names)) == len(names)


def test_students_are_small_and_cost_the_same(cells: ModuleType) -> None:
    found = [fit.load(cells.SPECS / "fashion_mnist.fit", set={"widths": widths}) for widths in cells.WIDTHS.values()]
    assert all(spec.teacher.cost.weights / spec.student.cost.weights >= 10.4 for spec in found)
    macs = [spec.student.cost.macs for spec in found]
    assert max(macs) / min(macs) < 1.03
    convolutions = [sum(layer.op.word == "MaxoutConv2d" for layer in s.student.graph.layers.values()) for s in found]
    assert convolutions == list(cells.WIDTHS)


def test_methods_run_what_they_are_called_by(cells: ModuleType) -> None:
    stages = {
        method: Compilation.open(cells.SPECS / "fashion_mnist.fit", set=values).program.stages
        for method, values in cells.METHODS.items()
    }
    runs = {method: {name: sorted(plan.runs) for name, plan in plans.items()} for method, plans in stages.items()}
    assert runs == {
        "labels": {"distil": ["fitnet"]},
        "answers": {"distil": ["fitnet", "maxout"]},
        "hints": {"hints": ["fitnet", "maxout"], "distil": ["fitnet", "maxout"]},
    }


def test_the_page_is_made_of_the_results() -> None:
    done = subprocess.run([sys.executable, STUDY / "tables.py", "--check"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_cells_are_listed_by_pattern() -> None:
    done = subprocess.run(
        [sys.executable, STUDY / "study.py", "--list", "depth-12/*/0"], capture_output=True, text=True, check=True
    )
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        "depth-12/labels/0",
        "depth-12/answers/0",
        "depth-12/hints/0",
    ]
