"""Splits: exact, even over the classes, disjoint and repeatable."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitdsl.data.splits import apportion, stratify


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (10, [50, 50], [5, 5]),
        (3, [10, 10], [2, 1]),
        (7, [5, 3, 1], [4, 2, 1]),
        (9, [5, 3, 1], [5, 3, 1]),
        (0, [5, 3], [0, 0]),
        (0, [0, 0], [0, 0]),
    ],
)
def test_largest_remainders(total: int, weights: list[int], shares: list[int]) -> None:
    assert apportion(total, weights) == shares


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.data())
def test_shares_add_up_and_stay_within_one_of_exact(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    shares = apportion(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert share <= weight
        assert abs(share - total * weight / max(sum(weights), 1)) < 1


def test_parts_are_disjoint_stratified_and_repeatable() -> None:
    targets = np.repeat([0, 1, 2], [500, 300, 200])
    train, val = stratify(targets, (800, 150), seed=7)
    assert (len(train), len(val), len({*train, *val})) == (800, 150, 950)
    assert np.bincount(targets[train]).tolist() == [400, 240, 160]
    assert np.bincount(targets[val]).tolist() == [75, 45, 30]
    again = stratify(targets, (800, 150), seed=7)
    assert [part.tolist() for part in again] == [train.tolist(), val.tolist()]
    assert stratify(targets, (800, 150), seed=8)[0].tolist() != train.tolist()


def test_everything_to_train() -> None:
    train, val = stratify(np.array([1, 0, 1, 0]), (4, 0), seed=0)
    assert (train.tolist(), val.tolist()) == ([0, 1, 2, 3], [])
