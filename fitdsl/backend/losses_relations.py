"""Losses between the relations of examples in two layers: what `fitdsl.losses.relations` lowers to.

Legend: n examples. Layers are [n, ...] and may differ in all but n, results are scalars; no gradient reaches the hint,
which is detached before.
"""

from __future__ import annotations

from math import exp, factorial

import torch
from torch import Tensor
from torch.nn import functional


def pkt(guided: Tensor, hint: Tensor) -> Tensor:
    """Divergence of the probabilities to be neighbours.

    Source: Passalis and Tefas 2018, Probabilistic Knowledge Transfer, section 3.
    """
    own, other = _neighbours(guided), _neighbours(hint)
    # xlogy is 0 where the teacher's probability is; opposite features give the student's as 0 too
    least = torch.finfo(own.dtype).eps
    return (torch.xlogy(other, other) - other * own.clamp(min=least).log()).mean()


def _neighbours(features: Tensor) -> Tensor:
    """Similarity (1 + cos) / 2, each row divided by its sum: [n, n]."""
    similarity = (1 + _inner(functional.normalize(features.flatten(1)))) / 2
    return similarity / similarity.sum(dim=1, keepdim=True)


def sp(guided: Tensor, hint: Tensor) -> Tensor:
    """Mean squared distance of inner products, rows of norm 1.

    Source: Tung and Mori 2019, Similarity-Preserving Knowledge Distillation, section 3.
    """
    own, other = (functional.normalize(_inner(features.flatten(1))) for features in (guided, hint))
    return functional.mse_loss(own, other)


def cc(guided: Tensor, hint: Tensor, *, gamma: float, order: int) -> Tensor:
    """Mean squared distance of Gaussian kernels by their Taylor series.

    Source: Peng et al. 2019, Correlation Congruence for Knowledge Distillation, section 3.
    """
    return functional.mse_loss(_gaussian(guided, gamma, order), _gaussian(hint, gamma, order))


def _gaussian(features: Tensor, gamma: float, order: int) -> Tensor:
    """exp(-gamma |x - y|**2) of features of norm 1, as exp(-2 gamma) times the series of exp(2 gamma x y): [n, n]."""
    inner = 2 * gamma * _inner(functional.normalize(features.flatten(1)))
    series = torch.stack([inner.pow(power) / factorial(power) for power in range(order + 1)]).sum(dim=0)
    return exp(-2 * gamma) * series


def rkd_distance(guided: Tensor, hint: Tensor) -> Tensor:
    """Huber loss of distances, each divided by the mean of those above 0.

    Source: Park et al. 2019, Relational Knowledge Distillation, section 3.2.1.
    """
    return functional.smooth_l1_loss(_relative(_distances(guided.flatten(1))), _relative(_distances(hint.flatten(1))))


def _relative(distances: Tensor) -> Tensor:
    mean = distances.sum() / (distances > 0).sum().clamp(min=1)
    return distances / mean.clamp(min=torch.finfo(mean.dtype).tiny)


def rkd_angle(guided: Tensor, hint: Tensor) -> Tensor:
    """Huber loss of the cosines of angles.

    Source: Park et al. 2019, Relational Knowledge Distillation, section 3.2.2.
    """
    return functional.smooth_l1_loss(_cosines(guided.flatten(1)), _cosines(hint.flatten(1)))


def _cosines(features: Tensor) -> Tensor:
    """Of the angle between i and k at each j, [n, n, n]; 0 where two of the points are one.

    From inner products, so that no [n, n, features] is held, and around the mean, where they lose fewest digits.
    """
    inner = _inner(features - features.mean(dim=0))
    at_j, to_others = inner.diagonal().view(-1, 1, 1), inner.unsqueeze(2)
    products = inner - to_others - inner.unsqueeze(1) + at_j
    distances = _distances(features)
    lengths = distances.unsqueeze(2) * distances.unsqueeze(1)
    return products * (lengths > 0) / lengths.clamp(min=torch.finfo(lengths.dtype).eps ** 2)


def _distances(features: Tensor) -> Tensor:
    # not by matrix products, whose distance between equal examples is rounding noise instead of 0
    return torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist")


def _inner(features: Tensor) -> Tensor:
    return features @ features.T
