"""Students as points: what they reach over what they cost, or over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...dataclass import dataclass
from ..drawing.svg import number
from .axes import MANY, Area, chart, ground, path
from .markup import Html, joined, tag
from .scales import Scale

WIDTH, HEIGHT = 440.0, 290.0
RADIUS = "4.5"

Point = tuple[float, float]


@dataclass(frozen=True)
class Spot:
    """A student at a place; `look` says in classes what it is, `label` in words."""

    trial: int
    x: float
    y: float
    look: str
    label: str


@dataclass(frozen=True)
class Level:
    """A height to compare with, such as the teacher's."""

    y: float
    name: str


@dataclass(frozen=True)
class ScatterChart:
    """Points with a line through some of them.

    Attributes:
        title, about: What is shown.
        x_title: What goes to the right.
        x, y: Scales; a point beyond an end of `y` stands there as a triangle.
        line: Corners of the line.
        level: A height to compare with.
    """

    title: str
    about: str
    x_title: str
    x: Scale
    y: Scale
    spots: tuple[Spot, ...]
    line: tuple[Point, ...] = ()
    level: Level | None = None


def scatter_chart(shown: ScatterChart) -> Html:
    """A chart with its title; points can be reached by keyboard where scripts run."""
    area = Area(WIDTH, HEIGHT, shown.x, shown.y, left=56)
    label = f"{shown.title}, {shown.about}: {len(shown.spots)} students"
    inside = [*ground(area, shown.x_title), *_level(area, shown.level), *_line(area, shown.line)]
    look = "scatter many" if len(shown.spots) > MANY else "scatter"
    points = tag("g", *_points(area, shown.spots), class_="points")
    drawn = chart((WIDTH, HEIGHT), label, *inside, points, kind=look, role="group")
    caption = joined([tag("b", shown.title), tag("span", shown.about, class_="faint")], " ")
    return tag("figure", tag("figcaption", caption), drawn)


def _level(area: Area, level: Level | None) -> Iterator[Html]:
    if level is not None:
        y = area.up(area.y.place(level.y))
        ends = {"x1": number(area.across(0)), "x2": number(area.across(1)), "y1": number(y), "y2": number(y)}
        yield tag("g", tag("title", level.name), tag("line", **ends), class_="level")
        below = 13.0 if y < area.top + 16 else -4.0
        yield tag("text", level.name, x=number(area.across(1) - 2), y=number(y + below), text_anchor="end")


def _line(area: Area, corners: Sequence[Point]) -> Iterator[Html]:
    if len(corners) > 1:
        yield tag("path", d=path([area.spot(x, y) for x, y in corners]), class_="front")


def _points(area: Area, spots: Sequence[Spot]) -> Iterator[Html]:
    low, high = area.y.ends
    for spot in spots:
        x, y = area.spot(spot.x, spot.y)
        title = tag("title", spot.label)
        if low <= spot.y <= high:
            yield tag(
                "g", title, tag("circle", cx=number(x), cy=number(y), r=RADIUS), data_trial=spot.trial, class_=spot.look
            )
            continue
        side = 1 if spot.y < low else -1
        corners = [(x - 5, y - 8 * side), (x + 5, y - 8 * side), (x, y)]
        yield tag("g", title, tag("path", d=f"{path(corners)}Z"), data_trial=spot.trial, class_=spot.look)


def steps(points: Sequence[Point], *, is_large_good: bool) -> tuple[Point, ...]:
    """The corners of a line through the points of which no other is at once further left and better."""
    corners: list[Point] = []
    for x, y in sorted(points, key=lambda point: (point[0], -point[1] if is_large_good else point[1])):
        if not corners:
            corners.append((x, y))
        elif (y > corners[-1][1]) if is_large_good else (y < corners[-1][1]):
            corners += [(x, corners[-1][1]), (x, y)]
    return tuple(corners)


def core(values: Sequence[float], *, is_large_good: bool) -> list[float]:
    """Values without those that are so much worse than the rest that all others would fall together."""
    known = sorted(values, reverse=not is_large_good)
    if len(known) < 4:
        return known
    low, middle, high = (known[round(share * (len(known) - 1))] for share in (0.25, 0.5, 1.0))
    reach = 3 * abs(middle - low) + abs(high - low)
    return [value for value in known if abs(value - high) <= reach or not reach]
