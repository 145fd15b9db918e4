"""`fit check`: everything that can be known about specs without running them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..dataclass import dataclass
from ..diagnostics import Diagnostic, FitError
from ..view.reports import REPORTS, summarize
from ..view.terminal import Display, counted, printable
from .session import (
    IncludeOption,
    PathsArgument,
    SetOption,
    open_spec,
    pick,
    say,
    space_of,
    spec_files,
    write_result,
)

FOR_PEOPLE = ("full", "concise")


def check(
    paths: PathsArgument = None,
    output_format: Annotated[str, typer.Option(metavar="|".join(REPORTS), help="How to print findings.")] = "full",
    settings: SetOption = None,
    include: IncludeOption = None,
) -> None:
    """Check specs: syntax, names, shapes, hints, stages, search space."""
    report = REPORTS[pick(output_format, tuple(REPORTS), "output format")]
    checked = [look(file, settings, include) for file in spec_files(paths)]
    whole = [one for one in checked if not any(one.real_path in other.used for other in checked)] or checked
    found = distinct(diagnostic for one in whole for diagnostic in one.diagnostics)
    write_result(report(found, Display.of(sys.stdout)))
    if output_format in FOR_PEOPLE:
        for one in whole:
            if one.space:
                say(f"{printable(str(one.path))}: {one.space}")
        say(summary(len(checked), found))
    raise typer.Exit(1 if summarize(found).errors else 0)


@dataclass(frozen=True)
class Look:
    """What was found in one file, or on stdin for `-`.

    Attributes:
        used: The files it uses. They may rest on names of their users, so beside these they are not checked alone.
        space: How many students it describes, in words; empty where that is one.
    """

    path: Path
    diagnostics: tuple[Diagnostic, ...]
    used: frozenset[Path] = frozenset()
    space: str = ""

    @property
    def real_path(self) -> Path:
        """The path without links; one that links lead around in a circle stays as it is."""
        return Path(os.path.realpath(self.path))


def look(path: Path, settings: Sequence[str] | None, include: Sequence[Path] | None) -> Look:
    """Check one file."""
    try:
        compilation = open_spec(path, settings, include)
    except FitError as error:
        return Look(path, error.diagnostics)
    return Look(path, compilation.search_diagnostics, compilation.used, space_of(compilation))


def distinct(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings without those that say the same of the same place: a file that several specs use is reported once."""
    first: dict[tuple[str, str, str], Diagnostic] = {}
    for diagnostic in diagnostics:
        first.setdefault((diagnostic.code, repr(diagnostic.span), diagnostic.message), diagnostic)
    return list(first.values())


def summary(specs: int, diagnostics: Sequence[Diagnostic]) -> str:
    """`12 specs, 1 error`."""
    count = summarize(diagnostics)
    warnings = f", {counted(count.warnings, 'warning')}" if count.warnings else ""
    return f"{counted(specs, 'spec')}, {counted(count.errors, 'error')}{warnings}"
