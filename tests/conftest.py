"""What tests stand on: a store of finished work for each, and a command line in an empty folder."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from browsing import CHROMIUM, Visit, Windows, launched
from command_line import Fit, runner

from fitdsl.work.store import VARIABLE

NUMBERS = count()


@pytest.fixture(scope="session", autouse=True)
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What fixtures that serve several tests train goes to a store of the session, never to the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(tmp_path_factory.mktemp("shared") / "store"))
        yield


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the test's store, so that no test finds what another one, or the user, has trained."""
    # `mktemp` reads the whole folder to find a new name, which for thousands of tests takes long
    folder = tmp_path_factory.getbasetemp() / f"store-{next(NUMBERS)}" / "store"
    folder.parent.mkdir()
    monkeypatch.setenv(VARIABLE, str(folder))
    return folder


@pytest.fixture
def forkserver() -> ForkServerContext:
    """What starts processes as copies of one that has loaded torch."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["fitdsl.training.processes"])
    return context


@pytest.fixture
def fit(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fit:
    """Runs `fit` with some arguments in an empty folder, at 80 columns and without colour."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "FITDSL_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    return runner(capsys)


@pytest.fixture(scope="session")
def windows() -> Iterator[Windows]:
    """Windows of a browser for all tests of a process."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with launched() as browser:
        yield Windows(browser)


@pytest.fixture
def visit(windows: Windows) -> Iterator[Visit]:
    """Opens pages, and fails if one of them complains or asks the network for anything."""
    visit = Visit(windows)
    yield visit
    visit.close()
    assert visit.complaints == []
    assert visit.requests == []
