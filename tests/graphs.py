"""Networks for tests, made without a text.

A layer is an address, an op and, where that is not the layer before it, what it reads.
"""

from __future__ import annotations

from fitdsl.graph.model import Layer, LayerGraph
from fitdsl.ops.base import Op
from fitdsl.optim.initializers import Initializer
from fitdsl.values import TensorType

LayerSpec = tuple[str, Op] | tuple[str, Op, tuple[str, ...]]


def network(
    shape: tuple[int, ...], *layers: LayerSpec, input: str = "image", init: Initializer | None = None
) -> LayerGraph:
    """A graph with one input; the last layer is its output."""
    types = {input: TensorType(shape)}
    made: dict[str, Layer] = {}
    last = input
    for address, op, *sources in layers:
        inputs = sources[0] if sources else (last,)
        given = tuple(types[source] for source in inputs)
        types[address] = op.infer(*given)
        made[address] = Layer(address, op, inputs, types[address], op.cost(*given), init=init)
        last = address
    return LayerGraph({input: TensorType(shape)}, made, last)
