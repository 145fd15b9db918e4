"""One process at a time in a folder. A process that is killed holds nothing, so no lock is ever left behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold a folder within the block; yields False if another process holds it.

    Where folders cannot be locked, as on Windows and on some network file systems, nobody is kept out.
    """
    if sys.platform == "win32":
        yield True
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_had = True
    except OSError as error:
        is_had = not isinstance(error, BlockingIOError)
    try:
        yield is_had
    finally:
        os.close(descriptor)
