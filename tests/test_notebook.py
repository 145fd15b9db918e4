"""The cell magic in a real shell of IPython: what is bound, what is shown, and what is said of mistakes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from traitlets.config import Config

from fitdsl.experiment import Experiment

NET = """\
fit 1
param width = 4 in {4, 8}
student net(image: [1, 8, 8]) {
  s1 = Conv2d(width, 3) -> ReLU()
  Flatten() -> Linear(3)
}
"""
WRONG = NET.replace("Linear(3)", "Linaer(3)")
FRAME = """\
error[FIT1001]: nothing is called `Linaer`
 --> net:6:16
  |
6 |   Flatten() -> Linaer(3)
  |                ^^^^^^
  = help: did you mean `Linear`?"""

DOCS = Path(__file__).parents[1] / "docs" / "notebooks.md"

Run = Callable[[str], tuple[ExecutionResult, CapturedIO]]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[InteractiveShell]:
    """A shell that has loaded the magic, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    # a shell puts a module of its own there
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    shell.colors = "nocolor"
    assert shell.run_cell("%load_ext fitdsl").success
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def run(shell: InteractiveShell) -> Run:
    """Runs a cell."""

    def run(cell: str) -> tuple[ExecutionResult, CapturedIO]:
        with capture_output() as captured:
            result = shell.run_cell(cell)
        return result, captured

    return run


def test_a_cell_is_checked_bound_and_drawn(run: Run, shell: InteractiveShell) -> None:
    result, captured = run(f"%%fit net\n{NET}")
    assert result.success
    spec = shell.user_ns["net"]
    assert isinstance(spec, Experiment)
    assert result.result is spec
    assert captured.outputs == []
    data, _ = shell.display_formatter.format(spec)
    assert list(data) == ["text/plain", "image/svg+xml"]
    assert data["text/plain"] == repr(spec) == "<spec net: stages none>\n  <student net: 475 parameters, 1,728 MACs>"


def test_a_point(run: Run, shell: InteractiveShell) -> None:
    run("wide = 8")
    for option in ("--set width=8", "--set=width=8", "--set width={wide}", "--set 'width = 8'"):
        assert run(f"%%fit net {option}\n{NET}")[0].success
        assert shell.user_ns["net"].point == {"width": "8"}


def test_files_beside_the_notebook_can_be_used(run: Run) -> None:
    Path("blocks.fit").write_text("fit 1\nblock unit(n) { Conv2d(n, 3) -> ReLU() }\n")
    cell = NET.replace("param", 'use "blocks.fit"\nparam').replace("Conv2d(width, 3) -> ReLU()", "unit(width)")
    assert run(f"%%fit blocks\n{cell}")[0].success
    Path("else").mkdir()
    Path("blocks.fit").rename("else/blocks.fit")
    assert not run(f"%%fit blocks\n{cell}")[0].success
    assert run(f"%%fit blocks --include else\n{cell}")[0].success


def test_findings_are_in_the_cell_and_the_name_stays_as_it_was(run: Run, shell: InteractiveShell) -> None:
    run(f"%%fit net\n{NET}")
    before = shell.user_ns["net"]
    result, captured = run(f"%%fit net\n{WRONG}")
    assert not result.success
    assert shell.user_ns["net"] is before
    (shown,) = captured.outputs
    assert shown.data["text/plain"] == FRAME
    shown_html = shown.data["text/html"].partition("<svg")[0]
    assert re.sub("<style>.*?</style>|<[^>]*>", "", shown_html, flags=re.DOTALL).strip() == FRAME.replace(">", "&gt;")
    assert '<b class="fit-error">error[FIT1001]</b>' in shown.data["text/html"]
    assert captured.stdout == "1 error in this spec; `net` stays as it was\n"
    assert captured.stderr == ""


def test_a_network_with_a_fault_is_drawn_as_far_as_it_is_known(run: Run) -> None:
    _, captured = run(f"%%fit net\n{NET.replace('Flatten() -> ', '')}")
    (shown,) = captured.outputs
    assert shown.data["text/plain"].startswith("error[FIT2")
    assert 'class="layer fault"' in shown.data["text/html"]
    _, captured = run("%%fit net\nfit 1\nstudent net(")
    assert "<svg" not in captured.outputs[0].data["text/html"]


def test_a_name_that_was_not_there_is_not_bound(run: Run, shell: InteractiveShell) -> None:
    result, captured = run(f"%%fit net\n{WRONG.replace('width, 3', 'wide, 3')}")
    assert not result.success
    assert captured.stdout == "2 errors in this spec; `net` is not defined\n"
    assert "net" not in shell.user_ns


def test_warnings_are_shown_and_do_no_harm(run: Run, shell: InteractiveShell) -> None:
    result, captured = run(f"%%fit net\n{NET.replace('width, 3', '4, 3')}")
    assert result.success
    (shown,) = captured.outputs
    assert shown.data["text/plain"].startswith("warning[FIT1013]: nothing reads the param `width`\n --> net:3:7\n")
    assert isinstance(shell.user_ns["net"], Experiment)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "`%%fit` needs a name for the spec: `%%fit net`"),
        ("2nd", "`%%fit` calls the spec by a name of Python; `2nd` is none"),
        ("class", "`%%fit` calls the spec by a name of Python; `class` is none"),
        ("net --set width", "--set takes PARAM=VALUE, got `width`"),
        ("net --set", "argument --set: expected one argument"),
        ("net 'width", "`%%fit net 'width` cannot be read: no closing quotation"),
        ("net --point width=8", "unrecognized arguments: --point width=8"),
    ],
)
def test_wrong_usage(run: Run, shell: InteractiveShell, line: str, message: str) -> None:
    result, captured = run(f"%%fit {line}\n{NET}")
    assert not result.success
    assert (captured.stdout, captured.stderr) == ("", f"UsageError: {message}\n")
    assert "net" not in shell.user_ns


def test_a_param_that_is_not_there_is_a_finding(run: Run) -> None:
    _, captured = run(f"%%fit net --set depth=8\n{NET}")
    assert captured.outputs[0].data["text/plain"].startswith("error[FIT5003]: this spec has no param `depth`\n")


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("%%fi", {"%%fit"}),
        ("%%fit n", {"net"}),
        ("%%fit net --", {"--set", "--include", "net"}),
        ("%%fit net --set w", {"width="}),
        ("%%fit net --set ", {"width="}),
        ("%%fit other --set w", set()),
    ],
)
def test_tab_completes_the_line(run: Run, shell: InteractiveShell, text: str, offered: set[str]) -> None:
    run(f"%%fit net\n{NET}")
    with provisionalcompleter():
        found = {completion.text for completion in shell.Completer.completions(f"{text}\n{NET}", len(text))}
    # beside what Python has to offer
    assert found & {"%%fit", "net", "--set", "--include", "width="} == offered


def test_the_cells_of_the_docs_run(run: Run, shell: InteractiveShell) -> None:
    cells = re.findall(r"^```ipython\n(.*?)^```", DOCS.read_text(), re.MULTILINE | re.DOTALL)
    assert len(cells) == 5
    for cell in cells:
        assert run(cell)[0].success, cell
    assert shell.user_ns["run"].status == "done"


def test_the_magic_says_how_it_is_used(shell: InteractiveShell) -> None:
    magic: Any = shell.find_cell_magic("fit")
    assert magic.__doc__.startswith("%%fit NAME [--set PARAM=VALUE] [--include DIR]: check the spec in this cell")
