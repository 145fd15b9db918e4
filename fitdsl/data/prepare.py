"""Preparation in numpy: what is learned from the training split in float64, and how a chunk of examples is changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass
from .base import Preparation
from .calls import target_of
from .examples import Array, View

State = Mapping[str, Array]
"""What a preparation has learned, by name."""


class Transform(ABC):
    """One preparation; stateless itself, since what it learns is kept apart."""

    def fit(self, train: View) -> State:
        """What it learns from the training split; nothing unless a subclass says otherwise."""
        del train
        return {}

    @abstractmethod
    def apply(self, state: State, values: Array) -> Array:
        """A chunk [m, ...] changed, in its own dtype or float64."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A preparation with what it has learned: a function of chunks [m, ...] that gives float32."""

    transform: Transform
    state: State

    def __call__(self, values: Array) -> Array:
        return self.transform.apply(self.state, values).astype(np.float32, copy=False)


def fit(preparations: Iterable[Preparation], train: View) -> tuple[Fitted, ...]:
    """Fit each preparation on the training split as those before it leave it.

    Args:
        preparations: In order.
        train: The training split; no other example is looked at.
    """
    for preparation in preparations:
        transform = _transform(preparation)
        train = replace(train, steps=(*train.steps, Fitted(transform, transform.fit(train))))
    return tuple(step for step in train.steps if isinstance(step, Fitted))


def pack(steps: Iterable[Fitted]) -> dict[str, Array]:
    """The state of fitted preparations as one dictionary for saving: `0.mean` belongs to the first."""
    return {f"{place}.{name}": array for place, step in enumerate(steps) for name, array in step.state.items()}


def unpack(preparations: Iterable[Preparation], packed: Mapping[str, Array]) -> tuple[Fitted, ...]:
    """Preparations fitted earlier, from what `pack` gave."""
    steps = []
    for place, preparation in enumerate(preparations):
        prefix = f"{place}."
        state = {name.removeprefix(prefix): array for name, array in packed.items() if name.startswith(prefix)}
        steps.append(Fitted(_transform(preparation), state))
    return tuple(steps)


def learns(preparation: Preparation) -> bool:
    """Whether a preparation learns anything from the training split."""
    return type(_transform(preparation)).fit is not Transform.fit


def _transform(preparation: Preparation) -> Transform:
    call = preparation.lower()
    transform: Transform = target_of(call)(**call.kwargs)
    return transform


def _flat(values: Array) -> Array:
    """[m, ...] as [m, F]; m may be 0."""
    return values.reshape(len(values), prod(values.shape[1:]))


def _per_channel(values: Array | tuple[float, ...], rank: int) -> Array:
    """[C] shaped so that it goes with [m, C, ...]."""
    return np.asarray(values, np.float64).reshape(-1, *(1,) * (rank - 2))


@dataclass(frozen=True)
class ContrastNormalization(Transform):
    """See `GCN`."""

    scale: float
    min_divisor: float

    def apply(self, state: State, values: Array) -> Array:
        """Each example minus its mean, brought to length `scale`."""
        flat = _flat(values).astype(np.float64)
        flat -= flat.mean(axis=1, keepdims=True)
        divisor = np.linalg.norm(flat, axis=1, keepdims=True) / self.scale
        return (flat / np.where(divisor < self.min_divisor, 1.0, divisor)).reshape(values.shape)


@dataclass(frozen=True)
class Whitening(Transform):
    """See `ZCA`."""

    bias: float

    def fit(self, train: View) -> State:
        """`mean` [F] and the symmetric matrix `whiten` [F, F] over the F numbers of an example."""
        size = prod(train[:1].shape)
        total, products = np.zeros(size), np.zeros((size, size))
        for chunk in train.chunks():
            flat = _flat(chunk).astype(np.float64)
            total += flat.sum(axis=0)
            products += flat.T @ flat
        mean = total / len(train)
        covariance = products / len(train) - np.outer(mean, mean)
        values, vectors = np.linalg.eigh(covariance + self.bias * np.eye(size))
        return {"mean": mean, "whiten": (vectors / np.sqrt(values)) @ vectors.T}

    def apply(self, state: State, values: Array) -> Array:
        """(x - mean) @ whiten."""
        return ((_flat(values) - state["mean"]) @ state["whiten"]).reshape(values.shape)


@dataclass(frozen=True)
class Standardization(Transform):
    """See `Standardize`."""

    def fit(self, train: View) -> State:
        """`mean` [C] and `std` [C]."""
        channels = train[:1].shape[1]
        count, total, squares = 0, np.zeros(channels), np.zeros(channels)
        for chunk in train.chunks():
            flat = np.moveaxis(chunk, 1, 0).reshape(channels, -1).astype(np.float64)
            count += flat.shape[1]
            total += flat.sum(axis=1)
            squares += (flat**2).sum(axis=1)
        mean = total / count
        variance = squares / count - mean**2
        # What cancellation leaves of a constant channel is no spread.
        constant = variance <= 1e-12 * np.maximum(mean**2, 1e-12)
        return {"mean": mean, "std": np.where(constant, 1.0, np.sqrt(np.maximum(variance, 0.0)))}

    def apply(self, state: State, values: Array) -> Array:
        """(x - mean) / std in each channel."""
        mean, std = (_per_channel(state[name], values.ndim) for name in ("mean", "std"))
        return (values - mean) / std


@dataclass(frozen=True)
class Normalization(Transform):
    """See `Normalize`."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def apply(self, state: State, values: Array) -> Array:
        """(x - mean) / std in each channel."""
        return (values - _per_channel(self.mean, values.ndim)) / _per_channel(self.std, values.ndim)


@dataclass(frozen=True)
class Scaling(Transform):
    """See `Scale`."""

    factor: float

    def apply(self, state: State, values: Array) -> Array:
        """X times the factor."""
        return values * self.factor


@dataclass(frozen=True)
class Resizing(Transform):
    """See `Resize`."""

    size: tuple[int, int]

    def apply(self, state: State, values: Array) -> Array:
        """Interpolated along each of the last two axes."""
        rows, columns = (_interpolation(*edge) for edge in zip(values.shape[-2:], self.size, strict=True))
        return rows @ values @ columns.T


def _interpolation(old: int, new: int) -> NDArray[np.float64]:
    """Weights [new, old] of bilinear interpolation; where the image shrinks, the triangle widens against aliasing."""
    ratio = old / new
    centres = (np.arange(new) + 0.5) * ratio
    distances = np.abs(np.arange(old) + 0.5 - centres[:, None]) / max(ratio, 1.0)
    weights = np.maximum(0.0, 1.0 - distances)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class CenterCropping(Transform):
    """See `CenterCrop`."""

    size: tuple[int, int]

    def apply(self, state: State, values: Array) -> Array:
        """The middle; one pixel nearer to the upper left where it cannot be exact."""
        top, left = ((old - new) // 2 for old, new in zip(values.shape[-2:], self.size, strict=True))
        return values[..., top : top + self.size[0], left : left + self.size[1]]


@dataclass(frozen=True)
class Padding(Transform):
    """See `Pad`."""

    padding: int

    def apply(self, state: State, values: Array) -> Array:
        """Zeros around the last two axes."""
        edges = (self.padding, self.padding)
        return np.pad(values, (*((0, 0),) * (values.ndim - 2), edges, edges))
