"""The IDX format of MNIST: a magic number, big-endian sizes, then bytes; often packed with gzip.

Source: LeCun, The MNIST database, file formats.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from math import prod
from pathlib import Path

import numpy as np

from ..examples import Array, Labelled, Parts
from .damaged import damaged

UNSIGNED_BYTES = 0x08
GZIP = b"\x1f\x8b"


def read_idx(paths: Mapping[str, Path], *, names: tuple[str, str, str, str]) -> Parts:
    """Grey images as [n, 1, H, W].

    Args:
        paths: Where each file was found.
        names: Training images, training labels, test images, test labels.

    Raises:
        Unusable: FIT6004, a file is not in the format or cut off.
    """
    images, labels, test_images, test_labels = (paths[name] for name in names)
    return Parts(_labelled(images, labels), _labelled(test_images, test_labels))


def _labelled(images: Path, labels: Path) -> Labelled:
    return Labelled(read_array(images, rank=3)[:, None], read_array(labels, rank=1).astype(np.int64))


def read_array(path: Path, *, rank: int) -> Array:
    """The array of bytes in one file, packed or not.

    Raises:
        Unusable: FIT6004, the file is no IDX file of this rank or is cut off.
    """
    data = _unpacked(path)
    if len(data) < 4 + 4 * rank or data[:4] != bytes((0, 0, UNSIGNED_BYTES, rank)):
        raise damaged(
            path, f"is no IDX file of bytes with {rank} axes: it begins with {data[:4].hex(' ') or 'nothing'}"
        )
    shape = tuple(np.frombuffer(data, ">u4", count=rank, offset=4).tolist())
    body = np.frombuffer(data, np.uint8, offset=4 + 4 * rank)
    if len(body) != prod(shape):
        raise damaged(path, f"should hold {list(shape)} bytes = {prod(shape):,}, but holds {len(body):,}")
    return body.reshape(shape)


def _unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if not data.startswith(GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(path, f"cannot be unpacked: {error}") from None
