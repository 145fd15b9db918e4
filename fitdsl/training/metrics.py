"""Means over an epoch, gathered without waiting for the device after each step.

A step's numbers stay on the device until someone looks; only then is it found out whether one of them is not finite,
and in which step that began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from math import isfinite

import torch
from torch import Tensor

from ..dataclass import dataclass


class NotFinite(Exception):
    """A loss or a weight became NaN or infinite.

    Args:
        names: What is not finite.
        step: The first step it happened in, counted from 1; None if it was found after the steps of an epoch.
    """

    def __init__(self, names: Sequence[str], step: int | None = None) -> None:
        super().__init__(f"not finite: {', '.join(names)}")
        self.step = step
        self.names = tuple(names)


@dataclass(eq=False)
class Meter:
    """Running means of some numbers, weighted by how many examples each step had.

    Attributes:
        names: What is measured.
        sums: Their sums over examples, of the steps looked at so far.
        examples, steps: How many these are.
    """

    names: tuple[str, ...]
    sums: list[float] = field(default_factory=list)
    examples: int = 0
    steps: int = 0
    _pending: list[tuple[int, Tensor]] = field(default_factory=list)

    def add(self, examples: int, values: Sequence[Tensor]) -> None:
        """Take the numbers of one step: scalars on one device, in the order of `names`.

        Each is a mean over the step's examples, save for `accuracy`, which is how many were right: counts stay exact.
        """
        self._pending.append((examples, torch.stack([value.detach() for value in values])))

    def collect(self) -> None:
        """Wait for the device and add up what is pending.

        Raises:
            NotFinite: A number is NaN or infinite.
        """
        pending, self._pending = self._pending, []
        if not pending:
            return
        rows = torch.stack([values for _, values in pending]).tolist()
        for (examples, _), row in zip(pending, rows, strict=True):
            self._add_row(examples, row)

    def means(self) -> dict[str, float]:
        """Means over the steps looked at, with `error` beside `accuracy`; empty if there were none."""
        if not self.examples:
            return {}
        means = {name: total / self.examples for name, total in zip(self.names, self.sums, strict=True)}
        return means | {"error": 1 - means["accuracy"]} if "accuracy" in means else means

    def _add_row(self, examples: int, row: list[float]) -> None:
        self.steps += 1
        if bad := [name for name, value in zip(self.names, row, strict=True) if not isfinite(value)]:
            raise NotFinite(bad, self.steps)
        sums = (value if name == "accuracy" else examples * value for name, value in zip(self.names, row, strict=True))
        previous = self.sums or [0.0] * len(row)
        self.sums = [total + value for total, value in zip(previous, sums, strict=True)]
        self.examples += examples
