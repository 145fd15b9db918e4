"""Whether a network that was trained elsewhere answers better than chance: one that does not has nothing to teach.

Wrong weights, or examples prepared otherwise than those it was trained on, let every loss and every hint run through.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import torch
from torch import Tensor

from ..program.model import Program, StagePlan
from .cache import Kept
from .data import Part, Walk, batches_of
from .networks import ancestors
from .stage import Stage
from .testing import classified

LOOKED_AT = 512
"""Validation examples that are looked at where there are more: enough to tell chance from knowledge."""

LEAST = 10
"""Of fewer nothing is said."""


def loaded(program: Program, plan: StagePlan) -> Iterator[str]:
    """The networks that a stage learns from as they were loaded, and that tell the classes of its data."""
    moved = {name for stage in ancestors(program, [plan.name]) for name in program.stages[stage].trains}
    for name in plan.runs:
        network = program.networks[name]
        # what runs in training mode may be of use only so, and would move its statistics here
        is_loaded = network.is_trained and network.mode == "eval" and name not in moved
        if is_loaded and classified(program, name) == plan.data:
            yield name


@torch.no_grad()
def doubt(stage: Stage, name: str, val: Part, kept: Kept | None, *, batch: int) -> str | None:
    """What to say of a network that answers no better than chance, which is to give always the most frequent class.

    Its outputs are taken where they are kept; else it runs once over `LOOKED_AT` validation examples at most. Nothing
    is said where its answers lie more than a standard deviation of such a sample above chance.

    Args:
        stage: Where it takes part; ends in evaluation mode.
        name: Its name.
        val: The validation split.
        kept: What is kept of that split.
        batch: Examples that may be passed through it at once.
    """
    count = min(len(val), LOOKED_AT)
    if count < LEAST:
        return None
    # evenly spaced, since examples may be sorted by class
    chosen = torch.linspace(0, len(val) - 1, count, dtype=torch.float64).long()
    targets = val.targets[chosen.to(val.targets.device)]
    logits = _kept(stage, name, chosen, kept)
    if logits is None:
        logits = _computed(stage, name, val, chosen, batch)
    right = (logits.argmax(dim=1) == targets).double().mean().item()
    chance = targets.bincount().max().item() / count
    if chance == 1 or right > chance + sqrt(chance * (1 - chance) / count):
        return None
    return (
        f"`{name}` answers {right:.0%} of {count} validation examples rightly, and chance is {chance:.0%}: were its "
        "weights trained on these classes, and on examples prepared like these?"
    )


def _kept(stage: Stage, name: str, chosen: Tensor, kept: Kept | None) -> Tensor | None:
    place = (name, stage.program.networks[name].graph.output)
    if kept is None or place not in kept.views[0]:
        return None
    rows = kept.views[0][place]
    return rows.index_select(0, chosen.to(rows.device)).to(kept.device)


def _computed(stage: Stage, name: str, val: Part, chosen: Tensor, batch: int) -> Tensor:
    stage.evaluate()
    module, inputs = stage.networks[name], len(stage.program.networks[name].graph.inputs)
    device = val.targets.device
    # code from outside may draw numbers, which those that training draws must not depend on
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else ()):
        passes = batches_of(val, torch.split(chosen, batch), Walk(batch=batch))
        return torch.cat([module(*[each.inputs] * inputs) for each in passes])
