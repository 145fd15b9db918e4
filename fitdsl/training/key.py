"""The address of a stage's work: a hash of everything its result depends on, so that equal keys mean equal weights.

The code of a network from outside, and what its package has for weights, is all that it does not see.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..graph.model import LayerGraph
from ..program.model import Program, StagePlan, StageTerm
from ..values import Selection


def stage_key(
    program: Program, plan: StagePlan, earlier: Mapping[str, str], *, base: Path, choices: Mapping[str, Any]
) -> str:
    """Key of one stage, 32 hexadecimal digits.

    Args:
        program: Where the stage comes from.
        plan: The stage.
        earlier: Keys of the stages it starts from, at least.
        base: Folder of the spec, to which weights files are relative.
        choices: What else has a say, such as the seed.
    """
    described = {
        "after": [earlier[name] for name in plan.after],
        "choices": choices,
        "data": repr(program.data[plan.data]),
        "networks": {name: _network(program, plan, name, base) for name in plan.runs},
        "terms": [_term(program, term) for term in plan.terms],
        "trains": {name: sorted(layers) for name, layers in plan.trains.items()},
        "settings": _settings(plan),
    }
    text = json.dumps(described, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _network(program: Program, plan: StagePlan, name: str, base: Path) -> dict[str, Any]:
    network = program.networks[name]
    digest = None
    if network.weights is not None:
        with (base / network.weights).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "taps": plan.taps[name],
        "layers": _layers(network.graph, plan.runs[name]),
        "source": repr(network.source),
        "weights": digest,
    }


def _layers(graph: LayerGraph, addresses: Iterable[str]) -> list[Any]:
    wanted = frozenset(addresses)
    layers = (layer for layer in graph.layers.values() if layer.address in wanted)
    return [(layer.address, repr(layer.op), layer.inputs, repr(layer.init)) for layer in layers]


def _term(program: Program, term: StageTerm) -> list[Any]:
    described = [term.name, repr(term.term.loss), repr(term.term.weight), term.student, term.teachers]
    if term.hint is None:
        return described
    hint = program.hints[term.hint]
    regressor = _layers(hint.regressor, hint.regressor.layers)
    return [*described, hint.teacher, hint.hint, hint.student, hint.guided, regressor, repr(hint.loss)]


def _settings(plan: StagePlan) -> dict[str, Any]:
    settings = plan.settings
    plain = {
        name: repr(getattr(settings, name)) for name in ("optimizer", "epochs", "schedule", "batch", "stop", "keep")
    }
    return plain | {"rates": _by_layer(settings.rates), "max_norm": _by_layer(settings.max_norm)}


def _by_layer(settings: Mapping[Selection, float]) -> list[Any]:
    return [(chosen.network, sorted(chosen.layers), value) for chosen, value in settings.items()]
