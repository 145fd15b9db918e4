"""The last word on a network: measured once, on the test split, after all training."""

from __future__ import annotations

from time import perf_counter

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..backend.outside import measured_cost
from ..backend.refusal import refusal
from ..program.model import Program
from ..values import TensorType
from .data import Part, Walk, batches
from .metrics import Meter, NotFinite
from .report import CostReport, NetworkReport
from .stage import right_answers

MOST_CLASSES = 100
"""Confusions are counted among no more classes; of more the table would be most of a report."""


def classified(program: Program, name: str) -> str | None:
    """The data whose classes a network tells; None if it tells none."""
    network = program.networks[name]
    data = next((data for data in network.data.values() if data is not None), None)
    if data is None or network.graph.type_of(network.graph.output) != TensorType((program.data[data].classes,)):
        return None
    return data


def tested(program: Program, name: str, module: nn.Module, test: Part, *, trained_s: float) -> NetworkReport:
    """What a network costs and how well it classifies the test split.

    Args:
        program: Where it comes from.
        name: Its name.
        module: As it was trained; it ends in evaluation mode.
        test: The split.
        trained_s: Seconds spent on training it.

    Raises:
        FitError: It gives NaN or infinite numbers (FIT4102).
    """
    network = program.networks[name]
    begun = perf_counter()
    metrics, confusion = _measured(program, name, module.eval(), test)
    seconds = perf_counter() - begun
    return NetworkReport(
        role=network.role,
        cost=CostReport.of(network.cost or measured_cost(module, network)),
        test=metrics,
        seconds=trained_s,
        examples_per_s=len(test) / seconds,
        confusion=confusion,
    )


@torch.no_grad()
def _measured(
    program: Program, name: str, module: nn.Module, test: Part
) -> tuple[dict[str, float], tuple[tuple[int, ...], ...]]:
    network, meter = program.networks[name], Meter(("loss", "accuracy"))
    data = classified(program, name)
    batch_size = program.data[data].batch if data else len(test)
    counts = torch.zeros(0, 0, dtype=torch.int64)
    for batch in batches(test, Walk(batch=batch_size)):
        logits = module(*[batch.inputs] * len(network.graph.inputs))
        loss, right = functional.cross_entropy(logits, batch.targets), right_answers(logits, batch.targets)
        meter.add(len(batch.targets), (loss, right))
        counts = confusion_of(logits, batch.targets, counts)
    try:
        meter.collect()
    except NotFinite:
        message = f"`{name}` gives NaN or infinite numbers on the test split"
        raise refusal("FIT4102", message, span=network.span) from None
    return meter.means(), tuple(tuple(map(int, row)) for row in counts.tolist())


def confusion_of(logits: Tensor, targets: Tensor, before: Tensor) -> Tensor:
    """How many examples of each class were taken for each class: [n, classes], [n] -> [classes, classes].

    Args:
        logits: What a network says; of more than 100 classes nothing is counted, [0, 0].
        targets: The classes.
        before: The same of examples before these, or [0, 0].
    """
    classes = logits.shape[1]
    if classes > MOST_CLASSES:
        return before
    pairs = targets * classes + logits.argmax(dim=1)
    counts = torch.bincount(pairs, minlength=classes * classes).view(classes, classes)
    return counts + before if before.numel() else counts
