"""Where the time of a stage goes: seconds by part, taken without ever waiting for the device within an epoch."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter
from typing import Any, TypeVar

import torch

from .events import PARTS

T = TypeVar("T")


class Clock:
    """Adds up seconds by part.

    Args:
        mark: Notes the time without waiting.
        seconds: The time from a later mark (the first argument) back to an earlier one; may wait.
    """

    def __init__(
        self, mark: Callable[[], Any] = perf_counter, seconds: Callable[[Any, Any], float] = operator.sub
    ) -> None:
        self._mark, self._seconds = mark, seconds
        self._marks: list[tuple[str, Any, Any]] = []
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._is_running = False

    def part(self, name: str) -> AbstractContextManager[None]:
        """Within the block, time counts to this part; a part within a part counts to the outer one."""
        # a mark would break the graph of a compiled step in two
        if torch.compiler.is_compiling() or self._is_running:
            return nullcontext()
        return self._timed(name)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        self._is_running, begun = True, self._mark()
        try:
            yield
        finally:
            self._marks.append((name, begun, self._mark()))
            self._is_running = False

    def each(self, name: str, items: Iterator[T]) -> Iterator[T]:
        """The same items; the time to get each of them counts to this part."""
        while True:
            with self.part(name):
                found = next(items, None)
            if found is None:
                return
            yield found

    def collect(self) -> None:
        """Add up what is pending; where marks are on a device, waits for it."""
        marks, self._marks = self._marks, []
        for name, begun, ended in marks:
            self._sums[name] += self._seconds(ended, begun)

    def taken(self) -> dict[str, float]:
        """Seconds by part since this was last asked, in the order of `PARTS`."""
        self.collect()
        sums, self._sums = self._sums, defaultdict(float)
        return {name: sums[name] for name in PARTS if name in sums}


def clock_on(device: torch.device) -> Clock:
    """A clock for work on a device: on CUDA the device's own time, elsewhere the time of the host."""
    return Clock(_event, _between) if device.type == "cuda" else Clock()


def _event() -> Any:
    event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    event.record()
    return event


def _between(ended: Any, begun: Any) -> float:
    ended.synchronize()
    milliseconds: float = begun.elapsed_time(ended)
    return milliseconds / 1000
