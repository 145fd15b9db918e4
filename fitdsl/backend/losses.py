"""The losses that torch does not have: what `fitdsl.losses` lowers to.

Legend: n examples, k classes.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

Compare = Callable[[Tensor, Tensor], Tensor]
"""A comparison of a guided tensor with its hint, both [n, ...], that gives a scalar."""

Layers = Tensor | tuple[Tensor, ...]
"""One side of a hint: a layer's output, [n, ...], or those of several layers."""


def kd(
    logits: Tensor,
    teacher: Tensor,
    *,
    temperature: float,
    soften_student: bool = True,
    squared: bool = False,
    standardize: bool = False,
) -> Tensor:
    """Cross-entropy of softened student probabilities against softened teacher probabilities, mean over the batch.

    Args:
        logits: The student's output, [n, k].
        teacher: The teacher's output, [n, k]; no gradient flows into it.
        temperature: What logits are divided by, above 0.
        soften_student: Divide the student's logits too.
        squared: Multiply by the temperature squared.
        standardize: Bring each example's logits to mean 0 and standard deviation 1 first.

    Returns:
        Scalar.

    Source: Romero et al. 2015, FitNets, eq. 2; Hinton et al. 2015, section 2, for `squared`; Sun et al. 2024, Logit
    Standardization, released code, for `standardize`.
    """
    if standardize:
        logits, teacher = _standardized(logits), _standardized(teacher)
    targets = functional.softmax(teacher.detach() / temperature, dim=1)
    loss = functional.cross_entropy(logits / temperature if soften_student else logits, targets)
    return loss * temperature**2 if squared else loss


def _standardized(logits: Tensor) -> Tensor:
    # the addend keeps examples whose logits are all equal from dividing by 0
    return (logits - logits.mean(dim=1, keepdim=True)) / (logits.std(dim=1, keepdim=True) + 1e-7)


def l2(guided: Tensor, hint: Tensor) -> Tensor:
    """Half the squared distance between a regressed guided output and its hint, mean over the batch.

    Args:
        guided: Student features after the regressor, [n, ...].
        hint: Teacher features, same shape.

    Returns:
        Scalar.

    Source: Romero et al. 2015, FitNets, eq. 3.
    """
    return (guided - hint).square().sum() / (2 * len(hint))


def hint(guided: Layers, hint: Layers, *others: Tensor, compare: Callable[..., Tensor]) -> Tensor:
    """A hint's own comparison.

    Args:
        guided: Student features after the regressor, [n, ...]; a tuple where the hint has several layers.
        hint: Teacher features, [n, ...], or a tuple; no gradient flows into it.
        others: What else the comparison reads.
        compare: The loss the hint declares.

    Returns:
        Scalar.

    Source: Romero et al. 2015, FitNets, section 2.2.
    """
    fixed = hint.detach() if isinstance(hint, Tensor) else tuple(layer.detach() for layer in hint)
    return compare(guided, fixed, *others)


def of_one_shape(guided: Tensor, hint: Tensor, *, compare: Compare) -> Tensor:
    """A comparison of two tensors of one shape, which refuses others instead of broadcasting them.

    Raises:
        ValueError: The shapes differ.
    """
    if guided.shape != hint.shape:
        raise ValueError(f"the guided output is {list(guided.shape)}, its hint {list(hint.shape)}")
    return compare(guided, hint)
