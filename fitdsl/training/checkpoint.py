"""How far a stage has come, and how to go on from there as if nothing had happened.

A checkpoint is taken after each epoch, and between two steps when training is asked to end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..atomic import replacing
from ..backend.refusal import refusal
from ..dataclass import dataclass
from .stage import Stage
from .updates import Updates

Measured = dict[str, dict[str, float]]
"""Metrics of one epoch, by split."""


@dataclass(eq=False)
class Progress:
    """How far a stage has come.

    Attributes:
        history: Metrics of each finished epoch.
        step: Steps done in the epoch that is not finished.
        sums, examples: What the meter holds of these steps.
        kept_epoch: The epoch whose weights are kept, counted from 1; 0 before there is one.
        kept: These weights, on the CPU, where they are not simply the last ones.
        seconds: Wall time so far.
    """

    history: list[Measured] = field(default_factory=list)
    step: int = 0
    sums: list[float] = field(default_factory=list)
    examples: int = 0
    kept_epoch: int = 0
    kept: dict[str, Tensor] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.history)

    def values(self, split: str, name: str) -> list[float]:
        """What a metric was after each finished epoch."""
        return [measured[split][name] for measured in self.history]


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors, on the CPU and independent of later steps."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}


def save_checkpoint(path: Path, stage: Stage, updates: Updates, progress: Progress) -> None:
    """Write everything needed to go on, atomically.

    Raises:
        OSError: The folder cannot be written or the disk is full; an earlier checkpoint is intact.
    """
    state = {
        "progress": {entry.name: getattr(progress, entry.name) for entry in fields(progress)},
        "tensors": copied(stage.tensors()),
        "optimizer": updates.optimizer.state_dict(),
        "scaling": updates.scaling.state(),
        "random": _random_states(),
    }
    # torch hides the reason when it cannot write a file itself
    written = BytesIO()
    torch.save(state, written)
    with replacing(path) as part:
        part.write_bytes(written.getbuffer())


def load_checkpoint(path: Path, stage: Stage, updates: Updates) -> Progress:
    """Bring a stage to where a checkpoint was taken, torch's random state included, and say where that is.

    Raises:
        FitError: The file is damaged or no such checkpoint (FIT4108).
    """
    try:
        state: dict[str, Any] = torch.load(path, "cpu", weights_only=True)
        stage.put(state["tensors"])
        updates.optimizer.load_state_dict(state["optimizer"])
        updates.scaling.restore(state["scaling"])
        _restore_random_states(state["random"])
        return Progress(**state["progress"])
    except Exception as error:  # any byte may stand in the file, and torch raises what comes to hand
        message = f"`{path}` is damaged, so stage `{stage.plan.name}` cannot be gone on with"
        raise refusal("FIT4108", message, helps=["delete the file to begin the stage anew"]) from error


def _random_states() -> dict[str, Tensor]:
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def _restore_random_states(states: Mapping[str, Tensor]) -> None:
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])
