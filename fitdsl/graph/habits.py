"""Calls that mean something else in PyTorch, whose layers take the sizes of their input and count the batch axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..ops.base import Op
from ..ops.combine import Concat
from ..syntax import nodes
from ..values import TensorType

LARGEST_USUAL_KERNEL = 7


@dataclass(frozen=True)
class Doubt:
    """A call that is sound but hardly meant: what to say of it, why, and what to write instead."""

    code: str
    message: str
    note: str
    help: str


def doubt(op: Op, expr: nodes.Expr, inputs: Sequence[TensorType]) -> Doubt | None:
    """What is doubtful about a layer that fits its inputs; None if nothing is."""
    if _is_size_first(op, expr, inputs[0], LARGEST_USUAL_KERNEL):
        first, second, third = _first_three(expr)
        return Doubt(
            "FIT2010",
            f"`{op.word}` gives {first} channels here, by a window of {second} in steps of {third}",
            "PyTorch's `in_channels` is inferred, so the first number is what PyTorch has second",
            f"write `{op.word}({second}, {third}, …)` for a window of {third}, or `stride={third}` if it is meant",
        )
    if isinstance(op, Concat) and op.dim == 1 and inputs[0].rank == 3 and len(set(inputs)) == 1:
        return Doubt(
            "FIT2011",
            f"`{op.word}` stacks {len(inputs)} maps {inputs[0]} on top of each other, to {op.infer(*inputs)}",
            "axes are those of one example: 0 are the channels, which are axis 1 in PyTorch; 1 is the height",
            f"write `{op.word}()` to join their channels, or `{op.word}(-2)` if the height is meant",
        )
    return None


def remedy(op: Op, expr: nodes.Expr, inputs: Sequence[TensorType]) -> str | None:
    """What to write instead of a layer that does not fit its inputs, if it is as PyTorch has it."""
    extents = inputs[0].shape[1:]
    if extents and _is_size_first(op, expr, inputs[0], min(extents)):
        _, second, third = _first_three(expr)
        return f"write `{op.word}({second}, {third}, …)`: PyTorch's `in_channels` is inferred"
    return None


def _is_size_first(op: Op, expr: nodes.Expr, input: TensorType, usual: int) -> bool:
    """Whether a call looks like `Conv2d(in_channels, out_channels, kernel_size)`.

    It does if three arguments stand without names, the first is the number of channels that flow in, and the second
    is more than a usual kernel.
    """
    fields = dict(op)
    kernel = fields.get("kernel_size")
    is_large = isinstance(kernel, int) and kernel > usual
    return is_large and fields.get("out_channels") == input.shape[0] and len(_first_three(expr)) == 3


def _first_three(expr: nodes.Expr) -> list[str]:
    """The first three arguments of a call as written, up to the first one with a name."""
    arguments = expr.arguments[:3] if isinstance(expr, nodes.Call) else ()
    named = next((place for place, argument in enumerate(arguments) if argument.name), len(arguments))
    return [argument.value.span.text for argument in arguments[:named]]
