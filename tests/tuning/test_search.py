"""A whole search on a Ray of this machine: what it trains, what it refuses, what it leaves behind."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from errno import ENOSPC
from os import strerror
from pathlib import Path
from typing import NoReturn

import pytest
import ray
from ray.tune.error import TuneError
from searching import said, searched
from small_spec import same, weights

from fitdsl.compilation import Compilation
from fitdsl.diagnostics import FitError
from fitdsl.training.interrupts import Interrupted
from fitdsl.training.options import TrainOptions
from fitdsl.training.run import train
from fitdsl.tuning import search
from fitdsl.tuning.report import SearchReport, read_search, read_trial
from fitdsl.tuning.study import Study
from fitdsl.tuning.writing import writing
from fitdsl.work.hold import held
from fitdsl.work.store import Store

pytestmark = pytest.mark.filterwarnings("default")  # Ray's own

CALM = ("  augment = [RandomHorizontalFlip()]\n", "")
MORE = ("random(trials=3, seed=0)", "random(trials=9, seed=0)")


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("searched")


@pytest.fixture(scope="module")
def report(where: Path) -> SearchReport:
    """Nine students are asked for, of a space that has four."""
    with said(where / "said"):
        return searched(where, CALM, MORE)


def test_nothing_is_printed(report: SearchReport, where: Path) -> None:
    assert (where / "said").read_text() == ""


def test_every_student_that_meets_the_requirement_is_trained_and_no_other(report: SearchReport) -> None:
    points = {(trial.point["width"], trial.point["rate"]) for trial in report.trials}
    assert points == {("4", "1e-3"), ("4", "1e-2"), ("2", "1e-3"), ("2", "1e-2")}
    assert [trial.id for trial in report.trials] == [0, 1, 2, 3]
    assert [(trial.status, trial.attempts, trial.epoch) for trial in report.trials] == [("done", 1, 4)] * 4
    assert (report.status, report.counts.infeasible, report.counts.trained) == ("done", 0, 4)


def test_no_more_students_are_awaited_than_there_are(report: SearchReport) -> None:
    assert report.wanted == len(report.trials) == 4


def test_every_epoch_of_the_last_stage_is_written_down(report: SearchReport) -> None:
    for trial in report.trials:
        assert [epoch for epoch, _ in trial.history] == [1, 2, 3, 4]
        assert trial.history[-1][1] == trial.metrics["accuracy"] == trial.values[0]


def test_equal_stages_are_trained_once_and_the_teacher_runs_once(report: SearchReport) -> None:
    counts = report.counts
    # one teacher, a hint stage for each width, and four last stages
    assert (counts.stages_trained, counts.stages_reused) == (1 + 2 + 4, 3 + 2)
    # up to the hint and up to the answers
    assert report.teacher_passes == 2.0


def test_the_best_is_written_as_a_spec_that_trains_to_the_same_student(
    report: SearchReport, where: Path, tmp_path: Path
) -> None:
    best = Compilation.open(where / "search" / "best.fit")
    assert report.best is not None
    assert report.winner is not None
    point = report.trial(report.best).point
    assert {name: best.params[name].spelling for name in point} == point
    store = Store(where / "store")
    again = train(best.program, TrainOptions(device="cpu", run_dir=tmp_path / "run", store=store))
    assert [stage.reused for stage in again.stages.values()] == [True, True, True]
    assert again.networks["small"].test == report.winner.networks["small"].test
    assert same(weights(tmp_path / "run", "distil"), weights(where / "search" / "best", "distil"))


def test_the_report_reads_back_and_nothing_of_rays_is_left(report: SearchReport, where: Path) -> None:
    folder = where / "search"
    read = read_search(folder / "search.json")
    assert read is not None
    assert read.model_dump(exclude={"folder"}) == report.model_dump(exclude={"folder"})
    assert read_trial(f"{folder}/search.json#2")[1] == report.trials[2]
    assert {path.name for path in folder.iterdir()} == {
        *("best", "best.fit", "best.safetensors", "ledger.jsonl", "search.json", "spec.fit", "trials")
    }
    assert not ray.is_initialized()


def test_whoever_resumes_a_finished_search_finds_it_as_it_was(report: SearchReport, where: Path) -> None:
    files = {path: path.read_bytes() for path in (where / "search").rglob("*") if path.is_file()}
    again = searched(where, CALM, MORE, resume=True)
    assert again.model_dump() == report.model_dump()
    assert {path: path.read_bytes() for path in files} == files


def test_whoever_resumes_with_another_spec_is_told_what_changed(report: SearchReport, where: Path) -> None:
    with pytest.raises(FitError) as error:
        searched(where, CALM, MORE, ("epochs    = 4", "epochs    = 5"), resume=True, seed=1)
    (finding,) = error.value.diagnostics
    assert finding.code == "FIT5034"
    assert finding.message == f"`{where / 'search'}` was begun as another search"
    assert finding.notes == ("`epochs = 4` -> `epochs = 5`", "`seed`: 0 -> 1")


def test_a_search_never_takes_the_folder_of_another_one(report: SearchReport, where: Path) -> None:
    with pytest.raises(FitError) as error:
        searched(where)
    assert [(finding.code, finding.message) for finding in error.value.diagnostics] == [
        ("FIT5031", f"`{where / 'search'}` holds something already")
    ]


def test_two_processes_never_search_in_the_same_folder(report: SearchReport, where: Path) -> None:
    with held(where / "search"), pytest.raises(FitError) as error:
        searched(where, CALM, MORE, resume=True)
    assert [(finding.code, finding.message) for finding in error.value.diagnostics] == [
        ("FIT5031", f"another process searches in `{where / 'search'}`")
    ]


def test_a_report_that_was_cut_off_is_refused(report: SearchReport, tmp_path: Path) -> None:
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "search.json").write_text(report.model_dump_json()[:-40])
    with pytest.raises(FitError) as error:
        searched(tmp_path, CALM, MORE, resume=True)
    assert [(finding.code, finding.message) for finding in error.value.diagnostics] == [
        ("FIT5035", f"`{tmp_path / 'search' / 'search.json'}` is not a report that this version of fitdsl understands")
    ]


def test_ctrl_c_while_the_best_is_trained_to_the_end_keeps_the_search(
    report: SearchReport, where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(where / "search", tmp_path / "search")
    left = report.model_copy(update={"status": "running", "winner": None})
    (tmp_path / "search" / "search.json").write_text(left.model_dump_json())

    def pressed(*arguments: object, **options: object) -> NoReturn:
        raise Interrupted(tmp_path)

    monkeypatch.setattr(search, "finish", pressed)
    monkeypatch.setattr(search, "run_trials", lambda *_: None)
    monkeypatch.setattr(search, "connected", lambda _: nullcontext())
    monkeypatch.setattr(search, "check_resources", lambda _: None)
    with pytest.raises(Interrupted) as interruption:
        searched(tmp_path, CALM, MORE, resume=True)
    assert interruption.value.folder == tmp_path / "search"
    read = read_search(tmp_path / "search" / "search.json")
    assert read is not None
    assert (read.status, [trial.status for trial in read.trials]) == ("interrupted", ["done"] * 4)


def test_what_cannot_be_written_down_ends_a_search_as_one_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Study, id: int, result: object) -> NoReturn:
        with writing(tmp_path):
            raise OSError(ENOSPC, strerror(ENOSPC))

    monkeypatch.setattr(Study, "reached", full)
    with pytest.raises(FitError) as error:
        searched(tmp_path, CALM, ("random(trials=3", "random(trials=1"))
    assert [finding.code for finding in error.value.diagnostics] == ["FIT5038"]


@pytest.mark.slow
def test_a_mistake_of_ours_ends_a_search_and_is_not_taken_for_a_breakdown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def broken(_: Study, id: int, result: object) -> NoReturn:
        calls.append(id)
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(Study, "reached", broken)
    with pytest.raises(TuneError, match="ZeroDivisionError: ours"):
        searched(tmp_path, CALM, ("random(trials=3", "random(trials=1"))
    assert calls == [0]
