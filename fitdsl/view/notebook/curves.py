"""Small curves of training: a number over the epochs of a stage, on what is trained with and on what is held back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...dataclass import dataclass
from ..drawing.svg import escape, number
from .markup import Markup

WIDTH, HEIGHT = 230.0, 120.0
LEFT, TOP, BOTTOM, RIGHT = 52.0, 20.0, 16.0, 8.0


@dataclass(frozen=True)
class Chart:
    """A number over epochs.

    Attributes:
        title: Whose number, and which.
        lines: By split, `train` or `val`, pairs of epoch and number, at least one in all.
    """

    title: str
    lines: Mapping[str, Sequence[tuple[int, float]]]


def chart(shown: Chart) -> Markup:
    """A chart as SVG, for inside an output."""
    points = [point for line in shown.lines.values() for point in line]
    (first, last), (low, high) = _range([epoch for epoch, _ in points]), _range([value for _, value in points])
    frame = _Frame(first, last, low, high)
    name = f"{shown.title}: {'; '.join(f'{split} {_said(line)}' for split, line in shown.lines.items() if line)}"
    lines = (
        f'<svg class="fit-chart" width="{number(WIDTH)}" height="{number(HEIGHT)}" '
        f'viewBox="0 0 {number(WIDTH)} {number(HEIGHT)}" role="img" aria-label="{escape(name)}">',
        f"<title>{escape(name)}</title>",
        *_axes(shown.title, frame),
        *(_line(split, line, frame) for split, line in shown.lines.items() if line),
        "</svg>",
    )
    return Markup("\n".join(lines))


def _range(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _said(line: Sequence[tuple[int, float]]) -> str:
    return f"{short(line[0][1])} to {short(line[-1][1])} in epochs {line[0][0]} to {line[-1][0]}"


def short(value: float) -> str:
    """A number in three digits."""
    return f"{value:.3g}"


@dataclass(frozen=True)
class _Frame:
    """What the edges of a chart stand for."""

    first: float
    last: float
    low: float
    high: float

    def place(self, epoch: float, value: float) -> tuple[float, float]:
        """Where a point stands; in the middle where there is but one."""
        x = (epoch - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        y = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return LEFT + x * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y * (HEIGHT - TOP - BOTTOM)


def _axes(title: str, frame: _Frame) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    yield f'<path class="fit-axis" d="M{number(LEFT)} {number(TOP)}V{number(bottom)}H{number(right)}"/>'
    yield f'<text x="{number(LEFT)}" y="11">{escape(title)}</text>'
    values = [(frame.high, TOP + 4), (frame.low, bottom)] if frame.high > frame.low else [(frame.low, HEIGHT / 2)]
    for value, y in values:
        yield f'<text x="{number(LEFT - 5)}" y="{number(y)}" text-anchor="end">{short(value)}</text>'
    yield f'<text x="{number(LEFT)}" y="{number(HEIGHT - 4)}">epoch {frame.first:g}</text>'
    if frame.last > frame.first:
        yield f'<text x="{number(right)}" y="{number(HEIGHT - 4)}" text-anchor="end">{frame.last:g}</text>'


def _line(split: str, line: Sequence[tuple[int, float]], frame: _Frame) -> str:
    spots = [frame.place(epoch, value) for epoch, value in line]
    # a single point is a short stroke
    spots = spots if len(spots) > 1 else [(spots[0][0] - 3, spots[0][1]), (spots[0][0] + 3, spots[0][1])]
    way = "L".join(f"{number(x)} {number(y)}" for x, y in spots)
    return f'<path class="fit-{split}" d="M{way}"><title>{split}</title></path>'
