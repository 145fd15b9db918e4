"""Regressors: what maps a guided layer's output to the shape of its hint, solved from the two shapes.

A regressor trains with its hint's stage and is dropped afterwards, so its size costs the student nothing.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from ..component import Component, components
from ..losses.feature import FeatureLoss, Needs
from ..ops.base import Op
from ..ops.conv import Conv2d, ConvTranspose2d, MaxoutConv2d
from ..ops.dense import Linear, Maxout
from ..ops.shape import Flatten, Unflatten
from ..optim.initializers import Initializer
from ..values import Rejected, TensorType
from .model import Layer, LayerGraph

GUIDED = "guided"
"""Name of a regressor's one input."""


class Regressor(Component, kind="regressor"):
    """A map from the guided output to the hint's shape, ending in the hint layer's own non-linearity.

    Attributes:
        init: How its weights start.
    """

    init: Initializer | None = Field(None, description="how its weights start; each layer's own default if left out")

    @abstractmethod
    def solve(self, guided: TensorType, hint: TensorType, nonlinearity: Op | None) -> tuple[Op, ...]:
        """The ops that map one type to the other, in order; none where the output is compared as it is.

        Raises:
            Rejected: There is no such regressor between these types.
        """


class Convolution(Regressor, name="conv"):
    """A valid convolution, [C, H, W] -> [C', H', W'] with kernel H - H' + 1; none where the types agree.

    Source: Romero et al. 2015, FitNets, section 2.2.
    """

    def solve(self, guided: TensorType, hint: TensorType, nonlinearity: Op | None) -> tuple[Op, ...]:
        if guided == hint:
            return ()
        if guided.rank != 3 or hint.rank != 3:
            raise Rejected(f"`conv` compares maps [C, H, W], got {guided} and {hint}")
        height, width = (own - other + 1 for own, other in zip(guided.shape[1:], hint.shape[1:], strict=True))
        if min(height, width) < 1:
            raise Rejected(f"a convolution cannot make {hint} from the smaller map {guided}")
        return _convolution(hint.shape[0], (height, width), nonlinearity)


class FullyConnected(Regressor, name="fc"):
    """One linear map from all numbers to all numbers, any shape -> any shape."""

    def solve(self, guided: TensorType, hint: TensorType, nonlinearity: Op | None) -> tuple[Op, ...]:
        before = (Flatten(),) if guided.rank > 1 else ()
        after = (Unflatten(dim=0, unflattened_size=hint.shape),) if hint.rank > 1 else ()
        return (*before, *_linear(hint.size, nonlinearity), *after)


class Pointwise(Regressor, name="pointwise"):
    """A linear map of the channels at each position, [C, H, W] -> [C', H, W] or [L, D] -> [L, D']."""

    def solve(self, guided: TensorType, hint: TensorType, nonlinearity: Op | None) -> tuple[Op, ...]:
        positions = (guided.shape[1:], hint.shape[1:]) if guided.rank == 3 else (guided.shape[:-1], hint.shape[:-1])
        if guided.rank != hint.rank or positions[0] != positions[1]:
            raise Rejected(f"`pointwise` keeps positions, but {guided} and {hint} differ in them")
        if guided.rank == 3:
            return _convolution(hint.shape[0], (1, 1), nonlinearity)
        return _linear(hint.shape[-1], nonlinearity)


class Strided(Regressor, name="strided"):
    """A convolution with steps, [C, H, W] -> [C', H', W'], for maps larger than the hint's.

    Along each axis the step is H // H', the kernel H - (H' - 1) step, so that windows end at the edges: at H = 2 H'
    they are 2 x 2 and lie side by side, where `conv` needs a kernel of H' + 1.
    """

    def solve(self, guided: TensorType, hint: TensorType, nonlinearity: Op | None) -> tuple[Op, ...]:
        windows = _windows(guided, hint)
        if windows is None:
            raise Rejected(f"`strided` takes a map larger than the hint's, got {guided} and {hint}")
        kernel, stride = windows
        return _convolution(hint.shape[0], kernel, nonlinearity, stride)


class Transposed(Regressor, name="transposed"):
    """A transposed convolution, [C, H, W] -> [C', H', W'], for maps smaller than the hint's.

    Along each axis the step is H' // H, the kernel H' - (H - 1) step: at H' = 2 H windows are 2 x 2 and do not overlap.
    """

    def solve(self, guided: TensorType, hint: TensorType, nonlinearity: Op | None) -> tuple[Op, ...]:
        windows = _windows(hint, guided)
        if windows is None:
            raise Rejected(f"`transposed` takes a map smaller than the hint's, got {guided} and {hint}")
        kernel, stride = windows
        enlarged = ConvTranspose2d(out_channels=hint.shape[0], kernel_size=kernel, stride=stride)
        if isinstance(nonlinearity, MaxoutConv2d | Maxout):
            return (enlarged, MaxoutConv2d(out_channels=hint.shape[0], kernel_size=1, pieces=nonlinearity.pieces))
        return (enlarged, *activation(nonlinearity))


class NoRegressor(Regressor, name="identity"):
    """No regressor: the guided output is compared as it is, so the types must agree as far as the loss needs it."""

    def solve(self, guided: TensorType, hint: TensorType, nonlinearity: Op | None) -> tuple[Op, ...]:
        if guided != hint:
            raise Rejected(f"`identity` compares equal shapes, got {guided} and {hint}")
        return ()


Pair = tuple[int, int]


def _windows(larger: TensorType, smaller: TensorType) -> tuple[Pair, Pair] | None:
    """Kernel and step that join two maps without padding; None if the first is not the larger map."""
    if larger.rank != 3 or smaller.rank != 3:
        return None
    (height, width), (low, narrow) = larger.shape[1:], smaller.shape[1:]
    if height < low or width < narrow or (height, width) == (low, narrow):
        return None
    down, right = height // low, width // narrow
    return (height - (low - 1) * down, width - (narrow - 1) * right), (down, right)


def _convolution(channels: int, kernel: Pair, nonlinearity: Op | None, stride: Pair = (1, 1)) -> tuple[Op, ...]:
    window: dict[str, Any] = {"kernel_size": kernel} | ({} if stride == (1, 1) else {"stride": stride})
    if isinstance(nonlinearity, MaxoutConv2d | Maxout):
        return (MaxoutConv2d(out_channels=channels, pieces=nonlinearity.pieces, **window),)
    return (Conv2d(out_channels=channels, **window), *activation(nonlinearity))


def _linear(features: int, nonlinearity: Op | None) -> tuple[Op, ...]:
    if isinstance(nonlinearity, MaxoutConv2d | Maxout):
        return (Maxout(out_features=features, pieces=nonlinearity.pieces),)
    return (Linear(out_features=features), *activation(nonlinearity))


def activation(nonlinearity: Op | None) -> tuple[Op, ...]:
    """What a regressor ends in."""
    return () if nonlinearity is None else (nonlinearity,)


def nonlinearity(graph: LayerGraph, address: str) -> Op | None:
    """The non-linearity whose output an address carries: an activation, or a maxout layer; looked for through pooling.

    None if the path ends in a layer without one.
    """
    address = graph.resolve(address)
    while address in graph.layers:
        layer = graph.layers[address]
        if layer.op.role == "activation" or isinstance(layer.op, MaxoutConv2d | Maxout):
            return layer.op
        if layer.op.role != "transparent":
            return None
        address = layer.inputs[0]
    return None


def chain(ops: Iterable[Op], guided: TensorType, init: Initializer | None) -> LayerGraph:
    """A regressor as a graph: one op after the other on the input `guided`."""
    layers = {layer.address: layer for layer in _layers(ops, guided, init)}
    return LayerGraph({GUIDED: guided}, layers, next(reversed(layers), GUIDED))


def _layers(ops: Iterable[Op], type: TensorType, init: Initializer | None) -> Iterator[Layer]:
    before = GUIDED
    for index, op in enumerate(ops):
        address, cost = f"[{index}]", op.cost(type)
        type = op.infer(type)
        yield Layer(address, op, (before,), type, cost, init=init if cost.params else None)
        before = address


@dataclass(frozen=True, eq=False)
class Goal:
    """What a regressor leads to.

    Attributes:
        hint: The type of the hint layer.
        nonlinearity: What the hint layer ends in.
        loss: What compares the two.
    """

    hint: TensorType
    nonlinearity: Op | None
    loss: FeatureLoss

    def ops(self, regressor: Regressor, guided: TensorType) -> tuple[Op, ...]:
        """What a regressor puts between a guided layer of this type and the loss.

        Raises:
            Rejected: There is no such regressor, or the loss cannot compare what it gives.
        """
        stays = isinstance(regressor, NoRegressor) and self.loss.needs is not Needs.SHAPE
        ops = () if stays else regressor.solve(guided, self.hint, self.nonlinearity)
        self.demand_comparable(guided if stays else self.hint)
        return ops

    def demand_comparable(self, result: TensorType) -> None:
        """Go on only if the loss can compare a regressor's result with the hint.

        Raises:
            Rejected: It cannot.
        """
        if not self.loss.needs.met_by(result, self.hint):
            raise Rejected(f"`{self.loss.word}` compares {self.loss.needs}, got {result} and {self.hint}")

    def is_in_reach(self, regressor: Regressor, guided: TensorType) -> bool:
        """Whether a regressor leads here from a guided layer of this type."""
        try:
            self.ops(regressor, guided)
        except Rejected:
            return False
        return True


def possible(regressor: Regressor, graph: LayerGraph, goal: Goal) -> Iterator[str]:
    """The labels and layers of a student from which this regressor leads to the goal, deepest last."""
    yield from (
        address for address in (*graph.layers, *graph.groups) if goal.is_in_reach(regressor, graph.type_of(address))
    )


def alternatives(guided: TensorType, goal: Goal) -> Iterator[str]:
    """The names of the regressors that lead from a type to the goal without being told anything."""
    for name, cls in components("regressor").items():
        needs_nothing = not any(field.is_required() for field in cls.model_fields.values())
        if issubclass(cls, Regressor) and needs_nothing and goal.is_in_reach(cls(), guided):
            yield name
