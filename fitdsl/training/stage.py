"""The networks of one stage: which layers run, which learn, and what comes out.

Only layers the plan trains are in training mode and get gradients. Everything else runs in evaluation mode, so the
running statistics of a frozen norm never move, and a network that learns nothing runs without a gradient at all. A
network declared with `mode = train` runs in training mode instead, still without learning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

import torch
from torch import Tensor, is_grad_enabled, nn
from torch.fx import GraphModule

from ..backend.build import build, build_apart, tap
from ..backend.losses import Layers
from ..backend.outside import tap_outside
from ..backend.seeds import derived_seed
from ..dataclass import dataclass
from ..graph.model import Network, state_key
from ..losses.base import Reads
from ..program.model import Program, StagePlan
from ..work.caching import NOTHING
from ..work.cut import Cut
from .clock import Clock, clock_on
from .data import Batch, Given
from .layout import is_channels_last, laid_out, lay_out
from .metrics import FIT_PARTS, fit_parts
from .precision import in_full_precision, lowered
from .terms import Moment, Numbers, Outputs, RunningTerm, one_or_several, output_of, places_of, running_term


@dataclass(frozen=True, eq=False)
class Part:
    """What of one network runs in a step.

    Attributes:
        module: From the network's inputs, then the outputs it takes, to a tuple of outputs.
        takes: Layers whose outputs are handed in, by address.
        gives: The layers (or inputs) whose outputs it gives.
    """

    module: nn.Module
    takes: tuple[str, ...]
    gives: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage, ready to run.

    Attributes:
        networks: All networks that take part, whole.
        parts: Of each, what must run to give the outputs that the losses read.
        shortened: The same where the outputs of the stage's cut are given; networks of which nothing runs are left out.
        regressors: By hint.
        losses: Losses with weights or a memory of their own, by hint.
        terms: The terms of its loss.
        scored: The networks whose accuracy is measured, by where their result is.
        fitted: The hints whose fit is measured.
        channels_last: Whether maps and the weights of convolutions lie pixel by pixel.
        clock: Told which part of a step is running.
    """

    program: Program
    plan: StagePlan
    networks: Mapping[str, nn.Module]
    parts: Mapping[str, Part]
    shortened: Mapping[str, Part]
    regressors: Mapping[str, GraphModule]
    losses: Mapping[str, nn.Module]
    terms: tuple[RunningTerm, ...]
    scored: tuple[tuple[str, str], ...]
    fitted: tuple[str, ...] = ()
    channels_last: bool = False
    clock: Clock = field(default_factory=Clock)

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the numbers that `measure` gives."""
        fits = (f"{part}({hint})" for hint in self.fitted for part in FIT_PARTS)
        return ("loss", *(term.name for term in self.terms), *(["accuracy"] if self.scored else []), *fits)

    def learners(self) -> Iterator[tuple[str, str, nn.Module]]:
        """The layers that learn, or drop out while others learn, as (network, address, module)."""
        for network in self.plan.trains:
            modules = dict(self.networks[network].named_modules())
            learning = self.plan.learning(network)
            for address in self.program.networks[network].graph.layers:
                if address in learning and state_key(address) in modules:
                    yield network, address, modules[state_key(address)]

    def lively(self) -> Iterator[tuple[str, str, nn.Module]]:
        """The layers that do not learn but run in training mode, as their network asks for it; as `learners`."""
        for network, runs in self.plan.runs.items():
            if self.program.networks[network].mode == "train":
                modules = dict(self.networks[network].named_modules())
                learning = self.plan.learning(network) if network in self.plan.trains else frozenset()
                for address in self.program.networks[network].graph.layers:
                    if address in runs - learning and state_key(address) in modules:
                        yield network, address, modules[state_key(address)]

    def sharded(self) -> Iterator[nn.Parameter]:
        """The weights that learn from a process's share of a batch; those of losses learn from the whole."""
        for _, _, layer in self.learners():
            yield from layer.parameters()
        for regressor in self.regressors.values():
            yield from regressor.parameters()

    def freeze(self) -> None:
        """Take gradients from every weight that does not learn here, and give them to those that do."""
        for network in self.networks.values():
            network.requires_grad_(False)
        for _, _, layer in self.learners():
            layer.requires_grad_(True)

    def lay_out(self) -> None:
        """Put the weights of convolutions into the stage's order in memory."""
        for module in (*self.networks.values(), *self.regressors.values()):
            lay_out(module, channels_last=self.channels_last)

    def train(self) -> None:
        """Put what learns, or is to run so, into training mode and all else into evaluation mode."""
        self.evaluate()
        for _, _, layer in (*self.learners(), *self.lively()):
            layer.train()
        for module in self.dropped():
            module.train()

    def evaluate(self) -> None:
        """Put everything into evaluation mode."""
        for module in (*self.networks.values(), *self.dropped()):
            module.eval()

    def dropped(self) -> tuple[nn.Module, ...]:
        """What trains with the stage and is dropped after it: regressors, and what losses have of their own."""
        return (*self.regressors.values(), *self.losses.values())

    def outputs(self, batch: Batch) -> Outputs:
        """What the networks give for a batch, as far as the losses read it."""
        # what is given is of the whole batch, what a process computes is of its share
        layers = {place: batch.peers.share(value) for place, value in batch.given.items()}
        inputs, is_recorded = laid_out(batch.inputs, channels_last=self.channels_last), is_grad_enabled()
        for name, part in (self.shortened if batch.given else self.parts).items():
            count, learns = len(self.program.networks[name].graph.inputs), name in self.plan.trains
            taken = (layers[name, address] for address in part.takes)
            with self.clock.part("student" if learns else "teacher"), torch.set_grad_enabled(is_recorded and learns):
                values = part.module(*[inputs] * count, *taken)
            layers |= {(name, address): value for address, value in zip(part.gives, values, strict=True)}
        with self.clock.part("student"):
            return Outputs({**layers, **batch.given}, self._guided(layers), batch.targets, batch.indices)

    def _guided(self, layers: Given) -> dict[str, Layers]:
        guided: dict[str, Layers] = {}
        for name in self.plan.hints:
            hint = self.program.hints[name]
            values = [layers[place] for place in places_of(self.program, hint.student, hint.guided)]
            guided[name] = self.regressors[name](*values) if name in self.regressors else one_or_several(values)
        return guided

    def measure(self, batch: Batch, moment: Moment) -> tuple[Tensor, ...]:
        """The loss, each term before its weight, how many are right and how well hints are met: as `measured`."""
        return self.compute(batch, [term.numbers(moment) for term in self.terms])

    def compute(self, batch: Batch, numbers: Sequence[Numbers]) -> tuple[Tensor, ...]:
        """What `measure` gives, with the numbers of each term at hand; torch can compile it without a break."""
        precision = self.plan.settings.precision
        with lowered(precision, batch.inputs.device), batch.peers.drawing_apart(batch.seed):
            outputs = self.outputs(batch)
        if precision != "fp32":
            outputs = outputs.mapped(in_full_precision)
        if not batch.peers.is_alone:
            outputs = outputs.mapped(lambda share: batch.peers.whole(share, len(batch.targets)))
        with self.clock.part("loss"):
            return self._compared(outputs, numbers)

    def _compared(self, outputs: Outputs, numbers: Sequence[Numbers]) -> tuple[Tensor, ...]:
        values = [term.value(outputs, known.moving) for term, known in zip(self.terms, numbers, strict=True)]
        weighted = [known.weight * value for known, value in zip(numbers, values, strict=True)]
        loss = torch.stack(weighted).sum() if len(weighted) > 1 else weighted[0]
        right = [right_answers(outputs.layers[place], outputs.targets) for place in self.scored]
        return (loss, *values, *([torch.stack(right).mean()] if right else []), *self._fits(outputs))

    def _fits(self, outputs: Outputs) -> list[Tensor]:
        with torch.no_grad():
            return [value for name in self.fitted for value in self._fit(name, outputs)]

    def _fit(self, name: str, outputs: Outputs) -> tuple[Tensor, Tensor]:
        hint, guided = self.program.hints[name], outputs.guided[name]
        (place,) = places_of(self.program, hint.teacher, hint.hint)
        assert isinstance(guided, Tensor)
        return fit_parts(guided, outputs.layers[place])

    def tensors(self) -> dict[str, Tensor]:
        """All state that this stage moves, by `network.NAME.KEY`, `regressor.HINT.KEY`, `loss.HINT.KEY`; not copied."""
        found = {
            f"network.{network}.{state_key(address)}.{name}": tensor
            for network, address, layer in (*self.learners(), *self.lively())
            for name, tensor in layer.state_dict().items()
        }
        for kind, modules in (("regressor", self.regressors), ("loss", self.losses)):
            for hint, module in modules.items():
                found |= {f"{kind}.{hint}.{name}": tensor for name, tensor in module.state_dict().items()}
        return found

    @torch.no_grad()
    def put(self, tensors: Mapping[str, Tensor]) -> None:
        """Set all state that this stage moves; the names are those of `tensors`."""
        for name, own in self.tensors().items():
            own.copy_(tensors[name])


def prepare(
    program: Program,
    plan: StagePlan,
    networks: Mapping[str, nn.Module],
    *,
    seed: int,
    cut: Cut = NOTHING,
    examples: int | None = None,
) -> Stage:
    """Cut the networks to what a stage runs, and build its regressors and losses, on the networks' device.

    Args:
        program: Where the stage comes from.
        plan: The stage.
        networks: All networks of the program.
        seed: Decides the weights of regressors and losses.
        cut: The outputs that a batch may bring along.
        examples: How many the training split has; as many as the data's declaration says if left out.
    """
    regressors = dict(_regressors(program, plan, seed))
    losses = dict(_losses(program, plan, seed, examples))
    device = next((p.device for name in plan.taps for p in networks[name].parameters()), torch.device("cpu"))
    running = [*(networks[name] for name in plan.taps), *regressors.values()]
    terms = tuple(running_term(program, term, losses) for term in plan.terms)
    scored = dict.fromkeys(
        output_of(program, term.student) for term in plan.terms if Reads.LOGITS in term.term.loss.reads
    )
    stage = Stage(
        program,
        plan,
        {name: networks[name] for name in plan.taps},
        dict(_parts(program, plan, networks, NOTHING)),
        dict(_parts(program, plan, networks, cut)),
        {name: regressor.to(device) for name, regressor in regressors.items()},
        {name: loss.to(device) for name, loss in losses.items()},
        terms,
        tuple(scored),
        tuple(name for name in plan.hints if _can_be_fitted(program, name)),
        is_channels_last(plan.settings.channels_last, device, running),
        clock_on(device),
    )
    stage.freeze()
    return stage


def _parts(
    program: Program, plan: StagePlan, networks: Mapping[str, nn.Module], cut: Cut
) -> Iterator[tuple[str, Part]]:
    # what learns comes last, so that what its gradient needs is still in the processor's caches
    for name, taps in sorted(plan.taps.items(), key=lambda item: item[0] in plan.trains):
        given, network = cut.outputs.get(name, ()), program.networks[name]
        if any(network.graph.resolve(address) not in given for address in taps):
            yield name, part_of(network, networks[name], taps, given)


def part_of(network: Network, module: nn.Module, addresses: Sequence[str], given: Sequence[str] = ()) -> Part:
    """The part of a network that gives the outputs of some addresses, where those of some layers are given."""
    gives = tuple(dict.fromkeys(a for a in map(network.graph.resolve, addresses) if a not in given))
    if network.source is not None:
        return Part(tap_outside(module, network.graph, gives), (), gives)
    return Part(tap(module, network.graph, gives, given=given), tuple(given), gives)


def _can_be_fitted(program: Program, name: str) -> bool:
    """Whether one guided layer behind its regressor is as large as its one hint."""
    hint = program.hints[name]
    if len(hint.hint) > 1:
        return False
    regressor, teacher = hint.regressor, program.networks[hint.teacher].graph
    return regressor.type_of(regressor.output).size == teacher.type_of(hint.hint[0]).size


def _regressors(program: Program, plan: StagePlan, seed: int) -> Iterator[tuple[str, GraphModule]]:
    """What maps guided layers to hints, by hint; layers of a hint that has several are compared as they are."""
    for place, name in enumerate(plan.hints):
        hint = program.hints[name]
        if len(hint.guided) == 1:
            slot = f"regressor{place}"
            yield name, build(hint.regressor, name=f"regressor_{name}", seed=seed, slot=slot)


def _losses(program: Program, plan: StagePlan, seed: int, examples: int | None) -> Iterator[tuple[str, nn.Module]]:
    """The losses of a stage that have weights or a memory of their own, by hint."""
    held = program.data[plan.data].training_examples if examples is None else examples
    for place, name in enumerate(plan.hints):
        loss = program.learned_loss(name)
        if loss is not None:
            call = loss.lower_between(program.sides(name, held))
            yield name, build_apart(call, seed=derived_seed(seed, f"loss{place}"))


def right_answers(logits: Tensor, targets: Tensor) -> Tensor:
    """How many examples have their largest logit at their label: [n, classes], [n] -> scalar."""
    return (logits.detach().argmax(dim=1) == targets).sum(dtype=torch.float32)
