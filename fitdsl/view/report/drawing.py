"""The picture of a spec within a page, whose styles reach nothing outside of it."""

from __future__ import annotations

from ...program.model import Program
from ..drawing.picture import draw
from ..drawing.svg import STYLE, elements, escape, number
from .markup import Html, details, joined, paragraph, tag

DRAWING_STYLE = f".drawing{{{STYLE}}}\n"


def drawing(program: Program | None, title: str) -> Html:
    """Teacher and student side by side, under a heading that folds them away."""
    if program is None:
        return paragraph("The spec cannot be drawn.")
    drawn = draw(program)
    picture = drawn.picture
    width, height = number(picture.width), number(picture.height)
    inside = Html(
        "\n".join(
            (
                f"<title>{escape(picture.title)}</title>",
                f"<desc>{escape(picture.description)}</desc>",
                *elements(picture.shapes),
            )
        )
    )
    shown = tag(
        "svg", inside, width=width, height=height, viewBox=f"0 0 {width} {height}", role="img", class_="drawing"
    )
    notes = [paragraph(note, class_="faint") for note in drawn.notes]
    frame = tag("div", shown, class_="wide", tabindex=0, role="region", aria_label=title)
    return details(title, joined([frame, *notes]), is_open=True)
