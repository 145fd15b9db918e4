"""The cropped house numbers of SVHN, two MATLAB files; on their own because importing scipy takes a while."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.io import loadmat  # type: ignore[import-untyped]

from ..examples import Labelled, Parts
from .damaged import damaged


def read_svhn(paths: Mapping[str, Path]) -> Parts:
    """Colour images as [n, 3, 32, 32]; the files' label 10 becomes class 0.

    Raises:
        Unusable: FIT6004, a file is no MATLAB file with images `X` and labels `y`.
    """
    return Parts(_labelled(paths["train_32x32.mat"]), _labelled(paths["test_32x32.mat"]))


def _labelled(path: Path) -> Labelled:
    try:
        content = loadmat(path, variable_names=("X", "y"))
        # Stored as [32, 32, 3, n].
        images = np.ascontiguousarray(np.transpose(content["X"], (3, 2, 0, 1)))
        return Labelled(images, content["y"].reshape(-1).astype(np.int64) % 10)
    except KeyError as error:
        raise damaged(path, f"holds no array {error}") from None
    except Exception as error:  # scipy raises whatever its parser stumbles over, down to bare TypeErrors
        raise damaged(path, f"is no readable MATLAB file: {error}") from None
