"""Data, hints and stages of two specs: which is which, and in which settings they differ."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from .document import FactDiff, PartDiff
from .sides import Said

K = TypeVar("K")
Facts = Mapping[str, Said]
Parts = Mapping[str, Facts]
Pairs = Mapping[str, str]

MOSTLY = 2
"""Parts with different names are the same if one in so many of their settings is equal."""


def pair(before: Parts, after: Parts) -> Pairs:
    """Names after by names before: of equal names first, then of what says most of the same."""
    found = {name: name for name in before if name in after}
    left = [(one, other) for one in before if one not in found for other in after if other not in before]
    scored = [(share, one, other) for one, other in left if (share := _share(before[one], after[other]))]
    # the order of names decides between equals, so that it is the same both ways
    for _, one, other in sorted(scored, key=lambda item: (-item[0], sorted(item[1:]))):
        if one not in found and other not in found.values():
            found[one] = other
    return found


def _share(before: Facts, after: Facts) -> float:
    """The share of settings that are equal, of those that either says; 0 if it is too small."""
    names = written(before).keys() | written(after).keys()
    equal = sum(_meaning(before.get(name)) == _meaning(after.get(name)) for name in names)
    return equal / len(names) if equal * MOSTLY >= len(names) and names else 0


def differences(before: Parts, after: Parts, pairs: Pairs) -> tuple[PartDiff, ...]:
    """What is new, gone or different, in the order of both."""
    order = merged(tuple(before), tuple(after), pairs)
    return tuple(found for one, other in order for found in _part(before, after, one, other))


def _part(before: Parts, after: Parts, one: str | None, other: str | None) -> Iterator[PartDiff]:
    facts = fact_diffs(None if one is None else before[one], None if other is None else after[other])
    if one is None:
        yield PartDiff(change="added", before=None, after=other, facts=facts)
    elif other is None:
        yield PartDiff(change="removed", before=one, after=None, facts=facts)
    elif facts or one != other:
        yield PartDiff(change="changed" if facts else "renamed", before=one, after=other, facts=facts)


def fact_diffs(before: Facts | None, after: Facts | None) -> tuple[FactDiff, ...]:
    """The settings that do not mean the same, in the order of both; where one side is None, all that the other says."""
    if before is None or after is None:
        before, after = written(before or {}), written(after or {})
    names = [*after, *(name for name in before if name not in after)]
    return tuple(
        FactDiff(name=name, before=_text(before.get(name)), after=_text(after.get(name)))
        for name in names
        if _meaning(before.get(name)) != _meaning(after.get(name))
    )


def written(facts: Facts) -> Facts:
    """The settings that are not at their default."""
    return {name: said for name, said in facts.items() if not said.is_default}


def _text(said: Said | None) -> str | None:
    return None if said is None else said.text


def _meaning(said: Said | None) -> object:
    return None if said is None else [said.meaning]


def merged(before: Sequence[K], after: Sequence[K], pairs: Mapping[K, K]) -> Iterator[tuple[K | None, K | None]]:
    """Both in the order of `after`; what is gone stands where it stood, before what is new there."""
    origin = {other: one for one, other in pairs.items()}
    place = {one: number for number, one in enumerate(before)}
    gone = deque(one for one in before if one not in pairs)
    until, bounds = len(before), deque[int]()
    for other in reversed(after):
        until = place[origin[other]] if other in origin else until
        bounds.appendleft(until)
    for other, bound in zip(after, bounds, strict=True):
        while gone and place[gone[0]] < bound:
            yield gone.popleft(), None
        yield origin.get(other), other
    yield from ((one, None) for one in gone)
