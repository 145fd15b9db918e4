"""Values of every schedule at telling epochs, and what of them can never apply."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, inf, pi

import pytest
from pydantic import ValidationError
from torch import zeros
from torch.nn import Parameter
from torch.optim import SGD
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    PolynomialLR,
    SequentialLR,
)

from fitdsl.optim.schedules import (
    Constant,
    Cosine,
    Exponential,
    OneCycle,
    Polynomial,
    Ramp,
    Schedule,
    Steps,
    Warmup,
)
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
        (Exponential(gamma=0.9), 4, {1: 1.0, 2: 0.9, 2.5: 0.9**1.5, 3: 0.81, 5: 0.9**4}),
        (Exponential(gamma=2, start=3, epochs=Interval(2, 4)), 9, {1: 3.0, 3: 6.0, 4: 12.0, 9: 12.0}),
        (Polynomial(), 4, {1: 1.0, 2: 0.75, 5: 0.0}),
        (Polynomial(power=2, start=4, stop=2), 4, {1: 4.0, 3: 2.5, 5: 2.0}),
        (OneCycle(), 10, {1: 1 / 25, 2.5: 0.52, 4: 1.0, 7.5: (1 + 1 / 25e4) / 2, 11: 1 / 25e4}),
        (OneCycle(pct_start=0.5, div_factor=10, final_div_factor=1), 2, {1: 0.1, 1.5: 0.55, 2: 1.0, 3: 0.1}),
        (Warmup(epochs=2), 4, {1: 0.0, 2: 0.5, 3: 1.0, 5: 1.0}),
        (Warmup(epochs=2, then=Cosine()), 6, {1: 0.0, 2: 0.5, 3: 1.0, 5: 0.5, 7: 0.0}),
        (Warmup(epochs=2, start=0.5, then=Ramp(start=8, stop=0)), 6, {1: 4.0, 2: 6.0, 3: 8.0, 5: 4.0, 7: 0.0}),
        (Warmup(epochs=2, then=Steps(milestones=(3,))), 6, {2: 0.5, 3: 1.0, 3.99: 1.0, 4: 0.1}),
        (Warmup(epochs=1, then=Ramp(start=8, stop=0, epochs=Interval(3, 5))), 6, {1.5: 4.0, 2: 8.0, 4: 4.0, 5: 0.0}),
        (Warmup(epochs=1, then=Polynomial(epochs=Interval(None, 4))), 6, {1.5: 0.5, 2: 1.0, 3: 0.5, 4: 0.0}),
        (Warmup(epochs=1, then=Warmup(epochs=2)), 6, {1.5: 0.25, 2: 0.5, 3: 1.0}),
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
        (Exponential(gamma=0.5, start=2), (0, 2)),
        (Exponential(gamma=2), (1, inf)),
        (Polynomial(start=2, stop=3), (2, 3)),
        (OneCycle(), (1 / 25e4, 1)),
        (Warmup(epochs=1, start=0.5, then=Ramp(start=4, stop=2)), (1, 4)),
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
        (Exponential(gamma=0.9, epochs=Interval(5, None)), "it begins at epoch 5, but the stage ends after epoch 4"),
        (Polynomial(epochs=Interval(5, None)), "it begins at epoch 5, but the stage ends after epoch 4"),
        (Warmup(epochs=4), "its warm-up lasts until epoch 5 begins, but the stage ends after epoch 4"),
        (
            Warmup(epochs=1, then=Steps(milestones=(2, 4))),
            "it changes after epoch 4, but the stage ends after epoch 4",
        ),
        (Warmup(epochs=3, then=Cosine()), None),
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


@pytest.mark.parametrize(
    ("schedule", "torchs"),
    [
        (Exponential(gamma=0.9), lambda optimizer: ExponentialLR(optimizer, 0.9)),
        (Polynomial(power=0.9), lambda optimizer: PolynomialLR(optimizer, 6, 0.9)),
        (Cosine(), lambda optimizer: CosineAnnealingLR(optimizer, 6)),
        (Steps(milestones=(2, 4)), lambda optimizer: MultiStepLR(optimizer, [2, 4])),
        (
            Warmup(epochs=2, start=0.5, then=Cosine()),
            lambda optimizer: SequentialLR(
                optimizer, [LinearLR(optimizer, 0.5, 1, 2), CosineAnnealingLR(optimizer, 4)], [2]
            ),
        ),
    ],
    ids=["exponential", "polynomial", "cosine", "steps", "warmup"],
)
@pytest.mark.filterwarnings("ignore:The epoch parameter")
def test_as_torchs_own_where_epochs_begin(schedule: Schedule, torchs: Callable[[SGD], LRScheduler]) -> None:
    optimizer = SGD([Parameter(zeros(1))], 1.0)
    other = torchs(optimizer)
    for epoch in range(1, 7):
        assert schedule.at(epoch, 6) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        other.step()
