"""Arithmetic of windows that slide over the last axes of a feature map, for convolutions and pooling.

Legend: n extent of the input, k window, s stride, p padding on each side, d dilation; all in pixels along one axis.
"""

from typing import Any, ClassVar

from pydantic import NonNegativeInt, PositiveInt, field_validator

from ..values import TensorType
from .base import Op
from .demands import demand, demand_map

Size = PositiveInt | tuple[PositiveInt, ...]
"""One number for all axes, or one for each."""

Margin = NonNegativeInt | tuple[NonNegativeInt, ...]
"""The same, where nothing at all is allowed too."""


class Windowed(Op):
    """An op over feature maps with `axes` spatial axes; a list among its fields has one number for each."""

    axes: ClassVar[int]

    @field_validator(
        "kernel_size", "stride", "padding", "output_padding", "dilation", "output_size", check_fields=False
    )
    @classmethod
    def _one_number_per_axis(cls, value: Any) -> Any:
        if isinstance(value, tuple) and len(value) != cls.axes:
            raise ValueError(f"takes one number or a list of {cls.axes}, got a list of {len(value)}")
        return value

    def spread(self, value: Size | Margin) -> tuple[int, ...]:
        """One number for each axis."""
        return value if isinstance(value, tuple) else (value,) * self.axes

    def split(self, x: TensorType) -> tuple[int, tuple[int, ...]]:
        """Channels and extents of the input.

        Raises:
            Rejected: It has another number of axes.
        """
        return demand_map(self, x, self.axes)


def reach(k: int, d: int) -> int:
    """Pixels from the first to the last that a dilated window sees."""
    return d * (k - 1) + 1


def convolved(n: int, k: int, s: int, p: int, d: int) -> int:
    """Positions of a window that stays inside the padded input; below 1 if there is none."""
    return (n + 2 * p - reach(k, d)) // s + 1


def pooled(n: int, k: int, s: int, p: int, d: int, *, ceil_mode: bool) -> int:
    """Positions of a pooling window; `ceil_mode` adds a last one that hangs over the right edge.

    As in torch, that last window must start inside the input or its left padding.
    """
    if not ceil_mode:
        return convolved(n, k, s, p, d)
    positions = -((reach(k, d) - n - 2 * p) // s) + 1
    return positions - 1 if (positions - 1) * s >= n + p else positions


def transposed(n: int, k: int, s: int, p: int, d: int, extra: int) -> int:
    """Extent of the output of a transposed convolution, `extra` pixels added at its right edge."""
    return (n - 1) * s - 2 * p + reach(k, d) + extra


def demand_positions(
    op: Windowed, padded: tuple[int, ...], positions: tuple[int, ...], kernel: tuple[int, ...]
) -> None:
    """Go on only if a window that reaches over `kernel` pixels has a position along each axis of the padded input.

    Raises:
        Rejected: Somewhere it does not fit.
    """
    demand(
        min(positions) >= 1,
        f"the window of `{op.word}`, {by(kernel)}, is larger than its padded input, {by(padded)}",
        "use a smaller kernel, more padding, or fewer pooling layers before it",
    )


def by(sizes: tuple[int, ...]) -> str:
    """Sizes as people write them: `3x3`."""
    return "x".join(map(str, sizes))
