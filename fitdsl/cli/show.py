"""`fit show` and `fit plan`: what a spec is, and what training it would do."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated

import typer

from ..atomic import write_bytes
from ..diagnostics import Severity
from ..view.drawing.png import NoResvg
from ..view.formats import FORMATS
from ..view.options import ViewOptions
from ..view.plan import plan as plan_text
from ..view.terminal import Display, printable
from ..work.key import Around
from ..work.reuse import done_before
from ..work.store import Store
from .session import (
    IncludeOption,
    SetOption,
    SpecArgument,
    check_output,
    format_of,
    open_spec,
    say,
    say_findings,
    space_of,
    write_result,
)

ENDINGS = {name: {"table": "txt", "tree": "txt", "mermaid": "mmd"}.get(name, name) for name in FORMATS}
"""Endings of files by format."""
_FORMAT = "How to show it; left out, by the ending of the file to write, or as a table."


def show(
    spec: SpecArgument,
    format: Annotated[str | None, typer.Option(metavar="|".join(FORMATS), help=_FORMAT)] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file.")] = None,
    is_opened: Annotated[bool, typer.Option("--open", help="Open it, without -o from a temporary file.")] = False,
    depth: Annotated[int | None, typer.Option(min=1, metavar="N", help="Levels of blocks to open.")] = None,
    settings: SetOption = None,
    include: IncludeOption = None,
) -> None:
    """Show networks, shapes, costs, hints and stages."""
    chosen = format_of(format, output, ENDINGS)
    compilation = open_spec(spec, settings, include)
    check_output(output, compilation.path)
    display = Display() if output else Display.of(sys.stdout)
    try:
        shown = FORMATS[chosen](compilation, ViewOptions(display, depth, _note))
    except NoResvg as missing:
        raise typer.BadParameter(str(missing)) from None
    say_findings(compilation.diagnostics)
    if is_opened and output is None:
        output = Path(mkdtemp(prefix="fit-show-"), f"{compilation.name}.{ENDINGS[chosen]}")
    if output:
        write_bytes(output, shown if isinstance(shown, bytes) else f"{shown}\n".encode())
    else:
        write_result(shown)
    if is_opened and output:
        webbrowser.open(output.absolute().as_uri())
    if any(finding.severity is Severity.ERROR for finding in compilation.diagnostics):
        raise typer.Exit(1)


def _note(note: str) -> None:
    say(f"note: {printable(note)}")


def plan(
    spec: SpecArgument,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of the run that is planned.")] = 0,
    epochs: Annotated[int | None, typer.Option(min=1, metavar="N", help="At most so many epochs a stage.")] = None,
    settings: SetOption = None,
    include: IncludeOption = None,
) -> None:
    """Say what `train` would do, and what is already done."""
    compilation = open_spec(spec, settings, include)
    base = compilation.path.parent if compilation.path else Path()
    done = done_before(compilation.program, Store.default(), Around(base, seed, epochs))
    display = Display.of(sys.stdout)
    space, search = space_of(compilation), compilation.search
    text = plan_text(compilation.program, display, done, epochs, base=base, space=space, search=search)
    say_findings(compilation.search_diagnostics)
    write_result(text)
