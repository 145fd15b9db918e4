"""Drawings as `fit show` asks for them: from a compilation to the text of a file."""

from __future__ import annotations

from ...compilation import Compilation
from ..options import ViewOptions
from .diagram import Diagram, diagram
from .dot import dot
from .mermaid import mermaid
from .picture import draw
from .png import png
from .svg import svg


def svg_view(compilation: Compilation, options: ViewOptions) -> str:
    """The whole spec at its point as one SVG document."""
    drawn = draw(compilation.sketch, options.depth)
    for note in drawn.notes:
        options.tell(note)
    return svg(drawn.picture)


def png_view(compilation: Compilation, options: ViewOptions) -> bytes:
    """The whole spec at its point as an image.

    Raises:
        NoResvg: What draws images is not installed.
    """
    return png(svg_view(compilation, options))


def dot_view(compilation: Compilation, options: ViewOptions) -> str:
    """The whole spec at its point for Graphviz."""
    return dot(_diagram(compilation, options))


def mermaid_view(compilation: Compilation, options: ViewOptions) -> str:
    """The whole spec at its point for Mermaid."""
    return mermaid(_diagram(compilation, options))


def _diagram(compilation: Compilation, options: ViewOptions) -> Diagram:
    drawn = diagram(compilation.sketch, options.depth)
    for note in drawn.notes:
        options.tell(note)
    return drawn
