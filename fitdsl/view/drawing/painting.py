"""The boxes of a network as shapes: a row for a layer, a frame with a name for an open block."""

from __future__ import annotations

from collections.abc import Iterator

from ...dataclass import dataclass
from ...graph.model import Network
from ..terminal import counted, human
from .boxes import ROW, Box, Placed
from .letters import fit, fit_call, text_width
from .outline import INPUT, Item
from .shapes import SIZE, SMALL, Frame, Shape, Words, lines

RADIUS = {"dense": 0.0, "pool": ROW / 2, "merge": ROW / 2, INPUT: ROW / 2}
"""Corners differ by kind of op, so that kinds can be told apart without colour."""
CORNER = 4.0
MARGIN = 8.0
NARROWEST, WIDEST = 150.0, 290.0
BASE = 14.0
"""From the upper edge of a row to the base line of its text."""


def half_width(item: Item) -> float:
    """Half the width that the rows of a network need, within reason."""
    return min(max(NARROWEST, *map(_need, _drawn(item))), WIDEST) / 2


def _drawn(item: Item) -> Iterator[Item]:
    for part in item.parts:
        if part.is_block and part.is_open:
            yield from _drawn(part)
        else:
            yield part


def _need(item: Item) -> float:
    texts = text_width(name_of(item), SIZE, is_bold=True) + text_width(what_of(item), SIZE)
    return texts + text_width(_shape(item), SMALL) + 4 * MARGIN


def name_of(item: Item) -> str:
    """What stands in front of a box: its label, and how many it stands for."""
    return " ".join(filter(None, (item.label, f"×{item.times}" if item.times > 1 else "")))


def _width(box: Box) -> float:
    return box.left + box.right - box.stack


def what_of(item: Item) -> str:
    """The call of a layer; of a closed block its name and how much it hides."""
    if not item.is_block:
        return item.word
    each = " each" * (item.times > 1)
    return f"{item.word} ({counted(len(item.drawn_layers), 'layer')}{each})".strip()


def _shape(item: Item) -> str:
    return {"pointwise": "", "fault": "?"}.get(item.family, str(item.type))


@dataclass(frozen=True, eq=False)
class Painter:
    """Paints the boxes of one network."""

    network: Network

    def paint(self, box: Box, x: float, y: float, depth: int = 0) -> Iterator[Shape]:
        """Everything of a network whose spine begins at (x, y)."""
        yield from lines(box.wires, x, y)
        for child in box.children:
            yield from self._box(Placed(x + child.x, y + child.y, child.box), depth)

    def _box(self, placed: Placed, depth: int) -> Iterator[Shape]:
        item = placed.box.item
        if item is None:
            return
        if placed.box.is_open:
            yield from self._block(placed, item, depth)
            yield from self.paint(placed.box, placed.x, placed.y, depth + 1)
        else:
            yield from self._row(placed, item)

    def _block(self, placed: Placed, item: Item, depth: int) -> Iterator[Shape]:
        box, left, width = placed.box, placed.x - placed.box.left, _width(placed.box)
        look = "block inner" if depth % 2 else "block"
        yield from self._stack(placed, look, 6.0)
        yield Frame(left, placed.y, width, box.height - box.stack, look, 6.0, self.title(item), self._address(item))
        cost = human(item.cost.params) if item.cost.params else ""
        room = width - 3 * MARGIN - text_width(cost, SMALL)
        name = fit(name_of(item), room, SIZE, is_bold=True)
        taken = text_width(name, SIZE, is_bold=True) + MARGIN * bool(name)
        word = fit(item.word, room - taken, SIZE) if room - taken > 2 * SIZE else ""
        yield Words(left + MARGIN, placed.y + 13, name, "name", then=word, then_look="kind")
        yield Words(left + width - MARGIN, placed.y + 13, cost, "faint", "end")

    def _row(self, placed: Placed, item: Item) -> Iterator[Shape]:
        left, base, width = placed.x - placed.box.left, placed.y + BASE, _width(placed.box)
        look = "closed" if item.is_block else f"layer {item.family}"
        radius = RADIUS.get(item.family, CORNER)
        yield from self._stack(placed, look, radius)
        yield Frame(left, placed.y, width, ROW, look, radius, self.title(item), self._address(item))
        shape = _shape(item)
        room = width - 3 * MARGIN - text_width(shape, SMALL)
        name = fit(name_of(item), room, SIZE, is_bold=True)
        taken = text_width(name, SIZE, is_bold=True) + MARGIN * bool(name)
        what = fit(what_of(item), room - taken, SIZE) if item.is_block else fit_call(item.word, room - taken, SIZE)
        yield Words(left + MARGIN, base, name, "name", then=what if room - taken > 2 * SIZE else "")
        yield Words(left + width - MARGIN, base, shape, "faint", "end")

    def _stack(self, placed: Placed, look: str, radius: float) -> Iterator[Shape]:
        """The edges of further boxes behind the one that stands for several."""
        box = placed.box
        height, left = box.height - box.stack, placed.x - box.left
        for step in (box.stack, box.stack / 2) if box.stack else ():
            yield Frame(left + step, placed.y + step, _width(box), height, look, radius)

    def _address(self, item: Item) -> str:
        return f"{self.network.name}.{item.address}"

    def title(self, item: Item) -> str:
        """Everything there is to say on an item in a few lines."""
        layers = f", {counted(len(item.layers), 'layer')}" if item.is_block else ""
        cost = f"{counted(item.cost.params, 'param')}, {item.cost.macs:,} MACs"
        known = [f"{self._address(item)}{layers}", item.word, str(item.type)]
        known += [] if item.family in {INPUT, "outside", "fault"} else [cost]
        return "\n".join(filter(None, (*known, item.doc)))
