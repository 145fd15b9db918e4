"""One process at a time in a folder. A process that is killed holds nothing, so no lock is ever left behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Hold a folder within the block; yields False if another process holds it.

    Where folders cannot be locked, as on Windows and on some network file systems, nobody is kept out.
    """
    with holding(folder) as is_held:
        yield is_held()


@contextmanager
def holding(folder: Path) -> Iterator[Callable[[], bool]]:
    """Within the block the yielded function tries to hold a folder and says whether it is held; as `held`."""
    if sys.platform == "win32":
        yield lambda: True
        return
    descriptor = os.open(folder, os.O_RDONLY)

    def is_held() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return not isinstance(error, BlockingIOError)
        return True

    try:
        yield is_held
    finally:
        os.close(descriptor)
