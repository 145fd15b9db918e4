"""Commands as pages print them, to be pasted into a shell."""

from __future__ import annotations

import shlex

from ...program.model import Program


def command(program: Program | None, *words: object) -> str:
    """A command that trains networks of a program; with leave for the user's own code, if that makes one of them."""
    leave = ["--allow-python"] if program is not None and program.runs_own_code else []
    return shlex.join(["fit", *map(str, words), *leave])
