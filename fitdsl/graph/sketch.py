"""What is known of a network that does not check, so that it can be drawn: sound layers, and faults among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import ClassVar

from pydantic import Field

from ..dataclass import dataclass
from ..ops.base import Example, Op
from ..source import Span
from ..values import Call, Cost, TensorType
from .model import Group, Layer, LayerGraph

UNNAMED = "fault"
"""How the address begins of a fault that makes no layer and has no label."""


class Unfit(Op, name="unfit", is_listed=False):
    """A call in a network that makes no layer, or one that its inputs do not fit."""

    examples: ClassVar[tuple[Example, ...]] = ()
    min_inputs: ClassVar[int] = 0
    max_inputs: ClassVar[int | None] = None

    call: str = Field(description="the call as it is written")
    code: str = Field(description="code of what was found")
    message: str = Field(description="what is wrong")

    def infer(self, *inputs: TensorType) -> TensorType:
        return TensorType(())

    def lower(self, *inputs: TensorType) -> Call:
        raise TypeError("what does not check cannot be built")


@dataclass
class Sketch:
    """The faults of one network as they are found.

    Attributes:
        faults: By address, the fault and how many sound layers came before it.
    """

    faults: dict[str, tuple[int, Layer]] = field(default_factory=dict)

    def note(self, address: str, op: Unfit, inputs: tuple[str, ...], span: Span, before: int) -> None:
        """Put a fault behind `before` layers."""
        self.faults.setdefault(address, (before, Layer(address, op, inputs, op.infer(), Cost(), span)))

    def graph(
        self,
        inputs: Mapping[str, TensorType | None],
        layers: Mapping[str, Layer],
        groups: Mapping[str, Group],
    ) -> LayerGraph | None:
        """All that is known, ending in what came last; None if not even an input is."""
        types = {name: type for name, type in inputs.items() if type is not None}
        ordered = [*enumerate(layers.values()), *((before - 0.5, layer) for before, layer in self.faults.values())]
        drawn = {layer.address: layer for _, layer in sorted(ordered, key=lambda pair: pair[0])}
        if not types:
            return None
        known = {address: group for address, group in groups.items() if group.output in drawn}
        return LayerGraph(types, dict(_with_known_inputs(drawn.values(), types)), [*types, *drawn][-1], known)


def _with_known_inputs(layers: Iterable[Layer], types: Mapping[str, TensorType]) -> Iterable[tuple[str, Layer]]:
    names = set(types)
    for layer in layers:
        inputs = tuple(name for name in layer.inputs if name in names)
        names.add(layer.address)
        yield layer.address, Layer(layer.address, layer.op, inputs, layer.type, layer.cost, layer.span, layer.init)
