"""Parallel coordinates: an axis for each param and each result, a line for each student."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...dataclass import dataclass
from ..drawing.letters import fit
from ..drawing.svg import number
from .axes import MANY, SIZE, chart, path
from .markup import Html, tag
from .scales import Scale

APART, SIDE = 130.0, 66.0
"""Pixels between two axes, and beside the outer ones."""
TOP, HEIGHT, BOTTOM = 30.0, 300.0, 14.0
CLOSEST = 15.0
"""Pixels between two marks of an axis whose texts are written."""


@dataclass(frozen=True)
class Axis:
    """An axis with the value of each student, by number; who has none has no line there."""

    name: str
    scale: Scale
    values: Mapping[int, float]


@dataclass(frozen=True)
class Strand:
    """A student's line."""

    trial: int
    look: str
    label: str


def parallel_chart(axes: Sequence[Axis], strands: Sequence[Strand]) -> Html:
    """The chart in a frame that scrolls where it is too wide; later lines lie above earlier ones."""
    width = 2 * SIDE + APART * (len(axes) - 1)
    lines = tag("g", *_strands(axes, strands), class_="strands")
    look = "parallel many" if len(strands) > MANY else "parallel"
    label = f"{len(strands)} students by {', '.join(axis.name for axis in axes)}"
    drawn = chart((width, TOP + HEIGHT + BOTTOM), label, lines, *_axes(axes), kind=look)
    room = tag("div", drawn, class_="room", style=f"--width:{number(width)}")
    return tag("div", room, class_="wide", tabindex=0, role="region", aria_label=label)


def _across(place: int) -> float:
    return SIDE + place * APART


def _down(share: float) -> float:
    return TOP + (1 - share) * HEIGHT


def _strands(axes: Sequence[Axis], strands: Sequence[Strand]) -> Iterator[Html]:
    for strand in strands:
        spots = [
            (_across(place), _down(axis.scale.place(axis.values[strand.trial])))
            for place, axis in enumerate(axes)
            if strand.trial in axis.values
        ]
        if len(spots) > 1:
            title = tag("title", strand.label)
            yield tag("g", title, tag("path", d=path(spots)), data_trial=strand.trial, class_=strand.look)


def _axes(axes: Sequence[Axis]) -> Iterator[Html]:
    for place, axis in enumerate(axes):
        x = _across(place)
        yield tag("line", x1=number(x), x2=number(x), y1=number(_down(0)), y2=number(_down(1)))
        name = fit(axis.name, APART - 6, SIZE)
        yield tag(
            "text", tag("title", axis.name), name, x=number(x), y=number(TOP - 14), text_anchor="middle", class_="t"
        )
        above = float("inf")
        for share, text in axis.scale.ticks():
            y = _down(share)
            if above - y >= CLOSEST:
                above = y
                shown = fit(text, APART * 0.45, SIZE)
                yield tag("text", shown, x=number(x - 6), y=number(y + 4), text_anchor="end", class_="halo")
