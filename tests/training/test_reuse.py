"""Stages trained before are taken from the store, under other names too, and never where something differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_spec import Watch, same, weights
from small_spec import run as run_anew

from fitdsl.training.events import Warned
from fitdsl.training.report import RunReport
from fitdsl.work.store import Store

RENAMED = (
    ("student small", "student thin"),
    ("s1 = Conv2d", "first = Conv2d"),
    ("..s1]", "..first]"),
    ("student.s1", "student.first"),
    ("stage teach", "stage learn"),
    ("after teach", "after learn"),
    ("mid", "m"),
)


def run(where: Path, *changes: tuple[str, str], **options: object) -> RunReport:
    return run_anew(where, *changes, **{"reuse": True, **options})


def reused(report: RunReport) -> list[bool]:
    return [stage.reused for stage in report.stages.values()]


def test_a_second_run_trains_nothing_and_ends_the_same(tmp_path: Path) -> None:
    first, second = run(tmp_path / "1"), run(tmp_path / "2")
    assert reused(first) == [False] * 3
    assert reused(second) == [True] * 3
    assert second.test == first.test
    assert [stage.metrics for stage in second.stages.values()] == [stage.metrics for stage in first.stages.values()]
    for stage in first.stages:
        assert same(weights(tmp_path / "1", stage), weights(tmp_path / "2", stage))
    regressors = (tmp_path / name / "stages" / "hints.regressors.safetensors" for name in "12")
    assert len({file.read_bytes() for file in regressors}) == 1


def test_names_have_no_say(tmp_path: Path) -> None:
    first, second = run(tmp_path / "1"), run(tmp_path / "2", *RENAMED)
    assert reused(second) == [True] * 3
    assert second.test["thin"] == first.test["small"]
    assert second.stages["hints"].metrics["train"].keys() == {"loss", "hint(m)", "fit(m)"}
    tensors, renamed = weights(tmp_path / "1", "distil"), weights(tmp_path / "2", "distil")
    assert same({name.replace("s1.", "first."): tensor for name, tensor in tensors.items()}, renamed)


def test_renamed_networks_train_to_the_same_weights(tmp_path: Path) -> None:
    run(tmp_path / "1")
    run(tmp_path / "2", *RENAMED, reuse=False)
    tensors, renamed = weights(tmp_path / "1", "distil"), weights(tmp_path / "2", "distil")
    assert same({name.replace("s1.", "first."): tensor for name, tensor in tensors.items()}, renamed)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("s2 = Conv2d(4", "s2 = Conv2d(6"), [True, True, False]),
        (("kd(temperature=3)", "kd(temperature=4)"), [True, True, False]),
        (("lr=5e-3", "lr=4e-3"), [True, False, False]),
        (("split   = {train: 160, val: 40}", "split   = {train: 120, val: 40}"), [False] * 3),
        (("augment = [RandomHorizontalFlip()]", "augment = []"), [False] * 3),
    ],
)
def test_what_differs_is_trained_and_the_rest_is_not(
    tmp_path: Path, change: tuple[str, str], expected: list[bool]
) -> None:
    run(tmp_path / "1")
    assert reused(run(tmp_path / "2", change)) == expected


def test_a_stage_with_norms_in_training_mode_is_taken_like_any_other(tmp_path: Path) -> None:
    lively = ("teacher big(image: d.input)", "teacher big(image: d.input, mode=train)")
    run(tmp_path / "1", lively)
    assert reused(run(tmp_path / "2", lively)) == [True] * 3
    assert same(weights(tmp_path / "1", "distil"), weights(tmp_path / "2", "distil"))


def test_another_seed_and_fewer_epochs_are_other_work(tmp_path: Path) -> None:
    run(tmp_path / "1")
    assert reused(run(tmp_path / "2", seed=1)) == [False] * 3
    assert reused(run(tmp_path / "3", epochs=2)) == [False] * 3


def test_all_is_trained_anew_where_that_is_asked_for(tmp_path: Path) -> None:
    run(tmp_path / "1")
    assert reused(run(tmp_path / "2", reuse=False)) == [False] * 3


def test_a_damaged_entry_is_trained_anew_and_said_once(tmp_path: Path, store: Path) -> None:
    run(tmp_path / "1")
    for entry in Store(store).entries():
        if entry.record.part == "hints":
            file = entry.folder / "weights.safetensors"
            file.write_bytes(file.read_bytes()[:-1] + b"\x7f")
    watch = Watch()
    report = run(tmp_path / "2", observer=watch)
    assert reused(report) == [True, False, True]
    (note,) = (event.message for event in watch.events if isinstance(event, Warned))
    assert note.startswith("stage `hints` is not taken from the store: `")
    assert note.endswith("weights.safetensors` has changed since it was written, so it is made anew")
    assert reused(run(tmp_path / "3")) == [True] * 3


def test_a_store_that_cannot_be_written_stops_nothing(tmp_path: Path, store: Path) -> None:
    store.write_text("a file where the folder should be")
    watch = Watch()
    assert reused(run(tmp_path / "1", observer=watch)) == [False] * 3
    notes = [event.message for event in watch.events if isinstance(event, Warned)]
    assert notes == [f"the store `{store}` cannot be written: Not a directory; nothing is kept for later runs"]


def test_a_stage_is_stored_with_what_went_into_its_key(tmp_path: Path, store: Path) -> None:
    run(tmp_path / "1")
    (entry,) = (entry for entry in Store(store).entries() if entry.record.part == "distil")
    assert entry.record.spec == "spec"
    assert list(entry.record.parts) == [
        *("data", "networks", "losses", "what trains", "settings", "epochs", "seed", "code", "stages before")
    ]
