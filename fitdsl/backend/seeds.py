"""Seeds that depend on a name, so that a change in one place leaves all other random numbers as they were."""

from __future__ import annotations

import hashlib


def derived_seed(seed: int, *names: str) -> int:
    """A seed below 2**63 for one use of a run's seed, such as the weights of one layer of one network."""
    text = "\0".join((str(seed), *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
