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


def test_a_window_too_large_may_be_channels() -> None:
    assert layer("Conv2d(16, 64, 3, padding=1)") == [
        "3:3 FIT2004 the window of `Conv2d`, 64x64, is larger than its padded input, 34x34"
        "  (write `Conv2d(64, 3, …)`: PyTorch's `in_channels` is inferred)"
    ]
    for call in ("Conv2d(16, 64, padding=1)", "Conv2d(8, 64, 3)", "Conv2d(16, 64, stride=3)"):
        (finding,) = layer(call)
        assert finding.endswith("(use a smaller kernel, more padding, or fewer pooling layers before it)")


def joined(call: str, *shapes: str) -> list[str]:
    """What is found about flows of these shapes joined by a call."""
    inputs = {f"x{number}": shape for number, shape in enumerate(shapes)}
    heading = ", ".join(f"{name}: {shape}" for name, shape in inputs.items())
    return found(f"student s({heading}) {{\n  [{', '.join(inputs)}] -> {call}\n}}")


def test_maps_are_not_stacked_in_silence() -> None:
    assert joined("Concat(dim=1)", "[4, 8, 8]", "[4, 8, 8]") == [
        "3:15 FIT2011 `Concat` stacks 2 maps [4, 8, 8] on top of each other, to [4, 16, 8]"
        "  (write `Concat()` to join their channels, or `Concat(-2)` if the height is meant)"
    ]
    assert joined("Concat(1)", "[4, 8, 8]", "[2, 8, 8]") == [
        "3:15 FIT2001 `Concat` along axis 1 needs all other axes equal, got [4, 8, 8] and [2, 8, 8]"
        "  (write `Concat()` to join axis 0, the channels)"
    ]


@pytest.mark.parametrize(
    ("call", "shapes"),
    [
        ("Concat()", ("[4, 8, 8]", "[4, 8, 8]")),
        ("Concat(-2)", ("[4, 8, 8]", "[4, 8, 8]")),
        ("Concat(1)", ("[4, 8, 8]", "[4, 2, 8]")),
        ("Concat(1)", ("[5, 6]", "[5, 6]")),
    ],
)
def test_maps_that_are_meant_to_be_stacked_pass(call: str, shapes: tuple[str, ...]) -> None:
    assert joined(call, *shapes) == []


@pytest.mark.parametrize("norm", ["BatchNorm2d(16)", "InstanceNorm2d(16)", "GroupNorm(4, 16)"])
def test_a_number_of_channels_is_no_eps(norm: str) -> None:
    (finding,) = layer(norm)
    assert finding.endswith(
        "is a positive number below 1, got the number 16  (give no size of what flows in: input sizes are inferred)"
    )
