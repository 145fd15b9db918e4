"""Files that are either whole or as they were: whoever is killed while writing leaves nothing half-written behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part"
"""Ending of a file that is being written."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file to write, which takes the place of `path` when the block ends well and is removed otherwise.

    Raises:
        OSError: The folder cannot be written or the disk is full; `path` is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    try:
        yield part
        _to_disk(part)
        part.replace(path)
    except OSError as error:
        # a full disk is told without a name
        if error.filename in (None, str(part)):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Put `text` into `path`, in UTF-8 and with the line ends it has, or leave the file as it was."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Put `data` into `path`, or leave the file as it was."""
    with replacing(path) as part:
        part.write_bytes(data)


def cut_half_a_line(path: Path) -> None:
    """Take away what a killed process or a full disk has left of the last line of a file, if there is one."""
    if path.exists():
        with path.open("rb+") as file:
            file.truncate(file.read().rfind(b"\n") + 1)


def _to_disk(part: Path) -> None:
    with part.open("rb+") as file:
        os.fsync(file.fileno())
