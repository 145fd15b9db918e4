"""What can be learned from but is hardly meant: a class without examples, numbers in a unit that no network expects.

Only data that users have put together are looked at: published and synthetic ones are what they are known to be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .base import DataSettings
from .examples import CHUNK, Examples, Parts

FAR = 10.0
"""Mean size of numbers that are taken for a unit of their own, as pixels from 0 to 255 are."""

SHOWN = 3
"""Classes that are shown where more have no examples."""


def doubts(settings: DataSettings, parts: Parts) -> Iterator[str]:
    """A sentence for everything that is strange about some data.

    Args:
        settings: Their declaration.
        parts: What was read; arrays are looked at, not what would have to be read for it.
    """
    if settings.source.signature.train is not None:
        return
    for name, part in (("training", parts.train), ("test", parts.test)):
        absent = np.flatnonzero(np.bincount(part.targets, minlength=settings.classes) == 0).tolist()
        if absent:
            yield f"the {name} part has no example of {_listed(absent, parts.classes)}"
    if not settings.prepare and settings.source.signature.vocab is None:
        yield from _large_numbers(parts.train.inputs)


def _listed(labels: Sequence[int], names: Sequence[str]) -> str:
    shown = ", ".join(f"`{names[label]}`" if names else str(label) for label in labels[:SHOWN])
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    return f"{'class' if len(labels) == 1 else 'classes'} {shown}{more}"


def _large_numbers(inputs: Examples) -> Iterator[str]:
    if not isinstance(inputs, np.ndarray) or inputs.dtype == np.uint8:
        return
    if np.abs(inputs[:CHUNK]).mean(dtype=np.float64) > FAR:
        yield (
            f"numbers from {inputs.min():g} to {inputs.max():g} that nothing prepares, while networks learn from "
            "numbers near 1: say `prepare = [Standardize()]`, or save pixels as uint8, which are divided by 255"
        )
