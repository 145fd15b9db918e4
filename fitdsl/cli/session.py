"""What commands share: the arguments that name a spec and its point, and how results and messages leave.

Results go to stdout; progress and messages go to stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..compilation import Compilation
from ..diagnostics import Diagnostic, FitError, Reporter, Severity, did_you_mean
from ..late import late
from ..source import Source
from ..syntax.reading import read
from ..view.reports import full
from ..view.terminal import Display

STDIN = Path("-")
RECORDS = frozenset({"run.json", "search.json", "ledger.jsonl", "events.jsonl"})
"""Files of runs and searches that nothing else holds."""

SpecArgument = Annotated[Path, typer.Argument(metavar="SPEC", help="A .fit file.")]
PathsArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", help="Files, folders to search, or - for stdin; the current folder if left out."),
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Give a param another value. Repeatable.")
]
IncludeOption = Annotated[
    list[Path] | None, typer.Option("--include", metavar="DIR", help="Another folder for `use`. Repeatable.")
]


def open_spec(path: Path, settings: Sequence[str] | None, include: Sequence[Path] | None) -> Compilation:
    """The spec in a file, or on stdin for `-`, at a point of its space.

    Raises:
        FitError: The file cannot be read as text.
        typer.BadParameter: A setting is not `NAME=VALUE`.
    """
    point, folders = point_of(settings), tuple(include or ())
    if path == STDIN:
        return Compilation(stdin_source(), point=point, include=folders)
    return Compilation.open(path, set=point, include=folders)


def point_of(settings: Sequence[str] | None, flag: str = "--set") -> dict[str, str]:
    """Values of params by name, from `NAME=VALUE` each, as an option was given them.

    Raises:
        typer.BadParameter: A setting is not of this form.
    """
    return dict(_assignment(text, flag) for text in settings or ())


def _assignment(text: str, flag: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise typer.BadParameter(f"{flag} takes NAME=VALUE, got `{text}`")
    return name.strip(), value.strip()


def spec_files(paths: Sequence[Path] | None) -> list[Path]:
    """The files that paths stand for: folders are searched for `.fit` files; without paths, the current folder is.

    What is hidden is left out, and what runs and searches have left: that is no longer the user's to mend.
    """
    return [file for path in paths or [Path()] for file in (_search(path) if path.is_dir() else [path])]


def _search(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*.fit") if path.is_file())
    found = sorted(path for path in files if not _is_hidden(path, folder) and not _is_left(path, folder))
    if not found:
        raise typer.BadParameter(f"no .fit file in the folder `{folder}`")
    return found


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _is_left(path: Path, folder: Path) -> bool:
    inside = path.relative_to(folder).parents[:-1]
    return any((folder / above / record).exists() for above in inside for record in RECORDS)


def space_of(compilation: Compilation) -> str:
    """How many students a spec describes, in words; empty where that is one, or the spec is not sound."""
    if any(finding.severity is Severity.ERROR for finding in compilation.diagnostics):
        return ""
    if all(param.domain is None for param in compilation.params.values()):
        return ""
    space = compilation.space
    text: str = "" if space.size == 1 else late("view.space").space_text(space)
    return text


def pick(name: str, options: Sequence[str], noun: str) -> str:
    """The name if it is one of the options.

    Raises:
        typer.BadParameter: It is not; the message offers the nearest one, or all.
    """
    if name in options:
        return name
    (advice,) = did_you_mean(name, options) or (f"there are {', '.join(options)}",)
    raise typer.BadParameter(f"there is no {noun} `{name}`; {advice}")


def check_output(output: Path | None, *read: Path | None) -> None:
    """Hold that a file to write is neither a spec nor one that the command reads.

    Raises:
        typer.BadParameter: It is, and would be lost.
    """
    if output is None or not output.is_file():
        return
    is_read = any(path is not None and path.exists() and path.samefile(output) for path in read)
    if is_read or output.suffix == ".fit" or output.name in RECORDS:
        raise typer.BadParameter(f"`{output}` holds a spec or a record, which would be lost; name another file")


def format_of(format: str | None, output: Path | None, endings: Mapping[str, str]) -> str:
    """The format that is asked for by name, or else by the ending of the file to write; the first without both.

    Args:
        format: Its name, if one is given.
        output: Where to write.
        endings: The ending of each format's files, by name.

    Raises:
        typer.BadParameter: There is no such format, or none for such a file.
    """
    if format is not None:
        return pick(format, tuple(endings), "format")
    if output is None or not output.suffix:
        return next(iter(endings))
    given = output.suffix.removeprefix(".").lower()
    for name, ending in endings.items():
        if given in (name, ending):
            return name
    message = f"nothing is shown as `{output.suffix}`; name one of {', '.join(endings)} by `--format`"
    raise typer.BadParameter(message)


def write_result(result: str | bytes) -> None:
    """Print a result, an image as it is; nothing at all if it is empty."""
    if isinstance(result, bytes):
        sys.stdout.flush()
        sys.stdout.buffer.write(result)
    elif result:
        print(result)


def say(text: str) -> None:
    """Print a message."""
    print(text, file=sys.stderr)


def say_findings(diagnostics: Sequence[Diagnostic]) -> None:
    """Print findings in full, as messages."""
    if diagnostics:
        say(full(diagnostics, Display.of(sys.stderr)))


def stdin_source() -> Source:
    """What stands on stdin.

    Raises:
        FitError: It is no text.
    """
    reporter = Reporter()
    source = read("<stdin>", sys.stdin.buffer.read(), reporter)
    if source is None:
        raise FitError(reporter.diagnostics)
    return source
