"""The order of numbers in memory: channel by channel, or pixel by pixel (channels last).

It changes only how fast convolutions are, and by which sums they come to the same number. CPUs run most networks faster
pixel by pixel, by a tenth to two thirds; GPUs do in 16 bits.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


def is_channels_last(asked: bool | None, device: torch.device, running: Iterable[nn.Module]) -> bool:
    """Whether maps lie pixel by pixel: as a stage asks for it, else on a CPU.

    Never on a CPU with a group norm: where its input lies so and needs no gradient, torch 2.13 ends the process in the
    backward pass.
    """
    if device.type != "cpu":
        return bool(asked)
    has_group_norm = any(isinstance(part, nn.GroupNorm) for module in running for part in module.modules())
    return asked is not False and not has_group_norm


def lay_out(module: nn.Module, *, channels_last: bool) -> None:
    """Lay out the weights of a module's convolutions, in place; its parameters stay the same objects."""
    order = torch.channels_last if channels_last else torch.contiguous_format
    for weight in module.parameters():
        if weight.ndim == 4:
            weight.data = weight.data.contiguous(memory_format=order)


def laid_out(maps: Tensor, *, channels_last: bool) -> Tensor:
    """Maps [n, c, h, w] as the weights are laid out; anything else as it is."""
    return maps.contiguous(memory_format=torch.channels_last) if channels_last and maps.ndim == 4 else maps
