"""`report`: what it takes, where the page goes, and what is said of runs and searches that are not whole."""

from __future__ import annotations

import json
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Any

import pytest
from command_line import Fit
from reports import events, run_report, search_report, write_run, write_search

from fitdsl.cli.report import write_search_page

ROOT = Path(__file__).parents[2]
RUN, SEARCH = Path("runs/pair/1"), Path("searches/pair/1")
HEAVY = ("torch", "ray", "numpy", "sklearn", "optuna")


@pytest.mark.parametrize("name", [".", "run.json"])
def test_a_run_is_named_by_its_folder_or_its_report(fit: Fit, name: str) -> None:
    write_run(RUN)
    outcome = fit("report", str(RUN / name))
    assert (outcome.code, outcome.out, outcome.err) == (0, "runs/pair/1/report.html\n", "")
    page = (RUN / "report.html").read_text()
    assert "<h1>pair: a run</h1>" in page
    assert "fit train runs/pair/1/spec.fit --seed 3\n" in page.replace("</code>", "\n")


@pytest.mark.parametrize("name", [".", "search.json"])
def test_a_search_is_named_by_its_folder_or_its_report(fit: Fit, name: str) -> None:
    write_search(SEARCH)
    outcome = fit("report", str(SEARCH / name))
    assert (outcome.code, outcome.out, outcome.err) == (0, "searches/pair/1/report.html\n", "")
    assert "<h1>pair: a search</h1>" in (SEARCH / "report.html").read_text()


@pytest.mark.parametrize("name", ["1#7", "1/search.json#7"])
def test_a_trial_is_named_as_it_is_elsewhere(fit: Fit, name: str) -> None:
    write_search(SEARCH)
    write_run(SEARCH / "trials" / "7")
    outcome = fit("report", f"searches/pair/{name}")
    assert (outcome.code, outcome.out, outcome.err) == (0, "searches/pair/1/trials/7/report.html\n", "")
    assert fit("report", f"searches/pair/{name}0").err.splitlines()[-1] == (
        "Error: Invalid value: there is no run in `searches/pair/1/trials/70`: "
        "such a trial was not begun, or known from earlier work"
    )


def test_a_record_is_never_written_over(fit: Fit) -> None:
    write_run(RUN)
    before = (RUN / "run.json").read_bytes()
    outcome = fit("report", str(RUN), "-o", str(RUN / "run.json"))
    assert outcome.code == 2
    assert (RUN / "run.json").read_bytes() == before


def test_the_page_goes_where_it_is_told_and_is_the_same_each_time(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    write_run(RUN)
    assert fit("report", str(RUN), "-o", "pages/one.html").out == "pages/one.html\n"
    assert opened == []
    assert fit("report", str(RUN), "-o", "two.html", "--open").out == "two.html\n"
    assert opened == [Path("two.html").absolute().as_uri()]
    assert Path("pages/one.html").read_bytes() == Path("two.html").read_bytes()
    assert not (RUN / "report.html").exists()


@pytest.mark.parametrize("what", ["run", "search"])
def test_nothing_slow_is_loaded(tmp_path: Path, what: str) -> None:
    folder = write_run(tmp_path / what) if what == "run" else write_search(tmp_path / what)
    program = f"import sys\nfrom fitdsl.cli.app import run\nrun(sys.argv[1:])\nprint({{*{HEAVY}}} & sys.modules.keys())"
    command = [sys.executable, "-c", program, "report", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


# What cannot be shown -------------------------------------------------------------------------------------------------


def test_a_folder_that_is_neither(fit: Fit) -> None:
    Path("empty").mkdir()
    outcome = fit("report", "empty")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.splitlines()[-1] == (
        "Error: Invalid value: `empty` holds neither a run nor a search: no `run.json`, no `search.json`"
    )
    assert fit("report", "gone").err.splitlines()[-1] == "Error: Invalid value: there is no folder `gone`"
    assert list(Path("empty").iterdir()) == []


def test_a_page_that_cannot_be_written(fit: Fit) -> None:
    write_run(RUN)
    outcome = fit("report", str(RUN), "-o", str(RUN / "run.json" / "page.html"))
    assert (outcome.code, outcome.out, len(outcome.err.splitlines())) == (1, "", 1)
    assert outcome.err.startswith("error: ")


def test_a_search_of_which_nothing_is_left(fit: Fit) -> None:
    write_search(SEARCH)
    (SEARCH / "search.json").write_text('{"format_version": 1, "na')
    outcome = fit("report", str(SEARCH))
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        "error[FIT5035]: `searches/pair/1` holds no search that can be read\n"
        "  = note: `search.json` is damaged: it is no whole document of JSON\n"
        "  = note: its ledger, `ledger.jsonl`, tells of no trial\n"
    )


# What is not whole ----------------------------------------------------------------------------------------------------


def notes(fit: Fit, folder: Path) -> list[str]:
    """What is said of a folder whose page is written all the same, which says the same."""
    outcome = fit("report", str(folder))
    assert outcome.code == 0
    page = (folder / "report.html").read_text()
    said = [line.removeprefix("note: ") for line in outcome.err.splitlines()]
    assert all(f"<li>{line}</li>" in page.replace("&#39;", "'") for line in said)
    return said


def test_a_run_that_is_not_over(fit: Fit) -> None:
    report = run_report(status="running", networks={}, stages={"teach": run_report().stages["teach"]}, trained=())
    write_run(RUN, report, events({"teach": 3, "hints": 2}))
    assert notes(fit, RUN) == []
    page = (RUN / "report.html").read_text()
    told = "The run is not over: 1 of 3 stages are finished; hints is not finished: 2 of 4 epochs are done."
    assert told in page
    assert "fit train runs/pair/1/spec.fit --run runs/pair/1 --resume" in page


def test_a_run_without_its_report(fit: Fit) -> None:
    write_run(RUN)
    (RUN / "run.json").unlink()
    assert notes(fit, RUN) == ["`run.json` cannot be read: No such file or directory"]
    page = (RUN / "report.html").read_text()
    assert "stage distil" in page
    assert "0 of 3 stages are finished; teach is not finished: 3 of 4 epochs are done." in page


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda text: text[:50], "`run.json` is damaged: it is no whole document of JSON"),
        (
            lambda text: text.replace('"format_version": 1', '"format_version": 2'),
            "`run.json` has format version 2; this version of fitdsl reads version 1",
        ),
        (
            lambda text: text.replace('"seed": 3', '"seed": "x"'),
            "`run.json` is not a report that this version of fitdsl understands: `seed`: "
            "Input should be a valid integer, unable to parse string as an integer",
        ),
    ],
)
def test_a_run_whose_report_is_not_understood(fit: Fit, change: Any, note: str) -> None:
    write_run(RUN)
    file = RUN / "run.json"
    file.write_text(change(file.read_text()))
    assert notes(fit, RUN) == [note]


def test_a_run_without_curves_or_with_torn_ones(fit: Fit) -> None:
    write_run(RUN)
    log = RUN / "events.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join([*lines[:4], "[]\n", "\x00\x00\n", *lines[4:], lines[-1][:20]]))
    assert notes(fit, RUN) == ["`events.jsonl` has damaged lines, which are left out: 3"]
    log.unlink()
    assert notes(fit, RUN) == ["`events.jsonl` cannot be read: No such file or directory"]
    assert "No epoch of it is on record." in (RUN / "report.html").read_text()


def test_numbers_of_events_that_are_none_are_left_out(fit: Fit) -> None:
    log = [{"event": "epoch", "stage": "teach", "epoch": 1, "train": {"loss": float("nan"), "ce": "x"}, "val": 3}]
    log += [{"event": "epoch", "stage": "teach", "epoch": "2"}, {"event": "epoch"}, {"event": "run", "stages": [1]}]
    log += [{"event": "run", "stages": 5}, {"event": "stage", "stage": "teach", "epochs": "4"}, {"event": "warning"}]
    write_run(RUN, None, iter(log))
    assert notes(fit, RUN) == []
    assert "NaN" not in (RUN / "report.html").read_text()


def test_a_spec_that_no_longer_checks_is_not_drawn(fit: Fit) -> None:
    write_run(RUN, run_report(spec="fit 1\nstudent {\n"))
    (note,) = notes(fit, RUN)
    assert note.startswith("`spec.fit` cannot be drawn: ")


def test_a_search_that_is_not_over(fit: Fit) -> None:
    report = search_report(3, status="running", wanted=9, best=None, winner=None, pareto=())
    running = report.trials[0].model_copy(update={"status": "running", "values": ()})
    write_search(SEARCH, report.model_copy(update={"trials": [running, *report.trials[1:]]}))
    assert notes(fit, SEARCH) == []
    page = (SEARCH / "report.html").read_text()
    assert "No student was trained to the end. The search is not over: 2 of 9 students are over." in page
    assert "fit search searches/pair/1/spec.fit --folder searches/pair/1 --resume" in page


def test_a_search_in_which_nothing_was_reached(fit: Fit) -> None:
    failed = (
        search_report(2)
        .trials[0]
        .model_copy(update={"status": "failed", "metrics": {}, "values": (), "history": [], "reason": "it broke"})
    )
    nothing: dict[str, Any] = {"best": None, "winner": None, "pareto": ()}
    write_search(SEARCH, search_report(1, trials=[failed], **nothing))
    assert notes(fit, SEARCH) == []
    page = (SEARCH / "report.html").read_text()
    assert "it broke" in page
    write_search(SEARCH, search_report(0, trials=[], **nothing))
    assert notes(fit, SEARCH) == []


def test_a_search_without_its_report_is_told_by_its_ledger(fit: Fit) -> None:
    report = search_report(4)
    write_search(SEARCH, report)
    lines = [{"event": "proposed", "trial": trial.model_dump(mode="json")} for trial in report.trials]
    lines += [{"event": "refused", "point": {"width": "2"}, "why": "duplicate"}]
    ledger = "".join(f"{json.dumps(line)}\n" for line in lines) + '{"event": "beg'
    (SEARCH / "ledger.jsonl").write_text(ledger)
    (SEARCH / "search.json").unlink()
    assert notes(fit, SEARCH) == [
        "`search.json` cannot be read: No such file or directory",
        "which student was the best is lost with it; trials are taken from `ledger.jsonl`",
    ]
    page = (SEARCH / "report.html").read_text()
    assert "<dt>refused: same student as another</dt><dd>1</dd>" in page
    assert "maximize val.accuracy, minimize weights(small)" in page
    assert all(f'id="trial-{id}"' in page for id in range(4))
    assert (SEARCH / "ledger.jsonl").read_text() == ledger


def test_a_best_student_that_is_none_of_them(fit: Fit) -> None:
    write_search(SEARCH, search_report(4, best=99))
    assert notes(fit, SEARCH) == ["the best student, #99, is not among those in `search.json`"]


def test_a_best_spec_that_is_gone(fit: Fit) -> None:
    write_search(SEARCH)
    (SEARCH / "best.fit").unlink()
    assert notes(fit, SEARCH) == ["`best.fit` cannot be read: No such file or directory"]


# At the end of a search -----------------------------------------------------------------------------------------------


def test_a_search_leaves_its_page(fit: Fit, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_search(Path.cwd() / SEARCH)
    write_search_page(search_report(folder=folder))
    assert capsys.readouterr().err == ""
    left = (SEARCH / "report.html").read_bytes()
    fit("report", str(SEARCH))
    assert (SEARCH / "report.html").read_bytes() == left


def test_a_search_whose_page_cannot_be_written_says_so_and_goes_on(
    fit: Fit, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_search(Path.cwd() / SEARCH)
    (SEARCH / "report.html").mkdir()
    write_search_page(search_report(folder=folder))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"warning: the page `{folder}/report.html` cannot be written: ")
