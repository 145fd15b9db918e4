"""What a page says of a program: layers as short lists, for which `layerOf` in `space.js` has the names, and hints.

What many layers have in common, such as their calls and costs, is written down once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from ...dataclass import dataclass
from ...graph.model import Layer, LayerGraph, Network
from ...graph.receptive import receptive_fields
from ...graph.sketch import Unfit
from ...program.model import Hint, Program, StagePlan
from ...source import NOWHERE, Span
from ...values import TensorType
from ...work.caching import Caching, expected_caching
from ..drawing.outline import family_of_layer, word_of
from ..spelling import spell
from ..terminal import printable
from .tables import Pool

TRAINS, RUNS, FROZEN, KEPT, SKIPPED, ABSENT = "t", "r", "f", "k", "s", "-"
"""What a stage does with a layer: trains it; runs it and passes gradients on; runs it frozen; the same, but once,
as its output is kept; runs it only for what is kept; nothing."""


@dataclass(frozen=True, eq=False)
class Facts:
    """What there is to say of one program.

    Attributes:
        program: At one point.
        lines: Where lines of the text get their numbers.
        alike: Where what layers have in common gets its numbers.
    """

    program: Program
    lines: Pool
    alike: Pool

    def structure(self, network: Network) -> dict[str, Any]:
        """Layers and blocks of a network by address, and its output."""
        graph = network.graph
        groups = [[g.address, g.output, g.block or "", text_of(g.doc)] for g in graph.groups.values()]
        return {"layers": list(graph.layers), "groups": groups, "output": graph.output}

    def layers(self, network: Network) -> Iterator[tuple[str, list[Any]]]:
        """Each layer's address and what there is to say of it."""
        fields = receptive_fields(network.graph)
        for address, layer in network.graph.layers.items():
            states = "".join(self._state(name, network.name, address) for name in self.program.stages)
            yield address, self._layer(layer, network.graph, fields[address], states)

    def _layer(self, layer: Layer, graph: LayerGraph, field: tuple[int, ...] | None, states: str) -> list[Any]:
        cost = layer.cost
        alike = [
            word_of(layer),
            [shape_of(graph.type_of(name)) for name in layer.inputs],
            shape_of(layer.type),
            [cost.params, cost.weights, cost.macs, cost.activations],
            family_of_layer(layer),
            self._line(layer.span),
            _arguments(layer),
        ]
        seen = " x ".join(map(str, field)) if field else ""
        return [self.alike.number(alike), list(layer.inputs), states, seen]

    def _line(self, span: Span) -> int:
        """The number of the line of text on which something stands; -1 if it stands in none."""
        if span.source is NOWHERE.source:
            return -1
        number, _ = span.source.position(span.start)
        return self.lines.number([printable(span.source.name), number, printable(span.source.line(number).strip())])

    # Hints and losses -------------------------------------------------------------------------------------------------

    def hint(self, hint: Hint) -> dict[str, Any]:
        """A hint: its layers, the rows of its card, and what it adds while it is trained."""
        teacher, student = self.program.networks[hint.teacher].graph, self.program.networks[hint.student].graph
        own = self.program.learned_cost(hint.name).params
        return {
            "hint": [[address, shape_of(teacher.type_of(address))] for address in hint.hint],
            "guided": [[address, shape_of(student.type_of(address))] for address in hint.guided],
            "rows": [self._row(layer) for layer in hint.regressor.layers.values()],
            "loss": printable(spell(hint.loss)),
            "params": hint.regressor.cost.params + own,
            "macs": hint.regressor.cost.macs,
            "line": self._line(hint.span),
        }

    def _row(self, layer: Layer) -> list[Any]:
        return [word_of(layer), shape_of(layer.type), family_of_layer(layer), layer.cost.params]

    # Stages -----------------------------------------------------------------------------------------------------------

    @cached_property
    def _caching(self) -> Mapping[str, Caching]:
        return {name: expected_caching(self.program, stage) for name, stage in self.program.stages.items()}

    @cached_property
    def _needed(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """By stage and network, the layers that run in every step."""
        return {
            (name, network): _in_step(self.program.networks[network].graph, stage, network, self._kept(name, network))
            for name, stage in self.program.stages.items()
            for network in stage.runs
        }

    @cached_property
    def _trained(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """By stage and network, the layers that learn."""
        return {
            (name, network): stage.learning(network) | stage.trains.get(network, frozenset())
            for name, stage in self.program.stages.items()
            for network in stage.runs
        }

    def _kept(self, stage: str, network: str) -> tuple[str, ...]:
        return self._caching[stage].cut.outputs.get(network, ())

    def _state(self, stage: str, network: str, address: str) -> str:
        plan = self.program.stages[stage]
        if address not in plan.runs.get(network, ()):
            return ABSENT
        if address in self._trained[stage, network]:
            return TRAINS
        if address not in plan.frozen.get(network, ()):
            return RUNS
        if address in self._kept(stage, network):
            return KEPT
        return FROZEN if address in self._needed[stage, network] else SKIPPED


def shape_of(type: TensorType) -> str:
    """A type as it is shown."""
    return printable(str(type))


def text_of(doc: str) -> str:
    """A comment of several lines as it is shown."""
    return "\n".join(map(printable, doc.split("\n")))


def _arguments(layer: Layer) -> list[list[str]]:
    """Every argument with its value, those at their defaults too."""
    if isinstance(layer.op, Unfit):
        return [["at fault", printable(layer.op.message)]]
    named = [[name, printable(spell(getattr(layer.op, name)))] for name in type(layer.op).model_fields]
    return [*named, ["init", printable(spell(layer.init))]] if layer.init is not None else named


def _in_step(graph: LayerGraph, stage: StagePlan, network: str, kept: tuple[str, ...]) -> frozenset[str]:
    """What must run in a step, going back from what is read and stopping at outputs that are kept."""
    runs, frozen = stage.runs[network], stage.frozen.get(network, frozenset())
    pending = [graph.resolve(address) for address in stage.taps[network]]
    pending += [name for address in runs - frozen for name in graph.layers[address].inputs]
    found: set[str] = set()
    while pending:
        address = pending.pop()
        if address not in found and address in graph.layers and address not in kept:
            found.add(address)
            pending += graph.layers[address].inputs
    return frozenset(found)
