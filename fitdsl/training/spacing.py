"""When to write the next checkpoint: often enough that little work is ever lost, seldom enough to cost next to nothing.

What a checkpoint costs depends on the size of the networks and on the disk, so it is measured as training goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from ..dataclass import dataclass

SHARE = 0.015
"""Share of the time of a stage that its checkpoints may take; less than the 2 % promised, as one may cost more than the
last."""

SHORTEST_S = 1.0
"""Seconds without one, however little it costs: not worth wearing out a disk for."""

LONGEST_S = 50.0
"""Seconds after which one is written whatever it costs, so that with the step under way less than a minute is lost."""

FIRST_S = 0.02
"""What the first one is taken to cost."""


@dataclass(eq=False)
class Spacing:
    """The checkpoints of a stage in time.

    Attributes:
        clock: Seconds from any moment on.
        begun: When the stage began.
        last: When the last checkpoint was written, or the stage began.
        cost: Seconds that the last one took.
        spent: Seconds that all of them took.
    """

    clock: Callable[[], float]
    begun: float
    last: float
    cost: float = FIRST_S
    spent: float = 0.0

    @classmethod
    def begin(cls, clock: Callable[[], float] = perf_counter) -> Spacing:
        """That of a stage that begins now."""
        now = clock()
        return cls(clock, now, now)

    def is_due(self) -> bool:
        """Whether one more checkpoint, at the cost of the last one, stays within the share, or cannot wait longer."""
        now = self.clock()
        waited = now - self.last
        is_cheap = self.spent + self.cost <= SHARE * (now - self.begun)
        return waited >= LONGEST_S or (is_cheap and waited >= SHORTEST_S)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Takes the time of the checkpoint that is written within the block."""
        begun = self.clock()
        yield
        self.last = self.clock()
        self.cost = self.last - begun
        self.spent += self.cost
