"""Curves over epochs: one small chart for each number, with train and val or several terms in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Literal

from ...dataclass import dataclass
from ..drawing.svg import number
from .axes import Area, chart, ground, path
from .markup import Html, joined, tag
from .scales import Linear, Log, Scale, epochs, percents, short, span_of

WIDTH, HEIGHT = 360.0, 216.0
WIDE = 100.0
"""From this ratio of the largest number to the smallest on, a scale is logarithmic."""

Kind = Literal["plain", "share", "rate"]
"""Shares are written in percent; rates and losses in a few digits."""

Points = Mapping[int, float]
"""Numbers by epoch."""


@dataclass(frozen=True)
class Curve:
    """Numbers by epoch under a name; `column` is what they are called in the table of all numbers."""

    name: str
    points: Points
    column: str = ""


@dataclass(frozen=True)
class LineChart:
    """Some curves of one kind.

    Attributes:
        title: What is measured.
        about: What is to be known of it, in a few words.
        marked: An epoch to mark.
        mark: What it is.
    """

    title: str
    curves: tuple[Curve, ...]
    kind: Kind = "plain"
    about: str = ""
    marked: int | None = None
    mark: str = ""

    @property
    def known(self) -> tuple[Curve, ...]:
        """The curves of which something is known; numbers that are not finite are left out."""
        finite = (replace(c, points={x: y for x, y in c.points.items() if isfinite(y)}) for c in self.curves)
        return tuple(curve for curve in finite if curve.points)


def line_chart(shown: LineChart) -> Html:
    """A chart with its title and what tells its curves apart."""
    curves = shown.known
    scale = _scale(shown.kind, [y for curve in curves for y in curve.points.values()])
    numbers = [x for curve in curves for x in curve.points]
    area = Area(WIDTH, HEIGHT, epochs(numbers, most=6), scale)
    drawn = chart(
        (WIDTH, HEIGHT), _label(shown, curves), *_parts(area, shown, curves), kind="lines", data_reach=area.reach
    )
    keys = [_key(place, curve.name) for place, curve in enumerate(curves)] if len(curves) > 1 else []
    about = [tag("span", shown.about, class_="faint")] if shown.about else []
    return tag("figure", tag("figcaption", joined([tag("b", shown.title), *about, *keys], " ")), drawn)


def _parts(area: Area, shown: LineChart, curves: Sequence[Curve]) -> Iterator[Html]:
    yield from ground(area, "epoch")
    if shown.marked is not None:
        x = number(area.across(area.x.place(shown.marked)))
        ends = {"y1": number(area.up(0)), "y2": number(area.up(1))}
        yield tag("g", tag("title", shown.mark), tag("line", x1=x, x2=x, **ends), class_="kept")
    for place, curve in enumerate(curves):
        spots = [area.spot(x, y) for x, y in sorted(curve.points.items())]
        yield tag("path", d=path(spots), class_=f"s{place % 6}", data_name=curve.name, data_column=curve.column)
        if len(spots) == 1:
            yield tag("circle", cx=number(spots[0][0]), cy=number(spots[0][1]), r=3, class_=f"s{place % 6}")


def _scale(kind: Kind, values: Sequence[float]) -> Scale:
    if kind == "share":
        return percents(values, most=4)
    if kind == "rate":
        # schedules that end near 0 would be all end on a logarithmic scale
        return Linear.over([0.0, *values], short, most=4)
    return Log.over(values, short) if span_of(values) >= WIDE else Linear.over(values, most=4)


def _key(place: int, name: str) -> Html:
    line = tag("path", d="M0 5L22 5", class_=f"s{place % 6}")
    sample = tag("svg", line, viewBox="0 0 22 10", class_="key", aria_hidden="true")
    return tag("span", sample, " ", name, class_="key")


def _label(shown: LineChart, curves: Sequence[Curve]) -> str:
    told = []
    for curve in curves:
        first, last = min(curve.points), max(curve.points)
        told.append(f"{curve.name} from {_spelled(shown.kind, curve.points[first])} in epoch {first}")
        told[-1] += f" to {_spelled(shown.kind, curve.points[last])} in epoch {last}"
    marked = f"; {shown.mark}" if shown.mark else ""
    return f"{shown.title} by epoch: {', '.join(told)}{marked}"


def _spelled(kind: Kind, value: float) -> str:
    return f"{value:.2%}" if kind == "share" else short(value)
