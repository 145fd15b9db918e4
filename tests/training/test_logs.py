"""Logs beside the run's folder: each epoch once, over interruptions and failures, and no trace in what is computed."""

from __future__ import annotations

import importlib
import json
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest
from small_spec import Watch, run, same, weights

from fitdsl.component import components
from fitdsl.diagnostics import FitError
from fitdsl.training.events import EpochDone, Event, Warned
from fitdsl.training.folder import read_report
from fitdsl.training.interrupts import Interrupted
from fitdsl.training.loggers import Logger, Numbers, Sink, Subject, TensorBoard
from fitdsl.training.logs import numbers_of


class Memory(Logger, name="memory", is_listed=False):
    """Remembers what it is told; fails in the epoch it is asked to."""

    module = "json"
    fails: str = ""
    told: ClassVar[list[tuple[str, int]]] = []
    closed: ClassVar[list[bool]] = []

    def open(self, subject: Subject) -> Sink:
        if self.fails == "open":
            raise ConnectionError("no route to host\nand a long story")
        return _Remembering(self)


class _Remembering(Sink):
    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def write(self, stage: str, epoch: int, numbers: Numbers) -> None:
        if self.memory.fails == "write":
            raise OSError(28, "No space left on device")
        self.memory.told.append((stage, epoch))

    def close(self, *, is_done: bool) -> None:
        if self.memory.fails == "close":
            raise RuntimeError
        self.memory.closed.append(is_done)


@pytest.fixture(autouse=True)
def _forget() -> None:
    Memory.told.clear()
    Memory.closed.clear()


EPOCHS = [("teach", 1), ("teach", 2), ("teach", 3), ("hints", 1), ("hints", 2), ("hints", 3)]


def interrupted(where: Path, **options: object) -> None:
    """A run that Ctrl-C ends after the first epoch of its second stage."""

    def press(event: Event) -> None:
        if isinstance(event, EpochDone) and event.stage == "hints":
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted):
        run(where, stage="hints", observer=press, **options)


def test_is_told_each_epoch_once_over_an_interruption(tmp_path: Path) -> None:
    interrupted(tmp_path / "run", log=[Memory()])
    assert (Memory.told, Memory.closed) == (EPOCHS[:4], [False])
    run(tmp_path / "run", stage="hints", resume=True, log=[Memory()])
    assert (Memory.told, Memory.closed) == (EPOCHS, [False, True])


def test_a_log_that_begins_when_a_run_goes_on_gets_what_it_missed(tmp_path: Path) -> None:
    interrupted(tmp_path / "run")
    run(tmp_path / "run", stage="hints", resume=True, log=[Memory()])
    assert Memory.told == EPOCHS


def test_an_epoch_that_comes_again_after_a_kill_is_not_told_again(tmp_path: Path) -> None:
    interrupted(tmp_path / "run", log=[Memory()])
    events = tmp_path / "run" / "events.jsonl"
    (again,) = [line for line in events.read_text().splitlines() if '"epoch", "stage": "hints"' in line]
    with events.open("a") as file:
        file.write(f"{again}\n")
    run(tmp_path / "run", stage="hints", resume=True, log=[Memory()])
    assert Memory.told == EPOCHS


@pytest.mark.parametrize(
    ("fails", "reason"),
    [("open", "no route to host"), ("write", "[Errno 28] No space left on device"), ("close", "RuntimeError")],
)
def test_a_log_that_fails_is_given_up_once_and_training_goes_on(tmp_path: Path, fails: str, reason: str) -> None:
    watch = Watch()
    report = run(tmp_path / "run", stage="teach", observer=watch, log=[Memory(fails=fails)])
    assert report.status == "done"
    stage = "" if fails == "close" else "teach"
    warnings = [event for event in watch.events if isinstance(event, Warned)]
    assert warnings == [Warned(stage, f"log `memory` is given up: {reason}")]


def test_a_log_changes_nothing_that_is_computed(tmp_path: Path) -> None:
    run(tmp_path / "bare", stage="teach")
    run(tmp_path / "logged", stage="teach", log=["tensorboard"])
    assert same(weights(tmp_path / "bare", "teach"), weights(tmp_path / "logged", "teach"))
    assert read_report(tmp_path / "bare").plan == read_report(tmp_path / "logged").plan


def refused(where: Path, name: str) -> tuple[str, str, tuple[str, ...]]:
    with pytest.raises(FitError) as error:
        run(where, log=[name])
    (finding,) = error.value.diagnostics
    assert not where.exists()
    return finding.code, finding.message, finding.helps


def test_a_name_that_is_no_logger(tmp_path: Path) -> None:
    message = "there is no logger `tensorbord`"
    assert refused(tmp_path / "run", "tensorbord") == ("FIT4130", message, ("did you mean `tensorboard`?",))
    helps = ("there are mlflow, tensorboard, wandb",)
    assert refused(tmp_path / "run", "x") == ("FIT4130", "there is no logger `x`", helps)


@pytest.mark.parametrize("name", ["tensorboard", "wandb", "mlflow"])
def test_a_package_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    logger = components("logger")[name]
    assert issubclass(logger, Logger)
    monkeypatch.setattr("fitdsl.training.loggers.find_spec", lambda module: None)
    message = f"log `{name}` needs the package `{logger.module}`, which is not installed"
    assert refused(tmp_path / "run", name) == ("FIT4130", message, (f"install it: `pip install fitdsl[{name}]`",))


def records(file: Path) -> Iterator[bytes]:
    """Length in 8 bytes, its checksum in 4, that many bytes, their checksum in 4."""
    content = file.read_bytes()
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        yield content[12 : 12 + length]
        content = content[16 + length :]


def scalars(folder: Path) -> list[tuple[str, int, Any]]:
    proto: Any = importlib.import_module("tensorboardX.proto.event_pb2")
    events = (proto.Event.FromString(record) for file in sorted(folder.glob("*")) for record in records(file))
    return [(value.tag, event.step, value.simple_value) for event in events for value in event.summary.value]


def test_tensorboard_reads_what_events_tell(tmp_path: Path) -> None:
    interrupted(tmp_path / "run", log=["tensorboard"])
    run(tmp_path / "run", stage="hints", resume=True, log=["tensorboard"])
    (tmp_path / "run" / "logs" / "tensorboard" / "epochs.jsonl").unlink()
    lines = map(json.loads, (tmp_path / "run" / "events.jsonl").read_text().splitlines())
    epochs = [event for event in lines if event["event"] == "epoch"]
    expected: list[Any] = [
        (name, event["epoch"], pytest.approx(value)) for event in epochs for name, value in numbers_of(event).items()
    ]
    assert scalars(tmp_path / "run" / "logs" / "tensorboard") == expected
    assert ("hints/val/fit(mid)", 3) in [(name, epoch) for name, epoch, _ in expected]


def test_tensorboard_begins_a_file_of_its_own_each_time(tmp_path: Path) -> None:
    for epoch in (1, 2):
        sink = TensorBoard().open(Subject("x", tmp_path, {}, tmp_path))
        sink.write("learn", epoch, {"learn/rate": 0.5})
        sink.close(is_done=True)
    assert scalars(tmp_path) == [("learn/rate", 1, 0.5), ("learn/rate", 2, 0.5)]


class Calls:
    """Stands for a package: notes each call of whatever is asked of it."""

    def __init__(self, **known: Any) -> None:
        self.made: list[tuple[Any, ...]] = []
        self.info = SimpleNamespace(**known)
        self.experiment_id = ""

    def __getattr__(self, name: str) -> Any:
        def note(*arguments: Any, **named: Any) -> Any:
            self.made.append((name, *arguments, named))
            return self

        return note


def told_by(logger: str, folder: Path) -> None:
    made = components("logger")[logger]()
    assert isinstance(made, Logger)
    sink = made.open(Subject("net", folder / "7", {"seed": "0"}, folder))
    sink.write("learn", 2, {"learn/train/hint(mid)": 0.5})
    sink.close(is_done=False)


def test_a_run_of_wandb_goes_on_under_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls()
    package: Any = ModuleType("wandb")
    package.init = calls.init
    monkeypatch.setitem(sys.modules, "wandb", package)
    told_by("wandb", tmp_path)
    told_by("wandb", tmp_path)
    named = {
        "id": (tmp_path / "run_id").read_text(),
        "resume": "allow",
        "name": "net/7",
        "dir": str(tmp_path),
        "config": {"seed": "0"},
    }
    once = [
        ("init", named),
        ("define_metric", "learn/*", {"step_metric": "learn/epoch"}),
        ("log", {"learn/train/hint(mid)": 0.5, "learn/epoch": 2}, {}),
        ("finish", {"exit_code": 1}),
    ]
    assert calls.made == [*once, *once]


def test_a_run_of_mlflow_goes_on_under_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(run_id="abc")
    calls.experiment_id = "5"
    package: Any = ModuleType("mlflow")
    package.MlflowClient = lambda: calls
    package.entities = SimpleNamespace(Metric=lambda *parts: (*parts[:2], parts[3]), Param=lambda *parts: parts)
    monkeypatch.setitem(sys.modules, "mlflow", package)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "digits")
    told_by("mlflow", tmp_path)
    told_by("mlflow", tmp_path)
    again = [
        ("update_run", "abc", "RUNNING", {}),
        ("log_batch", "abc", {"metrics": [("learn/train/hint mid", 0.5, 2)]}),
        ("set_terminated", "abc", "KILLED", {}),
    ]
    first = [
        ("get_experiment_by_name", "digits", {}),
        ("create_run", "5", {"run_name": "net/7"}),
        ("log_batch", "abc", {"params": [("seed", "0")]}),
    ]
    assert calls.made == [*first, *again, *again]
