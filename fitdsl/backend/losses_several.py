"""Losses between two or more layers of each network: what `fitdsl.losses.several` lowers to.

Both sides are tuples of layers from the input on, [n, ...] each; no gradient reaches the hints, which are detached
before.

Legend: n examples, c channels, h x w pixels.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from .losses_maps import as_map

SCALES = (4, 2, 1)
"""Edges in pixels to which maps are averaged to be compared again, each with half the weight of the one before."""


def fsp(guided: tuple[Tensor, ...], hint: tuple[Tensor, ...]) -> Tensor:
    """Mean squared difference of flows, summed over neighbouring layers.

    Source: Yim et al. 2017, A Gift from Knowledge Distillation, eq. 1 and 2.
    """
    flows = zip(pairwise(guided), pairwise(hint), strict=True)
    return torch.stack([(_flow(*own) - _flow(*other)).square().mean() for own, other in flows]).sum()


def _flow(below: Tensor, above: Tensor) -> Tensor:
    """Inner products of two layers' channels, mean over positions: [n, c', c]."""
    first, second = as_map(below), as_map(above)
    smaller = (min(first.shape[2], second.shape[2]), min(first.shape[3], second.shape[3]))
    first, second = (functional.adaptive_avg_pool2d(layer, smaller).flatten(2) for layer in (first, second))
    return second @ first.transpose(1, 2) / first.shape[2]


class KnowledgeReview(nn.Module):
    """Distance at several scales between hints and what a review from the deepest layer makes of the student.

    Source: Chen et al. 2021, Distilling Knowledge via Knowledge Review, eq. 7, and its released code.
    """

    def __init__(self, guided: tuple[int, ...], hint: tuple[int, ...], *, width: int) -> None:
        super().__init__()
        last = len(guided) - 1
        self.fusions = nn.ModuleList(
            _Fusion(own, other, width, is_deepest=index == last)
            for index, (own, other) in enumerate(zip(guided, hint, strict=True))
        )

    def forward(self, guided: tuple[Tensor, ...], hint: tuple[Tensor, ...]) -> Tensor:
        distances = []
        deeper: Tensor | None = None
        for fusion, own, other in reversed(list(zip(self.fusions, guided, hint, strict=True))):
            made, deeper = fusion(own, deeper, (other.shape[2], other.shape[3]))
            distances.append(_at_scales(made, other))
        return torch.stack(distances).sum()


class _Fusion(nn.Module):
    """One step of the review: a layer and what came from deeper, weighed by attention, as a map like the hint."""

    def __init__(self, guided: int, hint: int, width: int, *, is_deepest: bool) -> None:
        super().__init__()
        self.enter = _normed(nn.Conv2d(guided, width, 1, bias=False))
        self.leave = _normed(nn.Conv2d(width, hint, 3, padding=1, bias=False))
        self.attention = None if is_deepest else nn.Sequential(nn.Conv2d(2 * width, 2, 1), nn.Sigmoid())

    def forward(self, layer: Tensor, deeper: Tensor | None, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """A map like the hint, and what goes on to shallower layers, both of the hint's height and width."""
        own = self.enter(layer)
        if self.attention is not None and deeper is not None:
            deeper = functional.interpolate(deeper, own.shape[2:])
            weights = self.attention(torch.cat((own, deeper), dim=1))
            own = weights[:, :1] * own + weights[:, 1:] * deeper
        own = functional.interpolate(own, size)
        return self.leave(own), own


def _normed(convolution: nn.Conv2d) -> nn.Sequential:
    nn.init.kaiming_uniform_(convolution.weight, a=1)
    return nn.Sequential(convolution, nn.BatchNorm2d(convolution.out_channels))


def _at_scales(made: Tensor, hint: Tensor) -> Tensor:
    """Mean squared distance of two maps, whole and averaged to smaller ones, as a weighted mean."""
    apart = [functional.mse_loss(made, hint)]
    for scale in SCALES:
        if scale < made.shape[2]:
            # averaging is linear, so the average of the difference is the difference of the averages
            apart.append(functional.adaptive_avg_pool2d(made - hint, scale).square().mean())
    weights = [0.5**index for index in range(len(apart))]
    weighted = [weight * distance for weight, distance in zip(weights, apart, strict=True)]
    return torch.stack(weighted).sum() / sum(weights)
