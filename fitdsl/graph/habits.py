"""Calls that are sound here and mean something else in PyTorch, whose layers take the sizes of their input first."""

from __future__ import annotations

from collections.abc import Sequence

from ..ops.base import Op
from ..syntax import nodes
from ..values import TensorType

LARGEST_USUAL_KERNEL = 7


def is_size_first(arguments: Sequence[nodes.Argument], op: Op, input: TensorType) -> bool:
    """Whether a call looks like `Conv2d(in_channels, out_channels, kernel_size)`.

    It does if three arguments stand without names, the first is the number of channels that flow in, and the second
    would be an unusually large kernel.
    """
    if len(arguments) < 3 or any(argument.name for argument in arguments[:3]):
        return False
    fields = dict(op)
    kernel = fields.get("kernel_size")
    is_large = isinstance(kernel, int) and kernel > LARGEST_USUAL_KERNEL
    return is_large and fields.get("out_channels") == input.shape[0]
