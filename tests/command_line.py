"""The command line, run inside the test's own process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from fitdsl.cli.app import run


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str


Fit = Callable[..., Outcome]


def runner(capsys: pytest.CaptureFixture[str]) -> Fit:
    """A function that runs `fit` with some arguments."""

    def command(*arguments: str) -> Outcome:
        code = run(arguments)
        return Outcome(code, *capsys.readouterr())

    return command
