"""Scores over the epochs of the last stage, a line for each student: who was stopped, and where."""

from __future__ import annotations

from collections.abc import Sequence

from ...dataclass import dataclass
from .axes import MANY, Area, chart, ground, path
from .markup import Html, joined, tag
from .scales import Scale, epochs

WIDTH, HEIGHT = 440.0, 290.0
MOST_POINTS = 8_000
"""Points of all lines together; of more, every so many of each line are drawn, and its last."""

Points = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class History:
    """A student's scores by epoch."""

    trial: int
    look: str
    label: str
    points: Points


def history_chart(title: str, about: str, scale: Scale, histories: Sequence[History]) -> Html:
    """The chart with its title."""
    points = sum(len(history.points) for history in histories)
    step = max(1, -(-points // MOST_POINTS))
    x = epochs([0, *(epoch for history in histories for epoch, _ in history.points)], most=8)
    area = Area(WIDTH, HEIGHT, x, scale, left=56)
    lines = [_line(area, history, step) for history in histories]
    drawn = chart(
        (WIDTH, HEIGHT),
        f"{title}, {about}: {len(histories)} students",
        *ground(area, "epoch"),
        tag("g", *lines, class_="strands"),
        kind="histories many" if len(histories) > MANY else "histories",
    )
    caption = joined([tag("b", title), tag("span", about, class_="faint")], " ")
    return tag("figure", tag("figcaption", caption), drawn)


def _line(area: Area, history: History, step: int) -> Html:
    last = len(history.points) - 1
    spots = [area.spot(*point) for place, point in enumerate(history.points) if place % step == 0 or place == last]
    # a line of one point would not be seen
    spots = spots if len(spots) > 1 else [(spots[0][0] - 4, spots[0][1]), *spots]
    return tag(
        "g", tag("title", history.label), tag("path", d=path(spots)), data_trial=history.trial, class_=history.look
    )
