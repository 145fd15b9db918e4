"""What a picture is made of: frames, texts and lines with a look, which a writer turns into a file format.

All lengths are pixels, x to the right and y down from the upper left corner of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from ...dataclass import dataclass
from .boxes import Point, Wire

SIZE = 11.0
"""Font size of what stands in boxes."""
SMALL = 9.5
"""Font size of shapes and remarks."""
LARGE = 13.0
"""Font size of the names of networks."""


@dataclass(frozen=True)
class Frame:
    """A rectangle.

    Attributes:
        look: Classes that give it colours, one blank apart.
        radius: Of its corners.
        title: What is shown where a pointer rests on it.
        address: What it stands for, `network.address`.
    """

    x: float
    y: float
    width: float
    height: float
    look: str
    radius: float = 4.0
    title: str = ""
    address: str = ""


@dataclass(frozen=True)
class Words:
    """A line of text: (x, y) is the end of its base line that `anchor` names; `then` goes on in a second look."""

    x: float
    y: float
    text: str
    look: str = "op"
    anchor: Literal["start", "middle", "end"] = "start"
    then: str = ""
    then_look: str = "op"


@dataclass(frozen=True)
class Line:
    """A line through points, with rounded corners, and an arrow at its end if it has one."""

    points: tuple[Point, ...]
    look: str = "wire"
    has_arrow: bool = True


@dataclass(frozen=True)
class Dot:
    """A small disc, where a line begins that is not one of the network's own."""

    x: float
    y: float
    look: str


Shape = Frame | Words | Line | Dot


@dataclass(frozen=True)
class Picture:
    """Shapes, those behind others first.

    Attributes:
        title: What it shows, in a few words.
        description: The same at more length, for those who cannot see it.
    """

    width: float
    height: float
    shapes: tuple[Shape, ...]
    title: str
    description: str


def lines(wires: Iterable[Wire], x: float, y: float) -> Sequence[Line]:
    """Wires of a box that stands at (x, y)."""
    return [Line(wire.moved(x, y).points, has_arrow=wire.has_arrow) for wire in wires]
