"""A difference as blocks of rows, which the text and the tables lay out: what repeats is said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import field, replace
from itertools import chain

from ...dataclass import dataclass
from ...values import TensorType
from ..document import NodeDocument
from ..terminal import counted
from .branches import Path, steps
from .document import Change, DiffDocument, FactDiff, LayerDiff, NetworkDiff, PartDiff
from .folding import next_path, run_word, spans

ARROW = " → "
COSTS = {"params": "params", "weights": "weights", "macs": "MACs", "activations": "activations"}
"""Words for what an example costs."""


@dataclass(frozen=True)
class Spots:
    """Addresses of layers of one network, as it was and as it is."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @classmethod
    def of(cls, layers: Iterable[LayerDiff]) -> Spots:
        """Where some layers stand, on each side that has them."""
        found = tuple(layers)
        before = tuple(layer.before.address for layer in found if layer.before)
        return cls(before, tuple(layer.after.address for layer in found if layer.after))

    @classmethod
    def together(cls, spots: Iterable[Spots]) -> Spots:
        """All of them."""
        found = tuple(spots)
        before = chain.from_iterable(spot.before for spot in found)
        return cls(tuple(before), tuple(chain.from_iterable(spot.after for spot in found)))


@dataclass(frozen=True)
class Row:
    """What has changed at one place.

    Attributes:
        change: The kind of change.
        place: The address, or the name of what is spoken of.
        pieces: What is to be said of it, each a few words.
        shape, params, macs: Of a layer, where they differ, or where it is new or gone.
        spots: The layers that it speaks of.
    """

    change: Change
    place: str
    pieces: tuple[str, ...]
    shape: str = ""
    params: str = ""
    macs: str = ""
    spots: Spots = field(default=Spots(), compare=False)


@dataclass(frozen=True)
class Block:
    """What has changed in one network or declaration, or around them.

    Attributes:
        kind: What it is: `params`, `data`, `teacher`, `student`, `hint`, `stage`, `stages` or `search`.
        names: What it is called before and after; None where it is not there or has no name.
        change: Of the whole.
        rows: Of its parts.
        note: What is said of many layers at once.
        silent: These layers.
    """

    kind: str
    change: Change
    rows: tuple[Row, ...]
    names: tuple[str | None, str | None] = (None, None)
    note: str = ""
    silent: Spots = Spots()

    @property
    def title(self) -> str:
        """What it is called, with both names where it has two: `student thin → slim`."""
        before, after = self.names
        is_renamed = before is not None and after is not None and before != after
        name = both(before, after) if is_renamed else after or before
        return self.kind if name is None else f"{self.kind} {name}"

    @property
    def is_network(self) -> bool:
        """Whether its rows are of layers."""
        return self.kind in ("teacher", "student")


def blocks(document: DiffDocument) -> Iterator[Block]:
    """Everything that differs, a block for each declaration."""
    if params := (*_fact_rows(document.params), *map(_domain_row, document.domains)):
        yield Block("params", "changed", params)
    yield from (_part("data", part) for part in document.data)
    yield from map(_network, document.networks)
    yield from (_part("hint", part) for part in document.hints)
    yield from (_part("stage", part) for part in document.stages)
    if document.order is not None:
        yield Block("stages", "changed", _fact_rows([document.order]))
    if document.search:
        yield Block("search", "changed", _fact_rows(document.search))


def both(before: object, after: object) -> str:
    """`8 → 16`."""
    return f"{'none' if before is None else before}{ARROW}{'none' if after is None else after}"


def _part(kind: str, part: PartDiff) -> Block:
    return Block(kind, part.change, _fact_rows(part.facts), (part.before, part.after))


def _fact_rows(facts: Iterable[FactDiff]) -> tuple[Row, ...]:
    """A row for each setting."""
    return tuple(map(_fact_row, facts))


def _fact_row(fact: FactDiff) -> Row:
    if fact.before is None:
        return Row("added", fact.name, (fact.after or "",))
    if fact.after is None:
        return Row("removed", fact.name, (fact.before,))
    if fact.before == fact.after:
        return Row("changed", fact.name, (fact.after, "which now means other layers"))
    return Row("changed", fact.name, (both(fact.before, fact.after),))


def _domain_row(fact: FactDiff) -> Row:
    row = _fact_row(fact)
    return Row(row.change, row.place, tuple(f"in {piece}" for piece in row.pieces))


# Networks -------------------------------------------------------------------------------------------------------------


def _network(network: NetworkDiff) -> Block:
    """Its settings, then its layers, then its costs."""
    starts = Counter(_start(layer) for layer in network.layers if layer.init)
    shared = {start: count for start, count in starts.items() if count > 1}
    told = [_layer_row(layer, shared) for layer in network.layers if layer.change != "renamed"]
    silent = [row.spots for row in told if row.shape and not (row.pieces or row.params or row.macs)]
    rows = (
        *_fact_rows(network.facts),
        *(_start_row(network, start, count) for start, count in shared.items()),
        *_folded([row for row in told if row.pieces or row.params or row.macs]),
        *_renames(network.layers),
        *_totals(network),
    )
    note = f"in {counted(len(silent), 'more layer')} only the shape changes" if silent else ""
    names = (network.before, network.after)
    return Block(network.role, network.change, rows, names, note, Spots.together(silent))


def _start(layer: LayerDiff) -> str:
    """How the weights of a layer start, before and after; empty where that is the same."""
    return both(layer.init.before, layer.init.after) if layer.init else ""


def _start_row(network: NetworkDiff, start: str, count: int) -> Row:
    """What several layers' weights start from."""
    spots = Spots.of(layer for layer in network.layers if _start(layer) == start)
    return Row("changed", "init", (start, f"in {counted(count, 'layer')}"), spots=spots)


def _layer_row(layer: LayerDiff, shared: Collection[str]) -> Row:
    before, after = layer.before, layer.after
    if after is None and before is not None:
        return _whole_row(layer, before, layer.op.before)
    if before is None or after is None:
        return _whole_row(layer, after, layer.op.after)
    return Row(
        "changed",
        after.address,
        tuple(_pieces(layer, before, after, shared)),
        both(_shape(before), _shape(after)) if "shape" in layer.aspects else "",
        _moved(before, after, "params"),
        _moved(before, after, "macs"),
        Spots.of([layer]),
    )


def _whole_row(layer: LayerDiff, node: NodeDocument | None, call: str | None) -> Row:
    """A layer that is new or gone."""
    if node is None or call is None:
        raise ValueError("a layer that is new or gone is there on one side")
    params, macs = (f"{_cost(node, kind):,}" if _cost(node, kind) else "" for kind in ("params", "macs"))
    return Row(layer.change, node.address, (call,), _shape(node), params, macs, Spots.of([layer]))


def _pieces(layer: LayerDiff, before: NodeDocument, after: NodeDocument, shared: Collection[str]) -> Iterator[str]:
    """In what a layer differs, beside its shape and what it costs."""
    if "op" in layer.aspects:
        yield both(layer.op.before, layer.op.after)
    yield from (f"{fact.name} {both(fact.before, fact.after)}" for fact in layer.arguments)
    if "inputs" in layer.aspects:
        yield f"reads {both(', '.join(before.inputs), ', '.join(after.inputs))}"
    start = _start(layer)
    if start and start not in shared:
        yield f"init {start}"


def _shape(node: NodeDocument) -> str:
    return str(TensorType(node.shape))


def _cost(node: NodeDocument, kind: str) -> int:
    return getattr(node.cost, kind, 0)


def _moved(before: NodeDocument, after: NodeDocument, kind: str) -> str:
    one, other = _cost(before, kind), _cost(after, kind)
    return both(f"{one:,}", f"{other:,}") if one != other else ""


def _folded(rows: Sequence[Row]) -> Iterator[Row]:
    """Rows that say the same of addresses in a row as one: `s1[3..5][0]`."""
    number = {row: place for place, row in enumerate(rows)}
    alike: dict[Row, list[str]] = {}
    for row in rows:
        alike.setdefault(replace(row, place=""), []).append(row.place)
    found = []
    for said, group in alike.items():
        for word, places in spans(group):
            own = [number[replace(said, place=place)] for place in places]
            spots = Spots.together(rows[place].spots for place in own)
            found.append((own[0], replace(said, place=word, spots=spots)))
    return (row for _, row in sorted(found, key=lambda item: item[0]))


def _renames(layers: Iterable[LayerDiff]) -> Iterator[Row]:
    """Addresses that have changed, those of whole blocks and of neighbours at once."""
    moves: dict[tuple[Path, Path], list[LayerDiff]] = {}
    for layer in layers:
        if "address" in layer.aspects and layer.before and layer.after:
            move = _move(steps(layer.before.address), steps(layer.after.address))
            moves.setdefault(move, []).append(layer)
    while moves:
        first, alike = next(iter(moves.items()))
        run = [first]
        while (following := _next(run[-1])) is not None and len(moves.get(following, ())) == len(alike):
            run.append(following)
        moved = [layer for move in run for layer in moves.pop(move)]
        before, after = (run_word([move[side] for move in run]) for side in (0, 1))
        yield Row("renamed", before, (f"is now {after}", counted(len(moved), "layer")), spots=Spots.of(moved))


def _next(move: tuple[Path, Path]) -> tuple[Path, Path] | None:
    """The same move one position further on; None where a label ends it."""
    before, after = next_path(move[0]), next_path(move[1])
    return None if before is None or after is None else (before, after)


def _move(before: Path, after: Path) -> tuple[Path, Path]:
    """Two addresses of a layer without the steps at their ends that have stayed."""
    while len(before) > 1 and len(after) > 1 and before[-1] == after[-1]:
        before, after = before[:-1], after[:-1]
    return before, after


def _totals(network: NetworkDiff) -> Iterator[Row]:
    """What an example costs, where that differs, with the share by which it does."""
    one, other = network.cost_before, network.cost_after
    if one is None and other is None:
        return
    change = "changed" if one and other else network.change
    pieces = [_total(word, getattr(one, kind, None), getattr(other, kind, None)) for kind, word in COSTS.items()]
    if any(pieces):
        yield Row(change, "total", tuple(filter(None, pieces)))


def _total(word: str, before: int | None, after: int | None) -> str:
    if before is None or after is None:
        return f"{before if after is None else after:,} {word}"
    share = f" ({(after - before) / before:+.1%})" if before else ""
    return f"{word} {both(f'{before:,}', f'{after:,}')}{share}" if before != after else ""
