"""Findings in a notebook: the frames of a terminal, coloured, in the output of the cell that has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...diagnostics import Diagnostic, Severity
from ..drawing.svg import escape
from ..frame import frame
from ..reports import full
from ..terminal import Display, Style
from .markup import Markup, panel

_PAINTED = re.compile(r"\x1b\[([\d;]+)m(.*?)\x1b\[0m", re.DOTALL)
_CLASSES = {
    Style.ERROR: "fit-error",
    Style.WARNING: "fit-warning",
    Style.ACCENT: "fit-accent",
    Style.STRONG: "fit-strong",
}


def findings_bundle(diagnostics: Sequence[Diagnostic]) -> dict[str, str]:
    """Findings in full, as HTML and as plain text."""
    blocks = (_block(diagnostic) for diagnostic in diagnostics)
    return {"text/plain": full(diagnostics, Display()), "text/html": panel(*blocks)}


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
