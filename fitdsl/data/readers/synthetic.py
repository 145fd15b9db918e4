"""Examples drawn from a seed: quick to make, and learnable, so that tests and trials need no files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..examples import Array, Indices, Labelled, Parts


def draw_examples(
    paths: Mapping[str, Path],
    *,
    shape: tuple[int, ...],
    classes: int,
    examples: int,
    test: int,
    seed: int,
    noise: float,
) -> Parts:
    """Each example is its class's pattern, drawn from N(0, 1), plus noise of standard deviation `noise`."""
    del paths
    generator = np.random.default_rng(seed)
    patterns = generator.standard_normal((classes, *shape), np.float32)
    targets = _targets(generator, examples + test, classes)
    inputs = generator.standard_normal((len(targets), *shape), np.float32) * np.float32(noise)
    inputs += patterns[targets]
    return _parts(inputs, targets, examples)


def draw_tokens(
    paths: Mapping[str, Path],
    *,
    shape: tuple[int, ...],
    classes: int,
    examples: int,
    test: int,
    seed: int,
    vocab: int,
) -> Parts:
    """Each token is, with equal chance, the one of its class's pattern or any."""
    del paths
    generator = np.random.default_rng(seed)
    patterns = generator.integers(vocab, size=(classes, *shape))
    targets = _targets(generator, examples + test, classes)
    inputs = generator.integers(vocab, size=(len(targets), *shape))
    is_pattern = generator.random(inputs.shape) < 0.5
    return _parts(np.where(is_pattern, patterns[targets], inputs), targets, examples)


def _targets(generator: np.random.Generator, count: int, classes: int) -> Indices:
    """Labels in random order, of every class as many as of any other (one more at most)."""
    return generator.permutation(np.arange(count) % classes)


def _parts(inputs: Array, targets: Indices, train: int) -> Parts:
    return Parts(Labelled(inputs[:train], targets[:train]), Labelled(inputs[train:], targets[train:]))
