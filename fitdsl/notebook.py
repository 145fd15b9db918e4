"""`%%fit NAME` in a notebook: the text of a cell is a spec, which is checked, bound to a name and drawn.

Only who asks for it with `%load_ext fitdsl` loads this module, so IPython is there.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from keyword import iskeyword
from pathlib import Path
from shlex import split
from types import SimpleNamespace

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic_arguments import MagicArgumentParser
from IPython.display import display

from .compilation import Compilation
from .diagnostics import Diagnostic, FitError, Severity
from .experiment import Experiment
from .program.model import Program
from .source import Source
from .view.notebook.findings import findings_bundle
from .view.terminal import counted

OPTIONS = ("--set", "--include")


class Refused(Exception):
    """The spec of a cell is not sound; its findings are in the output of the cell already."""

    def _render_traceback_(self) -> list[str]:
        """What the notebook shows in place of the way through the code, which says nothing of a spec."""
        return [str(self)]


class Cells:
    """The cell magic of one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.parser = MagicArgumentParser("%%fit", add_help=False)
        self.parser.add_argument("name", nargs="?", default="")
        self.parser.add_argument("--set", action="append", default=[])
        self.parser.add_argument("--include", action="append", default=[])

    def fit(self, line: str, cell: str) -> Experiment:
        """%%fit NAME [--set PARAM=VALUE] [--include DIR]: check the spec in this cell, call it NAME and draw it.

        Both options may be repeated. What is wrong with the spec is shown below the cell; NAME then stays as it was.
        """
        asked = self._asked(line)
        name = _checked_name(asked.name)
        # the line of the magic is the first one of the cell
        source, point = Source(name, f"\n{cell}"), dict(map(_assignment, asked.set))
        compilation = Compilation(source, point=point, include=tuple(map(Path, asked.include)))
        try:
            compilation.program  # noqa: B018 - asked for its refusal
        except FitError as error:
            _show(error.diagnostics, _sketch(compilation))
            raise Refused(self._refusal(name, error.diagnostics)) from None
        experiment = Experiment(compilation)
        _show(experiment.warnings)
        self.shell.push({name: experiment})
        return experiment

    def _asked(self, line: str) -> Namespace:
        try:
            return self.parser.parse_args(split(line))
        except ValueError as error:
            raise UsageError(f"`%%fit {line}` cannot be read: {str(error).lower()}") from None

    def _refusal(self, name: str, diagnostics: Sequence[Diagnostic]) -> str:
        errors = counted(sum(found.severity is Severity.ERROR for found in diagnostics), "error")
        state = "stays as it was" if name in self.shell.user_ns else "is not defined"
        return f"{errors} in this spec; `{name}` {state}"

    def complete(self, shell: InteractiveShell, event: SimpleNamespace) -> list[str]:
        """What may follow on the line of the magic: the name of a spec, an option, or a param of that spec."""
        words = event.text_until_cursor.removesuffix(event.symbol).split()[1:]
        known = {name: value for name, value in self.shell.user_ns.items() if isinstance(value, Experiment)}
        if words and words[-1] == "--set":
            return [f"{param}=" for name in words[:1] if name in known for param in known[name].point]
        return [*OPTIONS] if words else [name for name in known if not name.startswith("_")]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give a shell the magic."""
    cells = Cells(shell)
    shell.magics_manager.register_function(cells.fit, "cell", "fit")
    shell.set_hook("complete_command", cells.complete, str_key="%%fit")


def _show(diagnostics: Sequence[Diagnostic], known: Program | None = None) -> None:
    if diagnostics:
        display(findings_bundle(diagnostics, known), raw=True)


def _sketch(compilation: Compilation) -> Program | None:
    """As much as is known of a spec that is not sound; None if that is nothing."""
    try:
        return compilation.sketch
    except FitError:
        return None


def _checked_name(name: str) -> str:
    if not name:
        raise UsageError("`%%fit` needs a name for the spec: `%%fit net`")
    if not name.isidentifier() or iskeyword(name):
        raise UsageError(f"`%%fit` calls the spec by a name of Python; `{name}` is none")
    return name


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise UsageError(f"--set takes PARAM=VALUE, got `{text}`")
    return name.strip(), value.strip()
