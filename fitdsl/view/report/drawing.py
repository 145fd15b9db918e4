"""The picture of a spec within a page."""

from __future__ import annotations

from ...program.model import Program
from ..drawing.picture import draw
from ..drawing.svg import inline_svg
from .markup import Html, details, joined, paragraph, tag


def drawing(program: Program | None, title: str) -> Html:
    """Teacher and student side by side, under a heading that folds them away."""
    if program is None:
        return paragraph("The spec cannot be drawn.")
    drawn = draw(program)
    notes = [paragraph(note, class_="faint") for note in drawn.notes]
    shown = Html(inline_svg(drawn.picture))
    frame = tag("div", shown, class_="wide drawing", tabindex=0, role="region", aria_label=title)
    return details(title, joined([frame, *notes]), is_open=True)
