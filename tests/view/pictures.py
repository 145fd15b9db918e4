"""What tests ask of a picture: who stands where, and whether any two things are in each other's way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from fitdsl.compilation import Compilation
from fitdsl.source import Source
from fitdsl.view.drawing.align import Column
from fitdsl.view.drawing.boxes import Box, Placed
from fitdsl.view.drawing.folding import shorten
from fitdsl.view.drawing.layout import Layout
from fitdsl.view.drawing.letters import text_width
from fitdsl.view.drawing.picture import draw
from fitdsl.view.drawing.shapes import Frame, Picture, Words

ROOT = Path(__file__).parents[2]
SPECS = sorted(path for path in (ROOT / "specs").rglob("*.fit") if path.parent.name != "blocks")
SIZES = {"title": 13.0, "role": 13.0, "faint": 9.5, "number": 9.0}
"""Font sizes by class; all others are 11 pixels."""


def read(body: str) -> Compilation:
    """A spec from its text without the edition."""
    return Compilation(Source("spec.fit", f"fit 1\n{body}"))


def net(body: str, shape: str = "[8, 16, 16]") -> Compilation:
    """A spec of one student, whose input is called `image`; blocks come before a line `---`."""
    blocks, _, lines = body.rpartition("---\n")
    return read(f"{blocks}\nstudent net(image: {shape}) {{\n{lines}\n}}\n")


def box_of(compilation: Compilation, name: str = "net", depth: int | None = None) -> Box:
    """The box of a network, with rows 160 pixels wide."""
    graph = compilation.program.networks[name].graph
    return Layout(graph, 80.0).box(shorten(graph, (), depth).item)


def column_of(compilation: Compilation, name: str = "net") -> Column:
    """A network laid out."""
    graph = compilation.program.networks[name].graph
    return Column.of(name, shorten(graph, ()).item, Layout(graph, 80.0))


def picture_of(compilation: Compilation, depth: int | None = None) -> Picture:
    """A whole spec."""
    return draw(compilation.program, depth).picture


def places(box: Box) -> dict[str, Placed]:
    """The boxes inside a box by the address of what they show."""
    return {placed.box.item.address: placed for placed in box.everything() if placed.box.item is not None}


def shown(box: Box, level: int = 0) -> Iterator[str]:
    """The boxes as lines: label, what, how often; inner ones indented."""
    for child in box.children:
        item = child.box.item
        assert item is not None
        times = f"×{item.times}" if item.times > 1 else ""
        yield "  " * level + " ".join(filter(None, (item.label or item.address, times, item.word)))
        yield from shown(child.box, level + 1)


def clashes(box: Box) -> list[str]:
    """Boxes that overlap one another, or stand out of the one around them."""
    found = []
    for placed in box.everything():
        inside = [(c, c.x - c.box.left, c.x + c.box.right, c.y, c.bottom) for c in placed.box.children]
        for (one, left, right, top, bottom), (other, left2, right2, top2, bottom2) in combinations(inside, 2):
            if left < right2 and left2 < right and top < bottom2 and top2 < bottom:
                found.append(f"{_name(one)} and {_name(other)}")
        for child, left, right, _, bottom in inside:
            if left < -placed.box.left or right > placed.box.right or bottom > placed.box.height:
                found.append(f"{_name(child)} out of {_name(placed)}")
    return found


def _name(placed: Placed) -> str:
    return placed.box.item.address if placed.box.item else "?"


def stray(picture: Picture) -> list[str]:
    """Texts that do not fit into the smallest frame in which they begin, or into the page."""
    frames = [shape for shape in picture.shapes if isinstance(shape, Frame)]
    return [words.text for words in picture.shapes if isinstance(words, Words) and _is_stray(words, frames, picture)]


def extent(words: Words) -> tuple[float, float]:
    """From where to where a line of text reaches at most."""
    width = text_width(words.text, SIZES.get(words.look, 11.0), is_bold=words.look in {"name", "title", "number"})
    if words.then:
        is_bold = words.then_look in {"name", "title"}
        width += text_width(" " + words.then, SIZES.get(words.then_look, 11.0), is_bold=is_bold)
    start = words.x - {"start": 0.0, "middle": width / 2, "end": width}[words.anchor]
    return start, start + width


def _is_stray(words: Words, frames: list[Frame], picture: Picture) -> bool:
    left, right = extent(words)
    around = [f for f in frames if f.x <= words.x <= f.x + f.width and f.y <= words.y <= f.y + f.height]
    if not around:
        return left < 0 or right > picture.width
    frame = min(around, key=lambda frame: frame.width * frame.height)
    return left < frame.x or right > frame.x + frame.width
