"""`search`: what it refuses before anything runs, what is shown while it runs and at its end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from command_line import Fit
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from rich.console import Console

from fitdsl.cli import searching
from fitdsl.cli.schemas import FOLDER
from fitdsl.cli.searching import headline, summary
from fitdsl.late import late
from fitdsl.training.interrupts import Interrupted
from fitdsl.training.report import CostReport, NetworkReport
from fitdsl.tuning.options import SearchOptions, View
from fitdsl.tuning.report import Counts, SearchReport, TrialReport, TrialStage, Winner
from fitdsl.view.terminal import Display

PLAIN = Display(width=200)

SPEC = """\
fit 1

param width = 4 in {4, 8}

data noise {
  source = Synthetic([4], 2, examples=32, test=16)
  split  = {train: 16, val: 16}
  batch  = 8
}

student net(x: noise.input) {
  hidden = Linear(width) -> ReLU()
  logits = Linear(noise.classes)
}

stage learn {
  train     = student
  loss      = ce()
  optimizer = SGD(lr=0.1)
  epochs    = 2
}

search {
  maximize = val.accuracy
}
"""


def trial(id: int, accuracy: float | None, status: Any = "done", **more: Any) -> TrialReport:
    cost = CostReport(params=10 + id, weights=8 - id, macs=2_000_000, activations=4)
    metrics = {} if accuracy is None else {"loss": 0.25, "accuracy": accuracy}
    values = () if accuracy is None or status != "done" else (accuracy, 8.0 - id)
    known: dict[str, Any] = {"cost": {"net": cost}, "metrics": metrics, "values": values, "attempts": 1, **more}
    return TrialReport(id=id, point={"width": str(4 + id)}, key=str(id), status=status, seed=0, **known)


def report(**more: Any) -> SearchReport:
    stage = TrialStage(key="k", reused=True)
    trials = [
        trial(0, 0.9, epoch=2, stages={"learn": stage}),
        trial(1, 0.8, epoch=2, warnings=("the store cannot be written",)),
        trial(2, 0.5, "stopped"),
        trial(3, None, "failed", reason="FIT4102: stage `learn`, epoch 1: `loss` became NaN or infinite"),
        trial(4, None, "running"),
    ]
    known: dict[str, Any] = {
        "name": "net",
        "status": "done",
        "spec": SPEC,
        "point": {},
        "seed": 0,
        "goals": ("maximize val.accuracy", "minimize weights(net)"),
        "vary": ("width",),
        "sampler": "random",
        "scheduler": "asha",
        "wanted": 8,
        "resources": {"cpus": 1},
        "versions": {},
        "trials": trials,
        "pareto": (0, 1),
        "best": 0,
        "counts": Counts(proposed=9, infeasible=3, duplicate=1, trained=5, stages_trained=4, stages_reused=1),
        "teacher_passes": 2.0,
        "seconds": 90.0,
        "folder": Path("searches/net/1"),
        "winner": Winner(id=0, networks={"net": measured()}),
    }
    return SearchReport(**(known | more))


def measured() -> NetworkReport:
    cost = CostReport(params=10, weights=8, macs=2_000_000, activations=4)
    return NetworkReport(role="student", cost=cost, test={"accuracy": 0.875}, seconds=1.0, examples_per_s=9.0)


def write(*changes: tuple[str, str]) -> str:
    text = SPEC
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    Path("net.fit").write_text(text)
    return "net.fit"


def test_the_summary_has_the_front_the_accounts_and_the_files() -> None:
    assert summary(report(), display=PLAIN).splitlines() == [
        "student  val loss  val accuracy  weights   MACs  epochs  width",
        "#0 best    0.2500        90.00%        8  2.00M       2      4",
        "#1         0.2500        80.00%        7  2.00M       2      5",
        "",
        "9 proposals: 3 infeasible and 1 duplicate ones were never started, 5 students trained in 1:30",
        "students: 2 to the end, 1 stopped early, 1 failed",
        "stages: 4 trained, 1 taken from earlier work or another student; teachers ran 2 times over the data",
        "#3 failed (seed 0): FIT4102: stage `learn`, epoch 1: `loss` became NaN or infinite",
        "warning of 1 student: the store cannot be written",
        "",
        "net: 87.50% on the test split, 8 weights",
        "report and trials: searches/net/1",
        "page: searches/net/1/report.html",
        "best student: searches/net/1/best.fit; train it again with `fit train searches/net/1/best.fit`",
    ]


def test_the_command_of_the_summary_can_be_copied_into_a_shell() -> None:
    assert summary(report(folder=Path("my searches/1")), display=PLAIN).splitlines()[-1] == (
        "best student: my searches/1/best.fit; train it again with `fit train 'my searches/1/best.fit'`"
    )


def test_the_report_is_what_its_schema_says() -> None:
    schema = json.loads((FOLDER / "search.json").read_text())
    Draft202012Validator(schema).validate(json.loads(report().model_dump_json()))


def test_a_search_that_found_nobody_says_so_without_a_table() -> None:
    empty = report(trials=[trial(3, None, "failed", reason="it broke")], pareto=(), best=None, winner=None)
    text = summary(empty, display=PLAIN)
    assert text.startswith("9 proposals")
    assert "best" not in text


def test_the_headline_says_where_a_search_is() -> None:
    assert headline(report()) == (
        "search: 4 of 8 students, 1 running, best val accuracy 90.00% (#0), 160 an hour, 1:30 left"
    )
    paused = [trial(0, 0.5, "paused", history=[(1, 0.5)]), trial(1, None, "running")]
    assert headline(report(trials=paused, best=None, pareto=())) == (
        "search: 0 of 8 students, 1 running, 1 paused, best val accuracy 50.00% (#0), 40 an hour, 10:30 left"
    )


def test_the_headline_tells_a_cost_that_is_the_first_goal() -> None:
    assert headline(report(goals=("minimize params(net)", "maximize val.accuracy"))) == (
        "search: 4 of 8 students, 1 running, best params(net) 10 (#0), 160 an hour, 1:30 left"
    )


def test_lines_come_now_and_then_and_say_what_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 1.0, 6.0, 6.0])
    monkeypatch.setattr(searching, "monotonic", lambda: next(times))
    with searching.watching(is_quiet=False) as watcher:
        watcher(View(report(), {}))
        watcher(View(report(), {4: {"stage": "learn", "at": 1, "of": 2}}))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("1:30 left; #4 learn 1/2")


def test_on_a_terminal_the_picture_fits_the_screen_whatever_the_number_of_trials() -> None:
    many = [trial(id, 0.5 + id / 1000, epoch=2) for id in range(8)] + [
        trial(100 + n, None, "running") for n in range(500)
    ]
    shown = io.StringIO()
    picture = searching.picture(View(report(trials=many, pareto=tuple(range(8))), {}), Display(width=80))
    Console(file=shown, width=80).print(picture)
    # the first line is as long as what it says
    assert len(shown.getvalue().splitlines()) <= 24
    assert max(map(len, picture.splitlines()[1:])) <= 80


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        ({}, "begins"),
        ({"stage": "learn", "at": 1, "of": 2}, "learn 1/2"),
        ({"stage": "learn", "at": 1, "of": 0}, "learn 1"),
        ({"stage": "teach", "at": 0, "waits": True}, "waits for teach"),
    ],
)
def test_what_a_trial_does(news: dict[str, Any], expected: str) -> None:
    assert searching.doing(news) == expected


def test_a_spec_without_a_search_is_refused(fit: Fit) -> None:
    outcome = fit("search", write(("search {\n  maximize = val.accuracy\n}\n", "")))
    assert (outcome.code, outcome.out) == (1, "")
    assert "error[FIT5030]: this spec has no search" in outcome.err


def test_requirements_that_nobody_meets_are_refused_before_ray_starts(fit: Fit) -> None:
    outcome = fit("search", write(("accuracy\n}", "accuracy\n  require  = params(student) <= 10\n}")))
    assert outcome.code == 1
    assert "error[FIT5010]: no student meets this requirement: the nearest has 30, off by 20" in outcome.err
    assert not Path("searches").exists()


def test_a_folder_that_is_not_free_is_refused(fit: Fit) -> None:
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("irreplaceable")
    outcome = fit("search", write(), "--folder", "mine")
    assert outcome.code == 1
    assert "error[FIT5031]: `mine` holds something already" in outcome.err
    assert Path("mine/thesis.txt").read_text() == "irreplaceable"


def test_a_folder_that_cannot_be_made_is_one_finding(fit: Fit) -> None:
    Path("file").touch()
    outcome = fit("search", write(), "--folder", "file/mine")
    assert outcome.code == 1
    assert (
        f"error[FIT5038]: cannot write to the search's folder `{Path('file/mine').absolute()}`: Not a d" in outcome.err
    )


def test_an_object_store_is_refused(fit: Fit) -> None:
    outcome = fit("search", write(), "--storage", "s3://bucket/here")
    assert outcome.code == 1
    assert "error[FIT5036]: `s3://bucket/here` is no folder" in outcome.err


def test_a_file_that_cannot_be_written_is_refused_before_anything_runs(fit: Fit) -> None:
    Path("file").write_text("")
    outcome = fit("search", write(), "--write", "file/best.fit")
    assert (outcome.code, outcome.err.splitlines()[-1]) == (
        2,
        "Error: Invalid value: `file/best.fit` cannot be written",
    )
    assert not Path("searches").exists()


def test_a_report_that_is_none_is_not_gone_on_with(fit: Fit) -> None:
    Path("old").mkdir()
    Path("old/search.json").write_text("{}")
    outcome = fit("search", write(), "--folder", "old", "--resume")
    assert outcome.code == 1
    assert "error[FIT5035]: `old/search.json` is not a report that this version of fitdsl understands" in outcome.err


def test_a_value_for_what_varies_is_refused(fit: Fit) -> None:
    outcome = fit("search", write(), "--set", "width=8")
    assert outcome.code == 1
    assert "error[FIT5039]: a value is given to `width`, which this search varies" in outcome.err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "Synthetic([4], 2, examples=32, test=16)",
            'Npz("gone.npz", shape=[4], classes=2)',
            "FIT6003]: `Npz` lacks `gone.npz`",
        ),
        (
            "Linear(noise.classes)\n}",
            'Linear(noise.classes)\n} from "gone.safetensors"',
            "FIT4103]: there is no weights file",
        ),
    ],
)
def test_files_that_are_not_there_are_found_before_ray_starts(fit: Fit, old: str, new: str, message: str) -> None:
    outcome = fit("search", write((old, new)))
    assert outcome.code == 1
    assert message in outcome.err
    assert not Path("searches").exists()


def test_a_cluster_that_does_not_answer_is_one_finding(fit: Fit) -> None:
    outcome = fit("search", write(), "--address", "127.0.0.1:1")
    assert outcome.code == 1
    assert "error[FIT4125]: there is no Ray cluster at `127.0.0.1:1`" in outcome.err


def test_ctrl_c_says_how_to_go_on(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise Interrupted(Path("searches/net/1"))

    monkeypatch.setattr(late("tuning.search"), "search", broken)
    outcome = fit("search", write(), "--trials", "3", "--at-once", "2")
    assert outcome.code == 130
    assert outcome.err == (
        "interrupted; go on with: fit search net.fit --trials 3 --folder searches/net/1 --at-once 2 --resume\n"
    )


def test_options_reach_the_search_and_the_report_is_printed(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[SearchOptions] = []

    def search(_: object, options: SearchOptions) -> SearchReport:
        seen.append(options)
        return report()

    monkeypatch.setattr(late("tuning.search"), "search", search)
    outcome = fit("search", write(), "--json", "--storage", "there", "--gpus", "0.5", "--seed", "3", "--resume")
    assert json.loads(outcome.out)["best"] == 0
    (options,) = seen
    assert (options.storage, options.gpus, options.seed, options.resume) == ("there", 0.5, 3, True)
    assert options.searches == Path("there/searches")


def test_a_search_leaves_a_page(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late("tuning.search"), "search", lambda *_: report(best=0))
    outcome = fit("search", write(), "--json")
    assert (outcome.code, json.loads(outcome.out)["best"]) == (0, 0)
    assert "<h1>net: a search</h1>" in Path("searches/net/1/report.html").read_text()


def test_the_best_values_are_written_into_the_spec_with_its_comments(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late("tuning.search"), "search", lambda *_: report(best=0))
    spec = write(("param width = 4 in {4, 8}", "# how wide\nparam width = 8 in {4, 8}  # of two"))
    outcome = fit("search", spec, "--write", spec)
    assert outcome.code == 0
    assert outcome.err == "the best student's values are the defaults of net.fit\n"
    assert "# how wide\nparam width = 4 in {4, 8}  # of two\n" in Path(spec).read_text()


def test_what_was_found_is_printed_although_it_cannot_be_written(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*_: object) -> SearchReport:
        # whatever else happens to the folder while the search runs
        Path("file").touch()
        return report(best=0)

    monkeypatch.setattr(late("tuning.search"), "search", found)
    outcome = fit("search", write(), "--write", "file/best.fit")
    assert outcome.code == 2
    assert outcome.out.startswith("student  val loss")
    assert "`file/best.fit` cannot be written" in outcome.err


def test_a_search_without_a_best_student_has_failed(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late("tuning.search"), "search", lambda *_: report(best=None, pareto=(), winner=None))
    outcome = fit("search", write())
    assert outcome.code == 1
    assert outcome.err == "no student was trained to the end\n"


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("nowhere/search.json#0", "there is no search at `nowhere/search.json`"),
        ("search.json", "`search.json` names no trial"),
        ("search.json#9", "`search.json` has no trial 9"),
    ],
)
def test_a_trial_that_is_not_there_cannot_be_trained_again(fit: Fit, place: str, message: str) -> None:
    Path("search.json").write_text(report().model_dump_json())
    outcome = fit("train", write(), "--point", place)
    assert outcome.code == 1
    assert f"error[FIT5035]: {message}" in outcome.err


def test_a_trial_is_trained_again_with_its_values_seed_and_epochs(fit: Fit) -> None:
    # its width, 8, is not the default
    Path("search.json").write_text(report(trials=[trial(4, 0.9)], limits={"learn": 1}).model_dump_json())
    outcome = fit("train", write(), "--point", "search.json#4", "--device", "cpu", "--run", "again")
    assert outcome.code == 0
    run = json.loads(Path("again/run.json").read_text())
    assert (run["point"], run["limits"], run["stages"]["learn"]["epochs"]) == ({"width": "8"}, {"learn": 1}, 1)
    # whoever goes on need not say again where it came from
    assert fit("train", "net.fit", "--device", "cpu", "--run", "again", "--resume").code == 0
