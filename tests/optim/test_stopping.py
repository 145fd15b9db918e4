"""Stopping and keeping as functions of a metric's history."""

from __future__ import annotations

from math import nan

import pytest
from pydantic import ValidationError

from fitdsl.optim.stopping import Best, Patience
from fitdsl.values import Metric

ERROR = Metric("val", "error")
ACCURACY = Metric("val", "accuracy")


@pytest.mark.parametrize(
    ("metric", "history", "is_over"),
    [
        (ERROR, [0.5], False),
        (ERROR, [0.5, 0.6], False),
        (ERROR, [0.5, 0.5, 0.5], True),
        (ERROR, [0.5, 0.6, 0.4, 0.5], False),
        (ERROR, [0.5, 0.6, 0.4, 0.5, nan], True),
        (ERROR, [nan, nan], True),
        (ACCURACY, [0.5, 0.6, 0.7], False),
        (ACCURACY, [0.7, 0.6, 0.5], True),
    ],
)
def test_patience_of_two_epochs(metric: Metric, history: list[float], is_over: bool) -> None:
    assert Patience(metric=metric, epochs=2).is_over(history) is is_over


@pytest.mark.parametrize(
    ("metric", "history", "takes_last"),
    [
        (ERROR, [0.5], True),
        (ERROR, [0.5, 0.4], True),
        (ERROR, [0.5, 0.5], False),
        (ERROR, [0.5, nan], False),
        (ERROR, [nan, 0.9], True),
        (ACCURACY, [0.5, 0.6], True),
        (ACCURACY, [0.6, 0.5], False),
    ],
)
def test_best_takes_the_first_of_equals(metric: Metric, history: list[float], takes_last: bool) -> None:
    assert Best(metric=metric).takes_last(history) is takes_last


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (
            Metric("test", "error"),
            "`test.error`: selecting on the test split is not allowed, its result would be too good; use `val.error`",
        ),
        (Metric("train", "loss"), "`train.loss` is not measured on the validation split; use `val.loss`"),
    ],
    ids=str,
)
def test_only_the_validation_split_selects(metric: Metric, message: str) -> None:
    for choose in (lambda: Patience(metric=metric, epochs=1), lambda: Best(metric=metric)):
        with pytest.raises(ValidationError) as refused:
            choose()
        assert [error["msg"] for error in refused.value.errors()] == [f"Value error, {message}"]
