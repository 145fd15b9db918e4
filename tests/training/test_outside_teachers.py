"""A student learns from a teacher that is not written in the spec, by its hints and by its answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from command_line import runner
from outside_specs import experiment

import fitdsl as fit
from fitdsl.backend.weights import load_tensors, save_weights
from fitdsl.diagnostics import FitError
from fitdsl.training.report import RunReport


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Each test imports its own folder's module."""
    yield
    sys.modules.pop("my_teachers", None)


def trained(folder: Path, *changes: tuple[str, str], run: str = "run") -> RunReport:
    spec = experiment(folder, *changes)
    return spec.train(run_dir=folder / run, device="cpu", allow_python=True)


def test_teacher_and_student_are_measured(tmp_path: Path) -> None:
    report = trained(tmp_path)
    assert list(report.stages) == ["hints", "distil"]
    assert (report.networks["big"].cost.params, report.networks["thin"].cost.params) == (1742, 1490)
    assert report.networks["big"].seconds == 0
    assert set(load_tensors(tmp_path / "run/stages/distil.safetensors")) == {
        "s1.0.weight", "s1.0.bias", "logits.weight", "logits.bias"
    }  # fmt: skip


def test_the_student_learns_what_the_weights_file_holds(tmp_path: Path) -> None:
    plain = trained(tmp_path)
    teacher = experiment(tmp_path).teacher.build(seed=7, allow_python=True)
    save_weights(teacher, tmp_path / "w.safetensors")
    other = trained(tmp_path, (':net"', ':net", weights="w.safetensors"'), run="other")
    assert other.plan["hints"] != plain.plan["hints"]
    before, after = (load_tensors(tmp_path / run / "stages/hints.safetensors") for run in ("run", "other"))
    assert not torch.equal(before["s1.0.weight"], after["s1.0.weight"])


def test_a_weights_file_of_another_network_is_refused(tmp_path: Path) -> None:
    save_weights(torch.nn.Linear(2, 2), tmp_path / "w.safetensors")
    with pytest.raises(FitError, match=r"FIT4101.: the weights in `.*w.safetensors` do not fit the network"):
        trained(tmp_path, (':net"', ':net", weights="w.safetensors"'))


def test_what_a_run_leaves_of_its_spec_is_the_same_work(tmp_path: Path) -> None:
    save_weights(experiment(tmp_path).teacher.build(seed=7, allow_python=True), tmp_path / "w.safetensors")
    first = trained(tmp_path, (':net"', ':net", weights="w.safetensors"'), run="runs/1")
    sys.modules.pop("my_teachers")
    left = fit.load(tmp_path / "runs/1/spec.fit")
    assert left.train(run_dir=tmp_path / "again", device="cpu", allow_python=True).plan == first.plan


def test_going_on_with_a_run_by_its_own_spec_leaves_that_as_it_is(tmp_path: Path) -> None:
    save_weights(experiment(tmp_path).teacher.build(seed=7, allow_python=True), tmp_path / "w.safetensors")
    trained(tmp_path, (':net"', ':net", weights="w.safetensors"'), run="runs/1")
    left = tmp_path / "runs/1/spec.fit"
    before = left.read_text()
    fit.load(left).train(run_dir=left.parent, resume=True, device="cpu", allow_python=True)
    assert left.read_text() == before
    fit.load(tmp_path / "outside.fit").train(run_dir=left.parent, resume=True, device="cpu", allow_python=True)
    assert left.read_text() == before


def test_modules_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    built = []
    for folder, bias in (("a", "False"), ("b", "True")):
        (tmp_path / folder).mkdir()
        made = f"nn.Sequential(nn.Flatten(), nn.Linear(64, 10, bias={bias}))"
        text = f"from torch import nn\n\n\ndef net():\n    return {made}\n"
        (tmp_path / folder / "twin.py").write_text(text)
        data, student = "data d {\n  source = Digits()\n}\n", "student s(x: d.input) {\n  Flatten() -> Linear(10)\n}\n"
        (tmp_path / "twins.fit").write_text(f'fit 1\n{data}teacher t = python("{folder}/twin:net")\n{student}')
        built.append(fit.load(tmp_path / "twins.fit").teacher.build(allow_python=True))
    sys.modules.pop("twin")
    assert [len(list(module.parameters())) for module in built] == [1, 2]


def test_a_module_may_lie_in_a_folder_of_its_own(tmp_path: Path) -> None:
    plain = trained(tmp_path)
    experiment(tmp_path, ("my_teachers:net", "models/my_teachers:net"))
    (tmp_path / "models").mkdir()
    (tmp_path / "my_teachers.py").rename(tmp_path / "models" / "my_teachers.py")
    sys.modules.pop("my_teachers")
    other = fit.load(tmp_path / "outside.fit").train(run_dir=tmp_path / "other", device="cpu", allow_python=True)
    assert other.plan == plain.plan


def test_the_command_line_asks_for_leave(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment(tmp_path)
    monkeypatch.chdir(tmp_path)
    run = runner(capsys)
    assert run("train", "outside.fit").err.startswith("error[FIT4110]: `big` runs the code of `my_teachers:net`")
    assert not Path("runs").exists()
    assert run("train", "outside.fit", "--allow-python").code == 0
    (folder,) = Path("runs/outside").iterdir()
    assert run("report", str(folder)).code == 0
    again = f"fit train {folder}/spec.fit --seed 0 --allow-python"
    assert again in (folder / "report.html").read_text()
    assert run(*again.split()[1:]).code == 0
