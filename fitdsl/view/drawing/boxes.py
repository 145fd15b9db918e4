"""What a layout is made of: boxes within boxes, and the wires between them.

A box knows its size around its spine, the line on which the block's main way runs: x counts from the spine to the
right, y from the top of the box down, both in pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from ...dataclass import dataclass
from .outline import Item

Point = tuple[float, float]

ROW = 20.0
"""Height of the box of a layer or of a closed block."""
HEAD = 18.0
"""Height of the strip with the name of an open block."""
PAD = 9.0
"""Room between an open block's frame and what is inside."""
STACK = 6.0
"""How far the edges of like parts show behind the one that stands for them."""
GAP = 15.0
"""Room between two boxes with an arrow between them."""


@dataclass(frozen=True)
class Wire:
    """A line from box to box by way of `points`, with an arrow at its end or (where a port follows) without."""

    points: tuple[Point, ...]
    has_arrow: bool = True

    def moved(self, x: float, y: float) -> Wire:
        """The same line elsewhere."""
        return Wire(tuple((px + x, py + y) for px, py in self.points), self.has_arrow)


@dataclass(frozen=True, eq=False)
class Placed:
    """A box with the place of the top end of its spine."""

    x: float
    y: float
    box: Box

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.box.height


@dataclass(frozen=True, eq=False)
class Box:
    """An item with its size and, if it is an open block, everything inside.

    Attributes:
        item: What it shows; None for a port, which has no size.
        left, right: How far it reaches from its spine to both sides.
        height: From top to bottom.
        children: Boxes inside, placed relative to this one.
        wires: What joins them, relative to this box.
        ins: Where on its upper edge what it reads comes in, by layer or input; at its spine if it is not listed.
        outs: Where on its lower edge what it gives goes out, by layer; at its spine if it is not listed.
    """

    item: Item | None
    left: float = 0.0
    right: float = 0.0
    height: float = 0.0
    children: tuple[Placed, ...] = ()
    wires: tuple[Wire, ...] = ()
    ins: Mapping[str, float] = field(default_factory=dict)
    outs: Mapping[str, float] = field(default_factory=dict)

    @property
    def stack(self) -> float:
        """Room to the right and below that the edges of parts behind it take."""
        return STACK if self.item is not None and self.item.times > 1 else 0.0

    @property
    def is_open(self) -> bool:
        """Whether its inside is drawn."""
        return bool(self.children)

    def everything(self, x: float = 0.0, y: float = 0.0) -> Iterator[Placed]:
        """This box and all boxes in it, outer ones first, with their places where this one is at (x, y)."""
        yield Placed(x, y, self)
        for child in self.children:
            yield from child.box.everything(x + child.x, y + child.y)
