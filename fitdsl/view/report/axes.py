"""The ground of a chart: a frame, lines at the marks of both axes, and what is written beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...dataclass import dataclass
from ..drawing.letters import text_width
from ..drawing.svg import number
from .markup import Attribute, Html, tag
from .scales import Scale, Tick

SIZE = 11.0
"""Font size of what stands beside axes."""

MANY = 120
"""More points or lines than this are drawn finer, so that they can be told apart."""


@dataclass(frozen=True)
class Area:
    """Where the values of a chart stand, in its pixels, and the scales of both directions."""

    width: float
    height: float
    x: Scale
    y: Scale
    left: float = 48.0
    right: float = 14.0
    top: float = 8.0
    bottom: float = 34.0

    def across(self, share: float) -> float:
        """The pixel of a share of the width."""
        return self.left + share * (self.width - self.left - self.right)

    def up(self, share: float) -> float:
        """The pixel of a share of the height, counted from below."""
        return self.height - self.bottom - share * (self.height - self.top - self.bottom)

    @property
    def reach(self) -> str:
        """Left, right, upper and lower end in pixels, and the values at the first two: `48 346 8 182 0 15`."""
        ends = self.across(0), self.across(1), self.up(1), self.up(0)
        return " ".join((*map(number, ends), *(f"{end:g}" for end in self.x.ends)))

    def spot(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a point."""
        return self.across(self.x.place(x)), self.up(self.y.place(y))


def ground(area: Area, title: str) -> Iterator[Html]:
    """Both axes of a chart; `title` says what goes to the right."""
    for share, text in area.y.ticks():
        y = area.up(share)
        yield _line(area.across(0), y, area.across(1), y)
        yield _text(area.left - 6, y + 4, text, "end")
    for share, text in roomy(area.x.ticks(), area.across(1) - area.across(0)):
        x = area.across(share)
        yield _line(x, area.up(0), x, area.up(0) + 4)
        yield _text(x, area.up(0) + 16, text, "middle")
    yield _text((area.across(0) + area.across(1)) / 2, area.height - 4, title, "middle", "t")


def roomy(ticks: Sequence[Tick], length: float) -> list[Tick]:
    """The marks of an axis whose texts do not touch each other, beginning with the first."""
    kept: list[Tick] = []
    free = float("-inf")
    for share, text in ticks:
        half = text_width(text, SIZE) / 2 + 4
        if share * length - half >= free:
            kept.append((share, text))
            free = share * length + half
    return kept


def chart(size: tuple[float, float], label: str, *inside: str, kind: str, **more: Attribute) -> Html:
    """A drawing of its own, so many pixels wide and high.

    Args:
        size: Both.
        label: What it shows, in words.
        inside: What it is made of.
        kind: Its class.
        more: Further attributes; `role` if readers may go into it.
    """
    width, height = map(number, size)
    known: dict[str, Attribute] = {"role": "img", **more, "aria_label": label, "class_": f"chart {kind}"}
    return tag("svg", *inside, viewBox=f"0 0 {width} {height}", **known)


def path(points: Sequence[tuple[float, float]]) -> str:
    """A line through points, as a path has it."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)


def _line(x1: float, y1: float, x2: float, y2: float) -> Html:
    return tag("line", x1=number(x1), y1=number(y1), x2=number(x2), y2=number(y2))


def _text(x: float, y: float, text: str, anchor: str, look: str | None = None) -> Html:
    return tag("text", text, x=number(x), y=number(y), text_anchor=anchor, class_=look)
