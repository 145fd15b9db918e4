"""What data and weights files hold, whatever they are called and wherever they lie."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from ..data.base import DataSettings
from ..data.places import find
from ..graph.sources import Source
from .describe import digest, plain
from .paths import own_module

HASHED_BYTES = 2**30
"""Files up to this size are known by what they hold, larger ones by size and time of their last change."""


def data_key(settings: DataSettings, *, base: Path, seed: int) -> str | None:
    """Key of the examples of all splits as they are after preparation, before augmentation.

    Args:
        settings: The declaration.
        base: Folder of the spec, to which its paths are relative.
        seed: Of the run; picks which examples are for validation where the declaration does not.

    Returns:
        32 hexadecimal digits; None where a file is not there yet.
    """
    source = settings.source
    found = find(source.files, base)
    if len(found) < len(source.files.names):
        return None
    reader = source.lower()
    held = [content(found[name]) for name in source.files.names]
    steps = [plain(step) for step in settings.held_out_steps]
    return digest([reader.target, plain(reader.kwargs), held, plain(settings.split), steps, settings.split_seed(seed)])


def foreign_code(source: Source, base: Path) -> str | None:
    """A hash of the user's own module that makes a network, where it lies beside the spec; else None."""
    found = None if source.factory is None else own_module(source.factory, base)
    return None if found is None else content(found)


def content(path: Path) -> str:
    """A hash of what a file holds, or of the names, sizes and times of change of a folder's files.

    Raises:
        OSError: It cannot be read.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return digest([[str(file.relative_to(path)), *_change(file)] for file in files])
    size, time = _change(path)
    return _hashed(path, size, time, path.stat().st_ctime_ns) if size <= HASHED_BYTES else digest([size, time])


def _change(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


@cache
def _hashed(path: Path, size: int, *times: int) -> str:
    """The hash of a file; size and times are there so that a file that has changed is read again."""
    del size, times
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
