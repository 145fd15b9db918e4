"""Calls as PyTorch has them, with the size of the input first, do not pass in silence."""

from __future__ import annotations

import pytest
from findings import found


def layer(call: str) -> list[str]:
    """What is found about one layer on [16, 32, 32]."""
    return found(f"student s(x: [16, 32, 32]) {{\n  {call}\n}}")


def test_channels_of_the_input_are_not_written() -> None:
    assert layer("Conv2d(16, 32, 3, padding=1)") == [
        "3:3 FIT2010 `Conv2d` gives 16 channels here, by a window of 32 in steps of 3"
        "  (write `Conv2d(32, 3, …)` for a window of 3, or `stride=3` if it is meant)"
    ]
    assert [line.split()[1] for line in layer("ConvTranspose2d(16, 8, 2)")] == ["FIT2010"]


@pytest.mark.parametrize(
    "call",
    ["Conv2d(16, 3, 2)", "Conv2d(16, 8)", "Conv2d(16, 8, stride=8)", "Conv2d(32, 16, 16)", "Conv2d(16, [9, 9], 1)"],
)
def test_what_is_meant_passes(call: str) -> None:
    assert layer(call) == []


@pytest.mark.parametrize("norm", ["BatchNorm2d(16)", "InstanceNorm2d(16)", "GroupNorm(4, 16)"])
def test_a_number_of_channels_is_no_eps(norm: str) -> None:
    (finding,) = layer(norm)
    assert finding.endswith(
        "is a positive number below 1, got the number 16  (give no size of what flows in: input sizes are inferred)"
    )
