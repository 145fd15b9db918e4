"""`fit init`: a spec to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from ..atomic import write_text
from ..view.terminal import printable
from .session import say, write_result

STARTER = "starter.fit"


def init(
    target: Annotated[Path, typer.Argument(metavar="PATH", help="A folder, or the .fit file to write.")] = Path(),
) -> None:
    """Write a small spec to start from; never overwrites a file."""
    path = target if target.suffix == ".fit" else target / STARTER
    if path.exists():
        say(f"error: `{printable(str(path))}` is there already; nothing was written")
        raise typer.Exit(1)
    write_text(path, starter_text())
    write_result(printable(str(path)))
    say(printable(f"next: fit check {path}, fit show {path}, fit train {path}"))


def starter_text() -> str:
    """The spec that `init` writes."""
    return (files(__package__) / STARTER).read_text(encoding="utf-8")
