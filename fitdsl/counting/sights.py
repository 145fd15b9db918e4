"""What hints and stages can see of a student while it is walked: types, and which layers lead to which.

A hint asks for types, a stage whether it trains anything: whether there are weights among those layers it selects on
which its losses depend. Selections are made of the layers at an address, of those that lead to it, and of those that
depend on it. So each layer with weights leaves a mark that says how it stands to the addresses that are watched; layers
that stand alike share one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from ..graph.elaborate import Bundle, Elaboration, Wire
from ..graph.model import Layer
from ..values import TensorType

FlowPlace = tuple[int, int]
"""One flow of what a slot holds: the number of the slot, and which flow."""
Addresses = frozenset[str]
NOWHERE: Addresses = frozenset()


class Sighting(NamedTuple):
    """What stands at an address that is watched.

    Attributes:
        network: Whose.
        is_layer: Whether it is a layer by itself and no name for several.
    """

    network: str
    address: str
    type: TensorType
    is_layer: bool


class Mark(NamedTuple):
    """Layers of a student that stand alike to all that is watched.

    Attributes:
        network: Whose.
        learns: Whether they have weights.
        inside: The addresses that they belong to.
        after: The addresses of whose layers they depend, or to which they belong.
        leads: The addresses that depend on them.
        gives: The addresses that stand for what they give.
        flows: The flows that depend on them.
        ends: The flows that they give.
    """

    network: str
    learns: bool
    inside: Addresses
    after: Addresses
    leads: Addresses
    gives: Addresses
    flows: frozenset[FlowPlace]
    ends: frozenset[FlowPlace]


class Onward(NamedTuple):
    """Where a flow, or what a layer gives, goes on: in `flows` and `leads` that depend on it, and as which others."""

    flows: frozenset[FlowPlace] = frozenset()
    ends: frozenset[FlowPlace] = frozenset()
    leads: Addresses = NOWHERE
    gives: Addresses = NOWHERE


class Trace(NamedTuple):
    """What a piece does to what is seen.

    Attributes:
        marks: Of its own layers.
        onward: Where the flows that it reads go on.
    """

    marks: frozenset[Mark] = frozenset()
    onward: tuple[tuple[FlowPlace, Onward], ...] = ()


NO_TRACE = Trace()


def carried(marks: frozenset[Mark], trace: Trace, kept: Collection[int]) -> frozenset[Mark]:
    """Marks after a piece, of which only some slots are kept."""
    onward = dict(trace.onward)
    moved = (_moved(mark, onward, kept) for mark in marks)
    return frozenset(mark for mark in (*moved, *trace.marks) if mark.learns or mark.ends or mark.gives)


def _moved(mark: Mark, onward: Mapping[FlowPlace, Onward], kept: Collection[int]) -> Mark:
    flows = [onward[flow] for flow in mark.flows if flow in onward]
    ends = [onward[flow] for flow in mark.ends if flow in onward]
    return mark._replace(
        flows=frozenset(f for f in mark.flows if f[0] in kept).union(*(one.flows for one in flows)),
        ends=frozenset(f for f in mark.ends if f[0] in kept).union(*(one.ends for one in ends)),
        leads=mark.leads.union(*(one.leads for one in flows)),
        gives=mark.gives.union(*(one.gives for one in ends)),
    )


class Sights(NamedTuple):
    """Finds what is seen of one student.

    Attributes:
        network: Its name.
        watched: The addresses that hints and stages ask for.
    """

    network: str = ""
    watched: Addresses = NOWHERE

    @property
    def is_counted(self) -> bool:
        """Whether numbers in addresses matter."""
        return any("[" in address for address in self.watched)

    def passed(self, source: int, target: int, several: int, address: str = "") -> Trace:
        """The trace of flows that go from one slot to another, or stay where they are, and get an address."""
        names = frozenset((address,)) if address in self.watched and several == 1 else NOWHERE
        places = (frozenset(((target, i),)) for i in range(several))
        return Trace(onward=tuple(((source, i), Onward(at, at, names, names)) for i, at in enumerate(places)))

    def after(self, elaboration: Elaboration, read: Mapping[str, Addresses]) -> Mapping[str, Addresses]:
        """`Mark.after` of the layers of a piece, and of the flows that it reads."""
        found = dict(read)
        for layer in elaboration.layers.values():
            found[layer.address] = self._inside(layer.address).union(*(found[source] for source in layer.inputs))
        return found

    def _inside(self, address: str) -> Addresses:
        return frozenset(a for a in self.watched if address == a or address.startswith((f"{a}.", f"{a}[")))

    def sightings(self, elaboration: Elaboration, types: Mapping[str, TensorType]) -> Iterator[Sighting]:
        """What stands at the addresses of a piece; `types` are those of the flows that it reads."""
        known = {**types, **{layer.address: layer.type for layer in elaboration.layers.values()}}
        for output, addresses in self._named(elaboration).items():
            yield from (Sighting(self.network, a, known[output], a in elaboration.layers) for a in addresses)

    def _named(self, elaboration: Elaboration) -> Mapping[str, Addresses]:
        """By layers of a piece and flows that it reads, the addresses that stand for what they give."""
        found: dict[str, Addresses] = defaultdict(frozenset)
        for address in self.watched:
            group = elaboration.groups.get(address)
            if group or address in elaboration.layers:
                found[group.output if group else address] |= {address}
        return found

    def trace(
        self,
        elaboration: Elaboration,
        made: Wire | Bundle,
        result: int,
        read: Mapping[str, tuple[FlowPlace, Addresses]],
    ) -> Trace:
        """The trace of a piece.

        Args:
            elaboration: Has its layers.
            made: What it gives.
            result: The slot where that goes.
            read: By address of each flow that it reads: its place, and `Mark.after` of it.
        """
        wires = made.wires if isinstance(made, Bundle) else (made,)
        results = {(result, i): wire.address for i, wire in enumerate(wires)}
        layers = elaboration.layers.values()
        onward = _onward(layers, results, self._named(elaboration))
        after = self.after(elaboration, {address: known for address, (_, known) in read.items()})
        marks = (self._mark(layer, onward[layer.address], after[layer.address]) for layer in layers)
        return Trace(
            frozenset(mark for mark in marks if mark.learns or mark.ends or mark.gives),
            tuple((place, onward[address]) for address, (place, _) in read.items()),
        )

    def _mark(self, layer: Layer, onward: Onward, after: Addresses) -> Mark:
        # which layer a flow is the output of matters only where an address can stand for it
        ends = onward.ends if self.watched else frozenset[FlowPlace]()
        learns, inside = layer.cost.params > 0, self._inside(layer.address)
        return Mark(self.network, learns, inside, after, onward.leads, onward.gives, onward.flows, ends)


def _onward(
    layers: Collection[Layer], results: Mapping[FlowPlace, str], named: Mapping[str, Addresses]
) -> Mapping[str, Onward]:
    """Where everything in a piece goes on, by address."""
    found: dict[str, Onward] = defaultdict(Onward)
    for place, address in results.items():
        known, here = found[address], frozenset((place,))
        found[address] = known._replace(flows=known.flows | here, ends=known.ends | here)
    for address, names in named.items():
        found[address] = found[address]._replace(leads=names, gives=names)
    for layer in reversed(list(layers)):
        beyond = found[layer.address]
        for source in layer.inputs:
            known = found[source]
            found[source] = known._replace(flows=known.flows | beyond.flows, leads=known.leads | beyond.leads)
    return found
