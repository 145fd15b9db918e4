"""A picture as SVG: one file that needs no script, no font and no network, light or dark as its reader wishes.

Whatever comes from a spec goes through `escape`, so it stays text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .boxes import Point
from .shapes import Dot, Frame, Line, Picture, Shape, Words
from .style import COLOURS, RULES, scope_of, scoped, standalone

CORNER = 5.0
ARROW = 4.0

STYLE = standalone(RULES, COLOURS)
"""How everything looks in a file of its own."""


def svg(picture: Picture) -> str:
    """A picture as a whole SVG document."""
    return _document(picture, STYLE)


def inline_svg(picture: Picture, over: Sequence[str] = ()) -> str:
    """A picture as an SVG document that may stand in a page beside others; neither changes the other.

    Args:
        picture: The picture.
        over: Elements that are drawn over it, and that someone may come to.
    """
    own = f' class="{scope_of(RULES, COLOURS)}"'
    return _document(picture, scoped(RULES, COLOURS), own, over)


def _document(picture: Picture, style: str, own: str = "", over: Sequence[str] = ()) -> str:
    width, height = number(picture.width), number(picture.height)
    role = "group" if over else "img"
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg"{own} width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="{role}">',
            f"<title>{escape(picture.title)}</title>",
            f"<desc>{escape(picture.description)}</desc>",
            f"<style>{style}</style>",
            f'<rect class="paper" width="{width}" height="{height}"/>',
            *elements(picture.shapes),
            *over,
            "</svg>",
        )
    )


def elements(shapes: Iterable[Shape]) -> Iterator[str]:
    """An element for each shape, two for a line with an arrow."""
    for shape in shapes:
        match shape:
            case Frame():
                yield _frame(shape)
            case Words():
                yield _words(shape)
            case Line():
                yield from _line(shape)
            case Dot():
                yield f'<circle cx="{number(shape.x)}" cy="{number(shape.y)}" r="3" class="{shape.look}"/>'


def escape(text: str) -> str:
    """A text as XML has it, in an element or between double quotes; what XML cannot hold shows as a question mark."""
    known = "".join(char if _is_legal(char) else "\ufffd" for char in text)
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        known = known.replace(char, entity)
    return known


def _is_legal(char: str) -> bool:
    code = ord(char)
    return char in "\t\n" or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code >= 0x10000


def number(value: float) -> str:
    """A length with one digit behind the point, where that is not 0."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _frame(frame: Frame) -> str:
    place = f'x="{number(frame.x)}" y="{number(frame.y)}" width="{number(frame.width)}" height="{number(frame.height)}"'
    radius = f' rx="{number(frame.radius)}"' if frame.radius else ""
    address = f' data-address="{escape(frame.address)}"' if frame.address else ""
    start = f'<rect class="{frame.look}" {place}{radius}{address}'
    return f"{start}><title>{escape(frame.title)}</title></rect>" if frame.title else f"{start}/>"


def _words(words: Words) -> str:
    anchor = "" if words.anchor == "start" else f' text-anchor="{words.anchor}"'
    start = f'<text x="{number(words.x)}" y="{number(words.y)}"{_class(words.look)}{anchor}>'
    if not words.then:
        return f"{start}{escape(words.text)}</text>"
    then = f"<tspan{_class(words.then_look)}>{escape(words.then)}</tspan>"
    return f"{start}{escape(words.text)} {then}</text>" if words.text else f"{start}{then}</text>"


def _class(look: str) -> str:
    return f' class="{look}"'


def _line(line: Line) -> Iterator[str]:
    yield f'<path class="{line.look}" d="{_path(line.points)}"/>'
    if line.has_arrow:
        look = "head" if line.look == "wire" else f"{line.look}-head"
        yield f'<path class="{look}" d="{_arrow(*line.points[-2:])}"/>'


def _path(points: Sequence[Point]) -> str:
    steps = [f"M{_spot(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        steps.append(f"L{_spot(_toward(corner, before))}Q{_spot(corner)} {_spot(_toward(corner, after))}")
    return "".join((*steps, f"L{_spot(points[-1])}"))


def _toward(corner: Point, other: Point) -> Point:
    """The point where the rounding of a corner ends on the way to another point, at most half that way."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = abs(dx) + abs(dy)
    share = min(CORNER, length / 2) / length if length else 0.0
    return corner[0] + dx * share, corner[1] + dy * share


def _arrow(before: Point, end: Point) -> str:
    dx, dy = end[0] - before[0], end[1] - before[1]
    if abs(dx) > abs(dy):
        back = end[0] - ARROW * (1 if dx > 0 else -1)
        corners = ((back, end[1] - ARROW * 0.8), (back, end[1] + ARROW * 0.8))
    else:
        back = end[1] - ARROW * (1 if dy > 0 else -1)
        corners = ((end[0] - ARROW * 0.8, back), (end[0] + ARROW * 0.8, back))
    return f"M{_spot(end)}L{_spot(corners[0])} {_spot(corners[1])}Z"


def _spot(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"
