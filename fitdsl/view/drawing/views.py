"""Drawings as `fit show` asks for them: from a compilation to the text of a file."""

from __future__ import annotations

from ...compilation import Compilation
from ..options import ViewOptions
from .picture import draw
from .svg import svg


def svg_view(compilation: Compilation, options: ViewOptions) -> str:
    """The whole spec at its point as one SVG document."""
    drawn = draw(compilation.program, options.depth)
    for note in drawn.notes:
        options.tell(note)
    return svg(drawn.picture)
