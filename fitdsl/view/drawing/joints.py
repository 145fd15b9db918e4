"""Which items of a block read each other, and the columns they stand in.

A block is a graph of its own: what flows into it, its parts, what flows out of it. Its longest way from in to out is
its spine, one straight column; what is left is taken off in longest ways, too, each a column that stands beside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from ...dataclass import dataclass
from ...graph.model import LayerGraph
from .outline import Item


@dataclass(frozen=True)
class Edge:
    """One node reads another: their numbers, and the layer or input that is read."""

    tail: int
    head: int
    source: str


@dataclass(frozen=True, eq=False)
class Joints:
    """The inside of a block. Its nodes are numbered: sources, then parts, then sinks; edges lead to higher numbers.

    Attributes:
        sources: Layers outside the block, or inputs of the network, that its layers read.
        parts: The items inside.
        sinks: Layers inside that are read outside; the first is the block's output.
        edges: Who reads whom, each once.
    """

    sources: tuple[str, ...]
    parts: tuple[Item, ...]
    sinks: tuple[str, ...]
    edges: tuple[Edge, ...]

    @property
    def count(self) -> int:
        """How many nodes there are."""
        return len(self.sources) + len(self.parts) + len(self.sinks)

    @property
    def first_sink(self) -> int:
        """Number of the block's output."""
        return len(self.sources) + len(self.parts)

    def part(self, node: int) -> Item | None:
        """The item at a node; None for a source or a sink."""
        place = node - len(self.sources)
        return self.parts[place] if 0 <= place < len(self.parts) else None

    @cached_property
    def into(self) -> Mapping[int, tuple[Edge, ...]]:
        """The edges that end in each node."""
        return _by((edge.head, edge) for edge in self.edges)

    @cached_property
    def out_of(self) -> Mapping[int, tuple[Edge, ...]]:
        """The edges that begin at each node."""
        return _by((edge.tail, edge) for edge in self.edges)

    @cached_property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """Every node in one column, in order; the first column is the spine."""
        free = set(range(self.count))
        found = [self._way(free, self.first_sink)]
        while free:
            found.append(self._way(free, None))
        return tuple(found)

    @cached_property
    def column_of(self) -> Mapping[int, tuple[int, ...]]:
        """The column of each node."""
        return {node: column for column in self.columns for node in column}

    def _way(self, free: set[int], end: int | None) -> tuple[int, ...]:
        """The longest way through free nodes, which are no longer free then."""
        length: dict[int, int] = {}
        before: dict[int, int] = {}
        for node in sorted(free):
            part = self.part(node)
            tails = [edge.tail for edge in self.into.get(node, ()) if edge.tail in length]
            length[node] = part.rows if part else 0
            if tails:
                # of several sources the last: it is the nearest to the block, so its wire is the straight one
                before[node] = max(tails, key=lambda tail: (length[tail], tail if tail < len(self.sources) else -tail))
                length[node] += length[before[node]]
        last = end if end is not None else max(length, key=lambda node: (length[node], -node))
        way = [last]
        while way[-1] in before:
            way.append(before[way[-1]])
        free.difference_update(way)
        return tuple(reversed(way))


def joints(item: Item, graph: LayerGraph) -> Joints:
    """The inside of an open block of a network, or of the network itself."""
    owner = {layer: place for place, part in enumerate(item.parts) for layer in part.layers}
    reads = [(place, name) for place, part in enumerate(item.parts) for name in _reads(part, graph)]
    sources = tuple(dict.fromkeys(name for _, name in reads if name not in owner))
    sinks = tuple(dict.fromkeys((item.drawn_output, *_read_outside(item, graph))))
    node = {name: place for place, name in enumerate(sources)} | {n: len(sources) + p for n, p in owner.items()}
    edges = {Edge(node[name], len(sources) + place, name) for place, name in reads}
    ends = {Edge(node[name], len(sources) + len(item.parts) + place, name) for place, name in enumerate(sinks)}
    ordered = sorted(edges | ends, key=lambda edge: (edge.head, edge.tail, edge.source))
    return Joints(sources, item.parts, sinks, tuple(ordered))


def _reads(part: Item, graph: LayerGraph) -> tuple[str, ...]:
    own = frozenset(part.layers)
    read = (graph.layers[layer].inputs for layer in part.layers if layer in graph.layers)
    names = (name for inputs in read for name in inputs)
    return tuple(dict.fromkeys(name for name in names if name not in own))


def _read_outside(item: Item, graph: LayerGraph) -> tuple[str, ...]:
    if item.times > 1:
        return ()
    own = frozenset(item.layers)
    return tuple(layer for layer in item.layers if any(reader not in own for reader in graph.readers[layer]))


def _by(pairs: Iterable[tuple[int, Edge]]) -> Mapping[int, tuple[Edge, ...]]:
    found: defaultdict[int, list[Edge]] = defaultdict(list)
    for node, edge in pairs:
        found[node].append(edge)
    return {node: tuple(edges) for node, edges in found.items()}
