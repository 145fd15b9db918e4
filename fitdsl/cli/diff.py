"""`fit diff`: in what two specs differ, whatever they look like."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from ..atomic import write_bytes
from ..compilation import Compilation
from ..dataclass import dataclass
from ..diagnostics import FitError, Severity
from ..late import late
from ..source import Source
from ..view.diff.formats import DIFF_FORMATS, Compared
from ..view.diff.sides import Side, run_side, side
from ..view.terminal import Display, printable
from .check import distinct
from .session import IncludeOption, check_output, format_of, open_spec, point_of, say, say_findings, write_result

ENDINGS = {name: {"text": "txt", "markdown": "md"}.get(name, name) for name in DIFF_FORMATS}
"""Endings of files by format."""
_TRIAL = re.compile(r"#\d+$")
_FORMAT = "How to show it; left out, by the ending of the file to write, or as text."
_A = "A .fit file, - for stdin, the folder of a run, or a trial of a search, such as search.json#17."
_B = "Another one; left out, A is compared with itself at the point of --against."
_SET = "Give a param of A another value. Repeatable."
_AGAINST = "Give a param of B another value. Repeatable."


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=_A)],
    after: Annotated[str | None, typer.Argument(metavar="B", help=_B)] = None,
    format: Annotated[str | None, typer.Option(metavar="|".join(DIFF_FORMATS), help=_FORMAT)] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help=_SET)] = None,
    against: Annotated[list[str] | None, typer.Option("--against", metavar="NAME=VALUE", help=_AGAINST)] = None,
    include: IncludeOption = None,
) -> None:
    """Say in what two specs, points, runs or trials differ."""
    view = DIFF_FORMATS[format_of(format, output, ENDINGS)]
    if after is None and not against:
        raise typer.BadParameter("`diff` compares two: name another spec, or another point with --against NAME=VALUE")
    if before == after == "-":
        raise typer.BadParameter("only one of the two can be read from stdin")
    one = opened(before, settings, "--set", include)
    other = one.at(against) if after is None else opened(after, against, "--against", include)
    check_output(output, one.compilation.path, other.compilation.path)
    findings = distinct([*one.compilation.diagnostics, *other.compilation.diagnostics])
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise FitError(findings)
    compared = Compared(one.side, other.side)
    shown = view(compared, Display() if output else Display.of(sys.stdout))
    say_findings(findings)
    if output:
        write_bytes(output, f"{shown}\n".encode())
    else:
        write_result(shown)
    raise typer.Exit(0 if compared.document.same else 1)


@dataclass(frozen=True, eq=False)
class Opened:
    """One of the two, by what the user has named.

    Attributes:
        name: As the user wrote it.
        base: Its spec at the point that it has by itself.
        given: The values that were given on the command line.
        run: The folder of the run that it is; None for a spec or a trial.
    """

    name: str
    base: Compilation
    given: Mapping[str, str]
    run: Path | None = None

    @cached_property
    def compilation(self) -> Compilation:
        """Its spec at the point that is compared."""
        return replace(self.base, point={**self.base.point, **self.given})

    @property
    def title(self) -> str:
        """What the user knows it by: `net.fit (width=8)`."""
        point = ", ".join(f"{name}={value}" for name, value in self.given.items())
        return f"{self.name} ({point})" if point else self.name

    @property
    def side(self) -> Side:
        """What is compared; values of a run's params that cannot be read are left out, which is said."""
        if self.run is None:
            return side(self.title, self.compilation)
        return run_side(self.title, self.compilation, _point_of_run(self.run / "run.json"))

    def at(self, settings: Sequence[str] | None) -> Opened:
        """The same with other values given."""
        return Opened(self.name, self.base, point_of(settings, "--against"), self.run)


def opened(name: str, settings: Sequence[str] | None, flag: str, include: Sequence[Path] | None) -> Opened:
    """A spec, a run or a trial.

    Raises:
        FitError: It cannot be read.
        typer.BadParameter: It is a search, or a setting is not `NAME=VALUE`.
    """
    given, path = point_of(settings, flag), Path(name)
    if _TRIAL.search(name) and not path.exists():
        search, trial = late("tuning.report").read_trial(name)
        return Opened(name, Compilation(Source(name, search.spec), point={**search.point, **trial.point}), given)
    if (path / "search.json").is_file():
        raise typer.BadParameter(f"`{name}` is a search; name one of its trials, such as `{path}#0`, or its `best.fit`")
    run = path if path.is_dir() else path.parent if path.name == "run.json" else None
    if run is None:
        return Opened(name, open_spec(path, None, include), given)
    return Opened(name, Compilation.open(run / "spec.fit"), given, run)


def _point_of_run(path: Path) -> Mapping[str, str] | None:
    try:
        report = late("training.report").RunReport.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        say(f"`{printable(str(path))}` cannot be read, so params are not compared")
        return None
    return {name: str(value) for name, value in report.point.items()}
