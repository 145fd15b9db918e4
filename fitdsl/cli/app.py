"""The commands put together, and what happens to errors on their way out.

Exit codes: 0 fine, 1 findings or a failed run, 2 wrong usage or an internal error, 130 after Ctrl-C.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated

import typer

from ..diagnostics import FitError
from ..view.terminal import printable
from .ctrl_c import noting_ctrl_c
from .late_commands import LateCommands
from .session import say, say_findings

app = typer.Typer(
    name="fit",
    cls=LateCommands,
    no_args_is_help=True,
    # Importing rich for help texts and errors would cost every command a tenth of a second.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        print(f"fitdsl {import_module('importlib.metadata').version('fitdsl')}")
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
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = run(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer has no reader; the interpreter must not try again on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    # What stays to the end need not be searched for garbage on the way out.
    gc.freeze()
    sys.exit(code)


def _open_streams() -> None:
    """Let closed streams (`fit show >&-`) lead nowhere, instead of failing over them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit code; whatever goes wrong is said on stderr."""
    with noting_ctrl_c() as is_pressed:
        try:
            app(arguments)
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 0
        except KeyboardInterrupt:
            return 130
        except FitError as error:
            say_findings(error.diagnostics)
            return 1
        except OSError as error:
            where = f": `{error.filename}`" if error.filename else ""
            say(f"error: {printable(f'{error.strerror or error}{where}')}")
            return 1
        except Exception as error:
            return 130 if is_pressed() else _internal(error)
    return 0


def _internal(error: Exception) -> int:
    if os.environ.get("FITDSL_TRACEBACK"):
        raise error
    what = printable(f"{type(error).__name__}: {error}")
    say(f"internal error: {what}; please report it with the spec and what FITDSL_TRACEBACK=1 makes it print")
    return 2
