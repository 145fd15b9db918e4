"""A space in a few words: how many students there are, how many are left, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator

from ..counting.space import Space
from .terminal import counted, human

LONGEST_WHOLE = 10**15
"""Numbers from here on are rounded."""


def space_text(space: Space) -> str:
    """One line on a space: `12 students, all type-check, 10 meet every requirement; weights 4.1K .. 31K, …`."""
    if space.size is None:
        return "infinitely many students"
    return "; ".join([", ".join(_counts(space, space.size)), *_ranges(space)])


def _counts(space: Space, size: int) -> Iterator[str]:
    yield counted(size, "student") if size < LONGEST_WHOLE else f"{_whole(size)} students"
    if space.valid is None:
        yield "how many type-check is not known"
    else:
        yield f"{_of(space.valid, size)} type-check{'s' * (space.valid == 1)}"
    if not space.requirements:
        return
    low, high = space.bounds["feasible"]
    if space.feasible is None and high is not None and (low, high) != (0, space.valid):
        yield f"{_whole(low)} to {_whole(high)} meet every requirement"
    elif space.feasible is None:
        yield "how many meet every requirement is not known"
    else:
        yield f"{_of(space.feasible, space.valid)} meet{'s' * (space.feasible == 1)} every requirement"


def _of(count: int, whole: int | None) -> str:
    return "all" if count == whole and count > 1 else _whole(count) if count else "none"


def _whole(count: int) -> str:
    return f"{count:,}" if count < LONGEST_WHOLE else f"{count:.3g}"


def _ranges(space: Space) -> Iterator[str]:
    for name, ranges in space.ranges.items():
        said = ", ".join(
            f"{noun} {human(low)} .. {human(high)}" if low < high else f"{noun} {human(low)}"
            for kind, noun in (("weights", "weights"), ("macs", "MACs"))
            for low, high in [ranges[kind]]
        )
        yield said if len(space.ranges) == 1 else f"{name}: {said}"
