"""The commands put together, and what happens to errors on their way out.

Exit codes: 0 fine, 1 findings or a failed run, 2 wrong usage or an internal error, 130 after Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer

from ..diagnostics import FitError
from .check import check
from .fmt import fmt
from .init import init
from .reference import explain, list_components
from .session import say, say_findings
from .show import plan, show
from .train import train

app = typer.Typer(
    name="fit",
    no_args_is_help=True,
    # Importing rich for help texts and errors would cost every command a tenth of a second.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(check)
app.command()(fmt)
app.command()(show)
app.command()(plan)
app.command()(train)
app.command(name="list")(list_components)
app.command()(explain)
app.command()(init)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        print(f"fitdsl {version('fitdsl')}")
        raise typer.Exit


@app.callback()
def fit(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """One file describes teacher, student, hints and search; fit checks it, shows it and trains it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line, by default the one of the process, and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = run(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer has no reader; the interpreter must not try again on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit code; whatever goes wrong is said in a few lines on stderr."""
    try:
        app(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except FitError as error:
        say_findings(error.diagnostics)
        return 1
    except OSError as error:
        say(f"error: {error.strerror or error}{f': `{error.filename}`' if error.filename else ''}")
        return 1
    except Exception as error:
        if os.environ.get("FITDSL_TRACEBACK"):
            raise
        say(f"internal error: {type(error).__name__}: {error}")
        say("please report this with the spec and what FITDSL_TRACEBACK=1 in the environment makes it print")
        return 2
    return 0
