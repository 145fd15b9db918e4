"""`fit check`: everything that can be known about specs without running them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..diagnostics import Diagnostic, FitError
from ..view.reports import REPORTS, summarize
from ..view.terminal import Display, counted
from .session import (
    IncludeOption,
    PathsArgument,
    SetOption,
    open_spec,
    pick,
    say,
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
    files = spec_files(paths)
    found = distinct(diagnostic for file in files for diagnostic in findings(file, settings, include))
    write_result(report(found, Display.of(sys.stdout)))
    if output_format in FOR_PEOPLE:
        say(summary(len(files), found))
    raise typer.Exit(1 if summarize(found).errors else 0)


def findings(path: Path, settings: Sequence[str] | None, include: Sequence[Path] | None) -> tuple[Diagnostic, ...]:
    """All findings about one file, or about stdin for `-`."""
    try:
        return open_spec(path, settings, include).diagnostics
    except FitError as error:
        return error.diagnostics


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
