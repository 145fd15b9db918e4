"""The networks of one stage: which layers run, which learn, and what comes out.

Only layers the plan trains are in training mode and get gradients. Everything else runs in evaluation mode, so the
running statistics of a frozen norm never move, and a network that learns nothing runs without a gradient at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.fx import GraphModule

from ..backend.build import build, tap
from ..backend.outside import tap_outside
from ..dataclass import dataclass
from ..graph.model import Network, state_key
from ..losses.base import Reads
from ..program.model import Program, StagePlan
from .data import Batch
from .layout import laid_out, lay_out
from .precision import in_full_precision, lowered
from .terms import Moment, Numbers, Outputs, RunningTerm, output_of, running_term


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage, ready to run.

    Attributes:
        networks: All networks that take part, whole.
        parts: Of each, what must run to give the outputs that the losses read.
        regressors: By hint.
        terms: The terms of its loss.
        scored: The networks whose accuracy is measured, by where their result is.
    """

    program: Program
    plan: StagePlan
    networks: Mapping[str, nn.Module]
    parts: Mapping[str, nn.Module]
    regressors: Mapping[str, GraphModule]
    terms: tuple[RunningTerm, ...]
    scored: tuple[tuple[str, str], ...]

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the numbers that `measure` gives."""
        return ("loss", *(term.name for term in self.terms), *(["accuracy"] if self.scored else []))

    def learners(self) -> Iterator[tuple[str, str, nn.Module]]:
        """The layers that learn, or drop out while others learn, as (network, address, module)."""
        for network in self.plan.trains:
            modules = dict(self.networks[network].named_modules())
            learning = self._learning(network)
            for address in self.program.networks[network].graph.layers:
                if address in learning and state_key(address) in modules:
                    yield network, address, modules[state_key(address)]

    def _learning(self, network: str) -> frozenset[str]:
        """What the plan trains, and what is chosen with it although it has no weights, such as dropout."""
        chosen = [choice.layers for choice in self.plan.settings.train if choice.network == network]
        return self.plan.trains[network].union(*chosen) & self.plan.runs[network]

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
        """Put the weights of convolutions into the order in memory that the stage asks for."""
        for module in (*self.networks.values(), *self.regressors.values()):
            lay_out(module, channels_last=self.plan.settings.channels_last)

    def train(self) -> None:
        """Put what learns into training mode and all else into evaluation mode."""
        self.evaluate()
        for _, _, layer in self.learners():
            layer.train()
        for regressor in self.regressors.values():
            regressor.train()

    def evaluate(self) -> None:
        """Put everything into evaluation mode."""
        for module in (*self.networks.values(), *self.regressors.values()):
            module.eval()

    def outputs(self, batch: Batch) -> Outputs:
        """What the networks give for a batch, as far as the losses read it."""
        layers: dict[tuple[str, str], Tensor] = {}
        inputs = laid_out(batch.inputs, channels_last=self.plan.settings.channels_last)
        for name, part in self.parts.items():
            graph = self.program.networks[name].graph
            with torch.set_grad_enabled(torch.is_grad_enabled() and name in self.plan.trains):
                values = part(*[inputs] * len(graph.inputs))
            layers |= {(name, graph.resolve(a)): v for a, v in zip(self.plan.taps[name], values, strict=True)}
        return Outputs(layers, self._guided(layers), batch.targets)

    def _guided(self, layers: Mapping[tuple[str, str], Tensor]) -> dict[str, Tensor]:
        guided = {}
        for name, regressor in self.regressors.items():
            hint = self.program.hints[name]
            place = self.program.networks[hint.student].graph.resolve(hint.guided)
            guided[name] = regressor(layers[hint.student, place])
        return guided

    def measure(self, batch: Batch, moment: Moment) -> tuple[Tensor, ...]:
        """The loss, each term before its weight, and how many are right where that is measured: as `measured`."""
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
        values = [term.value(outputs, known.moving) for term, known in zip(self.terms, numbers, strict=True)]
        weighted = [known.weight * value for known, value in zip(numbers, values, strict=True)]
        loss = torch.stack(weighted).sum() if len(weighted) > 1 else weighted[0]
        right = [right_answers(outputs.layers[place], batch.targets) for place in self.scored]
        return (loss, *values, *([torch.stack(right).mean()] if right else []))

    def tensors(self) -> dict[str, Tensor]:
        """All state that this stage moves, by `network.NAME.KEY` and `regressor.NAME.KEY`; not copied."""
        found = {
            f"network.{network}.{state_key(address)}.{name}": tensor
            for network, address, layer in self.learners()
            for name, tensor in layer.state_dict().items()
        }
        for hint, regressor in self.regressors.items():
            found |= {f"regressor.{hint}.{name}": tensor for name, tensor in regressor.state_dict().items()}
        return found

    @torch.no_grad()
    def put(self, tensors: Mapping[str, Tensor]) -> None:
        """Set all state that this stage moves; the names are those of `tensors`."""
        for name, own in self.tensors().items():
            own.copy_(tensors[name])


def prepare(program: Program, plan: StagePlan, networks: Mapping[str, nn.Module], *, seed: int) -> Stage:
    """Cut the networks to what a stage runs and build its regressors, on the networks' device.

    Args:
        program: Where the stage comes from.
        plan: The stage.
        networks: All networks of the program.
        seed: Decides the regressors' weights.
    """
    parts = {name: _part(program.networks[name], networks[name], taps) for name, taps in plan.taps.items()}
    hints = dict.fromkeys(term.hint for term in plan.terms if term.hint)
    regressors = {name: build(program.hints[name].regressor, name=f"regressor_{name}", seed=seed) for name in hints}
    device = next((p.device for name in parts for p in networks[name].parameters()), torch.device("cpu"))
    terms = tuple(running_term(program, term) for term in plan.terms)
    scored = dict.fromkeys(
        output_of(program, term.student) for term in plan.terms if Reads.LOGITS in term.term.loss.reads
    )
    stage = Stage(
        program,
        plan,
        {name: networks[name] for name in parts},
        parts,
        {name: regressor.to(device) for name, regressor in regressors.items()},
        terms,
        tuple(scored),
    )
    stage.freeze()
    return stage


def _part(network: Network, module: nn.Module, addresses: Sequence[str]) -> nn.Module:
    cut = tap if network.source is None else tap_outside
    return cut(module, network.graph, addresses)


def right_answers(logits: Tensor, targets: Tensor) -> Tensor:
    """How many examples have their largest logit at their label: [n, classes], [n] -> scalar."""
    return (logits.detach().argmax(dim=1) == targets).sum(dtype=torch.float32)
