"""What surrounds a run: torch's global state, which is put back afterwards, and memory, which may not suffice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from ..backend.refusal import refusal

_deterministic: Any = torch.utils.deterministic


@contextmanager
def reproducible(device: torch.device) -> Iterator[None]:
    """Within the block torch repeats itself bit for bit where it can; its random state is put back afterwards."""
    with ExitStack() as after:
        if device.type == "cuda":
            # random states, streams and events without a device of their own are of the current one
            after.enter_context(torch.cuda.device(device))
        after.enter_context(torch.random.fork_rng([device] if device.type == "cuda" else []))
        after.callback(
            torch.use_deterministic_algorithms,
            torch.are_deterministic_algorithms_enabled(),
            warn_only=torch.is_deterministic_algorithms_warn_only_enabled(),
        )
        after.callback(_set_filling, _deterministic.fill_uninitialized_memory)
        # cuBLAS repeats itself only with a workspace of fixed size, and reads this when it starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        # Filling fresh memory finds bugs in torch's own code, and costs time at every step.
        _set_filling(False)
        yield


_TOO_LITTLE = ("can't allocate memory", "not enough memory", "out of memory")


@contextmanager
def within_memory(device: torch.device) -> Iterator[None]:
    """Turns what torch raises where memory does not suffice into a finding (FIT4113)."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not isinstance(error, MemoryError) and not any(words in str(error) for words in _TOO_LITTLE):
            raise
        helps = ["lower `batch`, or take smaller networks; `fit plan` says what each stage needs"]
        message = f"the memory of `{device}` does not suffice for this run"
        raise refusal("FIT4113", message, notes=[str(error).partition("\n")[0]], helps=helps) from error


def _set_filling(on: bool) -> None:
    _deterministic.fill_uninitialized_memory = on
