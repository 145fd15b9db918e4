"""Whether Ctrl-C was pressed, for when its exception does not come through.

Libraries that are being loaded, torch among them, may swallow the exception and then fail in their own ways.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def noting_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Within the block Ctrl-C raises KeyboardInterrupt as ever; the yielded function says whether it did."""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return

    def note(number: int, frame: FrameType | None) -> None:
        pressed.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
