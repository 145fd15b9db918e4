"""What Python users are told when they ask for what is not there, in a line and without our insides."""

from __future__ import annotations

from pathlib import Path

import pytest
import small_spec

import fitdsl as fit


def test_an_option_that_there_is_not() -> None:
    spec = fit.loads(small_spec.TEXT)
    with pytest.raises(TypeError) as error:
        spec.train(epoch=1)
    assert str(error.value) == "`train` has no option `epoch`; did you mean `epochs`?"
    with pytest.raises(TypeError, match=r"`search` has no option `xyz`; there are address, allow_python, "):
        spec.search(xyz=1)


def test_a_layer_that_there_is_not() -> None:
    student = fit.loads(small_spec.TEXT).student
    with pytest.raises(LookupError) as error:
        student.shape("xyz")
    assert str(error.value) == "`small` has no `xyz`; there are image, s1, s2, logits"
    assert student.shape("s2") == (4, 3, 3)


def test_tensors_are_not_taken_for_a_file() -> None:
    student = fit.loads(small_spec.TEXT).student
    with pytest.raises(TypeError, match=r"load tensors by name with `build\(\).load_state_dict"):
        student.build(weights=student.build().state_dict())  # type: ignore[arg-type]


def test_a_refusal_says_what_helps_and_names_no_place_that_is_none() -> None:
    with pytest.raises(fit.FitError) as error:
        fit.loads(small_spec.TEXT).student.build(weights="nothing.safetensors")
    assert str(error.value) == (
        "error[FIT4103]: there is no weights file `nothing.safetensors`\n"
        "  help: train the network first, or name another file"
    )
    with pytest.raises(fit.FitError, match=r"^a\.fit:2:9: error\[FIT1001\]: nothing is called `pi`$"):
        fit.loads("fit 1\nlet a = pi", name="a.fit")


def test_reports_are_told_in_a_few_lines(tmp_path: Path) -> None:
    report = fit.loads(small_spec.TEXT, name="small.fit").train(epochs=1, device="cpu", run_dir=tmp_path / "run")
    first, big, small = repr(report).splitlines()
    assert first == "<run spec: done, seed 0, cpu>"
    assert big.startswith("  big: ")
    assert small.startswith("  small: ")
    assert str(report) == repr(report)
