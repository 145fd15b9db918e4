"""The digits that come with scikit-learn; on their own because importing scikit-learn takes a second."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits  # type: ignore[import-untyped]

from ..examples import Labelled, Parts
from ..splits import stratify

TEST = 360


def read_digits(paths: Mapping[str, Path]) -> Parts:
    """1,797 images [1, 8, 8]; their grey values 0..16 become 0..1. The test part is always the same."""
    del paths
    pixels, targets = load_digits(return_X_y=True)
    images = (pixels / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    labels = targets.astype(np.int64)
    train, test = stratify(labels, (len(labels) - TEST, TEST), seed=0)
    return Parts(Labelled(images[train], labels[train]), Labelled(images[test], labels[test]))
