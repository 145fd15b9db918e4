"""Random numbers that belong to an example, not to the order in which examples come.

Each is a hash of (seed, epoch, example, counter), so an example is augmented alike in any batch, on any device, with
any number of workers, and after a resume.

Source of the hash: Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators (SplitMix64).
"""

from __future__ import annotations

from math import prod, tau

import torch
from torch import Tensor

from ..dataclass import dataclass

GOLDEN = 0x9E3779B97F4A7C15
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
MASK = (1 << 64) - 1


def mix(*values: int) -> int:
    """One number of 63 bits that depends on all of these and on their order."""
    state = 0
    for value in values:
        state = (state + value + GOLDEN) & MASK
        state = ((state ^ (state >> 30)) * FIRST) & MASK
        state = ((state ^ (state >> 27)) * SECOND) & MASK
        state ^= state >> 31
    return state >> 1


def _signed(value: int) -> int:
    """The int64 with the same bits."""
    return value - (1 << 64) if value >> 63 else value


def _shift(values: Tensor, bits: int) -> Tensor:
    """Right shift that brings in zeros; torch's own, on int64, brings in the sign."""
    return (values >> bits) & ((1 << (64 - bits)) - 1)


def _hash(values: Tensor) -> Tensor:
    """SplitMix64's finalizer on int64, whose products wrap around."""
    values = (values ^ _shift(values, 30)) * _signed(FIRST)
    values = (values ^ _shift(values, 27)) * _signed(SECOND)
    return values ^ _shift(values, 31)


@dataclass(frozen=True, eq=False)
class Draws:
    """The random numbers of the examples of one batch.

    Attributes:
        states: One int64 for each example, [n].
    """

    states: Tensor

    @classmethod
    def of(cls, indices: Tensor, *key: int) -> Draws:
        """Those of examples.

        Args:
            indices: Which examples, [n].
            key: What else they depend on, such as seed, epoch and place of the transform.
        """
        return cls(_hash(indices * _signed(GOLDEN) + mix(*key)))

    def uniform(self, *shape: int) -> Tensor:
        """Float32 in [0, 1), [n, *shape]; asking again gives the same numbers."""
        counters = torch.arange(1, prod(shape) + 1, device=self.states.device)
        bits = _shift(_hash(self.states[:, None] + counters * _signed(GOLDEN)), 40)
        return (bits.to(torch.float32) / (1 << 24)).reshape(-1, *shape)

    def normal(self, *shape: int) -> Tensor:
        """Float32 from N(0, 1), [n, *shape], by the Box-Muller transform."""
        radius, angle = self.uniform(2, *shape).unbind(dim=1)
        return torch.sqrt(-2 * torch.log1p(-radius)) * torch.cos(tau * angle)
