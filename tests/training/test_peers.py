"""One run in several processes: to the weights of one process, ended together, and gone on with."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
import torch
from small_spec import TEXT, Watch, run, same, weights

import fitdsl as fit
from fitdsl.diagnostics import Diagnostic, FitError
from fitdsl.training import processes
from fitdsl.training.events import EpochDone, Event
from fitdsl.training.folder import read_report
from fitdsl.training.interrupts import Interrupted
from fitdsl.training.report import RunReport

STAGES = ("teach", "hints", "distil")
PLAIN = (
    ("-> Dropout2d(0.1) ", ""),
    # steps that do not blow up the last digits of gradients near 0
    ("Adam(lr=1e-2)", "SGD(lr=5e-2, momentum=0.9)"),
    ("RMSpropFloor(lr=5e-3)", "SGD(lr=5e-2)"),
    # shares of 16 and 15 examples; validation ends with a batch of 9
    ("batch   = 32", "batch   = 31"),
)
RELATIONS = (
    *PLAIN,
    ("conv()\n  loss      = mse()", "conv()\n  loss      = pkt()"),
    ("ramp(2, 1) * kd(temperature=3)", "dist()"),
)
SCALED = (*PLAIN, ("train     = teacher", 'train     = teacher\n  precision = "fp16"'))


@pytest.fixture(autouse=True)
def _started_fast(forkserver: ForkServerContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "START", forkserver.get_start_method())


def together(where: Path, *changes: tuple[str, str], **options: object) -> RunReport:
    """Train in two processes, on the CPU."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return fit.loads(text, name="small.fit").train(
        **{"device": "cpu", "gpus": 2, "run_dir": where, "reuse": False, **options}
    )


@pytest.mark.parametrize(("changes", "epochs", "apart"), [(PLAIN, None, 1e-5), (RELATIONS, 2, 1e-5), (SCALED, 1, 2e-3)])
def test_two_processes_end_with_the_weights_of_one(
    tmp_path: Path, changes: tuple[tuple[str, str], ...], epochs: int | None, apart: float
) -> None:
    watch = Watch()
    one = run(tmp_path / "one", *changes, epochs=epochs)
    two = together(tmp_path / "two", *changes, epochs=epochs, observer=watch)
    for stage in STAGES:
        found, expected = weights(tmp_path / "two", stage), weights(tmp_path / "one", stage)
        torch.testing.assert_close(found, expected, rtol=0, atol=apart)
        assert two.stages[stage].kept_epoch == one.stages[stage].kept_epoch
        for split, metrics in one.stages[stage].metrics.items():
            assert two.stages[stage].metrics[split] == pytest.approx(metrics, abs=apart)
    assert [done.epoch for done in watch.epochs("teach")] == list(range(1, one.stages["teach"].epochs + 1))
    assert two.test["small"] == pytest.approx(one.test["small"], abs=apart)


def killing(stage: str, epoch: int) -> Callable[[Event], None]:
    """An observer that kills the second worker after an epoch."""

    def kill(event: Event) -> None:
        if isinstance(event, EpochDone) and (event.stage, event.epoch) == (stage, epoch):
            # workers are started in order
            second = sorted(child.pid or 0 for child in multiprocessing.active_children())[1]
            os.kill(second, signal.SIGKILL)

    return kill


def test_a_process_that_dies_ends_the_run_with_one_finding_and_the_run_can_be_gone_on_with(tmp_path: Path) -> None:
    where, whole = tmp_path / "run", tmp_path / "whole"
    # long enough for the signal to arrive within it
    long = ("RMSpropFloor(lr=5e-3)\n  epochs    = 3", "RMSpropFloor(lr=5e-3)\n  epochs    = 30")
    finding = refused(where, long, observer=killing("hints", 1))
    assert (finding.code, finding.message, finding.notes, finding.helps) == (
        "FIT4123",
        "process 2 of 2 was killed by SIGKILL",
        ("the others were ended, as they cannot go on without it", "what was saved before is intact"),
        (f"go on with `--resume --run {where}`",),
    )
    assert multiprocessing.active_children() == []
    assert list(read_report(where).stages) == ["teach"]
    # dropout included: what a process draws follows from the place in the run alone
    together(where, long, resume=True, stage="hints")
    together(whole, long, stage="hints")
    for stage in ("teach", "hints"):
        assert same(weights(where, stage), weights(whole, stage))


def refused(where: Path, *changes: tuple[str, str], **options: object) -> Diagnostic:
    with pytest.raises(FitError) as error:
        together(where, *changes, **options)
    (finding,) = error.value.diagnostics
    return finding


def test_ctrl_c_reaches_all_processes_at_one_step(tmp_path: Path) -> None:
    def press(event: Event) -> None:
        if isinstance(event, EpochDone) and event.stage == "teach" and event.epoch == 1:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted) as interrupted:
        together(
            tmp_path / "run", ("epochs    = 3\n}\n\nstage hints", "epochs    = 500\n}\n\nstage hints"), observer=press
        )
    assert interrupted.value.folder == tmp_path / "run"
    assert (tmp_path / "run" / "stages" / "teach.checkpoint.pt").exists()


@pytest.mark.parametrize(
    ("change", "message", "help"),
    [
        (
            ("loss      = hint(mid)", "loss      = hint(mid)\n  compile   = true"),
            "stage `hints` is to be compiled, which 2 processes cannot do together",
            "take `compile` away, or train without `--gpus`",
        ),
        (
            ("loss      = hint(mid)", "loss      = hint(mid)\n  batch     = 1"),
            "stage `hints` has batches of 1, too few for 2 processes",
            "take at most `--gpus 1`, or a larger `batch`",
        ),
    ],
)
def test_a_stage_that_cannot_be_shared_is_refused(
    tmp_path: Path, change: tuple[str, str], message: str, help: str
) -> None:
    finding = refused(tmp_path / "run", change)
    assert (finding.code, finding.message, finding.helps) == ("FIT4124", message, (help,))
    assert not (tmp_path / "run").exists()


def test_more_devices_than_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    finding = refused(tmp_path / "run", device="auto")
    assert (finding.code, finding.message, finding.helps) == (
        "FIT4123",
        "`--gpus 2` asks for more devices than there are: 1 of kind `mps`",
        ("take at most `--gpus 1`",),
    )
