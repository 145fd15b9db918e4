"""`fit store`: what finished work is kept, and what to do about it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..view.store import entries_table, said_of
from ..view.terminal import Display, printable
from ..work.store import Store, read_size
from .session import pick, say, write_result

ACTIONS = ("ls", "gc", "verify")
_LIMIT = "What the store may take after gc, such as 5G; 0 empties it. Its own limit if left out."


def store(
    action: Annotated[str, typer.Argument(metavar="|".join(ACTIONS), help="List it, make room, or check every file.")],
    limit: Annotated[str | None, typer.Option(metavar="SIZE", help=_LIMIT)] = None,
) -> None:
    """List, shrink or check the store of finished work."""
    found = Store.default()
    match pick(action, ACTIONS, "action"):
        case "ls":
            write_result(entries_table(found.entries(), Display.of(sys.stdout)))
            say(printable(f"in {found.folder}"))
        case "gc":
            _shrink(found, limit)
        case "verify":
            _verify(found)


def _shrink(found: Store, limit: str | None) -> None:
    before = sum(entry.size for entry in found.entries())
    gone = found.shrink(None if limit is None else read_size(limit, "--limit"))
    after = sum(entry.size for entry in found.entries())
    write_result(f"took away {said_of(gone, before - after)}")


def _verify(found: Store) -> None:
    """Check every file; what is damaged is taken away, and the command ends with 1."""
    entries = found.entries()
    damaged = [(entry, reason) for entry in entries if (reason := entry.damage())]
    for entry, reason in damaged:
        say(printable(f"{reason}; taken away, so that it is made anew"))
        found.remove(entry)
    write_result(f"{len(entries) - len(damaged)} of {len(entries)} entries are as they were written")
    if damaged:
        raise typer.Exit(1)
