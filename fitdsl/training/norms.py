"""Batch norms over the whole batch where several processes have a share of it each, on any device.

Torch's own, `SyncBatchNorm`, runs on GPUs only.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from .peers import summed


class SharedBatchNorm(_BatchNorm):
    """A batch norm whose statistics in training are those of all processes' examples, [n, c, ...] -> the same.

    Source: Ioffe and Szegedy 2015, Batch Normalization, algorithm 1.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        """Any number of axes behind the channels will do."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        x, axes = input.float(), [0, *range(2, input.ndim)]
        own = x.new_full((1,), x.numel() / x.shape[1])
        count, total = torch.split(summed(torch.cat([own, x.sum(axes)])), [1, x.shape[1]])
        apart = x - _by_channel(total / count, x)
        variance = summed(apart.square().sum(axes)) / count
        self._remember(total / count, variance * count / (count - 1))
        normed = apart * _by_channel((variance + self.eps).rsqrt(), x)
        if self.weight is not None:
            normed = normed * _by_channel(self.weight, x) + _by_channel(self.bias, x)
        return normed.to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics towards those of this batch."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


def share_norms(module: nn.Module) -> None:
    """Replace every batch norm inside a module by one over the whole batch, which has its weights and its names."""
    for name, child in module.named_children():
        if type(child) in (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d):
            module.add_module(name, _shared(child))
        else:
            share_norms(child)


def _shared(norm: nn.Module) -> SharedBatchNorm:
    shared = SharedBatchNorm.__new__(SharedBatchNorm)
    shared.__dict__ = dict(norm.__dict__)
    return shared


def _by_channel(values: Tensor, like: Tensor) -> Tensor:
    return values.view(1, -1, *[1] * (like.ndim - 2))
