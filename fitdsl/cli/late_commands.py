"""Commands whose modules are loaded when they are called, so that `check` does not wait for what `train` needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from ..late import late

COMMANDS: Mapping[str, tuple[str, str]] = {
    "check": ("check", "check"),
    "fmt": ("fmt", "fmt"),
    "show": ("show", "show"),
    "diff": ("diff", "diff"),
    "plan": ("show", "plan"),
    "train": ("train", "train"),
    "search": ("search", "search"),
    "report": ("report", "report"),
    "store": ("store", "store"),
    "list": ("reference", "list_components"),
    "explain": ("reference", "explain"),
    "init": ("init", "init"),
}
"""Module and function of each command, in the order of the help text."""


class LateCommands(TyperGroup):
    """The commands of `COMMANDS`."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One of them; None if there is no such command, and then all are loaded, to find what was meant."""
        for name in [cmd_name] if cmd_name in COMMANDS else COMMANDS:
            if name not in self.commands:
                self.commands[name] = _load(name, dict(self.context_settings))
        return self.commands.get(cmd_name)


def _load(name: str, context_settings: dict[Any, Any]) -> Any:
    module, function = COMMANDS[name]
    app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=context_settings)
    app.command(name)(getattr(late(f"cli.{module}"), function))
    return get_command(app)
