"""The running average of all that a stage moves, which is measured, kept and left in place of the last weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

import torch
from torch import Tensor

from ..dataclass import dataclass


@dataclass(eq=False)
class Average:
    """An exponential moving average, taken after each update.

    a <- decay a + (1 - decay) w of each weight and each running statistic of a norm; a begins as w after the first
    update. What counts, such as a norm's number of batches, is as in the network.

    Attributes:
        decay: Share of the average that an update keeps.
        moving: What is averaged, by name: the stage's own tensors, which its steps change in place.
        count: Updates so far.
        tensors: The average, by the same names.

    Source: Polyak and Juditsky 1992; torch.optim.swa_utils.AveragedModel with its buffers.
    """

    decay: float
    moving: Mapping[str, Tensor]
    count: int = 0
    tensors: dict[str, Tensor] = field(default_factory=dict)

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are now."""
        if self.count == 0:
            self.tensors = {name: tensor.detach().clone() for name, tensor in self.moving.items()}
        else:
            real = [name for name, tensor in self.moving.items() if tensor.is_floating_point()]
            own, other = [self.tensors[name] for name in real], [self.moving[name] for name in real]
            torch._foreach_lerp_(own, other, 1 - self.decay)
            for name in self.moving.keys() - real:
                self.tensors[name].copy_(self.moving[name])
        self.count += 1

    def state(self) -> dict[str, Any]:
        """All that a checkpoint needs to go on with this average."""
        return {"count": self.count, "tensors": dict(self.tensors)}

    def put_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state` gave."""
        self.count = state["count"]
        self.tensors = {
            name: tensor.to(self.moving[name].device, copy=True) for name, tensor in state["tensors"].items()
        }
