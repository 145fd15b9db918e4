"""One update of a stage's weights: optimizer, rates and decay by layer, the rate's schedule, and bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..backend.resolve import resolve
from ..dataclass import dataclass
from ..optim.clipping import clip_of
from ..optim.schedules import Schedule
from ..values import Call, Selection
from .average import Average
from .peers import ALONE, Peers
from .precision import Scaling, scaling_for
from .stage import Stage
from .terms import Moment


@dataclass(frozen=True, eq=False)
class NormBound:
    """Weights whose norm into each output unit stays at or below `limit`; units run along axis `units`."""

    weight: Tensor
    units: int
    limit: float


@dataclass(frozen=True)
class Share:
    """Which part of an update a batch gives: number `index` of `of`, counted from 0."""

    index: int = 0
    of: int = 1

    @property
    def is_first(self) -> bool:
        """Whether the update begins with it."""
        return self.index == 0

    @property
    def is_last(self) -> bool:
        """Whether the update is made after it."""
        return self.index == self.of - 1


WHOLE = Share()


@dataclass(frozen=True, eq=False)
class Updates:
    """How the weights of a stage move.

    Attributes:
        optimizer: Torch's, one parameter group for each per-layer factor and weight decay.
        factors: That factor, by group.
        rate: Learning rate before all factors.
        schedule: Factor over the epochs, if there is one.
        bounds: Norms to bound after each step.
        accumulate: Batches that make one update.
        clip: Bounds the gradients of these parameters, if they are to be bounded.
        average: The running average of the weights, if there is one.
        scaling: Keeps gradients in fp16 from vanishing.
        peers: The processes that have gradients of a share each.
        sharded: The weights they have them of.
    """

    optimizer: torch.optim.Optimizer
    factors: tuple[float, ...]
    rate: float
    schedule: Schedule | None
    bounds: tuple[NormBound, ...]
    accumulate: int
    clip: Callable[[list[nn.Parameter]], object] | None
    average: Average | None
    scaling: Scaling
    peers: Peers
    sharded: tuple[nn.Parameter, ...]

    def rate_at(self, moment: Moment) -> float:
        """The learning rate, before per-layer factors."""
        return self.rate * (self.schedule.at(moment.epoch, moment.epochs) if self.schedule else 1.0)

    def rates_at(self, moment: Moment) -> dict[str, float]:
        """The learning rate by per-layer factor."""
        rate = self.rate_at(moment)
        return {f"{factor:g}": factor * rate for factor in self.factors}

    def share(self, step: int, steps: int) -> Share:
        """What a batch gives to its update.

        Args:
            step: Its number in the epoch, counted from 0.
            steps: How many batches the epoch has; its last update takes those that are left.
        """
        index = step % self.accumulate
        return Share(index, min(self.accumulate, steps - (step - index)))

    def step(self, loss: Tensor, moment: Moment, share: Share = WHOLE) -> Tensor | None:
        """Take the gradient of `loss`, a scalar, and move all weights down it with the last batch of an update.

        Returns:
            The norm of an update's gradient before it is clipped, a scalar; None before its last batch.

        Raises:
            Overflow: In fp16 no step could be taken for long.
        """
        if share.is_first:
            self.optimizer.zero_grad(set_to_none=True)
        self.scaling.backward(loss if share.of == 1 else loss / share.of)
        return self._move(moment) if share.is_last else None

    def _move(self, moment: Moment) -> Tensor:
        self.peers.add_up(self.sharded)
        self.scaling.unscale(self.optimizer)
        norm = self._norm()
        rate = self.rate_at(moment)
        for factor, group in zip(self.factors, self.optimizer.param_groups, strict=True):
            group["lr"] = factor * rate
        if self.clip:
            self.clip(self.weights())
        self.scaling.step(self.optimizer)
        self._bound()
        if self.average:
            self.average.update()
        return norm

    @torch.no_grad()
    def _norm(self) -> Tensor:
        gradients = [weight.grad for weight in self.weights() if weight.grad is not None]
        # as torch.nn.utils.get_total_norm, in a third of its time
        norms: Sequence[Tensor] = torch._foreach_norm(gradients)
        norm: Tensor = torch.linalg.vector_norm(torch.stack(list(norms)))
        return norm

    def weights(self) -> list[nn.Parameter]:
        """All that moves."""
        return [weight for group in self.optimizer.param_groups for weight in group["params"]]

    def state(self) -> dict[str, Any]:
        """All that a checkpoint needs to go on with these updates."""
        average = {"average": self.average.state()} if self.average else {}
        return {"optimizer": self.optimizer.state_dict(), "scaling": self.scaling.state(), **average}

    def put_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state` gave."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaling.restore(state["scaling"])
        if self.average:
            self.average.put_state(state["average"])

    @torch.no_grad()
    def _bound(self) -> None:
        for bound in self.bounds:
            bound.weight.renorm_(2, bound.units, bound.limit)


def updates_of(stage: Stage, peers: Peers = ALONE) -> Updates:
    """A fresh optimizer for everything that learns in a stage, as its settings say; with whom it learns."""
    settings = stage.plan.settings
    call, clip = settings.optimizer.lower(), clip_of(settings.clip)
    groups = _groups(stage)
    shared = _at_once(call, groups)
    options = [{"params": weights, **group.options(), **shared} for group, weights in groups.items()]
    return Updates(
        optimizer=resolve(call.target)(options, **call.kwargs),
        factors=tuple(group.factor for group in groups),
        rate=settings.optimizer.lr,
        schedule=settings.schedule,
        bounds=tuple(_bounds(stage)),
        accumulate=settings.accumulate,
        clip=_partial(clip.lower()) if clip else None,
        average=Average(settings.ema, stage.tensors()) if settings.ema else None,
        scaling=scaling_for(settings.precision, next(iter(groups.values()))[0].device),
        peers=peers,
        sharded=tuple(stage.sharded()),
    )


AT_ONCE: Mapping[str, Mapping[str, bool]] = {
    "torch.optim.Adam": {"fused": True},
    "torch.optim.AdamW": {"fused": True},
    "torch.optim.RMSprop": {"foreach": True},
    "torch.optim.SGD": {"foreach": True},
}
"""How torch is to take all weights in one call, as it does by itself on CUDA alone: on the CPU Adam then needs a fourth
of the time and the others two thirds. `foreach` gives the same numbers to the last bit, `fused` up to rounding."""


def _at_once(call: Call, groups: Mapping[_Group, Sequence[nn.Parameter]]) -> Mapping[str, bool]:
    is_on_cpu = all(weight.device.type == "cpu" for weights in groups.values() for weight in weights)
    return AT_ONCE.get(call.target, {}) if is_on_cpu else {}


def _partial(call: Call) -> Callable[[list[nn.Parameter]], object]:
    return partial(resolve(call.target), **call.kwargs)


@dataclass(frozen=True)
class _Group:
    """Weights that are updated alike: the factor on their rate, and their weight decay where it is their own."""

    factor: float = 1.0
    decay: float | None = None

    def options(self) -> dict[str, float]:
        return {} if self.decay is None else {"weight_decay": self.decay}


def _groups(stage: Stage) -> dict[_Group, list[nn.Parameter]]:
    """What learns, by how it is updated; what is dropped after the stage has the factor 1 and the optimizer's decay."""
    settings, groups = stage.plan.settings, dict[_Group, list[nn.Parameter]]()

    def add(module: nn.Module, factor: float | None, decay: float | None) -> None:
        for weight in module.parameters():
            own = decay if settings.decay_vectors or weight.ndim > 1 else 0.0
            groups.setdefault(_Group(1.0 if factor is None else factor, own), []).append(weight)

    for network, address, layer in stage.learners():
        add(layer, _setting(settings.rates, network, address), _setting(settings.decay, network, address))
    for module in stage.dropped():
        add(module, None, None)
    return groups


def _setting(settings: Mapping[Selection, float], network: str, address: str) -> float | None:
    """The value for a layer; the last selection that names it counts."""
    values = [value for chosen, value in settings.items() if chosen.network == network and address in chosen.layers]
    return values[-1] if values else None


def _bounds(stage: Stage) -> Iterator[NormBound]:
    for network, address, layer in stage.learners():
        limit = _setting(stage.plan.settings.max_norm, network, address)
        if limit is not None:
            units = 1 if isinstance(layer, nn.modules.conv._ConvTransposeNd) else 0
            yield from (NormBound(weight, units, limit) for weight in layer.parameters() if weight.ndim > 1)
