"""Arrays of kept outputs: in memory, or on disk in the store of finished work; filled chunk by chunk, read by row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import field
from math import prod

import torch
from torch import Tensor

from ..dataclass import dataclass
from ..work.rows import Rows


class Array(ABC):
    """Outputs of one layer for the examples of one part, as one view shows them: [n, ...].

    Attributes:
        rows: How they are divided into chunks.
    """

    rows: Rows

    @abstractmethod
    def missing(self) -> Collection[int]:
        """The chunks that are not there, or not as they were written."""

    @abstractmethod
    def has(self, chunk: int) -> bool:
        """Whether a chunk is there by now, written by whomever."""

    @abstractmethod
    def write(self, chunk: int, values: Tensor) -> None:
        """Put a chunk in its place.

        Raises:
            OSError: It cannot be written.
        """

    @abstractmethod
    def values(self) -> Tensor:
        """All rows, once they are there."""


@dataclass(frozen=True, eq=False)
class MemoryArray(Array):
    """An array held as a tensor."""

    rows: Rows
    tensor: Tensor

    def missing(self) -> Collection[int]:
        """All chunks: what is in memory is filled once."""
        return range(self.rows.chunks)

    def has(self, chunk: int) -> bool:
        """Nobody else writes here."""
        return False

    def write(self, chunk: int, values: Tensor) -> None:
        """Put a chunk in its place."""
        span = self.rows.span(chunk)
        self.tensor[span.start : span.stop] = values

    def values(self) -> Tensor:
        """The tensor."""
        return self.tensor


@dataclass(frozen=True, eq=False)
class DiskArray(Array):
    """An array in a file that other processes may fill and read, too.

    Attributes:
        shape: Of one row.
        damaged: The chunks found not to be what was written.
    """

    rows: Rows
    shape: tuple[int, ...]
    dtype: torch.dtype
    damaged: list[int] = field(default_factory=list)

    def missing(self) -> Collection[int]:
        """The chunks that nobody has written, or that have changed since."""
        missing, damaged = self.rows.state()
        self.damaged.extend(damaged)
        return {*missing, *damaged}

    def has(self, chunk: int) -> bool:
        """Whether its checksum is there, and it was not found damaged."""
        return chunk not in self.damaged and self.rows.is_written(chunk)

    def write(self, chunk: int, values: Tensor) -> None:
        """Write a chunk to the file."""
        self.rows.write(chunk, values.to(self.dtype).cpu().contiguous().view(torch.uint8).numpy().tobytes())

    def values(self) -> Tensor:
        """The file in memory as it is read; what is written to the tensor stays in this process."""
        size = self.rows.count * prod(self.shape)
        mapped = torch.from_file(str(self.rows.values), shared=False, size=size, dtype=self.dtype)
        return mapped.reshape(self.rows.count, *self.shape)
