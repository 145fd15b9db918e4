"""Whether several processes can share the work of a stage."""

from __future__ import annotations

from ..backend.refusal import refusal
from ..program.model import StagePlan
from .data import Walk


def check_sharing(plan: StagePlan, walk: Walk, examples: int) -> None:
    """Hold that each process gets an example of every training batch, and that the stage is not compiled.

    Raises:
        FitError: That is not so (FIT4124).
    """
    count, batch = walk.peers.count, min(walk.batch, examples)
    if count == 1:
        return
    if plan.settings.compile:
        message = f"stage `{plan.name}` is to be compiled, which {count} processes cannot do together"
        raise refusal("FIT4124", message, span=plan.span, helps=["take `compile` away, or train without `--gpus`"])
    if batch < count:
        message = f"stage `{plan.name}` has batches of {batch}, too few for {count} processes"
        raise refusal("FIT4124", message, span=plan.span, helps=[f"take at most `--gpus {batch}`, or a larger `batch`"])
