"""Networks that have their place in a picture."""

from __future__ import annotations

from collections.abc import Iterator

from ...dataclass import dataclass
from ...graph.model import Network
from .align import Column
from .boxes import Placed

Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Standing:
    """A network in a picture.

    Attributes:
        x, y: Where its spine begins.
    """

    network: Network
    column: Column
    x: float
    y: float

    @property
    def left(self) -> float:
        """Its left edge."""
        return self.x - self.column.box.left

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.column.box.right

    @property
    def end(self) -> Point:
        """Where its result leaves it."""
        box = self.column.box
        return self.x + box.outs.get(self.network.graph.output, 0.0), self.y + box.height

    def side(self, address: str, other: float) -> Point:
        """Where a line begins that leads from the output of an address to something at the height or side `other`."""
        placed = self.column.find(address)[-1]
        x = self.x + placed.x
        edge = x + placed.box.right if other > self.x else x - placed.box.left
        return edge, self.y + self.column.height_of(address)

    def rows(self) -> Iterator[Placed]:
        """The boxes of its layers and closed blocks, from top to bottom."""
        found = self.column.box.everything(self.x, self.y)
        yield from sorted((p for p in found if p.box.item and not p.box.is_open), key=lambda p: (p.y, p.x))
