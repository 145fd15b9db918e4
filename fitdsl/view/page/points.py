"""The points of a space that a page can show: all of them, or single changes where they are too many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from math import prod

from ...compilation import Compilation, Standing
from ...dataclass import dataclass
from ...space.params import ParamInfo, spelled
from ...syntax.spelling import spell
from .tables import Axes

MOST_POINTS = 512
MANY_POINTS = 64


@dataclass(frozen=True, eq=False)
class Turned:
    """A param that a page turns: its values as texts, and which of them it has at the spec's own point."""

    info: ParamInfo
    values: tuple[str, ...]
    here: int

    @property
    def name(self) -> str:
        """Its name."""
        return self.info.name


@dataclass(frozen=True, eq=False)
class Points:
    """The points of a page.

    Attributes:
        turned: The params that can be turned.
        left_out: Names of params that shape a student and have too many values to turn them.
        is_whole: Whether all values go together; if not, one param at a time leaves the spec's own point.
        standings: What the spec says at each point, in the order of `axes`; None where it is not sound.
    """

    turned: tuple[Turned, ...]
    left_out: tuple[str, ...]
    is_whole: bool
    standings: tuple[Standing, ...]

    @property
    def axes(self) -> Axes:
        """One axis for each param, or a single one with the spec's own point and every change of it."""
        return Axes(tuple(len(param.values) for param in self.turned) if self.is_whole else (len(self.standings),))

    @property
    def here(self) -> int:
        """Which of the points is the spec's own."""
        place = 0
        for param in self.turned if self.is_whole else ():
            place = place * len(param.values) + param.here
        return place


def points(compilation: Compilation, tell: Callable[[str], None] = lambda _: None) -> Points:
    """The points around a sound spec's own one that differ in what shapes its networks.

    Args:
        compilation: The spec.
        tell: Told before many are worked out, as that takes a while.
    """
    shaping = [compilation.params[name] for name in compilation.shaping]
    ordered = [info for info in compilation.params.values() if info in shaping and info.domain is not None]
    small = [info for info in ordered if info.size is not None and info.size <= MOST_POINTS]
    turned = _few(found for info in small if (found := _turned(info)) is not None)
    left_out = tuple(info.name for info in ordered if info.name not in {param.name for param in turned})
    is_whole = prod(len(param.values) for param in turned) <= MOST_POINTS
    wanted = _all(turned) if is_whole else _single(turned)
    if len(wanted) > MANY_POINTS:
        tell(f"{len(wanted)} students are worked out for the page")
    return Points(turned, left_out, is_whole, tuple(map(compilation.standing, wanted)))


def _few(turned: Iterable[Turned]) -> tuple[Turned, ...]:
    """As many of the params, from the first on, as have so few values together that each can be shown by itself."""
    kept: list[Turned] = []
    for param in turned:
        if sum(len(one.values) for one in (*kept, param)) <= MOST_POINTS:
            kept.append(param)
    return tuple(kept)


def chosen_points(compilation: Compilation, wanted: Iterable[Mapping[str, str]]) -> Points:
    """Some points of a sound spec, one behind the other; params that are not named are as they are in the spec."""
    return Points((), (), is_whole=False, standings=tuple(map(compilation.standing, wanted)))


def _turned(info: ParamInfo) -> Turned | None:
    """A param with its values; None if its own value is none of them."""
    assert info.domain is not None
    assert info.declaration.domain is not None
    values = tuple(spell(value) for value in spelled(info.declaration.domain, info.domain))
    own = spell(info.expr)
    return Turned(info, values, values.index(own)) if own in values else None


def _all(turned: Sequence[Turned]) -> list[Mapping[str, str]]:
    names = [param.name for param in turned]
    return [dict(zip(names, way, strict=True)) for way in product(*(param.values for param in turned))]


def _single(turned: Sequence[Turned]) -> list[Mapping[str, str]]:
    """The spec's own point, then for each param its other values in order."""
    others = ({param.name: value} for param in turned for value in param.values if value != param.values[param.here])
    return [{}, *others]
