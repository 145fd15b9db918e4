"""A difference as blocks of rows, which the text and the tables lay out: what repeats is said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

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
class Row:
    """What has changed at one place.

    Attributes:
        change: The kind of change.
        place: The address, or the name of what is spoken of.
        pieces: What is to be said of it, each a few words.
        shape, params, macs: Of a layer, where they differ, or where it is new or gone.
    """

    change: Change
    place: str
    pieces: tuple[str, ...]
    shape: str = ""
    params: str = ""
    macs: str = ""


@dataclass(frozen=True)
class Block:
    """What has changed in one network or declaration, or around them.

    Attributes:
        title: What it is called, with both names where it has two.
        change: Of the whole.
        rows: Of its parts.
        note: What is said of many layers at once.
        is_network: Whether its rows are of layers.
    """

    title: str
    change: Change
    rows: tuple[Row, ...]
    note: str = ""
    is_network: bool = False


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
    return Block(_named(kind, part.before, part.after), part.change, _fact_rows(part.facts))


def _named(kind: str, before: str | None, after: str | None) -> str:
    """A kind with a name, or with two of them: `student thin → slim`."""
    is_renamed = before is not None and after is not None and before != after
    return f"{kind} {both(before, after) if is_renamed else after or before}"


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
    starts = Counter(both(layer.init.before, layer.init.after) for layer in network.layers if layer.init)
    shared = {start: count for start, count in starts.items() if count > 1}
    told = [_layer_row(layer, shared) for layer in network.layers if layer.change != "renamed"]
    rows = (
        *_fact_rows(network.facts),
        *(Row("changed", "init", (start, f"in {counted(count, 'layer')}")) for start, count in shared.items()),
        *_folded([row for row in told if row.pieces or row.params or row.macs]),
        *_renames(network.layers),
        *_totals(network),
    )
    silent = sum(bool(row.shape) and not (row.pieces or row.params or row.macs) for row in told)
    note = f"in {counted(silent, 'more layer')} only the shape changes" if silent else ""
    return Block(_named(network.role, network.before, network.after), network.change, rows, note, is_network=True)


def _layer_row(layer: LayerDiff, shared: Collection[str]) -> Row:
    before, after = layer.before, layer.after
    if after is None and before is not None:
        return _whole_row(layer.change, before, layer.op.before)
    if before is None or after is None:
        return _whole_row(layer.change, after, layer.op.after)
    return Row(
        "changed",
        after.address,
        tuple(_pieces(layer, before, after, shared)),
        both(_shape(before), _shape(after)) if "shape" in layer.aspects else "",
        _moved(before, after, "params"),
        _moved(before, after, "macs"),
    )


def _whole_row(change: Change, node: NodeDocument | None, call: str | None) -> Row:
    """A layer that is new or gone."""
    if node is None or call is None:
        raise ValueError("a layer that is new or gone is there on one side")
    params, macs = (f"{_cost(node, kind):,}" if _cost(node, kind) else "" for kind in ("params", "macs"))
    return Row(change, node.address, (call,), _shape(node), params, macs)


def _pieces(layer: LayerDiff, before: NodeDocument, after: NodeDocument, shared: Collection[str]) -> Iterator[str]:
    """In what a layer differs, beside its shape and what it costs."""
    if "op" in layer.aspects:
        yield both(layer.op.before, layer.op.after)
    yield from (f"{fact.name} {both(fact.before, fact.after)}" for fact in layer.arguments)
    if "inputs" in layer.aspects:
        yield f"reads {both(', '.join(before.inputs), ', '.join(after.inputs))}"
    start = both(layer.init.before, layer.init.after) if layer.init else None
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
    found = [
        (number[replace(said, place=places[0])], replace(said, place=word))
        for said, group in alike.items()
        for word, places in spans(group)
    ]
    return (row for _, row in sorted(found, key=lambda item: item[0]))


def _renames(layers: Iterable[LayerDiff]) -> Iterator[Row]:
    """Addresses that have changed, those of whole blocks and of neighbours at once."""
    moves = Counter(
        _move(steps(layer.before.address), steps(layer.after.address))
        for layer in layers
        if "address" in layer.aspects and layer.before and layer.after
    )
    while moves:
        (one, other), count = next(iter(moves.items()))
        run = [(one, other)]
        while (following := _next(run[-1])) is not None and moves.get(following) == count:
            run.append(following)
        for move in run:
            del moves[move]
        before, after = (run_word([move[side] for move in run]) for side in (0, 1))
        yield Row("renamed", before, (f"is now {after}", counted(count * len(run), "layer")))


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
