"""How weights are filled: what `fitdsl.optim.initializers` lowers to.

Each function fills kernels and matrices, sets biases to 0, and leaves other vectors (norms) at the op's own default.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn


def uniform(module: nn.Module, generator: Generator, *, a: float) -> None:
    """Weights from U(-a, a). Source: Romero et al. 2015, FitNets."""
    _fill(module, lambda weight: nn.init.uniform_(weight, -a, a, generator=generator))


def kaiming(module: nn.Module, generator: Generator) -> None:
    """Weights from N(0, 2 / fan-in). Source: He et al. 2015, eq. 10."""
    _fill(module, lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator))


def xavier(module: nn.Module, generator: Generator) -> None:
    """Weights from U(-b, b) with b = sqrt(6 / (fan-in + fan-out)). Source: Glorot and Bengio 2010, eq. 16."""
    _fill(module, lambda weight: nn.init.xavier_uniform_(weight, generator=generator))


@torch.no_grad()
def _fill(module: nn.Module, fill: Callable[[Tensor], Tensor]) -> None:
    for name, parameter in module.named_parameters():
        if parameter.ndim > 1:
            fill(parameter)
        elif name.rpartition(".")[2].startswith("bias"):
            parameter.zero_()
