"""Ctrl-C between two steps: the first one asks training to save and end, the second ends it at once.

SIGTERM, by which clusters and containers end a process, is taken the same way.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


class Asked(Exception):
    """Training was asked to end between two steps; what is on disk says where to go on."""


class Interrupted(Exception):
    """A run or a search was asked to end and has saved everything it needs to go on.

    Args:
        folder: The run or the search, to be resumed.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(f"interrupted; `{folder}` holds everything needed to go on")
        self.folder = folder


@contextmanager
def listening() -> Iterator[Callable[[], bool]]:
    """Within the block Ctrl-C only makes the yielded function say yes; a second one raises KeyboardInterrupt.

    Outside the main thread, where no signal arrives, the function always says no.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
