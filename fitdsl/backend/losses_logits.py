"""Losses between two outputs that torch does not have: what `fitdsl.losses.logits` lowers to.

Legend: n examples, k classes. Logits are [n, k], results scalars; no gradient flows into the teacher.
"""

from __future__ import annotations

from math import log

import torch
from torch import Tensor
from torch.nn import functional


def dkd(
    logits: Tensor,
    teacher: Tensor,
    targets: Tensor,
    *,
    temperature: float,
    alpha: float,
    beta: float,
    squared: bool,
) -> Tensor:
    """Divergence of target class against the rest and of the rest among itself, targets [n].

    Source: Zhao et al. 2022, Decoupled Knowledge Distillation, eq. 7.
    """
    student, taught = _log_softmax(logits, temperature), _log_softmax(teacher.detach(), temperature)
    is_target = torch.zeros_like(logits, dtype=torch.bool).scatter(1, targets.unsqueeze(1), True)
    target = _divergence(_target_and_rest(taught, is_target), _target_and_rest(student, is_target))
    rest = _divergence(_rest(taught, is_target), _rest(student, is_target))
    return (alpha * target + beta * rest) * _scale(temperature, squared)


def _target_and_rest(log_probabilities: Tensor, is_target: Tensor) -> Tensor:
    """Logarithms of the probability of the target and of all others, [n, 2]."""
    return torch.stack([_without(log_probabilities, left).logsumexp(dim=1) for left in (~is_target, is_target)], dim=1)


def _rest(log_probabilities: Tensor, is_target: Tensor) -> Tensor:
    """Logarithms of the probabilities among all classes but the target, [n, k]."""
    return functional.log_softmax(_without(log_probabilities, is_target), dim=1)


def _without(log_probabilities: Tensor, left_out: Tensor) -> Tensor:
    # no infinity, whose product with a probability of 0 would be NaN
    return log_probabilities.masked_fill(left_out, torch.finfo(log_probabilities.dtype).min)


def dist(logits: Tensor, teacher: Tensor, *, temperature: float, inter: float, intra: float, squared: bool) -> Tensor:
    """One minus Pearson's correlation within each example and within each class.

    Source: Huang et al. 2022, Knowledge Distillation from A Stronger Teacher, section 3.
    """
    student = functional.softmax(logits / temperature, dim=1)
    taught = functional.softmax(teacher.detach() / temperature, dim=1)
    loss = inter * discord(student, taught, 1) + intra * discord(student, taught, 0)
    return loss * _scale(temperature, squared)


def discord(first: Tensor, second: Tensor, dim: int) -> Tensor:
    """One minus the mean of Pearson's correlations along an axis."""
    first, second = (x - x.mean(dim, keepdim=True) for x in (first, second))
    return 1 - functional.cosine_similarity(first, second, dim=dim).mean()


def jsd(logits: Tensor, teacher: Tensor, *, temperature: float, share: float, squared: bool) -> Tensor:
    """Divergence of both softened outputs from their mixture.

    Source: Agarwal et al. 2024, On-Policy Distillation of Language Models, section 2.
    """
    student, taught = _log_softmax(logits, temperature), _log_softmax(teacher.detach(), temperature)
    mixture = torch.logaddexp(taught + log(share), student + log(1 - share))
    loss = share * _divergence(taught, mixture) + (1 - share) * _divergence(student, mixture)
    return loss * _scale(temperature, squared)


def mlkd(logits: Tensor, teacher: Tensor, *, temperature: float, squared: bool) -> Tensor:
    """Divergence of each example, and distances of the matrices that relate examples and classes.

    Source: Jin et al. 2023, Multi-level Logit Distillation, section 3.
    """
    student, taught = _log_softmax(logits, temperature), _log_softmax(teacher.detach(), temperature)
    by_example = _divergence(taught, student) * _scale(temperature, squared)
    own, other = student.exp(), taught.exp()
    over_batch = (own @ own.T - other @ other.T).square().sum() / len(logits)
    over_classes = (own.T @ own - other.T @ other).square().sum() / logits.shape[1]
    return by_example + over_batch + over_classes


def _log_softmax(logits: Tensor, temperature: float) -> Tensor:
    return functional.log_softmax(logits / temperature, dim=1)


def _divergence(target: Tensor, other: Tensor) -> Tensor:
    """KL(target, other) of logarithms of probabilities, mean over the batch."""
    return functional.kl_div(other, target, reduction="batchmean", log_target=True)


def _scale(temperature: float, squared: bool) -> float:
    return temperature**2 if squared else 1.0
