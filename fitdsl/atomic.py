"""Files that are either whole or as they were: whoever is killed while writing leaves nothing half-written behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj, copymode
from tempfile import TemporaryDirectory

PART = ".part"
"""Ending of a file that is being written."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file to write, which takes the place of `path` when the block ends well and is removed otherwise.

    A link stays one: what it leads to is replaced. A file keeps who may read it. A device or a pipe is written to.

    Raises:
        OSError: The folder cannot be written or the disk is full; `path` is then as it was.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with _poured(path) as part:
            yield part
        return
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}{PART}")
    try:
        yield part
        _to_disk(part)
        if target.exists():
            copymode(target, part)
        part.replace(target)
    except OSError as error:
        # a full disk is told without a name
        if error.filename in (None, str(part)):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _poured(path: Path) -> Iterator[Path]:
    """A temporary file whose bytes go into a device or a pipe when the block ends well."""
    with TemporaryDirectory() as folder:
        part = Path(folder, path.name)
        yield part
        with part.open("rb") as source, path.open("wb") as target:
            copyfileobj(source, target)


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
