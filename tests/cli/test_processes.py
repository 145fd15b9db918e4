"""Commands as processes of their own: exit codes, streams and pipes as a shell sees them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from fitdsl import cli

CLEAN = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}


def fit(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m fitdsl` in a folder."""
    command = [sys.executable, "-m", "fitdsl", *arguments]
    return subprocess.run(
        command, cwd=folder, env={**CLEAN, **environment}, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_a_bad_spec_ends_with_1_and_is_shown_literally(tmp_path: Path) -> None:
    (tmp_path / "[red].fit").write_text("fit 1\nlet \x07[bold] = 1\n")
    done = fit("check", "[red].fit", "--output-format", "concise", folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("[red].fit:")
    assert "\x07" not in done.stdout


def test_ctrl_c_while_it_is_loaded_ends_it_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(_: str) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "late", pressed)
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == 130


@pytest.mark.parametrize(
    ("environment", "is_coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_colour_in_a_pipe(tmp_path: Path, environment: dict[str, str], is_coloured: bool) -> None:
    done = fit("check", "gone.fit", folder=tmp_path, **environment)
    assert (done.returncode, "\x1b[" in done.stdout) == (1, is_coloured)


def test_a_stream_that_knows_no_unicode_gets_escapes(tmp_path: Path) -> None:
    done = fit("check", "漢.fit", folder=tmp_path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (1, "error[FIT0020]: there is no file `\\u6f22.fit`\n --> \\u6f22.fit\n")


def test_a_reader_that_leaves_early_is_no_trouble(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fitdsl", "list", "ops"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize("arguments", [("list", "ops"), ("check", "gone.fit"), ("check", "-")])
def test_closed_streams_are_no_trouble(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    command = 'exec "$0" -m fitdsl "$@" <&- >&- 2>"$LOG"'
    log = tmp_path / "log"
    done = subprocess.run(
        ["/bin/sh", "-c", command, sys.executable, *arguments],
        cwd=tmp_path,
        env={**CLEAN, "LOG": str(log)},
        check=False,
    )
    assert done.returncode == (arguments[0] == "check")
    assert "rror" not in log.read_text().replace("1 error", "")
