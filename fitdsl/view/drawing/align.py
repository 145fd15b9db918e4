"""Networks on one vertical scale: a guided layer beside its hint, like sizes of image beside like, outputs in one line.

What stands too high is moved down by spreading the boxes above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ...dataclass import dataclass
from ...graph.model import LayerGraph
from ...program.model import Program
from .boxes import Box, Placed
from .layout import Layout
from .outline import Item

PASSES = 4
Pair = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Column:
    """A network with the way it is laid out, and its box."""

    name: str
    item: Item
    layout: Layout
    box: Box

    @classmethod
    def of(cls, name: str, item: Item, layout: Layout) -> Column:
        """A network laid out."""
        return cls(name, item, layout, layout.box(item))

    def spread(self, more: Mapping[str, float]) -> Column:
        """The same network with more room above some items."""
        known = self.layout.spread
        total = {**known, **{address: known.get(address, 0.0) + room for address, room in more.items()}}
        return Column.of(self.name, self.item, replace(self.layout, spread=total))

    def find(self, address: str) -> tuple[Placed, ...]:
        """The box that shows an address, behind all open blocks around it, outermost first."""
        layer = self.layout.graph.resolve(address)
        way: list[Placed] = [Placed(0.0, 0.0, self.box)]
        while inner := _holding(way[-1], layer):
            way.append(inner)
            if inner.box.item is not None and inner.box.item.address == address:
                break
        return tuple(way)

    def height_of(self, address: str) -> float:
        """Where the output of an address is to be seen: near the lower edge of its box."""
        placed = self.find(address)[-1]
        return placed.bottom - 10.0


def _holding(outer: Placed, layer: str) -> Placed | None:
    for child in outer.box.children:
        if child.box.item is not None and layer in child.box.item.layers:
            return Placed(outer.x + child.x, outer.y + child.y, child.box)
    return None


def align(columns: Mapping[str, Column], program: Program) -> dict[str, Column]:
    """The networks with teachers and students side by side."""
    placed = dict(columns)
    roles = {name: program.networks[name].role for name in placed}
    pairs = [(t, s) for t in placed for s in placed if (roles[t], roles[s]) == ("teacher", "student")]
    # students that teach each other have no teacher to stand beside
    pairs = pairs or [(first, other) for first in [*placed][:1] for other in [*placed][1:]]
    for _ in range(PASSES if pairs else 0):
        for teacher, student in pairs:
            anchors = _anchors(program, placed[teacher], placed[student])
            placed |= _level(placed[teacher], placed[student], anchors)
    return placed


def _level(teacher: Column, student: Column, anchors: Sequence[Pair]) -> dict[str, Column]:
    above = (0.0, 0.0)
    for left, right in anchors:
        lack = teacher.height_of(left) - student.height_of(right)
        if lack > 0.5:
            student = student.spread(_shares(student, right, above[1], lack))
        elif lack < -0.5:
            teacher = teacher.spread(_shares(teacher, left, above[0], -lack))
        above = (teacher.height_of(left), student.height_of(right))
    return {teacher.name: teacher, student.name: student}


def _shares(column: Column, address: str, above: float, lack: float) -> dict[str, float]:
    """The room that is lacking, in equal shares for the boxes on the way from a height down to an address."""
    way = column.find(address)
    around, end = way[:-1], way[-1]
    found = [
        child.box.item.address
        for outer in around
        for child in outer.box.children
        if child.box.item is not None
        and above < outer.y + child.y <= end.y
        and child.y > 0
        and child.box.item.family != "pointwise"
        and child.x == 0
    ]
    found = found or [item.address for item in [end.box.item] if item is not None]
    return {item: lack / len(found) for item in found}


# Anchors --------------------------------------------------------------------------------------------------------------


def _anchors(program: Program, teacher: Column, student: Column) -> list[Pair]:
    """Pairs of addresses to stand side by side, from top to bottom: hints first, then what else agrees with them."""
    graphs = teacher.layout.graph, student.layout.graph
    wanted = [
        *_hinted(program, teacher.name, student.name),
        (graphs[0].output, graphs[1].output),
        *_sizes(*graphs),
    ]
    kept: list[tuple[tuple[int, int], Pair]] = []
    places = [{address: place for place, address in enumerate(graph.layers)} for graph in graphs]
    for pair in wanted:
        layers = [graph.resolve(address) for graph, address in zip(graphs, pair, strict=True)]
        if all(layer in known for layer, known in zip(layers, places, strict=True)):
            place = (places[0][layers[0]], places[1][layers[1]])
            if all((place[0] - other[0]) * (place[1] - other[1]) > 0 for other, _ in kept):
                kept.append((place, pair))
    return [pair for _, pair in sorted(kept)]


def _hinted(program: Program, teacher: str, student: str) -> Iterator[Pair]:
    for hint in program.hints.values():
        if (hint.teacher, hint.student) == (teacher, student):
            yield from zip(hint.hint, hint.guided, strict=True)


def _sizes(teacher: LayerGraph, student: LayerGraph) -> Iterator[Pair]:
    """The layers that first give images of a size which both networks have."""
    ours, others = _first_of_size(teacher), _first_of_size(student)
    yield from ((address, others[size]) for size, address in ours.items() if size in others)


def _first_of_size(graph: LayerGraph) -> dict[tuple[int, ...], str]:
    found: dict[tuple[int, ...], str] = {}
    for layer in graph.layers.values():
        if layer.type.rank == 3:
            found.setdefault(layer.type.shape[1:], layer.address)
    return found
