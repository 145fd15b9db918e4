"""One trial: it stands still at its news, is put aside and goes on, and its failure is a result like any other."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from searching import text
from small_spec import same, weights

from fitdsl.tuning.trainee import Result, Subject, Trainee
from fitdsl.work.store import Store

POINT = {"width": "4", "rate": "0.01"}


def subject(where: Path, *changes: tuple[str, str], **options: Any) -> Subject:
    return Subject(
        text=text(*changes),
        name="small",
        base=where,
        point={"tau": "3"},
        metric="accuracy",
        sign=1,
        folder=where,
        store=Store(where / "store"),
        options={"device": "cpu", **options},
    )


def until(trainee: Trainee, epoch: int) -> Result:
    """Go on until an epoch of the last stage is over, or the trial is."""
    while True:
        result = trainee.advance()
        if result.get("epoch") == epoch or result.get("done"):
            return result


def test_a_trial_tells_each_epoch_of_its_last_stage_and_how_it_ended(tmp_path: Path) -> None:
    trainee, results = Trainee(subject(tmp_path), 7, POINT), list[Result]()
    while not results or not results[-1].get("done"):
        results.append(trainee.advance())
    epochs = [result for result in results if "score" in result]
    assert [result["epoch"] for result in epochs] == [1, 2, 3, 4, 4]
    assert all(result["score"] == result["metrics"]["accuracy"] for result in epochs)
    last = results[-1]
    assert (last["trial"], last["status"]) == (7, "done")
    assert {name: stage["reused"] for name, stage in last["stages"].items()} == dict.fromkeys(
        ("teach", "hints", "distil"), False
    )
    assert not (tmp_path / "trials" / "7" / "run.json").read_text().count('"test"')


def test_a_trial_put_aside_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    whole = Trainee(subject(tmp_path / "whole"), 0, POINT)
    assert until(whole, 99)["status"] == "done"
    there = subject(tmp_path / "parts")
    first = Trainee(there, 0, POINT)
    scored = until(first, 2)
    first.end()
    second = Trainee(there, 0, POINT)
    assert until(second, 3)["epoch"] == 3
    second.end()
    last = until(Trainee(there, 0, POINT), 99)
    assert (last["status"], scored["epoch"]) == ("done", 2)
    run = Path("trials") / "0"
    assert same(weights(tmp_path / "whole" / run, "distil"), weights(tmp_path / "parts" / run, "distil"))


def test_what_a_trial_keeps_is_known_when_it_goes_on(tmp_path: Path) -> None:
    """Its scores are those of the best epoch so far, also of an earlier attempt."""
    expected = until(Trainee(subject(tmp_path / "whole"), 0, POINT), 4)["history"]
    there = subject(tmp_path / "parts")
    first = Trainee(there, 0, POINT)
    until(first, 2)
    first.end()
    second = Trainee(there, 0, POINT)
    assert [until(second, epoch)["history"] for epoch in (3, 4)] == [expected[:3], expected]


def test_equal_stages_of_two_trials_are_trained_once_and_the_teacher_runs_once(tmp_path: Path) -> None:
    calm = ("  augment = [RandomHorizontalFlip()]\n", "")
    there, opened = subject(tmp_path, calm), dict[Any, Any]()
    first = until(Trainee(there, 0, POINT, opened), 99)
    second = until(Trainee(there, 1, {**POINT, "rate": "0.001"}, opened), 99)
    assert [stage["reused"] for stage in second["stages"].values()] == [True, True, False]
    # one sweep up to the hint, one up to the answers, all in the first trial
    assert (first["passes"], second["passes"]) == (2.0, 0.0)
    assert len(opened) == 1


def test_a_teacher_that_runs_live_is_counted_by_epochs(tmp_path: Path) -> None:
    off = ("  loss      = hint(mid)\n", "  loss      = hint(mid)\n  cache     = off\n")
    assert until(Trainee(subject(tmp_path, off, stage="hints"), 0, POINT), 99)["passes"] == 3.0


def test_a_loss_that_is_not_finite_is_a_result(tmp_path: Path) -> None:
    wild = ("optimizer = Adam(lr=rate)", "optimizer = SGD(lr=1e12)")
    last = until(Trainee(subject(tmp_path, wild), 0, POINT), 99)
    assert last["status"] == "failed"
    assert last["reason"].startswith("FIT4102: stage `distil`, epoch 1")


def test_a_bug_is_a_result_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fitdsl.training.run.train", lambda *_: 1 / 0)
    last = Trainee(subject(tmp_path), 0, POINT).advance()
    assert (last["status"], last["reason"]) == ("failed", "ZeroDivisionError: division by zero")


def test_a_trial_that_was_never_begun_can_be_ended(tmp_path: Path) -> None:
    Trainee(subject(tmp_path), 0, POINT).end()
    assert not (tmp_path / "trials").exists()


def test_a_trial_can_be_put_aside_although_it_has_more_to_tell_before_its_next_step(tmp_path: Path) -> None:
    there = subject(tmp_path)
    until(Trainee(there, 0, POINT), 99)
    # all its stages but the last are there, so that it tells of each before it takes a step
    trainee = Trainee(there, 1, {**POINT, "rate": "0.001"})
    assert trainee.advance()["stage"] == ""
    ending = threading.Thread(target=trainee.end, daemon=True)
    ending.start()
    ending.join(20)
    assert not ending.is_alive()


def test_a_known_student_is_over_at_once_and_needs_no_run(tmp_path: Path) -> None:
    there = subject(tmp_path)
    trained = until(Trainee(there, 0, POINT), 99)
    known = Trainee(there, 1, POINT).advance()
    assert {name: known[name] for name in ("status", "epoch", "score", "metrics")} == {
        name: trained[name] for name in ("status", "epoch", "score", "metrics")
    }
    assert known["done"]
    assert {name: stage["reused"] for name, stage in known["stages"].items()} == dict.fromkeys(
        ("teach", "hints", "distil"), True
    )
    assert [file.name for file in (tmp_path / "trials").iterdir()] == ["0"]


def test_a_known_student_whose_weights_are_damaged_is_trained_again(tmp_path: Path) -> None:
    there = subject(tmp_path)
    trained = until(Trainee(there, 0, POINT), 99)
    last = there.store.find("stage", trained["stages"]["distil"]["key"])
    assert last is not None
    (last.folder / "weights.safetensors").write_bytes(b"")
    again = until(Trainee(there, 1, POINT), 99)
    assert (again["status"], again["score"]) == ("done", trained["score"])
    assert {name: stage["reused"] for name, stage in again["stages"].items()} == {
        "teach": True,
        "hints": True,
        "distil": False,
    }


def test_code_that_ends_its_process_is_a_result_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fitdsl.training.run.train", lambda *_: sys.exit(3))
    last = Trainee(subject(tmp_path), 0, POINT).advance()
    assert (last["status"], last["reason"]) == ("failed", "SystemExit: 3")


def test_what_a_trial_was_warned_of_is_told_at_its_end(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the store should be")
    last = until(Trainee(subject(tmp_path), 0, POINT), 99)
    assert last["status"] == "done"
    (warning,) = last["warnings"]
    assert warning.startswith(f"the store `{tmp_path / 'store'}` cannot be written: ")
