"""The optimizer of the FitNets authors, which torch does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT


class RMSpropFloor(torch.optim.Optimizer):
    """RMSprop whose divisor is cut off below instead of having a small number added.

    m <- alpha m + (1 - alpha) g**2, then w <- w - lr g / max(sqrt(m), floor); m begins at 0.

    Source: pylearn2's RMSProp (Tieleman and Hinton 2012), as released with Romero et al. 2015, FitNets.
    """

    def __init__(self, params: ParamsT, lr: float, alpha: float = 0.9, floor: float = 1e-5) -> None:
        super().__init__(params, {"lr": lr, "alpha": alpha, "floor": floor})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Update all parameters that have a gradient; `closure`, if given, computes them and the loss first."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._update(group)
        return loss

    def _update(self, group: dict[str, Any]) -> None:
        weights = [weight for weight in group["params"] if weight.grad is not None]
        if not weights:
            return
        gradients = [weight.grad for weight in weights]
        squares = [self._square(weight) for weight in weights]
        torch._foreach_mul_(squares, group["alpha"])
        torch._foreach_addcmul_(squares, gradients, gradients, value=1 - group["alpha"])
        divisors = torch._foreach_sqrt(squares)
        torch._foreach_clamp_min_(divisors, group["floor"])
        torch._foreach_addcdiv_(weights, gradients, divisors, value=-group["lr"])

    def _square(self, weight: Tensor) -> Tensor:
        state = self.state[weight]
        if not state:
            state["square"] = torch.zeros_like(weight)
        square: Tensor = state["square"]
        return square
