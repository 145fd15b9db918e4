"""Findings in a notebook: the frames of a terminal, coloured, in the output of the cell that has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...diagnostics import Diagnostic, Severity
from ...graph.sketch import Unfit
from ...program.model import Program
from ..drawing.picture import draw
from ..drawing.svg import escape
from ..frame import frame
from ..reports import full
from ..terminal import Display, Style
from .markup import Markup, panel, picture

_PAINTED = re.compile(r"\x1b\[([\d;]+)m(.*?)\x1b\[0m", re.DOTALL)
_CLASSES = {
    Style.ERROR: "fit-error",
    Style.WARNING: "fit-warning",
    Style.ACCENT: "fit-accent",
    Style.STRONG: "fit-strong",
}


def findings_bundle(diagnostics: Sequence[Diagnostic], known: Program | None = None) -> dict[str, str]:
    """Findings in full, as HTML and as plain text.

    Args:
        diagnostics: The findings.
        known: The spec as far as it is known; drawn below them if a network has faults, which the picture marks.
    """
    blocks = [_block(diagnostic) for diagnostic in diagnostics]
    drawn = [picture(draw(known))] if known is not None and _has_faults(known) else []
    return {"text/plain": full(diagnostics, Display()), "text/html": panel(*blocks, *drawn)}


def _has_faults(program: Program) -> bool:
    layers = (layer for network in program.networks.values() for layer in network.graph.layers.values())
    return any(isinstance(layer.op, Unfit) for layer in layers)


def _block(diagnostic: Diagnostic) -> Markup:
    look = "fit-error" if diagnostic.severity is Severity.ERROR else "fit-warning"
    text = frame(diagnostic, Display(has_color=True))
    return Markup(f'<pre class="fit-part fit-findings {look}">{"".join(_pieces(text))}</pre>')


def _pieces(painted: str) -> Iterator[str]:
    """A painted text as markup; a text of a user's own holds nothing that paints, as it was made printable."""
    end = 0
    for piece in _PAINTED.finditer(painted):
        yield escape(painted[end : piece.start()])
        yield f'<b class="{_CLASSES[Style(piece[1])]}">{escape(piece[2])}</b>'
        end = piece.end()
    yield escape(painted[end:])
