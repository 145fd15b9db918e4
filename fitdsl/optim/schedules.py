"""How a weight, a temperature or a learning rate moves over the epochs of a stage.

A schedule is a function of the epoch, counted from 1 and fractional inside an epoch, so it can be drawn and tested without training.
"""

from __future__ import annotations

from abc import abstractmethod

from ..component import Component


class Schedule(Component, kind="schedule"):
    """A number that depends on the epoch."""

    @abstractmethod
    def at(self, epoch: float, epochs: int) -> float:
        """The value at an epoch counted from 1 (the first), in a stage of `epochs` epochs."""
