"""What needs arrays: loaded only for spaces that are too large to be listed."""

from __future__ import annotations

import numpy as np

from .lattice import Lattice
from .tables import Limits, TooManyRows, Within, within


def within_or_none(lattice: Lattice, limits: Limits) -> Within | None:
    """The students within limits; None where the tables would grow too large."""
    try:
        return within(lattice, limits)
    except TooManyRows:
        return None


def generator(seed: int) -> np.random.Generator:
    """A source of chance that gives the same for the same seed."""
    return np.random.default_rng(seed)
