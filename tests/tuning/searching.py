"""A spec whose space is searched in a moment, and searches of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from small_spec import TEXT

from fitdsl.compilation import Compilation
from fitdsl.source import Source
from fitdsl.tuning.options import SearchOptions
from fitdsl.tuning.report import SearchReport
from fitdsl.tuning.search import search
from fitdsl.work.store import Store

PARAMS = """\
param width = 4    in {2, 4, 6}
param rate  = 1e-2 in {1e-3, 1e-2}
param tau   = 3    in 2.0 .. 4.0

data d {"""

SEARCH = """
search {
  vary      = [width, rate]
  maximize  = val.accuracy
  require   = params(student) <= 350
  sampler   = random(trials=3, seed=0)
  scheduler = none()
}
"""

CHANGES = (
    ("data d {", PARAMS),
    ("s1 = Conv2d(4, 3", "s1 = Conv2d(width, 3"),
    ("  optimizer = Adam(lr=1e-2)\n  schedule", "  optimizer = Adam(lr=rate)\n  schedule"),
    ("temperature=3", "temperature=tau"),
)


def text(*changes: tuple[str, str]) -> str:
    """The spec after some replacements, each of which must apply."""
    made = TEXT + SEARCH
    for old, new in (*CHANGES, *changes):
        assert old in made, old
        made = made.replace(old, new)
    return made


def compiled(*changes: tuple[str, str]) -> Compilation:
    """The same, ready to be asked."""
    return Compilation(Source("small.fit", text(*changes)), Path("small.fit"))


def searched(where: Path, *changes: tuple[str, str], **options: object) -> SearchReport:
    """A search in a folder, with finished work in it too."""
    given = {"folder": where / "search", "store": Store(where / "store"), "device": "cpu", **options}
    return search(compiled(*changes), SearchOptions(**given))  # type: ignore[arg-type]


@contextmanager
def said(file: Path) -> Iterator[None]:
    """Within the block all that this process, and others that it starts, print goes to a file."""
    before = [os.dup(number) for number in (1, 2)]
    with file.open("wb") as target:
        for number in (1, 2):
            os.dup2(target.fileno(), number)
        try:
            yield
        finally:
            for number, descriptor in zip((1, 2), before, strict=True):
                os.dup2(descriptor, number)
                os.close(descriptor)
