"""Where everything of a network stands: each block is laid out once, and is a single box one level up.

A closed block is a box like that of a layer, so opening or closing one only changes its own box and moves those around
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ...dataclass import dataclass
from ...graph.model import LayerGraph
from .boxes import GAP, HEAD, PAD, ROW, STACK, Box, Placed
from .joints import Joints, joints
from .lanes import APART, Lanes, tops_of
from .outline import Item


@dataclass(frozen=True, eq=False)
class Layout:
    """How the boxes of one network are made.

    Attributes:
        graph: The network.
        half: Half the width of the box of a layer.
        spread: Room to leave above some items beyond what they need, by address.
    """

    graph: LayerGraph
    half: float
    spread: Mapping[str, float] = field(default_factory=dict)

    def box(self, item: Item) -> Box:
        """The box of an item, with everything inside if it is an open block."""
        if not (item.is_block and item.is_open):
            stack = STACK if item.times > 1 else 0.0
            return Box(item, self.half, self.half + stack, ROW + stack)
        inside = joints(item, self.graph)
        boxes = [Box(None) if (part := inside.part(node)) is None else self.box(part) for node in range(inside.count)]
        return self._around(item, inside, boxes)

    def _around(self, item: Item, inside: Joints, boxes: list[Box]) -> Box:
        is_network = not item.address
        gaps = {(edge.tail, edge.head): self._gap(inside, edge.tail, edge.head) for edge in inside.edges}
        tops = tops_of(inside, boxes, gaps, 0.0 if is_network else HEAD)
        _center(inside, boxes, gaps, tops)
        bottom = max(top + box.height for top, box in zip(tops, boxes, strict=True)) + (0.0 if is_network else PAD)
        tops[inside.first_sink :] = [bottom] * len(inside.sinks)
        lanes = Lanes(inside, boxes, tops)
        lanes.settle()
        pad = 0.0 if is_network else PAD
        left, right = lanes.reach
        placed = (Placed(lanes.x[node], tops[node], box) for node, box in enumerate(boxes))
        children = tuple(child for child in placed if child.box.item is not None)
        ins = {name: lanes.x[node] for node, name in enumerate(inside.sources)}
        outs = {name: lanes.x[inside.first_sink + place] for place, name in enumerate(inside.sinks)}
        outs |= {item.output: lanes.x[inside.first_sink]}
        stack = STACK if item.times > 1 else 0.0
        return Box(item, left + pad, right + pad + stack, bottom + stack, children, lanes.wires(), ins, outs)

    def _gap(self, inside: Joints, tail: int, head: int) -> float:
        """Room between two nodes that read each other."""
        above, below = inside.part(tail), inside.part(head)
        if above is None:
            several = len(inside.out_of[tail]) > 1
            return PAD + 7 if several else PAD - 1
        if below is None:
            return 0.0
        extra = self.spread.get(below.address, 0.0)
        if below.is_block and below.is_open:
            extra += APART * (len(inside.into[head]) - 1)
        return extra if is_joined(inside, tail, head) and not extra else GAP + extra


def is_joined(inside: Joints, tail: int, head: int) -> bool:
    """Whether a layer stands right below another: it works number by number on what no other reads or gives."""
    above, below = inside.part(tail), inside.part(head)
    if above is None or below is None or below.family != "pointwise" or below.is_block or above.is_block:
        return False
    is_alone = len(inside.out_of[tail]) == len(inside.into[head]) == 1
    return is_alone and below.times == above.times == 1


def _center(inside: Joints, boxes: list[Box], gaps: Mapping[tuple[int, int], float], tops: list[float]) -> None:
    """Move columns beside the spine to the middle of the room they have."""
    for column in inside.columns[1:]:
        heads = [edge.head for edge in inside.out_of.get(column[-1], ()) if inside.part(edge.head)]
        has_own_ends = all(edge.head in column for node in column[:-1] for edge in inside.out_of.get(node, ())) and all(
            edge.tail in column for node in column[1:] for edge in inside.into.get(node, ())
        )
        if heads and inside.into.get(column[0]) and has_own_ends:
            bottom = tops[column[-1]] + boxes[column[-1]].height
            room = min(tops[head] - gaps[column[-1], head] for head in heads) - bottom
            for node in column:
                tops[node] += max(room, 0.0) / 2
