"""Who goes on at a rung, and what that costs beside Ray's scheduler over random orders of arrival."""

from __future__ import annotations

import runpy
from math import nan
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from fitdsl.tuning.rungs import Rungs

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "asha.py"


def reached(rungs: Rungs, epoch: int, **scores: float) -> list[str]:
    """Which trials go on, of some that reach a rung one after another."""
    return [trial for trial, score in scores.items() if rungs.reached(trial, epoch, score)]


def test_rungs_lie_below_the_last_epoch() -> None:
    assert Rungs(1, 3, 27).budgets == (1, 3, 9)
    assert Rungs(1, 3, 28).budgets == (1, 3, 9, 27)
    assert Rungs(5, 2, 40).budgets == (5, 10, 20)
    assert Rungs(5, 2, 5).budgets == ()


def test_between_rungs_every_trial_goes_on() -> None:
    assert reached(Rungs(2, 3, 18), 1, a=nan, b=0) == ["a", "b"]
    assert reached(Rungs(2, 3, 18), 3, a=0) == ["a"]


def test_the_first_of_a_rung_waits_until_enough_have_come() -> None:
    rungs = Rungs(1, 3, 9)
    assert reached(rungs, 1, a=0.9, b=0.5) == []
    assert rungs.promotable() is None
    assert reached(rungs, 1, c=0.6) == []
    assert rungs.promotable() == "a"
    assert rungs.promotable() is None


def test_one_that_is_among_the_best_goes_on_at_once() -> None:
    rungs = Rungs(1, 3, 9)
    assert reached(rungs, 1, a=0.5, b=0.6, c=0.9) == ["c"]
    assert rungs.promotable() is None


def test_of_equal_scores_the_earlier_trial_goes_on() -> None:
    rungs = Rungs(1, 3, 9)
    assert reached(rungs, 1, a=0.5, b=0.5, c=0.5) == []
    assert rungs.promotable() == "a"


def test_the_highest_rung_comes_first_and_the_best_of_it() -> None:
    rungs = Rungs(1, 2, 8)
    assert reached(rungs, 2, e=0.8, f=0.7) == []
    assert reached(rungs, 1, a=0.9, b=0.5) == []
    assert [rungs.promotable() for _ in range(3)] == ["e", "a", None]


def test_only_a_trial_that_waits_can_be_chosen() -> None:
    rungs = Rungs(1, 2, 8)
    reached(rungs, 1, a=0.9, b=0.5, c=0.8, d=0.3)
    assert rungs.promotable(lambda trial: trial == "c") == "c"
    assert rungs.promotable() == "a"


def test_early_promotions_count_and_only_the_better_half_goes_on_beyond_them() -> None:
    rungs = Rungs(1, 2, 2)
    assert reached(rungs, 1, a=0.1, b=0.2, c=0.3, d=0.4) == ["b", "c", "d"]
    # three have gone on where two of four should have: the second of five waits, the best of six does not
    assert reached(rungs, 1, e=0.35, f=0.5) == ["f"]
    assert reached(rungs, 1, g=0.36, h=0.45) == ["h"]
    assert rungs.promotable() is None
    # of ten five should have gone on, as they have
    assert reached(rungs, 1, i=0.0, j=0.0) == []
    assert rungs.promotable() is None
    assert reached(rungs, 1, k=0.0, m=0.0) == []
    assert rungs.promotable() == "g"


def test_a_nan_is_the_worst_and_never_goes_on() -> None:
    rungs = Rungs(1, 2, 8)
    assert reached(rungs, 1, a=nan, b=nan, c=nan, d=-9.0) == ["d"]
    assert rungs.promotable() is None
    assert rungs.drained() is None


def test_a_trial_that_comes_again_after_a_crash_goes_on_if_it_did() -> None:
    rungs = Rungs(1, 2, 8)
    assert reached(rungs, 1, a=0.1, b=0.9) == ["b"]
    assert reached(rungs, 1, b=0.9, a=0.1) == ["b"]


def test_the_place_of_a_trial_that_fails_is_free() -> None:
    rungs = Rungs(1, 2, 8)
    assert reached(rungs, 1, a=0.1, b=0.9, c=0.5) == ["b"]
    rungs.gone("b")
    assert rungs.promotable() == "c"


def test_once_all_is_drained_the_best_goes_on_until_one_is_through() -> None:
    rungs = Rungs(1, 3, 9)
    assert reached(rungs, 1, a=0.5, b=0.6) == []
    assert rungs.promotable() is None
    assert rungs.drained() == "b"
    assert reached(rungs, 3, b=0.7) == []
    assert rungs.drained() == "b"
    rungs.through("b")
    assert rungs.drained() is None


@pytest.fixture(scope="module")
def benchmark() -> dict[str, Any]:
    """The names that the benchmark defines."""
    return runpy.run_path(str(BENCHMARK))


@pytest.mark.parametrize(
    "setting",
    [(36, 9, 1, 3, 1), (40, 27, 1, 3, 4), pytest.param((81, 27, 1, 3, 8), marks=pytest.mark.slow), (32, 40, 5, 3, 4)],
    ids=str,
)
def test_promotion_takes_at_most_four_fifths_of_the_epochs_of_stopping(
    benchmark: dict[str, Any], setting: tuple[int, ...]
) -> None:
    ours, rays = benchmark["compared"](setting, 60)
    assert mean(one.epochs for one in ours) <= 0.8 * mean(one.epochs for one in rays)
    # qualities have a standard deviation of 1
    assert mean(one.regret for one in ours) <= mean(one.regret for one in rays) + 0.03
    assert min(one.through for one in ours) >= 1
