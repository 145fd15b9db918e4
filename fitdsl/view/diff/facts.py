"""What the declarations of a program say, with nothing in it that depends on what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from ...component import Record
from ...dataclass import dataclass
from ...graph.model import Network
from ...program.model import Hint, Program, StagePlan
from ...values import HintRef, NetworkRef, Selection
from ...work.describe import plain
from ..spelling import spell, spell_call
from .matching import Matching
from .parts import Facts
from .sides import Said

Tokens = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Names:
    """What stands for the names of one side where it must not matter what things are called.

    Attributes:
        program: The side.
        is_before: Which side it is.
        tokens: By kind and name, the same text on both sides for what belongs together.
        matchings: Layers that belong together, by the networks' texts.
    """

    program: Program
    is_before: bool
    tokens: Mapping[str, Tokens] = field(default_factory=dict)
    matchings: Mapping[str, Matching] = field(default_factory=dict)

    def known(self, value: Any) -> Any:
        """What stands for a value that names something; NotImplemented for any other."""
        match value:
            case NetworkRef():
                return self.tokens["networks"][value.name]
            case HintRef():
                return self.tokens["hints"][value.name]
            case Selection():
                return Chosen(self, value)
        return NotImplemented

    def matching(self, network: str) -> Matching | None:
        """Of a network with its other self; None if it has none."""
        return self.matchings.get(self.tokens["networks"][network])


@dataclass(frozen=True, eq=False)
class Chosen:
    """Layers that one side selects; equal to what the other side selects if that means the same."""

    names: Names
    selection: Selection

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Chosen):
            return NotImplemented
        before, after = (self, other) if self.names.is_before else (other, self)
        matching = before.names.matching(before.selection.network)
        if matching is None or matching is not after.names.matching(after.selection.network):
            return False
        return matching.is_same_choice(before.selection, after.selection)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class Place:
    """An address that one side names; equal to what the other side names if that is the same place."""

    names: Names
    network: str
    address: str

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Place):
            return NotImplemented
        before, after = (self, other) if self.names.is_before else (other, self)
        matching = before.names.matching(before.network)
        if matching is None or matching is not after.names.matching(after.network):
            return False
        return matching.is_same_place(before.address, after.address)

    __hash__ = None  # type: ignore[assignment]


def record_facts(record: Record, names: Names) -> dict[str, Said]:
    """Every field of a record."""
    return {
        name: Said(plain(value, names.known), spell(value), not info.is_required() and value == _default(info))
        for name, info in type(record).model_fields.items()
        for value in [getattr(record, name)]
    }


def _default(info: Any) -> Any:
    return info.get_default(call_default_factory=True)


def network_facts(network: Network, names: Names) -> Facts:
    """What is said of a network beside its layers."""
    graph = network.graph
    output = Place(names, network.name, graph.output)
    inputs = [(name, str(given), network.data.get(name)) for name, given in graph.inputs.items()]
    takes = [[name, given, data and names.tokens["data"][data]] for name, given, data in inputs]
    source = network.source
    return {
        "role": Said(network.role, network.role, is_default=True),
        "takes": Said(
            takes, ", ".join(f"{n} {given}" + (f" from {data}" if data else "") for n, given, data in inputs)
        ),
        "gives": Said([output, str(graph.type_of(graph.output))], f"{graph.output} {graph.type_of(graph.output)}"),
        "source": Said(plain(source), "none" if source is None else spell_call(source), source is None),
        "weights": Said(network.weights, spell(network.weights), network.weights is None),
        "mode": Said(network.mode, network.mode, network.mode == "eval"),
    }


def hint_facts(program: Program, hint: Hint, names: Names) -> Facts:
    """Between which layers a hint stands, and how they are compared."""
    ops = [layer.op for layer in hint.regressor.layers.values()]
    return {
        "hint": _places(program, hint.teacher, hint.hint, names),
        "guided": _places(program, hint.student, hint.guided, names),
        "regressor": Said(plain(ops), " -> ".join(map(spell_call, ops)) or "none", not ops),
        "loss": Said(plain(hint.loss, names.known), spell(hint.loss)),
    }


def _places(program: Program, network: str, addresses: Iterable[str], names: Names) -> Said:
    graph, addresses = program.networks[network].graph, tuple(addresses)
    text = ", ".join(f"{network}.{address} {graph.type_of(address)}" for address in addresses)
    return Said([Place(names, network, address) for address in addresses], text)


def stage_facts(stage: StagePlan, names: Names) -> dict[str, Said]:
    """The settings of a stage, and where its examples come from; not after which stages it comes."""
    settings = record_facts(stage.settings, names)
    chosen = Said(settings["train"].meaning, ", ".join(map(str, stage.settings.train)))
    return {**settings, "train": chosen, "data": Said(names.tokens["data"][stage.data], stage.data)}
