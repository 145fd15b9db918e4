"""Columns of a block side by side, and the wires between its boxes.

The spine stands at 0. Each other column, and each wire that passes other boxes by, gets a lane: a strip of the block
beside everything else that stands at the same height, short ones nearest to the spine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import field

from ...dataclass import dataclass
from .boxes import ROW, Box, Point, Wire
from .joints import Edge, Joints

BOX_GAP = 14.0
"""Room beside a lane that holds boxes."""
WIRE_GAP = 9.0
"""Room beside a lane of one wire."""
LEAVE = 5.0
"""How far below a box a wire turns to its lane."""
ARRIVE = 9.0
"""How far above a box a wire turns from its lane."""
APART = 6.0
"""Room between two wires that turn above one box."""

Carried = tuple[int, str]
"""What a wire carries: the node it begins at, and the layer or input whose output it is."""


@dataclass(frozen=True)
class Lane:
    """Something that wants a strip of its own: a column of nodes, or the wire that carries something.

    Attributes:
        top, bottom: The heights it must have free.
        left, right: How far it reaches from its own line.
    """

    top: float
    bottom: float
    left: float = 0.0
    right: float = 0.0
    column: tuple[int, ...] = ()
    carried: Carried = (-1, "")

    @property
    def gap(self) -> float:
        """Room to leave beside it."""
        return BOX_GAP if self.left or self.right else WIRE_GAP


@dataclass(eq=False)
class Lanes:
    """The places of all nodes of a block and the wires between them, in the making.

    Attributes:
        inside: The nodes and what joins them.
        boxes: The box of each node; ports have no size.
        tops: Upper edge of each node's box.
        x: Where the spine of each node's box stands.
        wire_x: Where wires run that have a lane of their own.
    """

    inside: Joints
    boxes: Sequence[Box]
    tops: Sequence[float]
    x: dict[int, float] = field(default_factory=dict)
    wire_x: dict[Carried, float] = field(default_factory=dict)
    _strips: list[tuple[float, Lane]] = field(default_factory=list)

    def settle(self) -> None:
        """Give every column, and every wire that needs one, a lane."""
        spine, *others = self.inside.columns
        for node in spine:
            box, top = self.boxes[node], self.tops[node]
            self._take(0.0, Lane(top, top + box.height, box.left, box.right, (node,)))
        lanes = [*map(self._lane_of_column, others), *self._lanes_of_wires()]
        for lane in sorted(lanes, key=lambda lane: (lane.bottom - lane.top, lane.top, lane.column, lane.carried)):
            self._take(self._free_place(lane), lane)

    @property
    def reach(self) -> tuple[float, float]:
        """How far all of it reaches from the spine to the left and to the right."""
        left = max((lane.left - x for x, lane in self._strips), default=0.0)
        right = max((lane.right + x for x, lane in self._strips), default=0.0)
        return left, right

    def wires(self) -> tuple[Wire, ...]:
        """All wires, in the order of the edges."""
        return tuple(wire for edge in self.inside.edges if (wire := self._wire(edge)) is not None)

    def bottom(self, node: int) -> float:
        """Lower edge of a node's box."""
        return self.tops[node] + self.boxes[node].height

    # Lanes ------------------------------------------------------------------------------------------------------------

    def _take(self, x: float, lane: Lane) -> None:
        self._strips.append((x, lane))
        self.x |= dict.fromkeys(lane.column, x)
        if not lane.column:
            self.wire_x[lane.carried] = x

    def _free_place(self, lane: Lane) -> float:
        """The nearest free x on the side where that is nearer, to the right if both are as near."""
        beside = [(x, other) for x, other in self._strips if other.top < lane.bottom and lane.top < other.bottom]
        right = max((x + other.right + max(other.gap, lane.gap) for x, other in beside), default=0.0) + lane.left
        left = min((x - other.left - max(other.gap, lane.gap) for x, other in beside), default=0.0) - lane.right
        return right if right <= -left else left

    def _lane_of_column(self, column: tuple[int, ...]) -> Lane:
        first, last = column[0], column[-1]
        tails = [self.bottom(edge.tail) for edge in self.inside.into.get(first, ())]
        heads = [self._arrival(edge) for edge in self.inside.out_of.get(last, ())]
        boxes = [self.boxes[node] for node in column]
        return Lane(
            min((*tails, self.tops[first])),
            max((*heads, self.bottom(last))),
            max(box.left for box in boxes),
            max(box.right for box in boxes),
            column,
        )

    def _lanes_of_wires(self) -> list[Lane]:
        carried: defaultdict[Carried, list[Edge]] = defaultdict(list)
        for edge in self.inside.edges:
            if self._column_of(edge) is None:
                carried[edge.tail, edge.source].append(edge)
        return [
            Lane(self.bottom(key[0]), max(map(self._arrival, edges)), carried=key) for key, edges in carried.items()
        ]

    def _column_of(self, edge: Edge) -> int | None:
        """A node in whose column an edge can run: it leads to the next one there, to its first or from its last one."""
        columns = self.inside.column_of
        own, other = columns[edge.tail], columns[edge.head]
        if own == other:
            return edge.tail if own.index(edge.head) == own.index(edge.tail) + 1 else None
        spine = self.inside.columns[0]
        if other[0] == edge.head and other is not spine:
            return edge.head
        return edge.tail if own[-1] == edge.tail and own is not spine else None

    # Wires ------------------------------------------------------------------------------------------------------------

    def _wire(self, edge: Edge) -> Wire | None:
        tail, head = self.boxes[edge.tail], self.boxes[edge.head]
        start = (self.x[edge.tail] + tail.outs.get(edge.source, 0.0), self.bottom(edge.tail))
        end = (self.x[edge.head] + head.ins.get(edge.source, 0.0), self.tops[edge.head])
        if start == end:
            return None
        # a wire into an open block goes on inside, with an arrow there
        has_arrow = head.item is not None and not head.is_open
        beside = self._column_of(edge)
        lane = self.wire_x[edge.tail, edge.source] if beside is None else self.x[beside]
        if beside == edge.tail:
            lane = start[0]
        if beside == edge.head:
            lane = end[0]
        if lane == start[0] == end[0]:
            return Wire((start, end), has_arrow)
        if self.is_merge(edge.head):
            end = (end[0] + (head.right if lane > end[0] else -head.left), self._arrival(edge))
            return Wire((*_turn(start, lane), (lane, end[1]), end))
        return Wire((*_turn(start, lane), *_turn_in(lane, end, self._turn_above(edge)), end), has_arrow)

    def _arrival(self, edge: Edge) -> float:
        """The height at which a wire comes to its end: at the side of what joins flows, above anything else."""
        top = self.tops[edge.head]
        return top + ROW / 2 if self.is_merge(edge.head) else top

    def _turn_above(self, edge: Edge) -> float:
        """How far above a box a wire turns, so that wires that carry different things do so at different heights."""
        carried = sorted({(other.tail, other.source) for other in self.inside.into[edge.head]})
        return ARRIVE + APART * carried.index((edge.tail, edge.source))

    def is_merge(self, node: int) -> bool:
        """Whether a node is a layer that joins several flows, which may come in from the side."""
        part = self.inside.part(node)
        return part is not None and not self.boxes[node].is_open and len(self.inside.into.get(node, ())) > 1


def _turn(start: Point, lane: float) -> tuple[Point, ...]:
    return (start,) if lane == start[0] else (start, (start[0], start[1] + LEAVE), (lane, start[1] + LEAVE))


def _turn_in(lane: float, end: Point, above: float) -> tuple[Point, ...]:
    return () if lane == end[0] else ((lane, end[1] - above), (end[0], end[1] - above))


def tops_of(inside: Joints, boxes: Sequence[Box], gaps: Mapping[tuple[int, int], float], start: float) -> list[float]:
    """The upper edge of each node's box, as far up as what it reads allows."""
    tops: list[float] = []
    for node in range(inside.count):
        read = inside.into.get(node, ())
        above = (tops[edge.tail] + boxes[edge.tail].height + gaps[edge.tail, node] for edge in read)
        tops.append(max(above, default=start))
    return tops
