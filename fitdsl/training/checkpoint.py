"""How far a stage has come, and how to go on from there as if nothing had happened.

The last two checkpoints of a stage are kept, each with a checksum: whoever is killed while writing one, or finds the
newest damaged, goes on from the one before.
"""

from __future__ import annotations

import hashlib
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
from ..diagnostics import FitError
from .stage import Stage
from .updates import Updates

Measured = dict[str, dict[str, float]]
"""Metrics of one epoch, by split."""

DIGEST_BYTES = hashlib.sha256().digest_size


@dataclass(eq=False)
class Progress:
    """How far a stage has come.

    Attributes:
        history: Metrics of each finished epoch.
        step: Steps done in the epoch that is not finished.
        sums, examples: What the meter holds of these steps.
        spent: Wall time of these steps.
        kept_epoch: The epoch whose weights are kept, counted from 1; 0 before there is one.
        kept: These weights, on the CPU, where they are not simply the last ones.
        norms: What is known of the gradients of these steps.
        parts: Seconds by part so far, of what a checkpoint holds.
        last: What the last finished epoch left, on the CPU; empty where training went on from within an epoch. It is
            for a loss that is not finite, and in no checkpoint.
        seconds: Wall time so far. What was done after a checkpoint and lost with the process is not counted.
    """

    history: list[Measured] = field(default_factory=list)
    step: int = 0
    sums: list[float] = field(default_factory=list)
    examples: int = 0
    spent: float = 0.0
    kept_epoch: int = 0
    kept: dict[str, Tensor] = field(default_factory=dict)
    seconds: float = 0.0
    norms: tuple[float, float, int] = (0.0, 0.0, 0)
    parts: dict[str, float] = field(default_factory=dict)
    last: dict[str, Tensor] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return len(self.history)

    def add_parts(self, seconds: Mapping[str, float]) -> None:
        """Count more seconds by part."""
        self.parts = {name: self.parts.get(name, 0.0) + seconds.get(name, 0.0) for name in {**self.parts, **seconds}}

    def values(self, split: str, name: str) -> list[float]:
        """What a metric was after each finished epoch."""
        return [measured[split][name] for measured in self.history]


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors, on the CPU and independent of later steps."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors.items()}


@dataclass(frozen=True)
class Checkpoints:
    """The files that an unfinished stage goes on from.

    Attributes:
        newest: The last checkpoint.
    """

    newest: Path

    @property
    def before(self) -> Path:
        """The last checkpoint but one."""
        return self.newest.with_suffix(f".before{self.newest.suffix}")

    def save(self, stage: Stage, updates: Updates, progress: Progress) -> None:
        """Write everything needed to go on; a process that is killed at any moment leaves a whole checkpoint.

        Raises:
            OSError: The folder cannot be written or the disk is full; an earlier checkpoint is intact.
        """
        state = {
            "progress": {one.name: getattr(progress, one.name) for one in fields(progress) if one.name != "last"},
            "tensors": copied(stage.tensors()),
            "updates": updates.state(),
            "random": _random_states(),
        }
        # torch hides the reason when it cannot write a file itself
        written = BytesIO()
        torch.save(state, written)
        with replacing(self.newest) as part:
            with part.open("wb") as file:
                file.write(hashlib.sha256(written.getbuffer()).digest())
                file.write(written.getbuffer())
            if self.newest.exists():
                self.newest.replace(self.before)

    def load(self, stage: Stage, updates: Updates) -> tuple[Progress, str | None]:
        """Bring a stage to where the last sound checkpoint was taken, torch's random state included.

        Returns:
            Where that is, its beginning if there was no checkpoint, and a warning if the newest one is damaged.

        Raises:
            FitError: All there are are damaged or no such checkpoints (FIT4108).
        """
        found = [path for path in (self.newest, self.before) if path.exists()]
        for path in found:
            try:
                progress = _restore(path, stage, updates)
            except Exception as error:  # any byte may stand in the file, and torch raises what comes to hand
                if path == found[-1]:
                    raise self._damaged(found, stage) from error
            else:
                return progress, self._passed_over(stage) if path != found[0] else None
        return Progress(), None

    def _passed_over(self, stage: Stage) -> str:
        # the damaged one must not become the last but one when the next is written
        self.before.replace(self.newest)
        return f"`{self.newest}` was damaged; stage `{stage.plan.name}` goes on from the checkpoint before it"

    def remove(self) -> None:
        """Forget where the stage stood."""
        for path in (self.newest, self.before):
            path.unlink(missing_ok=True)

    def _damaged(self, found: list[Path], stage: Stage) -> FitError:
        message = f"`{found[0]}` is damaged, so stage `{stage.plan.name}` cannot be gone on with"
        notes = [f"so is the checkpoint before it, `{path}`" for path in found[1:]]
        helps = [f"delete {'both files' if notes else 'the file'} to begin the stage anew"]
        return refusal("FIT4108", message, notes=notes, helps=helps)


def _restore(path: Path, stage: Stage, updates: Updates) -> Progress:
    content = memoryview(path.read_bytes())
    digest, written = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if hashlib.sha256(written).digest() != digest:
        raise ValueError("checksum")
    state: dict[str, Any] = torch.load(BytesIO(written), "cpu", weights_only=True)
    stage.put(state["tensors"])
    updates.put_state(state["updates"])
    _restore_random_states(state["random"])
    return Progress(**state["progress"])


def _random_states() -> dict[str, Tensor]:
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def _restore_random_states(states: Mapping[str, Tensor]) -> None:
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])
