"""The terms of a stage's loss as functions of what the networks gave in one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..backend.losses import of_one_shape
from ..backend.resolve import resolve
from ..dataclass import dataclass
from ..losses.base import Reads
from ..losses.feature import FeatureLoss, Needs
from ..losses.objective import Weight
from ..optim.schedules import Schedule
from ..program.model import Program, StageTerm
from ..values import HintRef


@dataclass(frozen=True, eq=False)
class Outputs:
    """What one step has computed before any loss.

    Attributes:
        layers: Outputs by network and address, [n, ...].
        guided: By hint, the guided layer's output after the regressor, [n, ...].
        targets: Class indices, [n].
    """

    layers: Mapping[tuple[str, str], Tensor]
    guided: Mapping[str, Tensor]
    targets: Tensor


@dataclass(frozen=True)
class Moment:
    """Where in a stage a step stands: the epoch, counted from 1 and fractional, and how many there are."""

    epoch: float
    epochs: int


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
    sources: tuple[Callable[[Outputs], Tensor], ...]
    scheduled: Mapping[str, Schedule]

    def value(self, outputs: Outputs, moment: Moment) -> Tensor:
        """The loss before its weight, a scalar."""
        moving = {name: schedule.at(moment.epoch, moment.epochs) for name, schedule in self.scheduled.items()}
        return self.function(*(source(outputs) for source in self.sources), **moving)

    def weight_at(self, moment: Moment) -> float:
        """What it is multiplied by."""
        return self.weight.at(moment.epoch, moment.epochs)


def running_term(program: Program, term: StageTerm) -> RunningTerm:
    """A term of a plan, with its functions looked up and its hint's loss put in place."""
    loss = term.term.loss
    call = loss.lower()
    scheduled = {name: value for name, value in call.kwargs.items() if isinstance(value, Schedule)}
    fixed = {name: _known(program, value) for name, value in call.kwargs.items() if name not in scheduled}
    sources = tuple(_source(program, term, read) for read in loss.reads)
    return RunningTerm(term.name, term.term.weight, partial(resolve(call.target), **fixed), sources, scheduled)


def _known(program: Program, value: Any) -> Any:
    return _comparison(program.hints[value.name].loss) if isinstance(value, HintRef) else value


def _comparison(loss: FeatureLoss) -> Callable[..., Tensor]:
    call = loss.lower()
    compare = partial(resolve(call.target), **call.kwargs)
    return partial(of_one_shape, compare=compare) if loss.needs in (Needs.SHAPE, Needs.MAP) else compare


def _source(program: Program, term: StageTerm, read: Reads) -> Callable[[Outputs], Tensor]:
    match read:
        case Reads.LOGITS:
            student = output_of(program, term.student)
            return lambda outputs: outputs.layers[student]
        case Reads.TEACHER_LOGITS:
            teachers = tuple(output_of(program, name) for name in term.teachers)
            return lambda outputs: _mean([outputs.layers[teacher] for teacher in teachers])
        case Reads.TARGETS:
            return lambda outputs: outputs.targets
    hint = str(term.hint)
    if read is Reads.GUIDED:
        return lambda outputs: outputs.guided[hint]
    place = hint_of(program, hint)
    return lambda outputs: outputs.layers[place]


def hint_of(program: Program, name: str) -> tuple[str, str]:
    """Where in `Outputs.layers` what a hint's teacher gives is."""
    hint = program.hints[name]
    return hint.teacher, program.networks[hint.teacher].graph.resolve(hint.hint)


def output_of(program: Program, network: str) -> tuple[str, str]:
    """Where in `Outputs.layers` the result of a network is."""
    graph = program.networks[network].graph
    return network, graph.resolve(graph.output)


def _mean(logits: list[Tensor]) -> Tensor:
    return logits[0] if len(logits) == 1 else torch.stack(logits).mean(0)
