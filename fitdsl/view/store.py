"""The store of finished work as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..work.caching import megabytes
from ..work.store import Entry
from .terminal import Display, Style, columns, counted, printable

HEAD = ("kind", "key", "of", "what", "size", "last used")


def entries_table(entries: Sequence[Entry], display: Display) -> str:
    """A row for each entry, and the sum."""
    if not entries:
        return "the store is empty"
    head, *body = columns([HEAD, *map(_row, entries)], "<<<<><", width=display.width, squeeze=(3, 2))
    total = sum(entry.size for entry in entries)
    return "\n".join([display.paint(head, Style.STRONG), *body, said_of(entries, total)])


def said_of(entries: Sequence[Entry], size: int) -> str:
    """`3 entries, 1.5 MB`."""
    return f"{counted(len(entries), 'entry', 'entries')}, {megabytes(size)}"


def _row(entry: Entry) -> tuple[str, ...]:
    record, used = entry.record, datetime.fromtimestamp(entry.used)
    names = printable(record.spec), printable(record.part)
    return (record.kind, record.key[:12], *names, megabytes(entry.size), f"{used:%Y-%m-%d %H:%M}")
