"""Means over an epoch, gathered without waiting for the device after each step.

A step's numbers stay on the device until someone looks; only then is it found out whether one of them is not finite,
and in which step that began.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from math import isfinite

import torch
from torch import Tensor
from torch.nn import functional

from ..dataclass import dataclass

FIT_PARTS = ("residual", "spread")
"""What a hint's fit is made of: the metrics `residual(HINT)` and `spread(HINT)` become `fit(HINT)`."""


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
        """Means over the steps looked at, with `error` beside `accuracy`; empty if there were none.

        For a hint there is `fit(HINT)`, 1 - residual / spread: 1 where the regressed guided output is the hint, 0 where
        it says no more than the hint's mean, less where it says less. It is left out where the hint never varies.
        """
        if not self.examples:
            return {}
        means = {name: total / self.examples for name, total in zip(self.names, self.sums, strict=True)}
        if "accuracy" in means:
            means["error"] = 1 - means["accuracy"]
        shown = {name: value for name, value in means.items() if not _is_fit_part(name)}
        return shown | dict(_fits(means))

    def _add_row(self, examples: int, row: list[float]) -> None:
        self.steps += 1
        bad = [name for name, value in zip(self.names, row, strict=True) if not (isfinite(value) or _is_fit_part(name))]
        if bad:
            raise NotFinite(bad, self.steps)
        sums = (value if name == "accuracy" else examples * value for name, value in zip(self.names, row, strict=True))
        previous = self.sums or [0.0] * len(row)
        self.sums = [total + value for total, value in zip(previous, sums, strict=True)]
        self.examples += examples


def _is_fit_part(name: str) -> bool:
    return name.startswith(tuple(f"{part}(" for part in FIT_PARTS))


def _fits(means: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for name, residual in means.items():
        if name.startswith("residual("):
            hint = name.removeprefix("residual")
            spread = means[f"spread{hint}"]
            if isfinite(residual) and isfinite(spread) and spread > 0:
                yield f"fit{hint}", 1 - residual / spread


def fit_parts(guided: Tensor, hint: Tensor) -> tuple[Tensor, Tensor]:
    """Squared distance to the hint, and the hint's variance within the batch, each summed over features.

    Args:
        guided: Student features after the regressor, [n, ...].
        hint: Teacher features, as many for each example.

    Returns:
        Two scalars, means over examples; the second is without bias, and 0 for a batch of one.
    """
    hint = hint.flatten(1).float()
    residual = functional.mse_loss(guided.flatten(1), hint, reduction="sum")
    spread = functional.mse_loss(hint, hint.mean(0).expand_as(hint), reduction="sum")
    return residual / len(hint), spread / max(len(hint) - 1, 1)


@dataclass(eq=False)
class Norms:
    """Mean and largest norm of the gradient over an epoch, in steps whose gradient was finite.

    Attributes:
        total, largest: Sum and maximum over the steps looked at so far.
        steps: How many these are.
    """

    total: float = 0.0
    largest: float = 0.0
    steps: int = 0
    _pending: list[Tensor] = field(default_factory=list)

    def add(self, norm: Tensor) -> None:
        """Take the norm of one step, a scalar."""
        self._pending.append(norm)

    def collect(self) -> None:
        """Wait for the device and add up what is pending."""
        pending, self._pending = self._pending, []
        norms = [norm for norm in torch.stack(pending).tolist() if isfinite(norm)] if pending else []
        self.total += sum(norms)
        self.largest = max([self.largest, *norms])
        self.steps += len(norms)

    def state(self) -> tuple[float, float, int]:
        """What to make an equal one of."""
        return self.total, self.largest, self.steps

    def summary(self) -> dict[str, float]:
        """`mean` and `max`; empty if there was no step."""
        return {"mean": self.total / self.steps, "max": self.largest} if self.steps else {}
