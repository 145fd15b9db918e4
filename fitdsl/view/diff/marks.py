"""Where a difference is to be seen: the boxes of two drawings that each row of it speaks of, marked by its change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...dataclass import dataclass
from ...program.model import Program
from ..drawing.boxes import ROW
from ..drawing.picture import Drawn
from ..drawing.shapes import Frame
from ..drawing.svg import escape, number
from .document import Change
from .rows import Block, Spots
from .text import MARKS

SIGN = 6.5
"""Radius of the disc with the sign of a change."""
AROUND = 1.0
"""How far a mark reaches beyond what it marks."""

WORDS: Mapping[Change, str] = {
    "added": "added",
    "removed": "removed",
    "changed": "changed",
    "renamed": "moved or renamed",
}


@dataclass(frozen=True)
class Entry:
    """A line of the difference: a block's title, one of its rows, or its note.

    Attributes:
        change: Which kind of change it tells.
        spots: What it speaks of: `network.address` of layers, the name of a hint, or `stage NAME`.
    """

    change: Change
    spots: Spots


def entries(block: Block, before: Program, after: Program) -> list[Entry]:
    """The lines of a block: its title, then its rows, then its note if it has one."""
    if block.is_network:
        rows = [Entry(row.change, _named(row.spots, block.names)) for row in block.rows]
        note = [Entry("changed", _named(block.silent, block.names))] if block.note else []
        return [Entry(block.change, _whole(block, before, after)), *rows, *note]
    spots = _declared(block)
    return [Entry(block.change, spots), *(Entry(block.change, spots) for _ in block.rows)]


def _named(spots: Spots, names: tuple[str | None, str | None]) -> Spots:
    """Addresses with the name of the network in front."""
    before, after = names
    return Spots(
        tuple(f"{before}.{address}" for address in spots.before),
        tuple(f"{after}.{address}" for address in spots.after),
    )


def _whole(block: Block, before: Program, after: Program) -> Spots:
    """All layers of a network that is new or gone."""
    one, other = block.names
    if one is not None and other is not None:
        return Spots()
    gone = [f"{one}.{address}" for address in before.networks[one].graph.layers] if one is not None else []
    new = [f"{other}.{address}" for address in after.networks[other].graph.layers] if other is not None else []
    return Spots(tuple(gone), tuple(new))


def _declared(block: Block) -> Spots:
    """A hint is seen as its card, a stage as its number; other declarations are not drawn."""
    if block.kind not in ("hint", "stage"):
        return Spots()
    word = "stage " if block.kind == "stage" else ""
    before, after = ((f"{word}{name}",) if name is not None else () for name in block.names)
    return Spots(before, after)


@dataclass(frozen=True, eq=False)
class Mark:
    """A box of a drawing that lines of the difference speak of.

    Attributes:
        frames: What is marked: a box, or a stage's number wherever it stands.
        lines: Positions of the lines.
    """

    id: str
    frames: tuple[Frame, ...]
    change: Change
    lines: tuple[int, ...]


def marks(drawn: Drawn, lines: Sequence[tuple[Change, Iterable[str]]], prefix: str) -> list[Mark]:
    """The boxes of a drawing that are marked, in the order in which they are drawn.

    Args:
        drawn: The drawing.
        lines: For each line its change and what it speaks of on this side.
        prefix: In front of the names of marks.
    """
    told: dict[str, dict[int, Change]] = {}
    for position, (change, spots) in enumerate(lines):
        for spot in spots:
            told.setdefault(drawn.boxes.get(spot, spot), {})[position] = change
    frames: dict[str, list[Frame]] = {}
    for frame in (shape for shape in drawn.picture.shapes if isinstance(shape, Frame)):
        key = frame.title if "badge" in frame.look else frame.address
        if key in told:
            frames.setdefault(key, []).append(frame)
    return [
        Mark(f"{prefix}{number}", tuple(found), _joint(told[key].values()), tuple(told[key]))
        for number, (key, found) in enumerate(frames.items())
    ]


def _joint(changes: Iterable[Change]) -> Change:
    """The change of a box of which lines tell several."""
    kinds = frozenset(changes)
    return next(iter(kinds)) if len(kinds) == 1 else "changed"


def elements(mark: Mark, partners: str) -> Iterator[str]:
    """A mark as SVG: a rectangle over each frame, and the sign of its change."""
    title = f"{WORDS[mark.change]}: {mark.frames[0].title}"
    yield (
        f'<g class="mark {mark.change}" id="{mark.id}" data-with="{partners}" tabindex="-1" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>'
    )
    for frame in mark.frames:
        yield from _over(frame, MARKS[mark.change][0])
    yield "</g>"


def _over(frame: Frame, sign: str) -> Iterator[str]:
    x, y, width, height = (number(v) for v in (frame.x - AROUND, frame.y - AROUND, frame.width + 2, frame.height + 2))
    large = ' class="large"' if frame.height > 2 * ROW else ""
    yield f'<rect{large} x="{x}" y="{y}" width="{width}" height="{height}" rx="{number(frame.radius + AROUND)}"/>'
    is_small = frame.width < ROW
    # above the number of a stage, beside which others stand; at the left edge of a box
    place = (frame.x + frame.width / 2, frame.y - SIGN) if is_small else (frame.x - 2, frame.y + ROW / 2)
    cx, cy, base = number(place[0]), number(place[1]), number(place[1] + 4)
    yield f'<circle cx="{cx}" cy="{cy}" r="{number(SIGN)}"/>'
    yield f'<text class="sign" x="{cx}" y="{base}" text-anchor="middle">{escape(sign)}</text>'
