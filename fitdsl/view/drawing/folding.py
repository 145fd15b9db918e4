"""Outlines made short enough to look at: like parts folded into one, deep blocks closed, many parts bundled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import groupby

from ...dataclass import dataclass
from ...graph.model import LayerGraph
from ...values import Cost
from ..terminal import counted
from .outline import INPUT, Item, close_below, outline

MOST_ROWS = 300
"""Rows of a network that are drawn unless more are asked for."""
ROWS_WITHOUT_FOLDING = 48
"""Rows up to which like parts are drawn one by one, unless they are as many as `LIKE_PARTS`."""
LIKE_PARTS = 8
MOST_PARTS = 200
"""Parts of one block that are drawn, whatever depth is asked for; more are drawn as `BUNDLES`."""
BUNDLES = 40


@dataclass(frozen=True)
class Shortened:
    """An outline as it is drawn, and what was left out because it was too long (empty if nothing was)."""

    item: Item
    note: str = ""


def shorten(graph: LayerGraph, taps: Collection[str], depth: int | None = None) -> Shortened:
    """The outline of a network to draw.

    Args:
        graph: The network.
        taps: Layers whose outputs something outside the network reads, which stay visible.
        depth: Levels of blocks to open; None opens as many as can be looked at.
    """
    whole = outline(graph)
    least = 2 if whole.rows > ROWS_WITHOUT_FOLDING else LIKE_PARTS
    bundled = _bundled(_fold(whole, _Likeness(graph, frozenset(taps)), least))
    note = _bundle_note(bundled)
    if depth is not None:
        return Shortened(_without_small_frames(close_below(bundled, depth)), note)
    if bundled.rows <= MOST_ROWS:
        return Shortened(_without_small_frames(bundled), note)
    level = next((n for n in range(_depth(bundled), 1, -1) if close_below(bundled, n).rows <= MOST_ROWS), 1)
    note = f"has {counted(len(graph.layers), 'layer')}; blocks {counted(level, 'level')} deep are drawn closed"
    return Shortened(_without_small_frames(close_below(bundled, level)), f"{note} (`--depth` opens more)")


def _depth(item: Item) -> int:
    return 1 + max((_depth(part) for part in item.parts), default=0)


# Folding --------------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class _Likeness:
    """Tells which items look alike: the same ops with the same shapes, joined in the same way."""

    graph: LayerGraph
    taps: frozenset[str]
    known: dict[object, int] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = {address: place for place, address in enumerate((*self.graph.inputs, *self.graph.layers))}

    def of(self, item: Item) -> int:
        """A number that two items share if they look alike."""
        look = tuple(map(self.of, item.parts)) if item.is_block else self._reads(item)
        return self.known.setdefault((item.label, item.word, item.type, look), len(self.known))

    def _reads(self, item: Item) -> tuple[int, ...]:
        layer = item.layers[0]
        place = self.places[layer]
        inputs = self.graph.layers[layer].inputs if layer in self.graph.layers else ()
        return tuple(place - self.places[name] for name in inputs)

    def is_read_inside(self, item: Item) -> bool:
        """Whether something outside the network reads a layer of an item other than its output."""
        return any(address in self.taps and address != item.output for address in item.layers)


def _fold(item: Item, likeness: _Likeness, least: int) -> Item:
    if not item.is_block:
        return item
    inside = tuple(_fold(part, likeness, least) for part in item.parts)
    parts = tuple(_fold_runs(inside, likeness, least))
    if len(parts) == 1 and parts[0].times > 1 and item.address:
        return replace(parts[0], address=item.address, doc=item.doc or parts[0].doc)
    return item if parts == item.parts else replace(item, parts=parts)


def _fold_runs(parts: Sequence[Item], likeness: _Likeness, least: int) -> Iterator[Item]:
    keys: list[tuple[int, int]] = []
    run = 0
    for before, part in zip((None, *parts), parts, strict=False):
        # what ends in a tap is the last of its run, what is read inside stands alone
        run += before is not None and (before.output in likeness.taps or likeness.is_read_inside(before))
        run += likeness.is_read_inside(part)
        keys.append((likeness.of(part), run))
    for _, group in groupby(zip(keys, parts, strict=True), lambda pair: pair[0]):
        alike = [part for _, part in group]
        if len(alike) < least:
            yield from alike
        else:
            yield _joined(alike)


def _joined(alike: Sequence[Item]) -> Item:
    first, last = alike[0], alike[-1]
    layers = tuple(layer for part in alike for layer in part.layers)
    cost = sum((part.cost for part in alike), Cost())
    return replace(first, layers=layers, output=last.output, cost=cost, times=len(alike))


def _without_small_frames(item: Item) -> Item:
    """The item with nameless blocks of one layer, and what is joined to it, replaced by their layers."""
    if not item.is_block:
        return item
    whole = map(_without_small_frames, item.parts)
    parts = tuple(inner for part in whole for inner in (part.parts if _is_small(part) else (part,)))
    return item if parts == item.parts else replace(item, parts=parts)


def _is_small(item: Item) -> bool:
    if not (item.is_block and item.is_open) or item.times > 1 or item.label:
        return False
    is_joined = all(part.family == "pointwise" and part.times == 1 and not part.is_block for part in item.parts[1:])
    return is_joined and not item.parts[0].is_block


# Bundling -------------------------------------------------------------------------------------------------------------


def _bundled(item: Item) -> Item:
    """The item with the parts of long blocks put into bundles, which are closed blocks without a name."""
    if not item.is_block:
        return item
    parts = tuple(_bundled(part) for part in item.parts)
    if len(parts) <= MOST_PARTS:
        return item if parts == item.parts else replace(item, parts=parts)
    given = tuple(part for part in parts if part.family == INPUT)
    size = -(-(len(parts) - len(given)) // BUNDLES)
    bundles = (_bundle(parts[start : start + size]) for start in range(len(given), len(parts), size))
    return replace(item, parts=(*given, *bundles))


def _bundle(parts: Sequence[Item]) -> Item:
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return first
    layers = tuple(layer for part in parts for layer in part.layers)
    cost = sum((part.cost for part in parts), Cost())
    word = f"{first.address} … {last.address}"
    return Item(first.address, word, layers, last.output, last.type, cost, parts=tuple(parts), is_open=False)


def _bundle_note(item: Item) -> str:
    long = _longest(item)
    return f"has {counted(long, 'part')} in one block; they are drawn in bundles" if long > MOST_PARTS else ""


def _longest(item: Item) -> int:
    inside = max((_longest(part) for part in item.parts), default=0)
    own = sum(len(part.parts) if not part.is_open else 1 for part in item.parts if part.family != INPUT)
    return max(inside, own)
