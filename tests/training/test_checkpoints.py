"""Checkpoints: how many there are, when they are written, and what a damaged one does."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from small_spec import Watch, run, same, weights

from fitdsl.diagnostics import FitError
from fitdsl.training.checkpoint import Checkpoints
from fitdsl.training.events import EpochDone, Event, StageDone, Warned
from fitdsl.training.folder import read_report
from fitdsl.training.interrupts import Interrupted
from fitdsl.training.spacing import LONGEST_S, SHORTEST_S, Spacing


class Killed(BaseException):
    """Stands for a process that ends at this very moment: nobody catches it to tidy up."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed."""
    where = tmp_path_factory.mktemp("finished") / "run"
    run(where)
    return where


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint between any two steps."""
    monkeypatch.setattr(Spacing, "is_due", lambda _: True)


def checkpoints(where: Path, stage: str = "distil") -> tuple[Path, Path]:
    files = Checkpoints(where / "stages" / f"{stage}.checkpoint.pt")
    return files.newest, files.before


def killed(where: Path, monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """A run that ends in its last stage, before the checkpoint with this number is written, counted from 0."""
    count = iter(range(1000))
    save = Checkpoints.save

    def counted(self: Checkpoints, *arguments: object) -> None:
        if self.newest.name.startswith("distil") and next(count) == after:
            raise Killed
        save(self, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "save", counted)
        with pytest.raises(Killed):
            run(where)


def epochs(where: Path) -> list[tuple[str, int]]:
    events = map(json.loads, (where / "events.jsonl").read_text().splitlines())
    return [(event["stage"], event["epoch"]) for event in events if event["event"] == "epoch"]


def ends_as(where: Path, finished: Path) -> bool:
    """Whether a run has left, logged and reported what another one has."""
    reports = read_report(where), read_report(finished)
    metrics = [{name: stage.metrics for name, stage in report.stages.items()} for report in reports]
    is_same = all(same(weights(where, stage), weights(finished, stage)) for stage in ("teach", "hints", "distil"))
    return is_same and metrics[0] == metrics[1] and epochs(where) == epochs(finished)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "after", [0, 4, 11, *(pytest.param(after, marks=pytest.mark.slow) for after in (1, 9, 10, 12))]
)
def test_goes_on_from_any_checkpoint(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    where = tmp_path / "run"
    killed(where, monkeypatch, after=after)
    assert [path.exists() for path in checkpoints(where)] == [after > 0, after > 1]
    run(where, resume=True)
    assert ends_as(where, finished)
    assert not any(path.exists() for path in checkpoints(where))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("damage", [cut, flip, empty])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    where, watch = tmp_path / "run", Watch()
    killed(where, monkeypatch, after=9)
    newest, _ = checkpoints(where)
    damage(newest)
    run(where, resume=True, observer=watch)
    assert [event.message for event in watch.events if isinstance(event, Warned)] == [
        f"`{newest}` was damaged; stage `distil` goes on from the checkpoint before it"
    ]
    assert ends_as(where, finished)


@pytest.mark.usefixtures("eager")
def test_two_damaged_checkpoints_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = tmp_path / "run"
    killed(where, monkeypatch, after=9)
    newest, before = checkpoints(where)
    cut(newest)
    flip(before)
    with pytest.raises(FitError) as error:
        run(where, resume=True)
    (finding,) = error.value.diagnostics
    assert (finding.code, finding.message, finding.notes, finding.helps) == (
        "FIT4108",
        f"`{newest}` is damaged, so stage `distil` cannot be gone on with",
        (f"so is the checkpoint before it, `{before}`",),
        ("delete both files to begin the stage anew",),
    )


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("moment", ["written", "moved"])
def test_whoever_dies_while_writing_a_checkpoint_loses_none(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    where = tmp_path / "run"
    killed(where, monkeypatch, after=9)
    newest, before = checkpoints(where)
    part = newest.with_name(f".{newest.name}.7.part")
    part.write_bytes(b"half a checkpoint")
    if moment == "moved":
        newest.replace(before)
    run(where, resume=True)
    assert not part.exists()
    assert ends_as(where, finished)


@pytest.mark.usefixtures("eager")
def test_a_stage_whose_weights_are_there_but_not_reported_is_finished(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / "run"
    with monkeypatch.context() as patched:
        patched.setattr("fitdsl.training.run._Run._note", dies)
        with pytest.raises(Killed):
            run(where)
    assert (where / "stages" / "teach.safetensors").exists()
    assert read_report(where).stages == {}
    run(where, resume=True)
    assert ends_as(where, finished)


def test_checkpoints_of_a_finished_stage_are_taken_away(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / "run"
    monkeypatch.setattr(Spacing, "is_due", lambda _: True)
    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "remove", dies)
        with pytest.raises(Killed):
            run(where)
    assert list(read_report(where).stages) == ["teach"]
    assert checkpoints(where, "teach")[0].exists()
    run(where, resume=True)
    assert not checkpoints(where, "teach")[0].exists()
    assert ends_as(where, finished)


def dies(*_: object) -> None:
    raise Killed


def test_seconds_count_what_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(10**6))
    monkeypatch.setattr("fitdsl.training.loop.perf_counter", lambda: float(next(ticks)))
    where, watch = tmp_path / "run", Watch()

    def press(event: Event) -> None:
        if isinstance(event, EpochDone) and event.stage == "hints":
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted):
        run(where, observer=press)
    run(where, resume=True, observer=watch)
    logged = [json.loads(line) for line in (where / "events.jsonl").read_text().splitlines()]
    seconds = [event["seconds"] for event in logged if event["event"] == "epoch" and event["stage"] == "hints"]
    assert len(seconds) == 3
    # the second interruption comes a tick after the last epoch is measured
    assert read_report(where).stages["hints"].seconds == pytest.approx(sum(seconds), abs=6)


class Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def written(spaced: Spacing, clock: Clock, *, for_s: float, cost_s: float, step_s: float = 0.1) -> list[float]:
    """When checkpoints are written, in seconds of the stage, if each takes `cost_s` and each step `step_s`."""
    moments = []
    while clock.now < 100 + for_s:
        clock.now += step_s
        if spaced.is_due():
            moments.append(round(clock.now - 100, 1))
            with spaced.measured():
                clock.now += cost_s
    return moments


def test_no_checkpoint_in_the_first_second() -> None:
    clock = Clock()
    assert written(Spacing.begin(clock), clock, for_s=0.9, cost_s=0.1) == []


@pytest.mark.parametrize("cost_s", [0.001, 0.02, 0.2, 0.9])
def test_checkpoints_take_at_most_two_hundredths_of_the_time(cost_s: float) -> None:
    clock = Clock()
    moments = written(Spacing.begin(clock), clock, for_s=600, cost_s=cost_s)
    waits = [late - early for early, late in pairwise(moments)]
    assert len(waits) * cost_s / 600 <= 0.0201
    assert min(waits) >= SHORTEST_S
    assert max(waits) <= LONGEST_S + cost_s + 0.2


def test_no_minute_of_work_is_ever_lost() -> None:
    clock = Clock()
    moments = written(Spacing.begin(clock), clock, for_s=600, cost_s=5, step_s=1)
    assert max(late - early for early, late in pairwise([0, *moments])) == LONGEST_S + 5


def test_a_checkpoint_holds_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Spacing, "is_due", lambda _: True)
    where = tmp_path / "run"
    killed(where, monkeypatch, after=9)
    content = checkpoints(where)[0].read_bytes()[32:]
    state = torch.load(BytesIO(content), weights_only=True)
    assert set(state) == {"progress", "tensors", "updates", "random"}


def test_a_changed_spec_begins_anew_from_the_changed_stage(finished: Path, tmp_path: Path) -> None:
    where, change, watch = tmp_path / "run", ("ramp(2, 1)", "ramp(3, 1)"), Watch()
    killed_in_distil(where)
    before = {path: path.read_bytes() for path in where.rglob("*") if path.is_file()}
    report = run(where, change, resume=True, force=True, observer=watch)
    assert (report.folder.parent, report.status) == (tmp_path, "done")
    assert {path: path.read_bytes() for path in where.rglob("*") if path.is_file()} == before
    assert [(event.stage, event.reused) for event in watch.events if isinstance(event, StageDone)] == [
        ("teach", True),
        ("hints", True),
        ("distil", False),
    ]
    run(tmp_path / "fresh", change)
    for stage in ("teach", "hints", "distil"):
        assert same(weights(report.folder, stage), weights(tmp_path / "fresh", stage))
    assert not same(weights(report.folder, "distil"), weights(finished, "distil"))


def test_force_goes_on_with_a_run_that_is_the_same(finished: Path, tmp_path: Path) -> None:
    where = tmp_path / "run"
    killed_in_distil(where)
    assert run(where, resume=True, force=True).folder == where
    assert ends_as(where, finished)


def killed_in_distil(where: Path) -> None:
    """A run that ends after the first epoch of its last stage."""

    def kill(event: Event) -> None:
        if isinstance(event, EpochDone) and event.stage == "distil":
            raise Killed

    with pytest.raises(Killed):
        run(where, observer=kill)
