"""Means of a meter, and how it finds numbers that are not finite."""

from __future__ import annotations

from math import inf, nan

import pytest
import torch

from fitdsl.training.metrics import Meter, NotFinite


def filled(*rows: tuple[int, float, float]) -> Meter:
    meter = Meter(("loss", "accuracy"))
    for examples, loss, right in rows:
        meter.add(examples, (torch.tensor(loss), torch.tensor(right)))
    return meter


def test_means_are_over_examples() -> None:
    meter = filled((4, 1.0, 3), (2, 4.0, 0))
    assert meter.means() == {}
    meter.collect()
    assert (meter.steps, meter.examples) == (2, 6)
    assert meter.means() == {"loss": 2.0, "accuracy": 0.5, "error": 0.5}


def test_goes_on_from_earlier_sums() -> None:
    whole, first = filled((4, 1.0, 3), (2, 4.0, 0)), filled((4, 1.0, 3))
    whole.collect()
    first.collect()
    second = Meter(first.names, first.sums, first.examples, first.steps)
    second.add(2, (torch.tensor(4.0), torch.tensor(0.0)))
    second.collect()
    assert second.means() == whole.means()


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_names_the_first_step_that_is_not_finite(value: float) -> None:
    meter = filled((4, 1.0, 3), (4, value, 2), (4, nan, nan))
    with pytest.raises(NotFinite) as found:
        meter.collect()
    assert (found.value.step, found.value.names) == (2, ("loss",))
