"""Scales of charts: where a value stands between 0 and 1, and the values that are written beside the axis."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from math import ceil, floor, inf, log10

from ...dataclass import dataclass
from ..terminal import human

Spell = Callable[[float], str]
"""A number as it is written."""

Tick = tuple[float, str]
"""Where a mark stands between 0 and 1, and what is written at it."""


class Scale(ABC):
    """From values to places."""

    @abstractmethod
    def place(self, value: float) -> float:
        """Where a value stands, from 0 to 1; values beyond an end stand at that end."""

    @property
    @abstractmethod
    def ends(self) -> tuple[float, float]:
        """The values at 0 and at 1."""

    @abstractmethod
    def ticks(self) -> tuple[Tick, ...]:
        """The marks, from the low end to the high one."""


@dataclass(frozen=True)
class Linear(Scale):
    """Equal differences are equal lengths; `step` parts two marks."""

    low: float
    high: float
    step: float
    spell: Spell

    @classmethod
    def over(cls, values: Iterable[float], spell: Spell | None = None, *, most: int = 5, least: float = 0.0) -> Linear:
        """The narrowest scale between marks that holds all values, with about so many steps of at least a size."""
        known = list(values) or [0.0]
        low, high = min(known), max(known)
        if high <= low:
            room = abs(low) * 0.1 or 1.0
            low, high = low - room, high + room
        step = max(_nice((high - low) / most), least)
        steps = floor(low / step + 1e-9), ceil(high / step - 1e-9)
        return cls(steps[0] * step, steps[1] * step, step, spell or plain_by(step))

    def place(self, value: float) -> float:
        return _within((value - self.low) / (self.high - self.low))

    @property
    def ends(self) -> tuple[float, float]:
        return self.low, self.high

    def ticks(self) -> tuple[Tick, ...]:
        count = round((self.high - self.low) / self.step)
        return tuple((place / count, self.spell(self.low + place * self.step)) for place in range(count + 1))


@dataclass(frozen=True)
class Log(Scale):
    """Equal ratios are equal lengths."""

    low: float
    high: float
    spell: Spell

    @classmethod
    def over(cls, values: Iterable[float], spell: Spell) -> Log:
        """A scale with a little room beside all values, which are above 0."""
        known = list(values) or [1.0]
        low, high = min(known), max(known)
        room = (high / low) ** 0.06 if high > low else 1.5
        return cls(low / room, high * room, spell)

    def place(self, value: float) -> float:
        return _within(log10(value / self.low) / log10(self.high / self.low)) if value > 0 else 0.0

    @property
    def ends(self) -> tuple[float, float]:
        return self.low, self.high

    def ticks(self) -> tuple[Tick, ...]:
        for heads in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
            found = [value for value in self._values(heads) if self.low <= value <= self.high]
            if len(found) >= 3:
                break
        else:
            exact = (self.low * (self.high / self.low) ** share for share in (0.1, 0.5, 0.9))
            found = [float(f"{value:.3g}") for value in exact]
        return tuple((self.place(value), self.spell(value)) for value in found)

    def _values(self, heads: Sequence[float]) -> list[float]:
        powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
        return [head * 10.0**power for power in powers for head in heads]


@dataclass(frozen=True)
class Ordinal(Scale):
    """Values that are only told apart, by their number from 0, the same way from each other."""

    names: tuple[str, ...]

    def place(self, value: float) -> float:
        return _within(value / (len(self.names) - 1)) if len(self.names) > 1 else 0.5

    @property
    def ends(self) -> tuple[float, float]:
        return 0.0, float(len(self.names) - 1)

    def ticks(self) -> tuple[Tick, ...]:
        return tuple((self.place(number), name) for number, name in enumerate(self.names))


def _within(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _nice(step: float) -> float:
    """The next step upward that people count by: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(step))
    return next(head * power for head in (1, 2, 5, 10) if head * power >= step * (1 - 1e-9))


# How numbers are written ----------------------------------------------------------------------------------------------


def plain_by(step: float) -> Spell:
    """Numbers with as many digits as marks that far apart need."""
    if step >= 10_000:
        return brief
    if step < 1e-4:
        return short
    digits = max(0, -floor(log10(step) + 1e-9))
    return lambda value: f"{value if abs(value) > step / 2 else 0:,.{digits}f}"


def percent_by(step: float) -> Spell:
    """Shares in percent, with as many digits as marks that far apart need."""
    digits = max(0, -floor(log10(step * 100) + 1e-9))
    return lambda value: f"{value * 100 if abs(value) > step / 2 else 0:.{digits}f}%"


def brief(value: float) -> str:
    """A count in three digits, without zeros at its end: `5K`, `13.3K`."""
    text = human(value)
    digits, power = (text[:-1], text[-1]) if text[-1].isalpha() else (text, "")
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}{power}"


def short(value: float) -> str:
    """A number in four digits: `0.001508`, `1.2e-05`, `12.34`."""
    text = f"{value:.4g}"
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e12 else text


def epochs(values: Iterable[float], *, most: int) -> Linear:
    """A scale of whole numbers."""
    return Linear.over(values, lambda value: f"{value:.0f}", most=most, least=1.0)


def span_of(values: Iterable[float]) -> float:
    """How many times the smallest of some values the largest is; 0 where one is not above 0."""
    known = list(values)
    low, high = min(known, default=inf), max(known, default=0.0)
    return high / low if low > 0 else 0.0


def percents(values: Iterable[float], *, most: int = 5) -> Linear:
    """The scale of shares, which never reaches beyond 0 and 1."""
    made = Linear.over(values, most=most)
    low, high = max(made.low, 0.0), min(made.high, 1.0)
    if high - low < made.step:
        low, high = (max(high - made.step, 0.0), high) if high >= 1.0 else (low, low + made.step)
    return Linear(low, high, made.step, percent_by(made.step))
