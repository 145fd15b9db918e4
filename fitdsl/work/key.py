"""The address of a stage's work: a hash of everything its result depends on, so that equal keys mean equal weights.

Names are no part of it: two stages that compute the same have one key whatever they, their networks, hints and layers
are called. The code of a network from outside, and what its package has for weights, is all that it does not see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..dataclass import dataclass
from ..program.model import Hint, Program, StagePlan, StageTerm
from ..values import HintRef, NetworkRef, Selection
from .code import code_version
from .content import content, data_key
from .describe import digest, plain


@dataclass(frozen=True)
class StageKey:
    """Key of one stage.

    Attributes:
        digest: 32 hexadecimal digits.
        parts: By what they describe, digests of what went into it, to say in what two stages differ.
    """

    digest: str
    parts: Mapping[str, str]


@dataclass(frozen=True)
class Around:
    """What has a say in a result and does not stand in the spec.

    Attributes:
        base: Folder of the spec, to which its paths are relative.
        seed: Of the run.
        epochs: At most so many in each stage; None for all.
    """

    base: Path = Path()
    seed: int = 0
    epochs: int | None = None

    def capped(self, epochs: int) -> int:
        """How many epochs a stage of `epochs` epochs gets."""
        return epochs if self.epochs is None else min(epochs, self.epochs)


def stage_keys(program: Program, stages: Iterable[str], around: Around) -> dict[str, StageKey | None]:
    """Keys of stages by name.

    Args:
        program: Where they come from.
        stages: In the program's order, with all that they start from.
        around: What else has a say.

    Returns:
        None for a stage that reads a file which is not there yet, and for those after it.
    """
    keys: dict[str, StageKey | None] = {}
    for name in stages:
        plan = program.stages[name]
        earlier = [keys[before] for before in plan.after]
        parts = None if None in earlier else _Describer(program, plan, around).parts()
        if parts is None:
            keys[name] = None
        else:
            parts |= {"stages before": [key.digest for key in earlier if key is not None]}
            keys[name] = StageKey(digest(parts), {part: digest(described) for part, described in parts.items()})
    return keys


@dataclass(frozen=True)
class _Describer:
    """Describes one stage without names."""

    program: Program
    plan: StagePlan
    around: Around

    def parts(self) -> dict[str, Any] | None:
        """What the stage's result depends on beside the stages before it; None where a file is not there."""
        program, plan, around = self.program, self.plan, self.around
        data = program.data[plan.data]
        read = data_key(data, base=around.base, seed=around.seed)
        networks = [self._network(name) for name in sorted(plan.runs, key=self._slot)]
        if read is None or None in networks:
            return None
        settings = {
            name: plain(getattr(plan.settings, name), self._known)
            for name in type(plan.settings).model_fields
            if name not in ("train", "loss", "epochs", "batch")
        }
        return {
            "data": [read, plain(data.augment), data.views, plan.settings.batch or data.batch],
            "networks": networks,
            "losses": [self._term(term) for term in plan.terms],
            "what trains": [self._layers(name, plan.trains[name]) for name in sorted(plan.trains, key=self._slot)],
            "settings": settings,
            "epochs": around.capped(plan.settings.epochs),
            "seed": around.seed,
            "code": code_version(),
        }

    def _slot(self, network: str) -> str:
        return self.program.networks[network].slot

    def _layers(self, network: str, addresses: Iterable[str]) -> list[Any]:
        graph = self.program.networks[network].graph
        return [self._slot(network), sorted(graph.identities[graph.resolve(address)] for address in addresses)]

    def _network(self, name: str) -> list[Any] | None:
        network = self.program.networks[name]
        held = None
        if network.weights is not None:
            file = self.around.base / network.weights
            if not file.is_file():
                return None
            held = content(file)
        return [self._layers(name, self.plan.runs[name]), plain(network.source), held, network.mode]

    def _term(self, term: StageTerm) -> list[Any]:
        places = [self._slot(name) for name in (term.student, *term.teachers)]
        return [plain(term.term, self._known), places]

    def _hint(self, hint: Hint) -> list[Any]:
        regressor = hint.regressor
        return [
            [self._layers(hint.teacher, [address]) for address in hint.hint],
            [self._layers(hint.student, [address]) for address in hint.guided],
            [regressor.identities[regressor.resolve(name)] for name in hint.compared],
            plain(hint.loss, self._known),
        ]

    def _known(self, value: Any) -> Any:
        match value:
            case HintRef():
                return self._hint(self.program.hints[value.name])
            case NetworkRef():
                return self._slot(value.name)
            case Selection():
                return self._layers(value.network, value.layers)
        return NotImplemented
