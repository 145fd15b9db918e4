"""Which outputs of frozen layers are worth keeping: a minimum cut between the data and what a stage's step reads.

A layer that no trained weight reaches gives the same output for the same example in every epoch. Each such layer is
either kept (its output is stored), or recomputed in every step from what is kept, or not needed in a step at all. What
is kept costs bytes, what is recomputed costs time; the cheapest choice is a minimum cut, found by networkx.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module

from ..dataclass import dataclass
from ..graph.model import LayerGraph, Network
from ..program.model import StagePlan

BYTES_PER_MAC = 1 / 16
"""Bytes that are worth keeping to save a multiply-accumulate in every epoch, about what reading them takes on a CPU."""

MACS_PER_ACTIVATION = 8
"""What a number that a layer writes costs beside its multiply-accumulates."""

BYTES_PER_NUMBER = 4

KEEP, STEP = "kept side", "step side"


@dataclass(frozen=True)
class Cut:
    """Layers whose outputs are kept.

    Attributes:
        outputs: Their addresses by network, each in the network's order.
    """

    outputs: Mapping[str, tuple[str, ...]]

    def numbers(self, networks: Mapping[str, Network]) -> int:
        """How many numbers are kept for an example."""
        kept = ((networks[name].graph, address) for name, found in self.outputs.items() for address in found)
        return sum(graph.type_of(address).size for graph, address in kept)

    def __bool__(self) -> bool:
        return bool(self.outputs)


def cut(networks: Mapping[str, Network], plan: StagePlan) -> Cut:
    """What to keep in a stage, as if there were room for everything."""
    found = {name: _cut_of(networks[name], plan) for name in plan.runs}
    return Cut({name: outputs for name, outputs in found.items() if outputs})


def _cut_of(network: Network, plan: StagePlan) -> tuple[str, ...]:
    is_foreign = network.source is not None and network.source.package is None
    if network.mode == "train" or is_foreign:
        # what a norm gives then depends on the batch; what the user's own code gives, on code that no key sees whole
        return ()
    graph, runs = network.graph, plan.runs[network.name]
    still = runs - graph.descendants(plan.learning(network.name))
    taps = {graph.resolve(address) for address in plan.taps[network.name]}
    read = taps | {source for address in runs - still for source in graph.layers[address].inputs}
    if network.source is not None:
        # only the layers whose shape is stated are known, and nothing of what leads to them
        return tuple(address for address in graph.layers if address in read & still)
    return tuple(_cheapest(graph, still, read & still))


def _cheapest(graph: LayerGraph, still: frozenset[str], read: Iterable[str]) -> Iterator[str]:
    """The frozen layers to keep so that the step has those it reads, at the least cost."""
    # loading it takes longer than checking a spec, and only plans and training ask for cuts
    nx = import_module("networkx")
    flow = nx.DiGraph()
    flow.add_nodes_from((KEEP, STEP))
    for address in still:
        layer = graph.layers[address]
        effort = layer.cost.macs + MACS_PER_ACTIVATION * layer.cost.activations
        flow.add_edge(KEEP, address, capacity=effort * BYTES_PER_MAC)
        flow.add_edge(address, _kept(address), capacity=float(BYTES_PER_NUMBER * layer.type.size))
        # an edge without a capacity cannot be cut: who runs in a step needs what it reads
        flow.add_edges_from((_kept(address), reader) for reader in graph.readers[address] if reader in still)
    flow.add_edges_from((_kept(address), STEP) for address in read)
    _, (keep, _) = nx.minimum_cut(flow, KEEP, STEP)
    yield from (address for address in graph.layers if address in still & keep and _kept(address) not in keep)


def _kept(address: str) -> tuple[str, str]:
    """The node that stands for a layer's output being kept."""
    return address, "kept"
