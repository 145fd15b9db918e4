"""`diff`: what can be compared, what goes where, and the exit codes."""

from __future__ import annotations

import io
import json
import sys
import textwrap
from pathlib import Path

import pytest
from command_line import Fit
from diffs import BASE

from fitdsl.compilation import Compilation
from fitdsl.source import Source
from fitdsl.training.report import RunReport
from fitdsl.tuning.report import SearchReport, TrialReport

ROOT = Path(__file__).parents[2]
BAD = BASE.replace("unit(6)", "unti(6)")
POINTS = """\
a.fit (width=8) → a.fit

~ params
  ~ width  8 → 4

"""


@pytest.fixture(autouse=True)
def specs(fit: Fit) -> None:
    Path("a.fit").write_text(BASE)
    Path("b.fit").write_text(BASE.replace("epochs    = 3", "epochs    = 5"))
    Path("bad.fit").write_text(BAD)


@pytest.fixture
def run() -> Path:
    """The folder of a run of `a.fit` at width 8."""
    folder = Path("runs/a/1")
    folder.mkdir(parents=True)
    spec = Compilation(Source("a.fit", BASE), point={"width": "8"}).resolved
    report = RunReport(name="a", status="done", spec=spec, point={"width": "8"}, seed=0, device="cpu", versions={})
    (folder / "spec.fit").write_text(spec)
    (folder / "run.json").write_text(report.model_dump_json())
    return folder


@pytest.fixture
def search() -> Path:
    """A search of `a.fit` with one trial at width 8."""
    folder = Path("searches/a/1")
    folder.mkdir(parents=True)
    report = SearchReport(
        name="a",
        status="done",
        spec=BASE,
        point={},
        seed=0,
        goals=("maximize val.accuracy",),
        vary=("width",),
        sampler="random()",
        scheduler="asha()",
        wanted=1,
        resources={},
        versions={},
        trials=[TrialReport(id=0, point={"width": "8"}, key="", seed=0, cost={})],
    )
    (folder / "search.json").write_text(report.model_dump_json())
    return folder


def test_equal_specs(fit: Fit) -> None:
    outcome = fit("diff", "a.fit", "a.fit")
    assert (outcome.code, outcome.out, outcome.err) == (0, "a.fit and a.fit mean the same\n", "")


def test_different_specs(fit: Fit) -> None:
    outcome = fit("diff", "a.fit", "b.fit")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out == "a.fit → b.fit\n\n~ stage distil\n  ~ epochs  3 → 5\n"


def test_two_points_of_one_spec(fit: Fit) -> None:
    outcome = fit("diff", "a.fit", "--set", "width=8", "--against", "width=4")
    assert outcome.code == 1
    assert outcome.out.startswith(POINTS.replace("→ a.fit", "→ a.fit (width=4)"))
    assert fit("diff", "a.fit", "--against", "width=4").code == 0


def test_points_of_two_specs(fit: Fit) -> None:
    outcome = fit("diff", "a.fit", "b.fit", "--set", "width=8", "--against", "width=8")
    assert outcome.out == "a.fit (width=8) → b.fit (width=8)\n\n~ stage distil\n  ~ epochs  3 → 5\n"


def test_stdin(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, code in ((("-", "b.fit"), 1), (("a.fit", "-"), 0), (("-", "--against", "width=4"), 0)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BASE.encode())))
        assert fit("diff", *arguments).code == code


def test_a_run_against_a_spec(fit: Fit, run: Path) -> None:
    assert fit("diff", str(run), "a.fit", "--against", "width=8").code == 0
    outcome = fit("diff", str(run / "run.json"), "a.fit")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.startswith(POINTS.replace("a.fit (width=8)", "runs/a/1/run.json"))


def test_a_run_whose_report_is_damaged(fit: Fit, run: Path) -> None:
    (run / "run.json").write_text("{")
    outcome = fit("diff", str(run), "a.fit", "--against", "width=8")
    assert (outcome.code, outcome.out) == (0, "runs/a/1 and a.fit (width=8) mean the same\n")
    assert outcome.err == "`runs/a/1/run.json` cannot be read, so params are not compared\n"


def test_a_folder_that_holds_no_run(fit: Fit) -> None:
    Path("empty").mkdir()
    outcome = fit("diff", "empty", "a.fit")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == "error[FIT0020]: there is no file `empty/spec.fit`\n --> empty/spec.fit\n"


def test_a_trial_of_a_search(fit: Fit, search: Path) -> None:
    for name in (f"{search}/search.json#0", f"{search}#0"):
        assert fit("diff", name, "a.fit", "--against", "width=8").code == 0
        assert fit("diff", name, "a.fit").out.startswith(POINTS.replace("a.fit (width=8)", name))


def test_a_trial_that_does_not_exist(fit: Fit, search: Path) -> None:
    outcome = fit("diff", f"{search}#7", "a.fit")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == ("error[FIT5035]: `searches/a/1/search.json` has no trial 7\n  = help: it has 1, from 0 on\n")
    assert fit("diff", "gone/search.json#7", "a.fit").err == (
        "error[FIT5035]: there is no search at `gone/search.json`\n"
        "  = help: write the search's file and the number of the trial: `searches/digits/ID/search.json#17`\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.fit"], "`diff` compares two: name another spec, or another point with --against NAME=VALUE"),
        (["-", "-"], "only one of the two can be read from stdin"),
        (["a.fit", "--against", "width"], "--against takes NAME=VALUE, got `width`"),
        (["a.fit", "b.fit", "--format", "svg"], "there is no format `svg`; there are text, markdown, json, html"),
        (
            ["searches/a/1", "a.fit"],
            "`searches/a/1` is a search; name one of its trials, such as `searches/a/1#0`, or its `best.fit`",
        ),
    ],
)
def test_wrong_usage(fit: Fit, search: Path, arguments: list[str], message: str) -> None:
    outcome = fit("diff", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.splitlines()[-1] == f"Error: Invalid value: {message}"


def test_findings_of_both_come_at_once_and_nothing_is_compared(fit: Fit) -> None:
    outcome = fit("diff", "bad.fit", "b.fit", "--against", "height=8")
    assert (outcome.code, outcome.out) == (1, "")
    assert [line for line in outcome.err.splitlines() if line.startswith("error")] == [
        "error[FIT1001]: nothing is called `unti`",
        "error[FIT5003]: this spec has no param `height`",
    ]
    assert fit("diff", "bad.fit", "bad.fit").err.count("error[FIT1001]") == 1


def test_warnings_are_messages(fit: Fit) -> None:
    Path("warned.fit").write_text(BASE.replace("data d {", "param unused = 1\n\ndata d {"))
    outcome = fit("diff", "a.fit", "warned.fit")
    assert outcome.out == "a.fit → warned.fit\n\n~ params\n  + unused  1\n"
    assert outcome.err.startswith("warning[FIT1013]: nothing reads the param `unused`\n")


def test_formats(fit: Fit) -> None:
    shown = json.loads(fit("diff", "a.fit", "b.fit", "--format", "json").out)
    assert (shown["format_version"], shown["same"], [stage["after"] for stage in shown["stages"]]) == (
        1,
        False,
        ["distil"],
    )
    assert fit("diff", "a.fit", "b.fit", "--format", "markdown").out.startswith("### `a.fit` → `b.fit`\n")
    assert "<title>fit diff: a.fit → b.fit</title>" in fit("diff", "a.fit", "b.fit", "--format", "html").out


@pytest.mark.parametrize("format", ["text", "markdown", "json", "html"])
def test_a_file_holds_what_is_printed_and_the_exit_code_stays(fit: Fit, format: str) -> None:
    for other, code in (("a.fit", 0), ("b.fit", 1)):
        arguments = ("diff", "a.fit", other, "--format", format)
        printed, written = fit(*arguments), fit(*arguments, "-o", "shown")
        assert (printed.code, written.code, written.out, written.err) == (code, code, "", "")
        assert Path("shown").read_text() == printed.out


def test_the_ending_of_a_file_picks_the_format_and_no_spec_is_written_over(fit: Fit) -> None:
    assert fit("diff", "a.fit", "b.fit", "-o", "a.html").code == 1
    assert Path("a.html").read_text().startswith("<!DOCTYPE html>")
    before = Path("b.fit").read_text()
    assert fit("diff", "a.fit", "b.fit", "-o", "b.fit").code == 2
    assert Path("b.fit").read_text() == before


def test_a_file_that_cannot_be_written(fit: Fit) -> None:
    outcome = fit("diff", "a.fit", "b.fit", "-o", "a.fit/shown.html")
    assert (outcome.code, outcome.out, outcome.err) == (1, "", "error: File exists: `a.fit`\n")


def test_the_page_shows_what_is_printed(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    page = (ROOT / "docs" / "diff.md").read_text()
    command, _, shown = page[page.index("    $ fit ") : page.index("\n`+` is new")].partition("\n")
    monkeypatch.chdir(ROOT)
    assert fit(*command.split()[2:]).out == textwrap.dedent(shown)
