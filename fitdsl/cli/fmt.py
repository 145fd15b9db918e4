"""`fit fmt`: the one formatting of specs, comments kept."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ..atomic import write_text
from ..compilation import Compilation
from ..dataclass import dataclass
from ..diagnostics import FitError, Reporter
from ..source import Source
from ..syntax.parser import parse
from ..syntax.printer import print_spec
from ..view.terminal import counted, printable
from .session import STDIN, PathsArgument, say, say_findings, spec_files, stdin_source


@dataclass(frozen=True)
class _Formatted:
    """A text before and after; `path` is None for stdin."""

    path: Path | None
    name: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def fmt(
    paths: PathsArgument = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 if a file would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; print what would change.")] = False,
) -> None:
    """Format specs in place; `-` formats stdin to stdout."""
    files = spec_files(paths)
    results = list(_format_all(files))
    for result in results:
        _deliver(result, is_dry=check or diff, diff=diff)
    changed = sum(result.is_changed for result in results)
    verb = "would change" if check or diff else "changed"
    say(f"{counted(len(files), 'spec')}, {changed:,} {verb}")
    raise typer.Exit(1 if len(results) < len(files) or ((check or diff) and changed) else 0)


def _format_all(files: list[Path]) -> Iterator[_Formatted]:
    """Each file that has no syntax error; the findings about the others are printed."""
    for file in files:
        try:
            source = stdin_source() if file == STDIN else Compilation.open(file).source
            yield _Formatted(None if file == STDIN else file, source.name, source.text, _format(source))
        except FitError as error:
            say_findings(error.diagnostics)


def _format(source: Source) -> str:
    reporter = Reporter()
    spec = parse(source, reporter)
    if reporter.has_errors:
        raise FitError(reporter.diagnostics)
    return print_spec(spec)


def _deliver(result: _Formatted, *, is_dry: bool, diff: bool) -> None:
    if diff:
        lines = difflib.unified_diff(
            result.before.splitlines(), result.after.splitlines(), result.name, f"{result.name} formatted", lineterm=""
        )
        print("".join(f"{printable(line)}\n" for line in lines), end="")
    elif is_dry:
        if result.is_changed:
            print(printable(result.name))
    elif result.path is None:
        print(result.after, end="")
    elif result.is_changed:
        write_text(result.path, result.after)
