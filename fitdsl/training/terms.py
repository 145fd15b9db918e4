"""The terms of a stage's loss as functions of what the networks gave in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass as plain_dataclass
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ..backend.losses import Layers, of_one_shape
from ..backend.resolve import resolve
from ..dataclass import dataclass
from ..losses.base import Reads
from ..losses.feature import FeatureLoss, Needs
from ..losses.objective import Weight
from ..optim.schedules import Schedule
from ..program.model import Program, StageTerm
from ..values import HintRef


# torch's compiler follows how the standard decorator's classes are made, not how ours are
@plain_dataclass(frozen=True, eq=False)
class Outputs:
    """What one step has computed before any loss.

    Attributes:
        layers: Outputs by network and address, [n, ...].
        guided: By hint, the guided layer's output after the regressor, [n, ...], or those of several layers.
        targets: Class indices, [n].
        indices: Positions of the examples in their split, [n].
    """

    layers: Mapping[tuple[str, str], Tensor]
    guided: Mapping[str, Layers]
    targets: Tensor
    indices: Tensor

    def mapped(self, change: Callable[[Tensor], Tensor]) -> Outputs:
        """The same, with every output of a network changed."""
        layers = {place: change(value) for place, value in self.layers.items()}
        guided = {name: _changed(value, change) for name, value in self.guided.items()}
        return Outputs(layers, guided, self.targets, self.indices)


def _changed(layers: Layers, change: Callable[[Tensor], Tensor]) -> Layers:
    return change(layers) if isinstance(layers, Tensor) else tuple(change(layer) for layer in layers)


@dataclass(frozen=True)
class Moment:
    """Where in a stage a step stands: the epoch, counted from 1 and fractional, and how many there are."""

    epoch: float
    epochs: int


class Numbers(NamedTuple):
    """The numbers of a term at one moment.

    Attributes:
        weight: What its value is multiplied by.
        moving: Those of its keyword arguments that a schedule gives.
    """

    weight: float | Tensor
    moving: Mapping[str, float | Tensor]


@dataclass(frozen=True, eq=False)
class RunningTerm:
    """One term, ready to be computed.

    Attributes:
        weight: What it is multiplied by.
        function: The loss.
        sources: How to find its arguments.
        scheduled: Those of its keyword arguments that move.
    """

    name: str
    weight: Weight
    function: Callable[..., Tensor]
    sources: tuple[Callable[[Outputs], Layers], ...]
    scheduled: Mapping[str, Schedule]

    def numbers(self, moment: Moment) -> Numbers:
        """Its weight and what moves in it."""
        moving = {name: schedule.at(moment.epoch, moment.epochs) for name, schedule in self.scheduled.items()}
        return Numbers(self.weight_at(moment), moving)

    def value(self, outputs: Outputs, moving: Mapping[str, float | Tensor]) -> Tensor:
        """The loss before its weight, a scalar."""
        return self.function(*(source(outputs) for source in self.sources), **moving)

    def weight_at(self, moment: Moment) -> float:
        """What it is multiplied by."""
        return self.weight.at(moment.epoch, moment.epochs)


def running_term(program: Program, term: StageTerm, learned: Mapping[str, nn.Module]) -> RunningTerm:
    """A term of a plan, with its functions looked up and its hint's loss put in place.

    Args:
        program: Where the plan comes from.
        term: The term.
        learned: The losses with weights of their own, by hint.
    """
    loss = term.term.loss
    call = loss.lower()
    scheduled = {name: value for name, value in call.kwargs.items() if isinstance(value, Schedule)}
    fixed = {name: _known(program, value, learned) for name, value in call.kwargs.items() if name not in scheduled}
    reads = loss.reads if term.hint is None else program.hints[term.hint].loss.reads
    sources = tuple(_source(program, term, read) for read in reads)
    return RunningTerm(term.name, term.term.weight, partial(resolve(call.target), **fixed), sources, scheduled)


def _known(program: Program, value: Any, learned: Mapping[str, nn.Module]) -> Any:
    if not isinstance(value, HintRef):
        return value
    return learned.get(value.name) or _comparison(program.hints[value.name].loss)


def _comparison(loss: FeatureLoss) -> Callable[..., Tensor]:
    call = loss.lower()
    compare = partial(resolve(call.target), **call.kwargs)
    return partial(of_one_shape, compare=compare) if loss.needs in (Needs.SHAPE, Needs.MAP) else compare


def _source(program: Program, term: StageTerm, read: Reads) -> Callable[[Outputs], Layers]:
    match read:
        case Reads.LOGITS:
            student = output_of(program, term.student)
            return lambda outputs: outputs.layers[student]
        case Reads.TEACHER_LOGITS:
            teachers = tuple(output_of(program, name) for name in term.teachers)
            return lambda outputs: _mean([outputs.layers[teacher] for teacher in teachers], term.shares)
        case Reads.TARGETS:
            return lambda outputs: outputs.targets
        case Reads.INDICES:
            return lambda outputs: outputs.indices
    hint = program.hints[str(term.hint)]
    if read is Reads.GUIDED:
        return lambda outputs: outputs.guided[hint.name]
    places = tuple(places_of(program, hint.teacher, hint.hint))
    return lambda outputs: one_or_several([outputs.layers[place] for place in places])


def places_of(program: Program, network: str, addresses: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Where in `Outputs.layers` the outputs of some layers are."""
    graph = program.networks[network].graph
    return ((network, graph.resolve(address)) for address in addresses)


def one_or_several(layers: Sequence[Tensor]) -> Layers:
    """One side of a hint as its loss takes it."""
    return layers[0] if len(layers) == 1 else tuple(layers)


def output_of(program: Program, network: str) -> tuple[str, str]:
    """Where in `Outputs.layers` the result of a network is."""
    graph = program.networks[network].graph
    return network, graph.resolve(graph.output)


def _mean(logits: list[Tensor], shares: Sequence[float]) -> Tensor:
    """The mean of some networks' logits, by shares where there are some; these need not add up to 1."""
    if len(logits) == 1:
        return logits[0]
    if not shares:
        return torch.stack(logits).mean(0)
    weighted = [share / sum(shares) * one for share, one in zip(shares, logits, strict=True)]
    return torch.stack(weighted).sum(0)
