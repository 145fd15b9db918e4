"""Layer by layer: what is new, what is gone, and in what the others differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...graph.model import Layer, LayerGraph
from ..document import node_document
from ..spelling import spell, spell_call
from .document import Aspect, FactDiff, LayerDiff
from .matching import Matching
from .parts import merged


def layer_diffs(matching: Matching) -> tuple[LayerDiff, ...]:
    """The layers of two networks that differ, in running order."""
    order = merged(tuple(matching.before.layers), tuple(matching.after.layers), matching.layers)
    wiring = _Wiring(matching)
    return tuple(found for one, other in order for found in _layer(matching, wiring, one, other))


def _layer(matching: Matching, wiring: _Wiring, one: str | None, other: str | None) -> Iterator[LayerDiff]:
    before = None if one is None else matching.before.layers[one]
    after = None if other is None else matching.after.layers[other]
    if before is not None and after is not None:
        yield from _difference(before, after, wiring)
    elif after is not None:
        yield LayerDiff(change="added", op=_op(None, after), before=None, after=node_document(after))
    elif before is not None:
        yield LayerDiff(change="removed", op=_op(before, None), before=node_document(before), after=None)


def _op(before: Layer | None, after: Layer | None) -> FactDiff:
    one, other = (None if layer is None else spell_call(layer.op) for layer in (before, after))
    return FactDiff(name="op", before=one, after=other)


def _difference(before: Layer, after: Layer, wiring: _Wiring) -> Iterator[LayerDiff]:
    arguments = _arguments(before, after)
    found: dict[Aspect, bool] = {
        "address": before.address != after.address,
        "op": before.op.word != after.op.word,
        "arguments": bool(arguments),
        "inputs": wiring.differs(before, after),
        "init": before.init != after.init,
        "shape": before.type != after.type,
        "cost": before.cost != after.cost,
    }
    aspects = tuple(aspect for aspect, differs in found.items() if differs)
    if aspects:
        yield LayerDiff(
            change="renamed" if aspects == ("address",) else "changed",
            op=_op(before, after),
            before=node_document(before),
            after=node_document(after),
            aspects=aspects,
            arguments=arguments,
            init=_init(before, after) if found["init"] else None,
        )


def _arguments(before: Layer, after: Layer) -> tuple[FactDiff, ...]:
    """The arguments that differ, as spelled; none for two different ops."""
    if type(before.op) is not type(after.op):
        return ()
    values = ((name, getattr(before.op, name), getattr(after.op, name)) for name in type(before.op).model_fields)
    return tuple(FactDiff(name=n, before=spell(one), after=spell(other)) for n, one, other in values if one != other)


def _init(before: Layer, after: Layer) -> FactDiff:
    one, other = (None if layer.init is None else spell(layer.init) for layer in (before, after))
    return FactDiff(name="init", before=one, after=other)


class _Wiring:
    """Whether layers read the same, seen through what is new or gone in between, which is told where it stands."""

    def __init__(self, matching: Matching) -> None:
        self.inputs = dict(zip(matching.before.inputs, matching.after.inputs, strict=False))
        known: Mapping[str, str] = {**matching.layers, **self.inputs}
        self.before = _seen(matching.before, known)
        self.after = _seen(matching.after, {other: other for other in known.values()})

    def differs(self, before: Layer, after: Layer) -> bool:
        """Whether two layers that belong together read something else."""
        one, other = (
            [side[source] for source in layer.inputs] for side, layer in ((self.before, before), (self.after, after))
        )
        if before.op.is_commutative and after.op.is_commutative:
            return sorted(map(sorted, one)) != sorted(map(sorted, other))
        return one != other


def _seen(graph: LayerGraph, known: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    """By address, which layers that both networks have give it."""
    found = {name: frozenset({known[name]} if name in known else ()) for name in graph.inputs}
    for layer in graph.layers.values():
        through = frozenset[str]().union(*(found[source] for source in layer.inputs))
        found[layer.address] = frozenset({known[layer.address]}) if layer.address in known else through
    return found
