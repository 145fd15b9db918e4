"""The same numbers under another shape: views, which cost nothing."""

from math import prod
from typing import Annotated, Self

from pydantic import Field, PositiveInt, model_validator

from ..values import Call, Cost, TensorType
from .base import Op
from .demands import batched, demand, demand_axis, demand_division

Extent = PositiveInt | Annotated[int, Field(ge=-1, le=-1)]
"""Size of one axis; -1 stands for whatever is left over."""


class _View(Op):
    """Stores nothing of its own."""

    role = "transparent"
    tokens = "kept"

    def cost(self, *inputs: TensorType) -> Cost:
        return Cost()


class Identity(_View):
    """What flows in, [...] -> [...]."""

    examples = (("Identity()", (8, 5, 6)),)

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        return x

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Identity")


class Flatten(_View):
    """Joins neighbouring axes into one, all of them by default, [C, H, W] -> [C * H * W]."""

    examples = (("Flatten()", (8, 5, 6)), ("Flatten(1)", (8, 5, 6)), ("Flatten(0, -2)", (8, 5, 6)), ("Flatten()", (7,)))

    start_dim: int = Field(0, description="first axis of an example to join")
    end_dim: int = Field(-1, description="last axis of an example to join")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        start, end = (demand_axis(self, dim, x.rank) for dim in (self.start_dim, self.end_dim))
        demand(
            start <= end,
            f"`{self.word}` ends at axis {end}, before it starts at axis {start}",
            "swap `start_dim` and `end_dim`",
        )
        return TensorType((*x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :]))

    def lower(self, *inputs: TensorType) -> Call:
        axes = {"start_dim": batched(self.start_dim), "end_dim": batched(self.end_dim)}
        return Call("torch.nn.Flatten", {} if axes == {"start_dim": 1, "end_dim": -1} else axes)


class Unflatten(_View):
    """Splits one axis into several, [C * H * W] -> [C, H, W]."""

    examples = (
        ("Unflatten(0, [8, 5, 6])", (240,)),
        ("Unflatten(-1, [2, -1])", (5, 6)),
        ("Unflatten(dim=1, unflattened_size=[5, 1])", (8, 5, 6)),
    )

    dim: int = Field(description="axis of an example to split")
    unflattened_size: tuple[Extent, ...] = Field(min_length=1, description="sizes of its parts; -1 for one left over")

    @model_validator(mode="after")
    def _one_extent_is_open(self) -> Self:
        _check_open(self.unflattened_size)
        return self

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        axis = demand_axis(self, self.dim, x.rank)
        sizes = _filled(self, self.unflattened_size, x.shape[axis])
        return TensorType((*x.shape[:axis], *sizes, *x.shape[axis + 1 :]))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.Unflatten", {"dim": batched(self.dim), "unflattened_size": self.unflattened_size})


class Reshape(_View):
    """The numbers in the same order under a new shape, [...] -> shape."""

    examples = (("Reshape([5, 48])", (8, 5, 6)), ("Reshape([-1, 6])", (8, 5, 6)))

    shape: tuple[Extent, ...] = Field(min_length=1, description="sizes of all axes of an example; -1 for one left over")

    @model_validator(mode="after")
    def _one_extent_is_open(self) -> Self:
        _check_open(self.shape)
        return self

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        return TensorType(_filled(self, self.shape, x.size))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.reshape", {"shape": (-1, *self.infer(*inputs).shape)})


class Permute(_View):
    """Axes in another order, [L, D] -> [D, L] for `Permute([1, 0])`."""

    examples = (("Permute([1, 2, 0])", (8, 5, 6)), ("Permute([-1, 0])", (5, 6)))

    dims: tuple[int, ...] = Field(description="axes of an example in their new order")

    def _order(self, x: TensorType) -> tuple[int, ...]:
        return tuple(demand_axis(self, dim, x.rank) for dim in self.dims)

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        order = self._order(x)
        demand(
            sorted(order) == list(range(x.rank)),
            f"`{self.word}({list(self.dims)})` does not name each of the {x.rank} axes of {x} once",
            f"give the numbers 0 to {x.rank - 1} in some order",
        )
        return TensorType(tuple(x.shape[axis] for axis in order))

    def lower(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        return Call("torch.permute", {"dims": (0, *map(batched, self._order(x)))})


class Transpose(_View):
    """Two axes swapped, [L, D] -> [D, L] for `Transpose(0, 1)`."""

    examples = (("Transpose(0, 1)", (5, 6)), ("Transpose(-1, 0)", (8, 5, 6)))

    dim0: int = Field(description="an axis of an example")
    dim1: int = Field(description="the axis to swap it with")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        first, second = (demand_axis(self, dim, x.rank) for dim in (self.dim0, self.dim1))
        sizes = list(x.shape)
        sizes[first], sizes[second] = sizes[second], sizes[first]
        return TensorType(tuple(sizes))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.transpose", {"dim0": batched(self.dim0), "dim1": batched(self.dim1)})


class ChannelShuffle(_View):
    """Channels of all groups interleaved, [C, H, W] -> [C, H, W].

    Source: Zhang et al. 2018, ShuffleNet.
    """

    examples = (("ChannelShuffle(2)", (8, 5, 6)),)

    groups: PositiveInt = Field(description="groups whose channels are dealt out in turn")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand(x.rank >= 2, f"`{self.word}` takes [C, ...] with at least two axes, got {x}")
        demand_division(self, "channels", x.shape[0], self.groups)
        return x

    def lower(self, *inputs: TensorType) -> Call:
        return Call("torch.nn.ChannelShuffle", self.options())


def _check_open(sizes: tuple[int, ...]) -> None:
    if sizes.count(-1) > 1:
        raise ValueError("only one size can be -1")


def _filled(op: Op, sizes: tuple[int, ...], whole: int) -> tuple[int, ...]:
    """The sizes with their -1 replaced so that they multiply to `whole`."""
    known = prod(size for size in sizes if size != -1)
    rest = whole // known if -1 in sizes else 1
    demand(
        known * rest == whole and rest > 0,
        f"`{op.word}` cannot give {whole} numbers the shape {list(sizes)}",
        "make the sizes multiply to that number; one of them may be -1",
    )
    return tuple(rest if size == -1 else size for size in sizes)
