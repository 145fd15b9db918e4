"""Losses between two layers that look at channels, positions or signs: what `fitdsl.losses.maps` lowers to.

Legend: n examples, c channels, p positions. Layers are maps [n, c, h, w], tokens [n, l, c] or vectors [n, c], results
scalars; no gradient reaches the hint, which is detached before.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .losses_logits import discord


def at(guided: Tensor, hint: Tensor, *, power: float, squared: bool) -> Tensor:
    """Distance of attention maps; channels may differ in number.

    Source: Zagoruyko and Komodakis 2017, Paying More Attention to Attention, eq. 2.
    """
    apart = _attention(guided, power) - _attention(hint, power)
    return apart.square().mean() if squared else torch.linalg.vector_norm(apart, dim=1).mean()


def _attention(features: Tensor, power: float) -> Tensor:
    """Activity at each position, of norm 1: [n, p]."""
    return functional.normalize(by_channel(features).abs().pow(power).sum(dim=1), dim=1)


def nst(guided: Tensor, hint: Tensor, *, power: int) -> Tensor:
    """Squared maximum mean discrepancy of channels; they may differ in number.

    Source: Huang and Wang 2017, Neuron Selectivity Transfer, section 4.
    """
    own, other = (functional.normalize(by_channel(features), dim=2) for features in (guided, hint))
    return _kernel(own, own, power) + _kernel(other, other, power) - 2 * _kernel(own, other, power)


def _kernel(first: Tensor, second: Tensor, power: int) -> Tensor:
    return (first @ second.transpose(1, 2)).pow(power).mean()


def ab(guided: Tensor, hint: Tensor, *, margin: float) -> Tensor:
    """Squared distance past the margin, on the hint's side of 0; both of one shape.

    Source: Heo et al. 2019, Distillation of Activation Boundaries, section 3.
    """
    side = torch.where(hint > 0, 1.0, -1.0)
    return functional.relu(margin - side * guided).square().sum() / len(hint)


def ofd(guided: Tensor, hint: Tensor) -> Tensor:
    """Squared distance to the hint raised to its channel's mean negative response; both of one shape.

    Source: Heo et al. 2019, A Comprehensive Overhaul of Feature Distillation, section 3.
    """
    own, other = by_channel(guided), by_channel(hint)
    negative = (other < 0).sum(dim=(0, 2), keepdim=True).clamp(min=1)
    raised = other.maximum(other.clamp(max=0).sum(dim=(0, 2), keepdim=True) / negative)
    counts = (own > raised) | (raised > 0)
    return ((own - raised).square() * counts).sum() / len(hint)


def cwd(guided: Tensor, hint: Tensor, *, temperature: float) -> Tensor:
    """Divergence of each channel's distribution over positions; both of one shape.

    Source: Shu et al. 2021, Channel-wise Knowledge Distillation for Dense Prediction, section 3.
    """
    own, other = (functional.log_softmax(by_channel(x) / temperature, dim=2).flatten(0, 1) for x in (guided, hint))
    return functional.kl_div(own, other, reduction="batchmean", log_target=True) * temperature**2


def ickd(guided: Tensor, hint: Tensor) -> Tensor:
    """Squared distance of correlations between channels; positions may differ in number.

    Source: Liu et al. 2021, Exploring Inter-Channel Correlation, section 3.
    """
    n, c, _ = by_channel(hint).shape
    return (_correlation(guided) - _correlation(hint)).square().sum() / (n * c)


def _correlation(features: Tensor) -> Tensor:
    """Inner products of channels over positions, rows of norm 1: [n, c, c]."""
    channels = by_channel(features)
    return functional.normalize(channels @ channels.transpose(1, 2), dim=2)


def pkd(guided: Tensor, hint: Tensor) -> Tensor:
    """One minus the correlation of each channel over batch and positions; both of one shape.

    Source: Cao et al. 2022, PKD via Pearson Correlation Coefficient, section 3.
    """
    own, other = (by_channel(features).transpose(0, 1).flatten(1) for features in (guided, hint))
    return discord(own, other, dim=1)


def srd(guided: Tensor, hint: Tensor, *, power: float) -> Tensor:
    """Logarithm of summed differences between normed channels; both of one shape.

    Source: Miles and Mikolajczyk 2024, Understanding the Role of the Projector, section 3.
    """
    apart = _normed(by_channel(guided)) - _normed(by_channel(hint))
    total = apart.abs().pow(power).sum()
    return total.clamp(min=torch.finfo(total.dtype).tiny).log()


def _normed(features: Tensor) -> Tensor:
    """Channels brought to mean 0 and variance 1 over batch and positions, [n, c, p]."""
    variance, mean = torch.var_mean(features, dim=(0, 2), correction=0, keepdim=True)
    return (features - mean) * (variance + 1e-5).rsqrt()


def by_channel(features: Tensor) -> Tensor:
    """Any layer as [n, c, p]; a vector has one position."""
    if features.ndim == 3:
        return features.transpose(1, 2)
    return features.unsqueeze(2) if features.ndim == 2 else features.flatten(2)


def as_map(features: Tensor) -> Tensor:
    """Any layer as [n, c, h, w]; tokens stand below one another."""
    return features if features.ndim == 4 else by_channel(features).unsqueeze(3)
