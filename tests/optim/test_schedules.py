"""Values of every schedule at telling epochs, and what of them can never apply."""

from __future__ import annotations

from math import cos, pi

import pytest
from pydantic import ValidationError

from fitdsl.optim.schedules import Constant, Cosine, Ramp, Schedule, Steps
from fitdsl.values import Interval

PAPER = Ramp(start=4, stop=1, epochs=Interval(5, 400))


@pytest.mark.parametrize(
    ("schedule", "epochs", "table"),
    [
        (Constant(), 10, {1: 1.0, 10.5: 1.0}),
        (PAPER, 500, {1: 4.0, 5: 4.0, 202.5: 2.5, 400: 1.0, 500: 1.0}),
        (Ramp(start=0, stop=1), 4, {1: 0.0, 3: 0.5, 5: 1.0}),
        (Ramp(start=0, stop=1, epochs=Interval(3, None)), 4, {1: 0.0, 3: 0.0, 4: 0.5, 5: 1.0}),
        (Ramp(start=0, stop=1, epochs=Interval(None, 3)), 4, {1: 0.0, 2: 0.5, 3: 1.0, 5: 1.0}),
        (Cosine(), 4, {1: 1.0, 2: (1 + cos(pi / 4)) / 2, 3: 0.5, 5: 0.0}),
        (Cosine(start=2, stop=1, epochs=Interval(2, 4)), 9, {1: 2.0, 2: 2.0, 3: 1.5, 4: 1.0, 9: 1.0}),
        (Cosine(warmup=2), 6, {1: 0.0, 2: 0.5, 3: 1.0, 5: 0.5, 7: 0.0}),
        (Cosine(warmup=9), 6, {1: 0.0, 5.5: 0.5}),
        (Cosine(warmup=3, epochs=Interval(1, 3)), 6, {2.5: 0.5, 4: 0.0}),
        (Ramp(start=4, stop=1, epochs=Interval(5, None)), 4, {1: 4.0, 4.99: 4.0}),
        (Steps(milestones=(2, 3)), 4, {1: 1.0, 2.99: 1.0, 3: 0.1, 3.99: 0.1, 4: 0.01}),
        (Steps(milestones=(1,), factor=0.5, start=8), 4, {1: 8.0, 2: 4.0}),
    ],
    ids=str,
)
def test_values(schedule: Schedule, epochs: int, table: dict[float, float]) -> None:
    assert {epoch: pytest.approx(schedule.at(epoch, epochs), abs=1e-12) for epoch in table} == table


@pytest.mark.parametrize(
    ("schedule", "bounds"),
    [
        (Constant(value=2), (2, 2)),
        (PAPER, (1, 4)),
        (Cosine(start=2, stop=3), (2, 3)),
        (Cosine(start=2, stop=3, warmup=1), (0, 3)),
        (Steps(milestones=(1, 2), factor=2), (1, 4)),
    ],
    ids=str,
)
def test_extremes(schedule: Schedule, bounds: tuple[float, float]) -> None:
    assert schedule.extremes() == bounds


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        (PAPER, "it begins at epoch 5, but the stage ends after epoch 4"),
        (Cosine(epochs=Interval(5, None)), "it begins at epoch 5, but the stage ends after epoch 4"),
        (Cosine(warmup=4), "its warm-up lasts until epoch 5 begins, but it ends as epoch 5 begins"),
        (Steps(milestones=(2, 4)), "it changes after epoch 4, but the stage ends after epoch 4"),
        (Ramp(start=4, stop=1, epochs=Interval(4, 400)), None),
        (Cosine(warmup=3), None),
        (Steps(milestones=(3,)), None),
        (Constant(), None),
    ],
    ids=str,
)
def test_never_applies_in_four_epochs(schedule: Schedule, reason: str | None) -> None:
    assert schedule.never_applies(4) == reason


@pytest.mark.parametrize(
    ("interval", "message"),
    [
        (Interval(5, 5), "this range ends at epoch 5, not after it begins, at epoch 5"),
        (Interval(None, 1), "this range ends at epoch 1, not after it begins, at epoch 1"),
        (Interval(0, 5), "epochs are counted from 1, this range begins at 0"),
        (Interval(1, 5, 2), "a range of epochs has no step"),
    ],
    ids=str,
)
def test_impossible_range_of_epochs(interval: Interval, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Ramp(start=0, stop=1, epochs=interval)
    assert [error["msg"] for error in refused.value.errors()] == [f"Value error, {message}"]
