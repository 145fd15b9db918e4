"""The binary distribution of CIFAR: records of one or two label bytes and 3,072 pixels, red then green then blue.

Source: Krizhevsky, The CIFAR-10 dataset, binary version.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..examples import Labelled, Parts
from .damaged import damaged

PIXELS = 3 * 32 * 32


def read_cifar(paths: Mapping[str, Path], *, labels: int, train: tuple[str, ...], test: str) -> Parts:
    """Colour images as [n, 3, 32, 32].

    Args:
        paths: Where each file was found.
        labels: Label bytes in front of each image; the last one counts.
        train: Names of the training files, in order.
        test: Name of the test file.

    Raises:
        Unusable: FIT6004, a file does not consist of whole records.
    """
    return Parts(_labelled([paths[name] for name in train], labels), _labelled([paths[test]], labels))


def _labelled(files: list[Path], labels: int) -> Labelled:
    records = np.concatenate([_records(path, labels + PIXELS) for path in files])
    images = records[:, labels:].reshape(-1, 3, 32, 32)
    return Labelled(np.ascontiguousarray(images), records[:, labels - 1].astype(np.int64))


def _records(path: Path, length: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    data = np.fromfile(path, np.uint8)
    if len(data) == 0 or len(data) % length:
        raise damaged(path, f"has {len(data):,} bytes, which is no whole number of records of {length:,}")
    return data.reshape(-1, length)
