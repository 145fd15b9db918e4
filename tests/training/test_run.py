"""Whole runs on a small spec: what they leave, that they repeat themselves, and that they can be broken off."""

from __future__ import annotations

import json
import re
import resource
import signal
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_spec import TEXT, Watch, program, run, same, weights

import fitdsl as fit
from fitdsl import atomic
from fitdsl.backend.weights import save_tensors
from fitdsl.diagnostics import Diagnostic, FitError
from fitdsl.training.events import PARTS, EpochDone, Event, RunStarted, StageDone, StageStarted, Warned
from fitdsl.training.folder import read_report
from fitdsl.training.interrupts import Interrupted
from fitdsl.training.options import TrainOptions
from fitdsl.training.report import summary_table
from fitdsl.training.run import chosen_stages, train
from fitdsl.training.spacing import Spacing
from fitdsl.training.testing import confusion_of
from fitdsl.work.hold import held

STAGES = ("teach", "hints", "distil")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run from beginning to end; nobody changes it."""
    where = tmp_path_factory.mktemp("finished") / "run"
    run(where, spec="fit 1\n", point={"width": "4"})
    return where


def refused(where: Path, *changes: tuple[str, str], **options: object) -> Diagnostic:
    with pytest.raises(FitError) as error:
        run(where, *changes, **options)
    (finding,) = error.value.diagnostics
    return finding


def test_leaves_the_promised_files(finished: Path) -> None:
    names = sorted(str(path.relative_to(finished)) for path in finished.rglob("*") if path.is_file())
    assert names == [
        "events.jsonl",
        "networks/big.safetensors",
        "networks/small.safetensors",
        "run.json",
        "spec.fit",
        "stages/distil.safetensors",
        "stages/hints.regressors.safetensors",
        "stages/hints.safetensors",
        "stages/teach.safetensors",
    ]
    assert (finished / "spec.fit").read_text() == "fit 1\n"


def test_reports_what_was_done(finished: Path) -> None:
    document = json.loads((finished / "run.json").read_text())
    assert (document["format_version"], document["status"], document["point"]) == (1, "done", {"width": "4"})
    assert list(document["stages"]) == list(STAGES)
    report = read_report(finished)
    assert {name: stage.epochs for name, stage in report.stages.items()} == {"teach": 3, "hints": 3, "distil": 4}
    assert set(report.stages["hints"].metrics["val"]) == {"loss", "hint(mid)", "fit(mid)"}
    assert set(report.stages["distil"].metrics["val"]) == {"loss", "ce", "kd", "accuracy", "error"}
    assert report.networks["big"].cost.params == program().networks["big"].graph.cost.params
    teacher, student = summary_table(report)
    assert (teacher.name, student.name, teacher.macs_ratio) == ("big", "small", 1)
    assert student.weights_ratio == teacher.weights / student.weights


def test_counts_the_answers_of_each_network_class_by_class(finished: Path) -> None:
    for network in read_report(finished).networks.values():
        counts = network.confusion
        assert [len(row) for row in counts] == [3, 3, 3]
        right = sum(counts[label][label] for label in range(3))
        assert (right, sum(map(sum, counts))) == (round(60 * network.test["accuracy"]), 60)
    big, small = read_report(finished).networks.values()
    assert [*map(sum, big.confusion)] == [*map(sum, small.confusion)]


def test_rows_are_classes_and_columns_are_answers() -> None:
    nothing = torch.zeros(0, 0, dtype=torch.int64)
    logits = torch.tensor([[3.0, 1, 0], [0, 2, 1], [5, 0, 0]])
    counts = confusion_of(logits, torch.tensor([0, 2, 2]), nothing)
    assert counts.tolist() == [[1, 0, 0], [0, 0, 0], [1, 1, 0]]
    assert confusion_of(logits, torch.tensor([0, 1, 0]), counts).tolist() == [[3, 0, 0], [0, 1, 0], [1, 1, 0]]
    assert confusion_of(torch.zeros(2, 101), torch.tensor([0, 100]), nothing).shape == (0, 0)


def test_networks_are_built_with_the_weights_of_a_run(finished: Path) -> None:
    report = read_report(finished)
    assert report.trained == ("big", "small")
    spec = fit.loads(TEXT)
    for origin in (report, report.weights("small"), str(report.weights("small"))):
        assert same(spec.student.build(weights=origin).state_dict(), weights(finished, "distil"))
    assert same(spec.teacher.build(weights=report).state_dict(), weights(finished, "teach"))
    with pytest.raises(FitError, match="FIT4101"):
        spec.teacher.build(weights=report.weights("small"))


def test_a_run_of_some_stages_has_no_weights_of_other_networks(tmp_path: Path) -> None:
    report = run(tmp_path / "run", stage="teach", epochs=1)
    assert report.trained == ("big",)
    with pytest.raises(FitError, match=r"FIT4103.: there is no weights file `.*small.safetensors`"):
        fit.loads(TEXT).student.build(weights=report)


def test_learns(finished: Path) -> None:
    report = read_report(finished)
    assert report.test["big"]["accuracy"] > 0.9
    assert report.test["small"]["accuracy"] > 0.6
    first, *_, last = [
        event["train"]["hint(mid)"]
        for event in map(json.loads, (finished / "events.jsonl").read_text().splitlines())
        if event["event"] == "epoch" and event["stage"] == "hints"
    ]
    assert last < 0.9 * first


def test_logs_each_event_once(finished: Path) -> None:
    names = [json.loads(line)["event"] for line in (finished / "events.jsonl").read_text().splitlines()]
    # the teacher's outputs for validation are kept; its training examples are augmented anew in every epoch
    begun = {"teach": ["stage"], "hints": ["outputs", "stage"], "distil": ["outputs", "stage"]}
    epochs = {"teach": 3, "hints": 3, "distil": 4}
    stages = [(*begun[stage], *["epoch"] * count, "stage_done") for stage, count in epochs.items()]
    assert names == ["run", *(name for stage in stages for name in stage), "done"]


def test_tells_of_rates_gradients_fit_and_time(finished: Path) -> None:
    events = [json.loads(line) for line in (finished / "events.jsonl").read_text().splitlines()]
    epochs = [event for event in events if event["event"] == "epoch"]
    first, *_, last = [event for event in epochs if event["stage"] == "hints"]
    assert first["rates"] == {"1": first["rate"]} == {"1": 5e-3}
    assert 0 < first["gradient"]["mean"] <= first["gradient"]["max"]
    assert first["val"]["fit(mid)"] < last["val"]["fit(mid)"] < 1
    # a checkpoint is only written where it is worth its time
    assert {*first["parts"], "checkpoint"} == set(PARTS)
    stages = read_report(finished).stages
    assert "teacher" not in stages["teach"].parts
    for name, stage in stages.items():
        told = [event["parts"] for event in epochs if event["stage"] == name]
        assert stage.parts == {part: pytest.approx(sum(epoch.get(part, 0.0) for epoch in told)) for part in stage.parts}


def test_repeats_itself_bit_for_bit(finished: Path, tmp_path: Path) -> None:
    state = torch.get_rng_state()
    torch.rand(3)
    run(tmp_path / "again")
    run(tmp_path / "other", seed=1)
    for stage in STAGES:
        assert same(weights(finished, stage), weights(tmp_path / "again", stage))
        assert not same(weights(finished, stage), weights(tmp_path / "other", stage))
    assert read_report(tmp_path / "again").test == read_report(finished).test
    torch.set_rng_state(state)


def test_leaves_torch_as_it_was(tmp_path: Path) -> None:
    state, handler = torch.get_rng_state(), signal.getsignal(signal.SIGINT)
    run(tmp_path / "run", stage="teach", epochs=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.are_deterministic_algorithms_enabled()
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize(("stage", "epoch"), [("teach", 1), ("hints", 2), ("distil", 3), ("distil", 4)])
def test_goes_on_after_ctrl_c_as_if_nothing_had_happened(
    finished: Path, tmp_path: Path, stage: str, epoch: int
) -> None:
    def press(event: Event) -> None:
        if isinstance(event, EpochDone) and (event.stage, event.epoch) == (stage, epoch):
            signal.raise_signal(signal.SIGINT)

    where, watch = tmp_path / "run", Watch()
    if (stage, epoch) == ("distil", 4):
        run(where, observer=press)  # nothing is left to break off
    else:
        with pytest.raises(Interrupted) as interrupted:
            run(where, observer=press)
        assert interrupted.value.folder == where
        assert read_report(where).status == "running"
        run(where, resume=True, observer=watch)
        assert len(watch.epochs(stage)) == read_report(where).stages[stage].epochs - epoch
    for name in STAGES:
        assert same(weights(where, name), weights(finished, name))
    assert read_report(where).test == read_report(finished).test
    assert {name: done.metrics for name, done in read_report(where).stages.items()} == {
        name: done.metrics for name, done in read_report(finished).stages.items()
    }


def test_goes_on_in_the_middle_of_an_epoch(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where, watch, steps = tmp_path / "run", Watch(), iter(range(1000))
    with monkeypatch.context() as patched:
        # The first stage has 15 steps; the second is asked to end after 7 of its own, 2 steps into its second epoch.
        patched.setattr("fitdsl.training.run.listening", lambda: nullcontext(lambda: next(steps) == 15 + 7))
        with pytest.raises(Interrupted):
            run(where)
    run(where, resume=True, observer=watch)
    (started,) = (event for event in watch.events if isinstance(event, StageStarted) and event.stage == "hints")
    assert started.epoch == 1
    for stage in STAGES:
        assert same(weights(where, stage), weights(finished, stage))
    assert read_report(where).stages["hints"].metrics == read_report(finished).stages["hints"].metrics


def broken_off(where: Path, number: int = signal.SIGINT) -> None:
    """A run that a signal breaks off in its second stage."""

    def press(event: Event) -> None:
        if isinstance(event, EpochDone) and event.stage == "hints":
            signal.raise_signal(number)

    with pytest.raises(Interrupted):
        run(where, observer=press)


def test_sigterm_is_taken_as_ctrl_c(tmp_path: Path) -> None:
    broken_off(tmp_path / "run", signal.SIGTERM)
    assert list(read_report(tmp_path / "run").stages) == ["teach"]


def test_a_damaged_checkpoint_is_not_believed(tmp_path: Path) -> None:
    where = tmp_path / "run"
    broken_off(where)
    checkpoint = where / "stages" / "hints.checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    finding = refused(where, resume=True)
    assert (finding.code, finding.message) == (
        "FIT4108",
        f"`{checkpoint}` is damaged, so stage `hints` cannot be gone on with",
    )
    checkpoint.unlink()
    assert run(where, resume=True).status == "done"


def test_weights_of_a_finished_stage_that_do_not_fit_are_named(tmp_path: Path) -> None:
    where = tmp_path / "run"
    broken_off(where)
    save_tensors({"c1.0.weight": torch.zeros(1)}, where / "stages" / "teach.safetensors")
    finding = refused(where, resume=True)
    assert (finding.code, finding.message) == (
        "FIT4101",
        f"the weights in `{where / 'stages' / 'teach.safetensors'}` do not fit the network",
    )


def test_half_a_line_of_a_broken_log_is_cut_off(tmp_path: Path) -> None:
    where = tmp_path / "run"
    broken_off(where)
    with (where / "events.jsonl").open("a") as log:
        log.write('{"event": "ep')
    run(where, resume=True)
    assert all(json.loads(line) for line in (where / "events.jsonl").read_text().splitlines())


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    def press_twice(event: Event) -> None:
        if isinstance(event, EpochDone):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run", observer=press_twice)
    run(tmp_path / "run", stage="teach", resume=True)
    assert read_report(tmp_path / "run").stages["teach"].epochs == 3


def test_finished_stages_are_not_trained_again(finished: Path, tmp_path: Path) -> None:
    where, watch = tmp_path / "run", Watch()
    run(where, stage="hints")
    assert list(read_report(where).stages) == ["teach", "hints"]
    assert list(read_report(where).networks) == ["big"]
    run(where, resume=True, observer=watch)
    assert [(event.stage, event.reused) for event in watch.events if isinstance(event, StageDone)] == [
        ("teach", True),
        ("hints", True),
        ("distil", False),
    ]
    assert same(weights(where, "distil"), weights(finished, "distil"))


def test_resuming_a_finished_run_reports_it(finished: Path) -> None:
    assert run(finished, resume=True) == read_report(finished)


def test_a_finished_run_is_not_overwritten(finished: Path) -> None:
    finding = refused(finished)
    assert (finding.code, finding.message) == ("FIT4107", f"`{finished}` holds a run already")


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "spec.fit").write_text("mine")
    finding = refused(tmp_path)
    assert (finding.code, finding.message) == ("FIT4107", f"`{tmp_path}` holds other files already")
    assert (tmp_path / "spec.fit").read_text() == "mine"
    finding = refused(tmp_path / "spec.fit")
    assert finding.message == f"`{tmp_path / 'spec.fit'}` is a file, not a folder for a run"


def test_what_a_killed_process_was_writing_does_not_keep_a_run_out(tmp_path: Path) -> None:
    (tmp_path / ".run.json.7.part").write_text("{")
    assert run(tmp_path, stage="teach", epochs=1).status == "done"


def test_two_processes_do_not_train_in_one_folder(tmp_path: Path) -> None:
    with held(tmp_path) as is_had:
        assert is_had
        finding = refused(tmp_path)
    assert (finding.code, finding.message) == ("FIT4107", f"another process is training in `{tmp_path}`")
    assert list(tmp_path.iterdir()) == []


def test_new_runs_get_folders_of_their_own(tmp_path: Path) -> None:
    options = TrainOptions(runs=tmp_path, stage="teach", epochs=1, device="cpu")
    folders = {train(program(), options).folder for _ in range(2)}
    assert len(folders) == 2
    assert {folder.parent for folder in folders} == {tmp_path / program().name}
    assert all((folder / "run.json").exists() for folder in folders)


def test_resume_finds_the_newest_unfinished_run(tmp_path: Path) -> None:
    def press(event: Event) -> None:
        if isinstance(event, EpochDone):
            signal.raise_signal(signal.SIGINT)

    options = TrainOptions(runs=tmp_path, stage="teach", device="cpu", observer=press)
    with pytest.raises(Interrupted) as interrupted:
        train(program(), options)
    report = train(program(), TrainOptions(runs=tmp_path, stage="teach", device="cpu", resume=True))
    assert (report.folder, report.status) == (interrupted.value.folder, "done")
    with pytest.raises(FitError, match="there is no unfinished run in"):
        train(program(), TrainOptions(runs=tmp_path, stage="teach", device="cpu", resume=True))


@pytest.mark.parametrize(
    ("options", "notes"),
    [
        ({"seed": 1}, ("`--seed`: 0 -> 1",)),
        ({"epochs": 2, "spec": "fit 1  # and a comment"}, ("`--epochs`: not given -> 2",)),
        (
            {"seed": 1, "spec": "fit 1\nlet a = 1\n\nlet b = 1\nlet c = 1\nlet d = 1"},
            (
                "`--seed`: 0 -> 1",
                "nothing -> `let a = 1`",
                "nothing -> `let b = 1`",
                "nothing -> `let c = 1`",
                "lines of the spec that differ beside these: 1",
            ),
        ),
    ],
)
def test_only_the_same_run_goes_on(finished: Path, options: dict[str, object], notes: tuple[str, ...]) -> None:
    finding = refused(finished, resume=True, **{"spec": "fit 1\n", **options})
    message = f"`{finished}` was begun with other settings: stage `teach` is not the same"
    assert (finding.code, finding.message, finding.notes) == ("FIT4108", message, notes)


def test_a_change_that_no_setting_shows_is_looked_for_elsewhere(finished: Path) -> None:
    finding = refused(finished, ("lr=5e-3", "lr=4e-3"), resume=True, spec="fit 1\n")
    reason = "spec, seed and epochs are the same, so a file that the spec reads, or fitdsl itself, has changed"
    assert (finding.code, finding.notes) == ("FIT4108", (reason,))


def test_nothing_to_go_on_with(tmp_path: Path) -> None:
    finding = refused(tmp_path, resume=True)
    assert (finding.code, finding.message) == (
        "FIT4108",
        f"`{tmp_path}` holds no run to go on with: there is no `run.json` in it",
    )
    (tmp_path / "run.json").write_text("{}")
    assert refused(tmp_path, resume=True).message == (
        f"`{tmp_path / 'run.json'}` is not a report that this version of fitdsl understands"
    )


def test_unknown_stage(tmp_path: Path) -> None:
    finding = refused(tmp_path / "run", stage="hint")
    assert (finding.code, finding.message, finding.helps) == (
        "FIT4004",
        "there is no stage `hint`",
        ("did you mean `hints`?",),
    )
    assert not (tmp_path / "run").exists()


def test_a_stage_that_is_left_out_cannot_be_run() -> None:
    with pytest.raises(FitError) as refusal:
        chosen_stages(replace(fit.loads(TEXT).program, left_out=("warm",)), "warm")
    assert refusal.value.diagnostics[0].message == "stage `warm` has no epochs here, so it is left out"


def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_good_weights(tmp_path: Path) -> None:
    where, watch = tmp_path / "run", Watch()
    change = (
        "optimizer = Adam(lr=1e-2)\n  epochs    = 3",
        "optimizer = SGD(lr=1e-3)\n  schedule  = steps([2], 1e40)\n  epochs    = 9",
    )
    finding = refused(where, change, observer=watch)
    assert (finding.code, finding.message) == ("FIT4102", "stage `teach`, epoch 3, step 2: `ce` became NaN or infinite")
    assert finding.notes == (f"the weights of epoch 2 are in `{where / 'stages' / 'teach.safetensors'}`",)
    assert len(watch.epochs("teach")) == 2
    assert all(tensor.isfinite().all() for tensor in weights(where, "teach").values())
    assert read_report(where).stages == {}


def test_a_loss_that_never_was_finite(tmp_path: Path) -> None:
    change = ("optimizer = Adam(lr=1e-2)\n  epochs    = 3", "optimizer = SGD(lr=1e38)\n  epochs    = 3")
    finding = refused(tmp_path / "run", change)
    assert finding.message == "stage `teach`, epoch 1, step 2: `ce` became NaN or infinite"
    assert finding.notes == ("no epoch was finished, so there are no weights to keep",)


def test_a_full_disk_is_one_finding_and_earlier_files_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = tmp_path / "run"

    def fill(event: Event) -> None:
        if isinstance(event, StageDone):
            monkeypatch.setattr(atomic, "_to_disk", full)

    def full(part: Path) -> None:
        raise OSError(28, "No space left on device", str(part))

    finding = refused(where, observer=fill)
    assert (finding.code, finding.message) == (
        "FIT4106",
        f"cannot write to the run's folder `{where}`: No space left on device",
    )
    monkeypatch.undo()
    assert list(read_report(where).stages) == ["teach"]
    assert run(where, resume=True).status == "done"


def test_a_disk_that_fills_up_within_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = tmp_path / "run"
    monkeypatch.setattr(Spacing, "is_due", lambda _: True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6000, before[1]))
    try:
        finding = refused(where)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert finding.message == f"cannot write to the run's folder `{where}`: File too large"
    assert list((where / "stages").iterdir()) == []
    assert run(where, resume=True).status == "done"


def test_a_network_that_does_not_fit_into_memory(tmp_path: Path) -> None:
    finding = refused(tmp_path / "run", ("s2 = Conv2d(4, 3", "s2 = Conv2d(1_000_000_000_000, 3"))
    assert (finding.code, finding.message) == ("FIT4113", "the memory of `cpu` does not suffice for this run")
    assert not (tmp_path / "run").exists()


def test_weights_from_a_file_need_no_stage(finished: Path, tmp_path: Path) -> None:
    teach = program().stages["teach"]
    assert teach.name == "teach"
    start = "  logits = Linear(d.classes)\n}\n\nstudent"
    given = f'  logits = Linear(d.classes)\n}} from "{finished / "stages" / "teach.safetensors"}"\n\nstudent'
    report = run(tmp_path / "run", (start, given), ("stage hints after teach", "stage hints"), stage="hints", epochs=1)
    assert list(report.stages) == ["hints"]
    assert report.test["big"] == read_report(finished).test["big"]


def test_a_weights_file_that_is_not_there(tmp_path: Path) -> None:
    start = "  logits = Linear(d.classes)\n}\n\nstudent"
    given = '  logits = Linear(d.classes)\n} from "none.safetensors"\n\nstudent'
    finding = refused(tmp_path / "run", (start, given), base=tmp_path)
    assert (finding.code, finding.message) == (
        "FIT4103",
        f"there is no weights file `{tmp_path / 'none.safetensors'}`",
    )
    assert finding.span.text == '"none.safetensors"'
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("device", ["meteor", "cuda:99"])
def test_a_device_that_is_not_there(tmp_path: Path, device: str) -> None:
    finding = refused(tmp_path / "run", device=device)
    assert (finding.code, finding.message) == ("FIT4112", f"device `{device}` cannot be used on this machine")


def test_paths_of_options_may_be_texts(tmp_path: Path) -> None:
    options = TrainOptions(runs=str(tmp_path), run_dir="x", base=".")  # type: ignore[arg-type]
    assert (options.runs, options.run_dir, options.base) == (tmp_path, Path("x"), Path())
    assert TrainOptions().run_dir is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "`epochs` is a whole number of at least 1, got 0"),
        ({"epochs": 1.5}, "`epochs` is a whole number of at least 1, got 1.5"),
        ({"seed": "x"}, "`seed` is a whole number of at least 0, got 'x'"),
        ({"seed": -1}, "`seed` is a whole number of at least 0, got -1"),
        ({"seed": True}, "`seed` is a whole number of at least 0, got True"),
    ],
)
def test_numbers_of_options_are_held_to_their_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        fit.loads(TEXT).train(**options)


def test_data_that_cannot_be_read_are_told_at_their_declaration(tmp_path: Path) -> None:
    source = "Synthetic(shape=[1, 6, 6], classes=3, examples=200, test=60, noise=0.5)"
    finding = refused(tmp_path, (source, 'Npz(path="no.npz", shape=[1, 6, 6], classes=3)'), base=tmp_path)
    assert (finding.code, repr(finding.span)) == ("FIT6003", "small.fit:4:13")


def test_what_is_hardly_meant_of_data_is_said_once_before_the_first_stage(tmp_path: Path) -> None:
    inputs, labels = np.zeros((60, 1, 6, 6), np.float32), np.arange(60) % 3
    np.savez(tmp_path / "a.npz", x_train=inputs, y_train=labels, x_test=inputs[:2], y_test=labels[:2])
    source = "Synthetic(shape=[1, 6, 6], classes=3, examples=200, test=60, noise=0.5)"
    changes = ((source, 'Npz("a.npz", [1, 6, 6], 3)'), ("{train: 160, val: 40}", "{train: 40, val: 20}"))
    watch = Watch()
    run(tmp_path / "run", *changes, base=tmp_path, epochs=1, observer=watch)
    started, warning, stage, *after = watch.events
    assert (type(started), type(stage)) == (RunStarted, StageStarted)
    assert warning == Warned("teach", "data `d`: the test part has no example of class 2")
    assert not [event for event in after if isinstance(event, Warned)]
