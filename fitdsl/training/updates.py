"""One update of a stage's weights: the optimizer, per-layer rates, the rate's schedule and the bound on norms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from ..backend.resolve import resolve
from ..dataclass import dataclass
from ..optim.schedules import Schedule
from ..values import Selection
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


@dataclass(frozen=True, eq=False)
class Updates:
    """How the weights of a stage move.

    Attributes:
        optimizer: Torch's, one parameter group for each per-layer factor.
        factors: That factor, by group.
        rate: Learning rate before all factors.
        schedule: Factor over the epochs, if there is one.
        bounds: Norms to bound after each step.
        scaling: Keeps gradients in fp16 from vanishing.
        peers: The processes that have gradients of a share each.
        sharded: The weights they have them of.
    """

    optimizer: torch.optim.Optimizer
    factors: tuple[float, ...]
    rate: float
    schedule: Schedule | None
    bounds: tuple[NormBound, ...]
    scaling: Scaling
    peers: Peers
    sharded: tuple[nn.Parameter, ...]

    def rate_at(self, moment: Moment) -> float:
        """The learning rate, before per-layer factors."""
        return self.rate * (self.schedule.at(moment.epoch, moment.epochs) if self.schedule else 1.0)

    def step(self, loss: Tensor, moment: Moment) -> None:
        """Move all weights one step down the gradient of `loss`, a scalar.

        Raises:
            Overflow: In fp16 no step could be taken for long.
        """
        self.optimizer.zero_grad(set_to_none=True)
        self.scaling.backward(loss)
        self.peers.add_up(self.sharded)
        self.scaling.unscale(self.optimizer)
        rate = self.rate_at(moment)
        for factor, group in zip(self.factors, self.optimizer.param_groups, strict=True):
            group["lr"] = factor * rate
        self.scaling.step(self.optimizer)
        self._bound()

    @torch.no_grad()
    def _bound(self) -> None:
        for bound in self.bounds:
            bound.weight.renorm_(2, bound.units, bound.limit)


def updates_of(stage: Stage, peers: Peers = ALONE) -> Updates:
    """A fresh optimizer for everything that learns in a stage, as its settings say; with whom it learns."""
    settings = stage.plan.settings
    call = settings.optimizer.lower()
    groups = _groups(stage)
    optimizer = resolve(call.target)([{"params": weights} for weights in groups.values()], **call.kwargs)
    scaling = scaling_for(settings.precision, next(iter(groups.values()))[0].device)
    bounds = tuple(_bounds(stage))
    return Updates(
        optimizer=optimizer,
        factors=tuple(groups),
        rate=settings.optimizer.lr,
        schedule=settings.schedule,
        bounds=bounds,
        scaling=scaling,
        peers=peers,
        sharded=tuple(stage.sharded()),
    )


def _groups(stage: Stage) -> dict[float, list[nn.Parameter]]:
    """What learns, by its factor on the rate; regressors have the factor 1."""
    groups: dict[float, list[nn.Parameter]] = {}
    for network, address, layer in stage.learners():
        factor = _setting(stage.plan.settings.rates, network, address)
        groups.setdefault(1.0 if factor is None else factor, []).extend(layer.parameters())
    for regressor in stage.regressors.values():
        groups.setdefault(1.0, []).extend(regressor.parameters())
    return {factor: weights for factor, weights in groups.items() if weights}


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
