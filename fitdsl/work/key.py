"""The address of a stage's work: a hash of everything its result depends on, so that equal keys mean equal weights.

Names are no part of it: two stages that compute the same have one key whatever they, their networks, hints and layers
are called. Of a network from outside it sees the version of its package, or the user's own module, but not what that
module imports or downloads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from ..dataclass import dataclass
from ..program.model import Hint, Program, StagePlan, StageTerm
from ..values import HintRef, NetworkRef, Selection
from .code import code_version
from .content import content, data_key, foreign_code
from .describe import digest, plain


@dataclass(frozen=True)
class StageKey:
    """Key of one stage.

    Attributes:
        digest: 32 hexadecimal digits.
        parts: By what they describe, digests of what went into it, to say in what two stages differ.
        names: Digest of what its networks, hints and layers are called, which the files of a run are written by.
    """

    digest: str
    parts: Mapping[str, str]
    names: str

    @property
    def in_files(self) -> str:
        """Key of the stage as a run's own files hold it, under the names it was begun with."""
        return f"{self.digest}-{self.names}"


@dataclass(frozen=True)
class Around:
    """What has a say in a result and does not stand in the spec.

    Attributes:
        base: Folder of the spec, to which its paths are relative.
        seed: Of the run.
        epochs: At most so many in each stage; None for all.
        limits: At most so many in single stages, by name.
    """

    base: Path = Path()
    seed: int = 0
    epochs: int | None = None
    limits: Mapping[str, int] = field(default_factory=dict)

    def capped(self, stage: StagePlan) -> int:
        """How many epochs a stage gets."""
        limits = (self.epochs, self.limits.get(stage.name))
        return min([stage.settings.epochs, *(limit for limit in limits if limit is not None)])


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
            digests = {part: digest(described) for part, described in parts.items()}
            keys[name] = StageKey(digest(parts), digests, _names(program, plan))
    return keys


def _names(program: Program, plan: StagePlan) -> str:
    """Digest of how what a stage moves is called."""
    called = {
        name: [(address, program.networks[name].graph.identities[address]) for address in sorted(plan.runs[name])]
        for name in sorted(plan.runs)
    }
    return digest([called, list(plan.hints)])[:8]


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
            "what trains": [self._layers(name, plan.learning(name)) for name in sorted(plan.trains, key=self._slot)],
            "settings": settings,
            "epochs": around.capped(plan),
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
        source = network.source
        made = None if source is None else [plain(source.wherever), foreign_code(source, self.around.base)]
        return [self._layers(name, self.plan.runs[name]), made, held, network.mode]

    def _term(self, term: StageTerm) -> list[Any]:
        read = (term.student, *term.teachers) if term.hint is None else ()
        answers = [self._layers(name, [self.program.networks[name].graph.output]) for name in read]
        return [plain(term.term, self._known), answers]

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
