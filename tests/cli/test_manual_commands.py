"""`list`, `explain`, `init`, `--help`, wrong usage and errors on their way out."""

from __future__ import annotations

from errno import ENOSPC
from importlib.metadata import version
from pathlib import Path

import pytest
from command_line import Fit

from fitdsl.cli import reference
from fitdsl.cli.init import starter_text
from fitdsl.compilation import Compilation
from fitdsl.explain import explanations
from fitdsl.source import Source
from fitdsl.syntax.printer import print_spec

COMMANDS = ["check", "fmt", "show", "diff", "plan", "train", "search", "report", "store", "list", "explain", "init"]


def test_the_version(fit: Fit) -> None:
    assert fit("--version").out == f"fitdsl {version('fitdsl')}\n"


def test_help_names_every_command_on_one_line(fit: Fit) -> None:
    lines = fit("--help").out.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in lines] == COMMANDS
    assert [line for line in lines if line.endswith("...")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(fit: Fit, command: str) -> None:
    assert fit(command, "-h").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chekc"], "Error: No such command 'chekc'. Did you mean 'check'?"),
        (["show", "a.fit", "--fromat", "tree"], "Error: No such option: --fromat (Possible options: --format)"),
        (["list", "op"], "Error: Invalid value: there is no kind `op`; did you mean `ops`?"),
        (["list", "ops", "Conv2D"], "Error: Invalid value: there is no op `Conv2D`; did you mean `Conv2d`?"),
        (["list", "Conv2D"], "Error: Invalid value: nothing is called `Conv2D`; did you mean `Conv2d`?"),
        (["list", "nn.Linear"], "Error: Invalid value: nothing is called `nn.Linear`; did you mean `Linear`?"),
        (["explain", "FIT9999"], "Error: Invalid value: there is no code `FIT9999`; `fit explain` lists all"),
        (["explain", "2099"], "Error: Invalid value: there is no code `FIT2099`; did you mean `FIT2009`?"),
        (["explain", "FIT6999"],
         "Error: Invalid value: there is no code `FIT6999`; "
         "there are FIT6002, FIT6003, FIT6004, FIT6005, FIT6006, FIT6007, FIT6008"),
        (["train", "a.fit", "--device", "gpu"],
         "Error: Invalid value for '--device': there is no device `gpu`; there are auto, cpu, mps, cuda and cuda:N"),
    ],
)  # fmt: skip
def test_wrong_usage(fit: Fit, arguments: list[str], message: str) -> None:
    outcome = fit(*arguments)
    assert (outcome.code, outcome.out, outcome.err.splitlines()[-1]) == (2, "", message)


def test_list_goes_from_kinds_to_components_to_one_manual_entry(fit: Fit) -> None:
    assert "\nops " in fit("list").out
    assert "\nConv2d " in fit("list", "ops").out
    assert fit("list", "ops", "Conv2d").out.startswith("Conv2d(out_channels, kernel_size, ")
    assert fit("list", "Conv2d").out == fit("list", "ops", "Conv2d").out


def test_explain(fit: Fit) -> None:
    code, page = next(iter(explanations().items()))
    assert fit("explain").out.startswith(f"{code}  ")
    assert fit("explain", code.lower()).out.startswith(f"{code}: {page.title}\n\n")
    assert fit("explain", code.removeprefix("FIT")).out == fit("explain", code).out
    assert fit("explain", "FIT9999").code == 2


def test_init_writes_a_starter_and_never_overwrites(fit: Fit) -> None:
    outcome = fit("init")
    assert (outcome.code, outcome.out) == (0, "starter.fit\n")
    assert outcome.err == "next: fit check starter.fit, fit show starter.fit, fit train starter.fit\n"
    assert Path("starter.fit").read_text() == starter_text()
    Path("starter.fit").write_text("mine")
    outcome = fit("init", ".")
    assert (outcome.code, outcome.err) == (1, "error: `starter.fit` is there already; nothing was written\n")
    assert Path("starter.fit").read_text() == "mine"
    assert fit("init", "new/digits.fit").out == "new/digits.fit\n"


def test_the_starter_has_nothing_to_report_and_is_formatted() -> None:
    compilation = Compilation(Source("starter.fit", starter_text()))
    assert compilation.diagnostics == ()
    assert print_spec(compilation.tree) == starter_text()


def test_an_internal_error_is_one_line_and_no_traceback(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "kinds_page", lambda display: 1 / 0)
    outcome = fit("list")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "internal error: ZeroDivisionError: division by zero; "
        "please report it with the spec and what FITDSL_TRACEBACK=1 makes it print\n"
    )
    monkeypatch.setenv("FITDSL_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        fit("list")


def test_ctrl_c_ends_any_command_with_130(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(display: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(reference, "kinds_page", interrupt)
    assert fit("list").code == 130


def test_a_file_that_cannot_be_written_is_one_line(fit: Fit) -> None:
    Path("a.fit").write_text("fit 1\n")
    outcome = fit("show", "a.fit", "-o", "a.fit/table.txt")
    assert (outcome.code, outcome.out, len(outcome.err.splitlines())) == (1, "", 1)
    assert outcome.err.startswith("error: ")


def test_lists_are_whole_where_they_are_piped(fit: Fit) -> None:
    assert "…" not in fit("list").out + fit("list", "losses").out


@pytest.mark.parametrize("arguments", [["init"], ["fmt", "a.fit"], ["show", "a.fit", "-o", "a.txt"]])
def test_a_full_disk_is_told_with_the_file(fit: Fit, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    Path("a.fit").write_text("fit  1\nstudent s(x: [4]) { Linear(2) }\n")

    def full(file: int) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    outcome = fit(*arguments)
    name = {"init": "starter.fit", "fmt": "a.fit", "show": "a.txt"}[arguments[0]]
    assert (outcome.code, outcome.err.splitlines()[-1]) == (1, f"error: No space left on device: `{name}`")
