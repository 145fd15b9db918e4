"""Ctrl-C at any moment ends with 130, even where a library swallows its exception."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import NoReturn

import pytest
from command_line import Fit

from fitdsl.cli import train as train_command


def press(*arguments: object, **options: object) -> None:
    """Ctrl-C, while the spec is being read."""
    signal.raise_signal(signal.SIGINT)


def press_and_fail(*arguments: object, **options: object) -> NoReturn:
    """Ctrl-C within a library that catches everything and is left half-loaded."""
    with suppress(BaseException):
        press()
    raise AttributeError("module 'sympy' has no attribute 'core'")


@pytest.mark.parametrize("load", [press, press_and_fail])
def test_ctrl_c_ends_with_130(fit: Fit, monkeypatch: pytest.MonkeyPatch, load: object) -> None:
    handler = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(train_command, "load", load)
    outcome = fit("train", "net.fit")
    assert (outcome.code, outcome.out, outcome.err.strip()) == (130, "", "")
    assert signal.getsignal(signal.SIGINT) is handler
