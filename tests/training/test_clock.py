"""The clock: whose seconds are whose, and that asking for them never loses any."""

from __future__ import annotations

from itertools import count

import pytest
import torch

from fitdsl.training.clock import Clock


def ticking() -> Clock:
    """A clock that is a second further each time it is looked at."""
    ticks = count()
    return Clock(lambda: next(ticks), lambda ended, begun: float(ended - begun))


def test_a_part_within_a_part_counts_to_the_outer_one() -> None:
    clock = ticking()
    with clock.part("validation"):
        with clock.part("loss"):
            pass
        with clock.part("student"):
            pass
    with clock.part("student"):
        pass
    assert clock.taken() == {"student": 1.0, "validation": 1.0}


def test_the_time_to_get_each_item_counts() -> None:
    clock = ticking()
    assert list(clock.each("data", iter("abc"))) == ["a", "b", "c"]
    # looking for a fourth takes time too
    assert clock.taken() == {"data": 4.0}


def test_what_was_taken_is_not_given_again() -> None:
    clock = ticking()
    with clock.part("step"):
        pass
    clock.collect()
    with clock.part("step"):
        pass
    assert clock.taken() == {"step": 2.0}
    assert clock.taken() == {}


def test_a_part_that_fails_ends() -> None:
    clock = ticking()
    with pytest.raises(ValueError, match="wrong"), clock.part("step"):
        raise ValueError("wrong")
    with clock.part("loss"):
        pass
    assert clock.taken() == {"loss": 1.0, "step": 1.0}


def test_a_compiled_function_is_not_broken_in_two() -> None:
    clock = ticking()

    def double(numbers: torch.Tensor) -> torch.Tensor:
        with clock.part("student"):
            return 2 * numbers

    compiled = torch.compile(double, backend="eager", fullgraph=True)
    assert compiled(torch.ones(2)).tolist() == [2, 2]
    assert clock.taken() == {}
