"""When a stage ends before its last epoch, and which epoch's weights it keeps.

Both look only at the values a metric has had so far, so a resumed stage decides exactly as an uninterrupted one.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, PositiveInt

from ..component import Component
from ..values import Metric


def _on_validation(metric: Metric) -> Metric:
    if metric.split == "test":
        raise ValueError(
            f"`{metric}`: selecting on the test split is not allowed, its result would be too good; "
            f"use `val.{metric.name}`"
        )
    if metric.split != "val":
        raise ValueError(f"`{metric}` is not measured on the validation split; use `val.{metric.name}`")
    return metric


Selector = Annotated[Metric, AfterValidator(_on_validation)]
"""A metric that a choice may depend on: `val.loss`, `val.accuracy` or `val.error`."""


def best(metric: Metric, history: Sequence[float]) -> int | None:
    """Index of the first best value of a metric: the highest accuracy, the lowest of anything else.

    Values that are not numbers are never the best; None if there is no value that is one.
    """
    sign = -1 if metric.name == "accuracy" else 1
    numbers = [(sign * value, index) for index, value in enumerate(history) if value == value]
    return min(numbers)[1] if numbers else None


class Stop(Component, kind="stop"):
    """Decides after each epoch whether a stage is over.

    Attributes:
        metric: What it looks at.
    """

    metric: Selector = Field(description="metric on the validation split")

    @abstractmethod
    def is_over(self, history: Sequence[float]) -> bool:
        """Whether to stop, given the metric after each finished epoch; `history` is not empty."""


class Keep(Component, kind="keep"):
    """Decides after each epoch whether its weights are the ones to keep.

    Attributes:
        metric: What it looks at.
    """

    metric: Selector = Field(description="metric on the validation split")

    @abstractmethod
    def takes_last(self, history: Sequence[float]) -> bool:
        """Whether the last epoch of `history` replaces what was kept; `history` is not empty."""


class Patience(Stop, name="patience"):
    """Stops when `epochs` epochs in a row brought no new best value.

    Source: Romero et al. 2015, FitNets, appendix A: 100 epochs without improvement of the validation error.
    """

    epochs: PositiveInt = Field(description="epochs to wait for a new best value")

    def is_over(self, history: Sequence[float]) -> bool:
        index = best(self.metric, history)
        return len(history) - (0 if index is None else index + 1) >= self.epochs


class Best(Keep, name="best"):
    """Keeps the weights of the epoch with the best value, the first of equal ones."""

    def takes_last(self, history: Sequence[float]) -> bool:
        return best(self.metric, history) == len(history) - 1
