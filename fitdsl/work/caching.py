"""What of a stage's frozen outputs is kept, where and for which examples; and why not, where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ..data.base import DataSettings
from ..dataclass import dataclass
from ..optim.caching import BYTES, NumberType, Place
from ..program.model import Program, StagePlan
from .cut import Cut, cut

NOTHING = Cut({})


@dataclass(frozen=True)
class Caching:
    """How a stage gets the outputs of what does not learn in it.

    Attributes:
        cut: The outputs that are kept; none where they are computed in every step.
        place: Where they are kept.
        number: Type of the numbers kept.
        rows: By part of the data, how many rows are kept: examples, times views in the training part. A part that is
            left out is computed in every step.
        bytes: What all of them take.
        reason: Why something is not kept, in words that end a sentence.
    """

    cut: Cut = NOTHING
    place: Place | None = None
    number: NumberType = "float32"
    rows: Mapping[str, int] = field(default_factory=dict)
    bytes: int = 0
    reason: str = ""


def expected_caching(program: Program, plan: StagePlan) -> Caching:
    """What is kept in a stage, as far as that is known before its data are opened."""
    data = program.data[plan.data]
    available = data.source.signature.train
    return caching(program, plan, data.sizes(available) if available else (1, 0))


def caching(program: Program, plan: StagePlan, sizes: tuple[int, int]) -> Caching:
    """What is kept in a stage.

    Args:
        program: Where it comes from.
        plan: The stage.
        sizes: How many examples its data have for training and for validation.
    """
    kept = cut(program.networks, plan)
    if not kept:
        return Caching()
    choice, data = plan.settings.cache, program.data[plan.data]
    if choice.place is None:
        return Caching(reason="the stage says `cache = off`")
    rows, reason = _rows(plan.data, data, sizes)
    bytes_per_row = kept.numbers(program.networks) * BYTES[choice.number]
    needed = bytes_per_row * sum(rows.values())
    if needed > choice.budget_bytes:
        budget = megabytes(choice.budget_bytes)
        return Caching(reason=f"{megabytes(needed)} is more than the {budget} that `cache` allows")
    return Caching(kept, choice.place, choice.number, rows, needed, reason) if rows else Caching(reason=reason)


def _rows(name: str, data: DataSettings, sizes: tuple[int, int]) -> tuple[dict[str, int], str]:
    """What could be kept at most, and why that is not all."""
    train, val = sizes
    rows = {"train": train * (data.views or 1), "val": val}
    if data.augment and data.views is None:
        del rows["train"]
        reason = f"`{name}` is augmented anew in every epoch; `views = 4` there would make it repeat itself"
        return {part: count for part, count in rows.items() if count}, reason
    return {part: count for part, count in rows.items() if count}, ""


def megabytes(count: int) -> str:
    """`12.3 MB`, in thousands of thousands of bytes."""
    return f"{count / 1e6:,.1f} MB"
