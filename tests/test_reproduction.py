"""The study of benchmarks/fitnets: all of its trainings are sound, and its page says what their results say."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
from pathlib import Path
from statistics import mean
from types import ModuleType

import numpy as np
import pytest
import small_spec
import torch

import fitdsl as fit
from fitdsl.compilation import Compilation

STUDY = Path(__file__).parents[1] / "benchmarks" / "fitnets"


@pytest.fixture(autouse=True)
def beside_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(STUDY))


@pytest.fixture
def cells() -> ModuleType:
    return importlib.import_module("cells")


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The module, with a folder of its own."""
    module = importlib.import_module("results")
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    return module


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


def test_rates_are_the_best_that_were_tried(cells: ModuleType) -> None:
    done = importlib.import_module("results").read_all()
    for start, rates in cells.PILOTS.items():
        tried = {rate: done[f"{cells.pilot_group(start, rate)}/0"].val for rate in rates}
        assert max(tried, key=lambda rate: tried[rate]) == cells.STARTS[start]["lr"]


def test_gradients_from_the_papers_start_lie_far_below_the_floor_of_its_rule(cells: ModuleType) -> None:
    spec = fit.load(cells.SPECS / "fashion_mnist.fit", set={"start": cells.PAPER_START["start"]})
    torch.manual_seed(0)
    student = spec.student.build()
    pictures, labels = torch.rand(32, 1, 28, 28), torch.arange(32) % 10
    torch.nn.functional.cross_entropy(student(pictures), labels).backward()  # type: ignore[no-untyped-call]
    largest = [float(p.grad.abs().max()) for p in student.parameters() if p.grad is not None and p.dim() == 4]
    assert len(largest) == 12
    assert all(1e-22 < gradient < 1e-19 for gradient in largest)


def test_a_rate_of_its_own_is_better_over_the_seeds_than_the_one_of_all(cells: ModuleType) -> None:
    done = importlib.import_module("results").read_all()
    shared = cells.STARTS["xavier"]["lr"]
    for group in cells.OWN_RATE:
        own, other = (
            [result.val for result in done.values() if result.group == name]
            for name in (group, cells.pilot_group("long", shared))
        )
        assert len(own) == len(other) == len(cells.HEADLINE_SEEDS)
        assert mean(own) > mean(other)


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


def test_samples_are_cells(cells: ModuleType) -> None:
    assert set(cells.SAMPLES) <= {cell.name for cell in cells.study()}


def test_a_result_is_what_its_run_says(cells: ModuleType, results: ModuleType, tmp_path: Path) -> None:
    report = fit.loads(small_spec.TEXT).train(epochs=1, device="cpu", run_dir=tmp_path / "run")
    cell = next(one for one in cells.study() if one.name == "depth-12/hints/0")
    result = results.Result.of_run(cell, tmp_path / "run")
    assert result.test == report.test["small"]["accuracy"]
    assert {name: stage.epochs for name, stage in result.stages.items()} == dict.fromkeys(report.stages, 1)
    results.write(result)
    assert results.read_all() == {"depth-12/hints/0": result}


@pytest.mark.parametrize("text", ["{", '{"group": "depth-12/hints"}'])
def test_a_damaged_result_is_named(results: ModuleType, tmp_path: Path, text: str) -> None:
    (tmp_path / "depth-12.hints.0.json").write_text(text)
    with pytest.raises(SystemExit, match=r"depth-12\.hints\.0\.json is damaged; delete it"):
        results.read_all()


def test_a_result_of_other_settings_is_refused(results: ModuleType, tmp_path: Path) -> None:
    teacher = (STUDY / "results" / "teacher.0.json").read_text()
    (tmp_path / "teacher.0.json").write_text(teacher.replace('"values": {}', '"values": {"lr": "1"}'))
    with pytest.raises(SystemExit, match="is of no training of this study as it is now"):
        results.read_all()


def test_an_interval_holds_nineteen_of_twenty_more_runs(results: ModuleType) -> None:
    random = np.random.default_rng(0)
    runs = random.normal(90, 0.2, size=(2000, 6))
    intervals = [(results.prediction(list(published)), one) for *published, one in runs]
    inside = sum(low <= one <= high for (low, high), one in intervals)
    assert 0.93 < inside / len(runs) < 0.97
    assert results.prediction([90.0]) is None
    assert results.prediction([10.0, 10.0, 88.0])[0] == 0


def test_the_first_training_that_fails_ends_the_study() -> None:
    study = importlib.import_module("study")
    begun: list[int] = []
    release = threading.Event()

    def work(cell: int) -> None:
        begun.append(cell)
        if cell == 0:
            release.wait()
        release.set()
        raise SystemExit(f"{cell} failed")

    with pytest.raises(SystemExit, match=r"[01] failed"):
        study.run(work, list(range(40)), 2)
    assert len(begun) < 40
