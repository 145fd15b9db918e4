"""A network from outside as a graph: of its layers only those stand in it whose shape the spec states."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, PositiveInt

from ..ops.base import Example, Op
from ..source import Span
from ..values import Call, Cost, TensorType
from .model import Layer, LayerGraph, address_of
from .sources import OUTPUT, Source

INPUT = "input"
"""Name of the one input of a network from outside."""


class Opaque(Op, name="outside", is_listed=False):
    """A part of a network from outside: whatever lies between the network's input and this place."""

    examples: ClassVar[tuple[Example, ...]] = ()
    max_inputs: ClassVar[int | None] = None

    shape: tuple[PositiveInt, ...] = Field(description="what it gives, as the spec states it")

    def infer(self, *inputs: TensorType) -> TensorType:
        return TensorType(self.shape)

    def cost(self, *inputs: TensorType) -> Cost:
        return Cost()

    def lower(self, *inputs: TensorType) -> Call:
        raise TypeError("a part of a network from outside is built with the whole network")


def stated_graph(source: Source, input: TensorType, classes: int, span: Span) -> LayerGraph:
    """What a spec knows of a network from outside: what its named modules give, and what it gives as a whole.

    Args:
        source: Where it comes from.
        input: What it is given.
        classes: How many numbers it gives where the source does not say so.
        span: Where the spec names it.
    """
    shapes = {address_of(path): shape for path, shape in source.features.items()}
    parts = {address: _layer(address, shape, (INPUT,), span) for address, shape in shapes.items()}
    whole = _layer(OUTPUT, (source.classes or classes,), (INPUT, *parts), span)
    return LayerGraph({INPUT: input}, {**parts, OUTPUT: whole}, OUTPUT)


def _layer(address: str, shape: tuple[int, ...], inputs: tuple[str, ...], span: Span) -> Layer:
    op = Opaque(shape=shape)
    return Layer(address, op, inputs, op.infer(), op.cost(), span)
