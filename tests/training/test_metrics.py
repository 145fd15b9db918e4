"""Means of a meter, and how it finds numbers that are not finite."""

from __future__ import annotations

from math import inf, nan

import pytest
import torch

from fitdsl.training.metrics import Meter, Norms, NotFinite, fit_parts


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


def test_fit_of_a_hint() -> None:
    hint = torch.tensor([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0]])
    assert [part.item() for part in fit_parts(hint, hint)] == [0.0, 4.0]
    # the mean of the hint explains nothing: its own variance is what is left, save for Bessel's correction
    mean = hint.mean(0).expand(3, 2)
    assert fit_parts(mean.reshape(3, 2, 1), hint)[0].item() == pytest.approx(8 / 3)
    assert [part.item() for part in fit_parts(hint[:1] + 1, hint[:1])] == [2.0, 0.0]


def test_a_meter_gives_fits_instead_of_their_parts() -> None:
    meter = Meter(("loss", "residual(mid)", "spread(mid)"))
    for examples, residual, spread in ((6, 1.0, 4.0), (2, 5.0, 12.0)):
        meter.add(examples, [torch.tensor(value) for value in (0.5, residual, spread)])
    meter.collect()
    assert meter.means() == {"loss": 0.5, "fit(mid)": 1 - 16 / 48}


@pytest.mark.parametrize(("residual", "spread"), [(1.0, 0.0), (inf, 1.0), (nan, nan)])
def test_a_fit_that_is_no_number_is_left_out(residual: float, spread: float) -> None:
    meter = Meter(("loss", "residual(mid)", "spread(mid)"))
    meter.add(4, [torch.tensor(value) for value in (0.5, residual, spread)])
    meter.collect()
    assert meter.means() == {"loss": 0.5}


def test_norms_of_gradients() -> None:
    norms = Norms()
    assert norms.summary() == {}
    for norm in (1.0, inf, 4.0):
        norms.add(torch.tensor(norm))
    norms.collect()
    later = Norms(*norms.state())
    later.add(torch.tensor(1.0))
    later.collect()
    assert later.summary() == {"mean": 2.0, "max": 4.0}
