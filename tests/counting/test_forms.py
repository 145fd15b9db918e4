"""Requirements with decimals are counted as the checker answers them, which rounds."""

from __future__ import annotations

import pytest
from test_spaces import space_of

from fitdsl.counting.space import Space
from fitdsl.counting.students import one_by_one

TEXT = """fit 1
param w = 1 in 1..100
data d { source = Digits() }
student s(image: d.input) { Conv2d(w, 1) -> Flatten() -> Linear(d.classes) }
search {
  maximize = val.accuracy
  require  = REQUIRED
}
"""


@pytest.mark.parametrize(
    "required",
    [
        # a student of width w has 642 w + 10 params; 0.1 is a little more than a tenth as a float
        "params(s) * 0.1 <= 1285.0",
        "params(s) * 0.1 < 1285.0",
        "-params(s) * 0.7 >= -8995.0",
        "(params(s) - 10) / 642 <= 49.0",
        "(params(s) - 10) / 642 == 49.0",
        "(params(s) - 10) / 642 != 49.0",
        "not (params(s) - 10) * 0.3 > 642 * 30 * 0.3",
        "params(s) * 0.5 + macs(s) * 0.25 <= 30K",
        "params(s) / 4 + macs(s) <= macs(s) + 4000.25",
        "params(s) * 0.1 + macs(s) * 0.3 <= 20K",
        "params(s) // 10 <= 2000",
        "params(s) <= 0.3 * 100000",
    ],
)
def test_what_is_counted_is_what_is_checked(required: str, monkeypatch: pytest.MonkeyPatch) -> None:
    space = space_of(TEXT.replace("REQUIRED", required))
    assert space.ground is not None
    feasible = sum(student.is_feasible for student in one_by_one(space.ground))
    assert 0 < feasible < 100
    assert space.feasible == feasible
    monkeypatch.setattr("fitdsl.counting.space.MOST_LISTED", 0)
    assert Space(space.ground).feasible in (feasible, None)


@pytest.mark.parametrize(
    ("required", "is_counted"),
    [
        ("params(s) * 0.1 <= 1285.0", True),
        ("params(s) / 1000 + weights(s) / 1000 <= 20", False),
        ("params(s) * 0.5 + weights(s) * 0.5 <= 20K", True),
        ("params(s) * 0.3 - params(s) * 0.1 <= 3K", False),
        ("params(s) * 2**50 >= 3", False),
    ],
)
def test_what_floats_round_is_counted_where_it_is_one_cost(
    required: str, is_counted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fitdsl.counting.space.MOST_LISTED", 0)
    text = TEXT.replace("REQUIRED", required)
    assert (space_of(text).feasible is not None) == is_counted
