"""The networks of a run, and whose weights they hold: a stage starts from what the stages before it left.

What a stage left are the tensors of the layers it moved; any network at any stage is its initial state with those of
the stages before laid over it in order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path

import torch
from torch import Tensor, nn

from ..backend.build import build
from ..backend.outside import Surroundings, make
from ..backend.weights import fill, load_weights
from ..dataclass import dataclass
from ..program.model import Program, StagePlan
from .checkpoint import copied
from .stage import Stage

State = dict[str, Tensor]
"""Tensors of one network by `state_dict` key."""


@dataclass(eq=False)
class Networks:
    """All networks of a program on one device.

    Attributes:
        modules: By name.
        initial: State before any stage of those that some stage trains or runs in training mode, on the CPU.
        left: By stage, what it left of each network it trained, on the CPU.
    """

    program: Program
    modules: Mapping[str, nn.Module]
    initial: Mapping[str, State]
    left: dict[str, dict[str, State]] = field(default_factory=dict)

    def restore(self, network: str, stages: Iterable[str]) -> None:
        """Bring a network to where these stages, in order, left it."""
        if network in self.initial:
            state = dict(self.initial[network])
            for stage in stages:
                state |= self.left[stage].get(network, {})
            self.modules[network].load_state_dict(state)

    def start(self, plan: StagePlan) -> None:
        """Bring the networks of a stage to where the stages before it left them."""
        earlier = [name for name in ancestors(self.program, [plan.name]) if name != plan.name]
        for network in plan.runs:
            self.restore(network, earlier)

    def finish(self, stages: Iterable[str]) -> None:
        """Bring every network to where the last of these stages that trains it left it, all others to their start."""
        for network in self.initial:
            self.restore(network, ())
        for stage in stages:
            for network in self.program.stages[stage].trains:
                self.restore(network, ancestors(self.program, [stage]))

    def keep(self, stage: Stage) -> None:
        """Remember what a stage has left."""
        left: dict[str, State] = {network: {} for network in stage.plan.trains}
        for name, tensor in copied(stage.tensors()).items():
            kind, owner, key = name.split(".", 2)
            # what merely ran in training mode is as it was again when the stage is over
            if kind == "network" and owner in left:
                left[owner][key] = tensor
        self.left[stage.plan.name] = left

    def stage_state(self, plan: StagePlan) -> State:
        """The networks a stage trains as they are now: plain keys for one network, `NAME.KEY` for several."""
        if len(plan.trains) == 1:
            (network,) = plan.trains
            return dict(self.modules[network].state_dict())
        return {f"{n}.{key}": t for n in plan.trains for key, t in self.modules[n].state_dict().items()}

    def put_stage_state(self, plan: StagePlan, state: Mapping[str, Tensor], origin: str) -> None:
        """Set the networks a stage trains; the keys are those of `stage_state`, from a file called `origin`.

        Raises:
            FitError: Names or shapes differ (FIT4101).
        """
        for network in plan.trains:
            prefix = "" if len(plan.trains) == 1 else f"{network}."
            own = {key.removeprefix(prefix): tensor for key, tensor in state.items() if key.startswith(prefix)}
            fill(self.modules[network], own, origin, plan.span)


def build_networks(
    program: Program, *, seed: int, base: Path, device: torch.device, allow_python: bool = False
) -> Networks:
    """All networks of a program with the weights they start from.

    Args:
        program: What to build.
        seed: Decides the weights.
        base: Folder of the spec, to which weights files are relative.
        device: Where they go.
        allow_python: Whether a network from outside may run the user's own code.

    Raises:
        FitError: A weights file cannot be read or does not fit (FIT4101, FIT4103, FIT4104), or a network from outside
            cannot be had (FIT4109, FIT4110, FIT4111).
    """
    modules: dict[str, nn.Module] = {}
    around = Surroundings(seed, base, allow_python)
    for name, network in program.networks.items():
        if network.source is not None:
            modules[name] = make(network, network.source, around)
        else:
            modules[name] = build(network.graph, name=name, seed=seed, slot=network.slot)
        if network.weights is not None:
            load_weights(modules[name], base / network.weights, network.weights_span)
        modules[name].to(device)
    trained = {network for plan in program.stages.values() for network in plan.trains}
    moving = trained | {name for name, network in program.networks.items() if network.mode == "train"}
    initial = {name: copied(module.state_dict()) for name, module in modules.items() if name in moving}
    return Networks(program, modules, initial)


def ancestors(program: Program, stages: Iterable[str]) -> list[str]:
    """These stages and all they start from, in the program's order."""
    wanted: set[str] = set()
    pending = list(stages)
    while pending:
        name = pending.pop()
        if name not in wanted:
            wanted.add(name)
            pending.extend(program.stages[name].after)
    return [name for name in program.stages if name in wanted]


def taught(program: Program, stages: Collection[str]) -> Iterator[str]:
    """The networks whose output has been taught: before the run, or by one of these stages."""
    for name, network in program.networks.items():
        plans = (program.stages[stage] for stage in stages)
        is_taught = any(term.student == name and term.hint is None for plan in plans for term in plan.terms)
        if is_taught or network.is_trained:
            yield name
