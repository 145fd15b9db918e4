"""The one program graph: layers of all networks, regressors and loss terms, with edges from what is read to its reader.

What a stage runs falls out of it: the ancestors of the stage's terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx

from ..graph.model import LayerGraph, Network
from ..graph.regressors import GUIDED
from .model import Hint, StageTerm


@dataclass(frozen=True)
class Part:
    """A node of the program graph: something inside a network, a regressor or a stage.

    Attributes:
        kind: `network`, `regressor` or `term`.
        owner: Name of the network, the hint or the stage.
        address: Layer, input or term inside it.
    """

    kind: str
    owner: str
    address: str


ProgramGraph = nx.DiGraph


def weave(networks: Iterable[Network], hints: Iterable[Hint]) -> ProgramGraph[Part]:
    """Networks and the regressors that hang on them, as one graph."""
    graph: ProgramGraph[Part] = nx.DiGraph()
    for network in networks:
        _add(graph, "network", network.name, network.graph)
    for hint in hints:
        _add(graph, "regressor", hint.name, hint.regressor)
        graph.add_edge(Part("network", hint.student, hint.guided), Part("regressor", hint.name, GUIDED))
    return graph


def _add(graph: ProgramGraph[Part], kind: str, owner: str, layers: LayerGraph) -> None:
    graph.add_nodes_from(Part(kind, owner, name) for name in (*layers.inputs, *layers.layers))
    graph.add_edges_from((Part(kind, owner, a), Part(kind, owner, b)) for a, b in layers.digraph.edges)


def sources(term: StageTerm, networks: Mapping[str, Network], hints: Mapping[str, Hint]) -> tuple[Part, ...]:
    """What a loss term reads."""
    if term.hint is not None:
        hint = hints[term.hint]
        return (Part("regressor", hint.name, hint.regressor.output), Part("network", hint.teacher, hint.hint))
    outputs = (term.student, *term.teachers)
    return tuple(Part("network", name, networks[name].graph.output) for name in outputs)


def closure(graph: ProgramGraph[Part], parts: Iterable[Part]) -> frozenset[Part]:
    """Everything that must run to give these parts, themselves included."""
    wanted = frozenset(parts)
    return wanted.union(*(nx.ancestors(graph, part) for part in wanted))
