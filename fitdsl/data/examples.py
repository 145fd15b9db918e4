"""What readers give and preparation works on: labelled examples that are held in memory or read when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass
from .base import Dataset
from .unusable import Unusable

Array = NDArray[Any]
Indices = NDArray[np.int64]

CHUNK = 1024
"""Examples handled at once where all of them would not fit into memory twice."""


class Examples(Protocol):
    """Examples by position: an array [n, ...], or something that reads them from disk as one asks."""

    @property
    def shape(self) -> tuple[int, ...]:
        """[n, ...]."""
        ...

    def __getitem__(self, index: Any, /) -> Array:
        """The examples at an array of positions, [len(index), ...]."""
        ...


@dataclass(frozen=True, eq=False)
class Labelled:
    """Examples and their labels.

    Attributes:
        inputs: [n, ...]; uint8 stands for pixels 0..255, int64 for tokens, float32 for anything else.
        targets: Class indices, [n].
    """

    inputs: Examples
    targets: Indices


@dataclass(frozen=True, eq=False)
class Parts:
    """A data set as it is read.

    Attributes:
        train: The part to train on; validation comes out of it too.
        test: The test part.
        classes: Names of the classes, where they have some.
    """

    train: Labelled
    test: Labelled
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class View:
    """Chosen examples after the steps that prepare them, computed when they are asked for.

    Attributes:
        source: Examples as they were read.
        chosen: Positions in `source`, [n].
        steps: Functions of a chunk [m, ...], applied in order.
    """

    source: Examples
    chosen: Indices
    steps: tuple[Callable[[Array], Array], ...] = ()

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, index: Indices | slice) -> Array:
        """The prepared examples at these positions: int64 for tokens, else float32."""
        values = as_numbers(self.source[self.chosen[index]])
        for step in self.steps:
            values = step(values)
        return values

    def chunks(self) -> Iterator[Array]:
        """All examples in order, `CHUNK` at a time."""
        return (self[start : start + CHUNK] for start in range(0, len(self), CHUNK))


def as_numbers(values: Array) -> Array:
    """Pixels (uint8) brought to 0..1 as float32; anything else as it is."""
    return values.astype(np.float32) / np.float32(255) if values.dtype == np.uint8 else values


def check_parts(dataset: Dataset, parts: Parts) -> None:
    """Hold what was read against what was declared.

    Raises:
        Unusable: FIT6005, naming what was found and what was expected.
    """
    for name, part in (("training", parts.train), ("test", parts.test)):
        _check_part(dataset, name, part)


def _check_part(dataset: Dataset, name: str, part: Labelled) -> None:
    signature, found = dataset.signature, part.inputs.shape
    if not found:
        raise _contradiction(dataset, name, "is a single number, not examples")
    if len(part.targets) != found[0]:
        raise _contradiction(dataset, name, f"has {found[0]:,} examples but {len(part.targets):,} labels")
    if found[0] == 0:
        raise _contradiction(dataset, name, "is empty")
    if found[1:] != signature.input.shape:
        raise _contradiction(
            dataset, name, f"holds examples of shape {list(found[1:])}, but the spec expects {signature.input}"
        )
    _check_range(dataset, name, "labels", part.targets, signature.classes)
    if signature.vocab is not None:
        _check_range(dataset, name, "tokens", np.asarray(part.inputs), signature.vocab)


def _check_range(dataset: Dataset, name: str, what: str, values: Array, count: int) -> None:
    low, high = int(values.min()), int(values.max())
    if low < 0 or high >= count:
        raise _contradiction(
            dataset, name, f"has {what} from {low} to {high}, but the spec expects {count}, from 0 to {count - 1}"
        )


def _contradiction(dataset: Dataset, part: str, message: str) -> Unusable:
    return Unusable("FIT6005", f"the {part} part of `{dataset.word}` {message}")
