"""The last word on a network: measured once, on the test split, after all training."""

from __future__ import annotations

from time import perf_counter

import torch
from torch import nn
from torch.nn import functional

from ..backend.outside import measured_cost
from ..backend.refusal import refusal
from ..program.model import Program
from ..values import TensorType
from .data import Part, Walk, batches
from .metrics import Meter, NotFinite
from .report import CostReport, NetworkReport
from .stage import right_answers


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
    metrics = _metrics(program, name, module.eval(), test)
    seconds = perf_counter() - begun
    return NetworkReport(
        role=network.role,
        cost=CostReport.of(network.cost or measured_cost(module, network)),
        test=metrics,
        seconds=trained_s,
        examples_per_s=len(test) / seconds,
    )


@torch.no_grad()
def _metrics(program: Program, name: str, module: nn.Module, test: Part) -> dict[str, float]:
    network, meter = program.networks[name], Meter(("loss", "accuracy"))
    data = classified(program, name)
    batch_size = program.data[data].batch if data else len(test)
    for batch in batches(test, Walk(batch=batch_size)):
        logits = module(*[batch.inputs] * len(network.graph.inputs))
        loss, right = functional.cross_entropy(logits, batch.targets), right_answers(logits, batch.targets)
        meter.add(len(batch.targets), (loss, right))
    try:
        meter.collect()
    except NotFinite:
        message = f"`{name}` gives NaN or infinite numbers on the test split"
        raise refusal("FIT4102", message, span=network.span) from None
    return meter.means()
