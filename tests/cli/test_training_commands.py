"""`train`: what is shown while it runs, what at its end, and how it ends early."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest
from command_line import Fit
from rich.console import Console

from fitdsl.cli import train as train_command
from fitdsl.cli.bars import bars
from fitdsl.cli.gains import gains
from fitdsl.cli.progress import PlainProgress
from fitdsl.cli.train import command
from fitdsl.training.events import EpochDone, Event, RunDone, RunStarted, StageDone, StageStarted, StepsDone, Warned
from fitdsl.training.interrupts import Interrupted
from fitdsl.training.report import CostReport, NetworkReport, RunReport, StageReport
from fitdsl.view.terminal import Display

SPEC = """\
fit 1

data noise {
  source = Synthetic([4], 2, examples=32, test=16)
  split  = {train: 16, val: 16}
  batch  = 8
}

student net(x: noise.input) {
  logits = Linear(noise.classes)
}

stage learn {
  train     = student
  loss      = ce()
  optimizer = SGD(lr=0.1)
  epochs    = 2
}
"""


def epoch(number: int, seconds: float = 10.0) -> EpochDone:
    train, val = {"loss": 0.5, "accuracy": 0.75}, {"loss": 0.25}
    return EpochDone("hints", number, 0.1, {}, train, val, True, 1234.5, seconds)


EVENTS: tuple[Event, ...] = (
    RunStarted(Path("runs/x/1"), ("teach", "hints"), 3, "cpu"),
    StageDone("teach", 5, 4, True, 1.0, Path("runs/x/1/teach.safetensors")),
    StageStarted("hints", 1, 9, 20, 12_300),
    StepsDone("hints", 2, 10, 0.1, {"loss": 0.5}, 1234.5),
    epoch(2),
    epoch(3),
    epoch(4),
    StageDone("hints", 9, 7, False, 12.345, Path("runs/x/1/hints.safetensors")),
    RunDone(Path("runs/x/1"), {}),
)


def test_plain_lines_come_every_few_seconds() -> None:
    lines: list[str] = []
    moments = iter([0.0, 0.1, 0.2, 0.3, 5.0, 5.0, 5.1, 5.2, 5.3, 5.4])
    observer = PlainProgress(lines.append, lambda: next(moments))
    for event in EVENTS:
        observer(event)
    assert lines == [
        "run runs/x/1 on cpu, seed 3",
        "stage teach: trained before, 5 epochs in 1.0 s, kept epoch 4",
        "stage hints: 12,300 params in 9 epochs of 20 steps, going on after epoch 1",
        "  epoch 3/9  train loss 0.5000 accuracy 75.0%  val loss 0.2500  1.23K examples/s  1:00 left",
        "stage hints: 9 epochs in 12.3 s, kept epoch 7",
    ]


def test_bars_leave_the_milestones_behind() -> None:
    shown = io.StringIO()
    with bars(Console(file=shown, width=100, force_terminal=True, color_system=None)) as observer:
        for event in EVENTS:
            observer(event)
    text = shown.getvalue()
    assert "run runs/x/1 on cpu, seed 3" in text
    assert "stage hints: 9 epochs in 12.3 s, kept epoch 7" in text


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "distil_with… ━╸ epoch 120/500  train 10.9644 98.5%  val 11.2500 97.5%"),
        (
            132,
            "distil_with… ━╸ epoch 120/500  train loss 10.9644 accuracy 98.5%"
            "  val loss 11.2500 accuracy 97.5%  1.23K examples/s",
        ),
    ],
)
def test_a_bar_fits_the_terminal(width: int, line: str) -> None:
    """On a narrow one measures go without their names; those of the validation split stay through the next epoch."""
    shown = io.StringIO()
    train, val = {"loss": 10.9644, "accuracy": 0.985}, {"loss": 11.25, "accuracy": 0.975}
    with bars(Console(file=shown, width=width, force_terminal=True, color_system=None)) as observer:
        observer(StageStarted("distil_with_everything", 0, 500, 20, 12_300))
        observer(EpochDone("distil_with_everything", 119, 0.1, {}, train, val, True, 1234.5, 1.0))
        observer(StepsDone("distil_with_everything", 120, 10, 0.1, train, 1234.5))
    last = shown.getvalue().splitlines()[-2].removeprefix("\x1b[2K")
    assert len(last) <= width
    *shown_words, _time_left = last.split()
    assert shown_words == line.split()


PARTS = {"data": 2.0, "loss": 0.5, "step": 12.2}


def report(**networks: NetworkReport) -> RunReport:
    stage = StageReport(key="k", epochs=9, kept_epoch=7, reused=False, seconds=20.0, parts=PARTS, metrics={})
    return RunReport(
        name="x", status="done", spec="", point={}, seed=0, device="cpu", versions={}, plan={},
        stages={"hints": stage}, networks=networks, trained=tuple(networks), folder=Path("runs/x/1"),
    )  # fmt: skip


def measured(role: Any, weights: int, accuracy: float) -> NetworkReport:
    cost = CostReport(params=weights + 10, weights=weights, macs=weights * 100, activations=5)
    test = {"loss": 0.1, "accuracy": accuracy, "error": 1 - accuracy}
    return NetworkReport(role=role, cost=cost, test=test, seconds=12.345, examples_per_s=1.0)


def test_gains_compare_with_the_teacher() -> None:
    done = report(thin=measured("student", 1000, 0.9825), wide=measured("teacher", 9600, 0.99))
    assert gains(done, Display()) == (
        "network  role     weights  smaller  MACs  fewer  test accuracy  seconds\n"
        "wide     teacher    9,600        -  960K      -         99.00%     12.3\n"
        "thin     student    1,000    9.6 x  100K  9.6 x         98.25%     12.3\n"
        "\n"
        "stage  epochs  kept  seconds  of them\n"
        "hints       9     7     20.0  step 61%, data 10%\n"
        "\n"
        "weights of thin: runs/x/1/networks/thin.safetensors\n"
        "report and stages: runs/x/1\n"
        "curves and tables on a page: `fit report runs/x/1`"
    )


def test_gains_of_a_run_that_measured_nothing() -> None:
    assert gains(report(), Display()).splitlines()[0] == "stage  epochs  kept  seconds  of them"


def test_train_ends_with_the_table_and_keeps_progress_on_stderr(fit: Fit) -> None:
    Path("net.fit").write_text(SPEC)
    outcome = fit("train", "net.fit", "--run", "out", "--seed", "1")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0] == "network  role     weights  smaller  MACs  fewer  test accuracy  seconds"
    assert outcome.out.endswith(
        "weights of net: out/networks/net.safetensors\n"
        "report and stages: out\n"
        "curves and tables on a page: `fit report out`\n"
    )
    assert outcome.err.startswith("run out on cpu, seed 1\nstage learn: 10 params in 2 epochs of 2 steps\n")
    again = fit("train", "net.fit", "--run", "out", "--seed", "1")
    assert (again.code, again.out) == (1, "")
    assert again.err.startswith("error[FIT4107]: `out` holds a run already")


def test_a_spec_without_stages_is_not_trained(fit: Fit) -> None:
    Path("net.fit").write_text(SPEC.partition("stage ")[0])
    outcome = fit("train", "net.fit")
    assert (outcome.code, outcome.out, outcome.err) == (
        1,
        "",
        "error[FIT4004]: this spec has no stage, so there is nothing to train\n"
        "  = help: add one: `stage learn { … }`; `fit init` writes a spec that has some\n",
    )


def test_train_as_json_prints_an_event_a_line(fit: Fit) -> None:
    Path("net.fit").write_text(SPEC)
    outcome = fit("train", "net.fit", "--json", "--epochs", "1")
    events = [json.loads(line) for line in outcome.out.splitlines()]
    assert [event["event"] for event in events] == ["run", "stage", "epoch", "stage_done", "done"]
    assert (outcome.code, outcome.err, events[2]["stage"], events[2]["epoch"]) == (0, "", "learn", 1)


def test_a_bad_spec_is_not_trained(fit: Fit) -> None:
    Path("net.fit").write_text(SPEC.replace("Linear", "Linaer"))
    outcome = fit("train", "net.fit")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("error[FIT1001]: nothing is called `Linaer`\n")


@dataclass(frozen=True)
class Stopped:
    """An experiment whose training is interrupted at once."""

    warnings: tuple[()] = ()

    def train(self, **options: Any) -> NoReturn:
        raise Interrupted(Path("runs/net/a b"))


def test_ctrl_c_says_how_to_go_on(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_command, "load", lambda *arguments, **options: Stopped())
    outcome = fit("train", "net.fit", "--set", "a=1", "--set", "b=[1, 2]", "--epochs", "3", "--json")
    assert (outcome.code, outcome.out) == (130, "")
    assert outcome.err == (
        "interrupted; go on with: fit train net.fit --seed 0 --device auto --epochs 3 --run 'runs/net/a b' --resume "
        "--json --set a=1 --set 'b=[1, 2]'\n"
    )


@pytest.fixture
def begun(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of `net.fit` that was begun with options of its own and is not finished."""
    text = SPEC.replace("fit 1\n", "fit 1\nparam rate = 0.1 in {0.1, 0.2}\n").replace("lr=0.1", "lr=rate")
    Path("net.fit").write_text(text)
    assert fit("train", "net.fit", "--seed", "3", "--epochs", "1", "--set", "rate=0.2").code == 0
    (path,) = Path("runs/net").glob("*/run.json")
    path.write_text(path.read_text().replace('"status": "done"', '"status": "running"'))


@pytest.mark.usefixtures("begun")
def test_resume_takes_what_is_not_named_from_the_run(fit: Fit) -> None:
    outcome = fit("train", "net.fit", "--resume")
    assert (outcome.code, outcome.err.splitlines()[0]) == (0, "going on as the run was begun: --set rate=0.2")


@pytest.mark.usefixtures("begun")
def test_resume_with_another_seed_is_refused(fit: Fit) -> None:
    outcome = fit("train", "net.fit", "--resume", "--seed", "0")
    assert outcome.code == 1
    assert "= note: `--seed`: 3 -> 0\n" in outcome.err


def test_force_without_resume_means_nothing(fit: Fit) -> None:
    Path("noise.fit").write_text(SPEC)
    outcome = fit("train", "noise.fit", "--force")
    assert outcome.code == 2
    assert "--force belongs to --resume: it says what to do where the spec has" in outcome.err


def test_a_warning_is_a_line_of_its_own() -> None:
    lines: list[str] = []
    PlainProgress(write=lines.append)(Warned("hints", "`x` was damaged"))
    assert lines == ["warning: `x` was damaged"]


def test_options_left_out_stay_out() -> None:
    assert command(Path("a.fit"), {"stage": None, "resume": False}) == "fit train a.fit"


def test_logs_that_were_asked_for_are_asked_for_again(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_command, "load", lambda *arguments, **options: Stopped())
    outcome = fit("train", "net.fit", "--log", "tensorboard", "--log", "wandb")
    assert "--resume --log tensorboard --log wandb\n" in outcome.err


def test_train_writes_the_logs_it_is_asked_for(fit: Fit) -> None:
    Path("net.fit").write_text(SPEC)
    assert fit("train", "net.fit", "--run", "out", "--log", "tensorboard").code == 0
    assert [path.name.split(".")[0] for path in sorted(Path("out/logs/tensorboard").iterdir())] == ["epochs", "events"]


def test_a_warning_stands_between_the_lines_of_progress() -> None:
    lines: list[str] = []
    PlainProgress(lines.append)(Warned("hints", "log `wandb` is given up: no route to host"))
    assert lines == ["warning: log `wandb` is given up: no route to host"]
