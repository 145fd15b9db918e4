"""What ops demand of their inputs, and the words they refuse them with: ranks, axes and shares, each said one way."""

from ..values import Rejected, TensorType
from .base import Op

FORMS = {1: "[C, L]", 2: "[C, H, W]", 3: "[C, D, H, W]"}
"""What an example with that many spatial axes looks like."""


def demand(fact: bool, message: str, help: str | None = None) -> None:
    """Go on only if `fact` holds.

    Raises:
        Rejected: It does not.
    """
    if not fact:
        raise Rejected(message, help)


def demand_map(op: Op, x: TensorType, axes: int) -> tuple[int, tuple[int, ...]]:
    """Channels and extents of a feature map with that many spatial axes.

    Raises:
        Rejected: `x` has another rank.
    """
    demand(x.rank == axes + 1, f"`{op.word}` takes {FORMS[axes]}, got {x}", _way_to_map(x, axes))
    return x.shape[0], x.shape[1:]


def _way_to_map(x: TensorType, axes: int) -> str:
    if x.rank == axes:
        return f"put `Unflatten(0, [1, {x.shape[0]}])` before it to add a channel axis"
    if x.rank == 1:
        return "put it before `Flatten()`"
    if x.rank > axes + 1:
        return f"put `Flatten({axes})` before it to join the last axes"
    return f"give it an input of the form {FORMS[axes]}"


def demand_tokens(op: Op, x: TensorType) -> tuple[int, int]:
    """Length and width of a sequence of tokens [L, D].

    Raises:
        Rejected: `x` has another rank.
    """
    remedy = "put `Flatten(1) -> Transpose(0, 1)` before it to make each pixel a token" if x.rank == 3 else None
    demand(x.rank == 2, f"`{op.word}` takes tokens [L, D], got {x}", remedy)
    return x.shape[0], x.shape[1]


def demand_axis(op: Op, dim: int, rank: int) -> int:
    """The axis of an example that `dim` means, counted from 0.

    Raises:
        Rejected: There is no such axis.
    """
    axes = "there is none" if rank == 0 else f"axes are 0 to {rank - 1}, or -1 to -{rank} from the end"
    demand(
        -rank <= dim < rank,
        f"`{op.word}` names axis {dim} of an input with {rank} axes",
        f"{axes}; the batch axis does not count",
    )
    return dim % rank


def demand_division(op: Op, what: str, whole: int, parts: int) -> int:
    """The size of each of `parts` equal shares of `whole`.

    Raises:
        Rejected: The shares would not be equal.
    """
    demand(
        whole % parts == 0,
        f"`{op.word}` cannot divide {whole} {what} into {parts} equal groups",
        f"choose a number of groups that divides {whole}",
    )
    return whole // parts


def batched(dim: int) -> int:
    """An axis of an example as torch counts it, with the batch first."""
    return dim if dim < 0 else dim + 1
