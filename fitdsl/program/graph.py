"""The one program graph: layers of all networks, regressors and loss terms, with edges from what is read to its reader.

What a stage runs is the ancestors of its terms in this graph. Checking finds the same layers network by network, since
loading networkx takes longer than checking a spec.
"""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx

from ..dataclass import dataclass
from ..graph.model import LayerGraph
from .model import Program, StageTerm


@dataclass(frozen=True)
class Part:
    """A node of the program graph.

    Attributes:
        kind: `network`, `regressor` or `term`.
        owner: Name of the network, the hint or the stage.
        address: Layer, input or term inside it.
    """

    kind: str
    owner: str
    address: str

    def __str__(self) -> str:
        return f"{self.owner}.{self.address}"


def weave(program: Program) -> nx.DiGraph[Part]:
    """A program as one graph."""
    graph: nx.DiGraph[Part] = nx.DiGraph()
    for network in program.networks.values():
        _add(graph, "network", network.name, network.graph)
    for hint in program.hints.values():
        _add(graph, "regressor", hint.name, hint.regressor)
        for address, name in zip(hint.guided, hint.regressor.inputs, strict=True):
            graph.add_edge(Part("network", hint.student, address), Part("regressor", hint.name, name))
    for stage in program.stages.values():
        for term in stage.terms:
            graph.add_edges_from((part, Part("term", stage.name, term.name)) for part in _read(term, program))
    return graph


def closure(graph: nx.DiGraph[Part], stage: str) -> frozenset[Part]:
    """Everything that must run for the losses of a stage."""
    terms = {part for part in graph if part.kind == "term" and part.owner == stage}
    return frozenset().union(*(nx.ancestors(graph, term) for term in terms))


def _add(graph: nx.DiGraph[Part], kind: str, owner: str, layers: LayerGraph) -> None:
    graph.add_nodes_from(Part(kind, owner, name) for name in layers.inputs)
    for layer in layers.layers.values():
        graph.add_edges_from((Part(kind, owner, source), Part(kind, owner, layer.address)) for source in layer.inputs)


def _read(term: StageTerm, program: Program) -> Iterator[Part]:
    if term.hint is not None:
        hint = program.hints[term.hint]
        yield from (Part("regressor", hint.name, name) for name in hint.compared)
        yield from (Part("network", hint.teacher, address) for address in hint.hint)
    else:
        for name in (term.student, *term.teachers):
            yield Part("network", name, program.networks[name].graph.output)
