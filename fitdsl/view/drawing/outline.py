"""A network as items to draw: layers, and blocks that hold further items, closed below a depth.

Like parts that follow one another are one item with a count where a network would get long (`folding`). Every item of
an outline stands for consecutive layers, so items read each other in the order in which they stand, as layers do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from itertools import groupby

from ...dataclass import dataclass
from ...graph.model import Layer, LayerGraph
from ...graph.outside import Opaque
from ...graph.sketch import UNNAMED, Unfit
from ...values import Cost, TensorType
from ..spelling import spell_call
from ..terminal import printable

_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


@dataclass(frozen=True, eq=False)
class Item:
    """A layer, or a block of layers.

    Attributes:
        address: Where it stands in its network; of several folded into one, where the first does.
        word: The call of a layer; the name of the block that a block is an instance of, if it is one.
        layers: Addresses of all layers it stands for, in order.
        output: The layer that gives its result.
        type: What it gives.
        cost: What all its layers cost for one example.
        family: Kind of op, by which a layer is coloured; empty for a block.
        parts: The items inside a block, which are drawn if it `is_open`; of several folded into one, of the first.
        times: How many like parts, one behind the other, are drawn as this one.
    """

    address: str
    word: str
    layers: tuple[str, ...]
    output: str
    type: TensorType
    cost: Cost
    family: str = ""
    parts: tuple[Item, ...] = ()
    is_open: bool = True
    times: int = 1
    doc: str = field(default="")

    @property
    def is_block(self) -> bool:
        """Whether it can be opened."""
        return bool(self.parts)

    @property
    def label(self) -> str:
        """Its last step, if that is a name that its spec gives and no number."""
        step = self.address.rpartition(".")[2]
        is_given = not step.endswith("]") and not (self.family == "fault" and step.startswith(UNNAMED))
        return step if is_given else ""

    @property
    def rows(self) -> int:
        """Boxes that are drawn of it, apart from the frames of open blocks."""
        return sum(part.rows for part in self.parts) if self.is_block and self.is_open else 1

    @property
    def drawn_layers(self) -> tuple[str, ...]:
        """The layers of the parts that are drawn, of which a folded item has fewer than it stands for."""
        if self.times == 1 or not self.parts:
            return self.layers
        return tuple(address for part in self.parts for address in part.layers)

    @property
    def drawn_output(self) -> str:
        """The layer among `drawn_layers` that gives the result."""
        return self.output if self.times == 1 or not self.parts else self.layers[self._place_of_output]

    @property
    def _place_of_output(self) -> int:
        count = len(self.layers) // self.times
        return self.layers.index(self.output) - count * (self.times - 1)


def outline(graph: LayerGraph) -> Item:
    """A network with all blocks open and nothing folded; its own address is empty, its first parts are its inputs."""
    steps = [(tuple(step.end() for step in _STEP.finditer(address)), address) for address in graph.layers]
    parts = (*(_input(name, given) for name, given in graph.inputs.items()), *_parts(graph, steps, 0))
    return Item("", "", tuple(graph.layers), graph.output, graph.type_of(graph.output), graph.cost, parts=parts)


def _parts(graph: LayerGraph, steps: Sequence[tuple[tuple[int, ...], str]], level: int) -> Iterator[Item]:
    for address, run in groupby(steps, lambda pair: pair[1][: pair[0][level]]):
        inside = list(run)
        if inside[0][1] == address:
            yield _layer(graph, address)
        else:
            yield _block(graph, address, tuple(_parts(graph, inside, level + 1)))


def _input(name: str, given: TensorType) -> Item:
    return Item(name, "", (name,), name, given, Cost(), INPUT)


def _layer(graph: LayerGraph, address: str) -> Item:
    layer = graph.layers[address]
    doc = layer.op.message if isinstance(layer.op, Unfit) else ""
    return Item(address, word_of(layer), (address,), address, layer.type, layer.cost, family_of_layer(layer), doc=doc)


def word_of(layer: Layer) -> str:
    """The call of a layer as it is shown; of one at fault what is wrong with it."""
    if isinstance(layer.op, Unfit):
        return printable(f"{layer.op.code} {layer.op.call}")
    return "not written here" if isinstance(layer.op, Opaque) else printable(spell_call(layer.op))


def family_of_layer(layer: Layer) -> str:
    """The kind by which a layer is coloured."""
    return "fault" if isinstance(layer.op, Unfit) else family_of(type(layer.op))


def _block(graph: LayerGraph, address: str, parts: tuple[Item, ...]) -> Item:
    group = graph.groups.get(address)
    word = (group and group.block) or ""
    if len(parts) == 1 and parts[0].is_block:
        return replace(parts[0], address=address, word=word or parts[0].word)
    layers = tuple(layer for part in parts for layer in part.layers)
    output = group.output if group and group.output in layers else layers[-1]
    cost = sum((part.cost for part in parts), Cost())
    doc = group.doc if group else ""
    return Item(address, word, layers, output, graph.layers[output].type, cost, parts=parts, doc=doc)


INPUT = "input"
"""Family of what flows into a network, which is drawn as its first parts."""

FAMILIES = {
    "conv": "conv",
    "dense": "dense",
    "attention": "attention",
    "recurrent": "attention",
    "tokens": "attention",
    "pool": "pool",
    "resize": "pool",
    "norm": "pointwise",
    "activation": "pointwise",
    "dropout": "pointwise",
    "combine": "merge",
    "outside": "outside",
}
"""Kinds of op that look different, by the module that defines the op."""


def family_of(op: type) -> str:
    """The kind of an op by which it is coloured: `shape` for what rearranges numbers and for ops of other packages."""
    return FAMILIES.get(op.__module__.rpartition(".")[2], "shape")


def close_below(item: Item, depth: int) -> Item:
    """The item with all blocks closed that stand `depth` levels deep, counted from the network's own parts as 1."""
    parts = tuple(replace(part, is_open=False) if depth <= 1 else close_below(part, depth - 1) for part in item.parts)
    return replace(item, parts=parts)
