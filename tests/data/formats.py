"""Tiny files in each format that data sets come in, written by the formats' own definitions."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def pixels(*shape: int, seed: int = 0) -> Bytes:
    """Random bytes."""
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def write_idx(path: Path, array: Bytes) -> None:
    """Magic number, big-endian sizes, bytes; packed if the name ends in `.gz`."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    data = header + array.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def write_mnist(folder: Path, *, train: int = 20, test: int = 10, suffix: str = ".gz") -> tuple[Bytes, Bytes]:
    """Four IDX files; returns the training and the test images [n, 28, 28], whose labels run through 0..9."""
    images = pixels(train, 28, 28), pixels(test, 28, 28, seed=1)
    for name, part in zip(("train", "t10k"), images, strict=True):
        write_idx(folder / f"{name}-images-idx3-ubyte{suffix}", part)
        write_idx(folder / f"{name}-labels-idx1-ubyte{suffix}", np.arange(len(part), dtype=np.uint8) % 10)
    return images


def write_cifar(path: Path, labels: list[Bytes], images: Bytes) -> None:
    """Records of one byte from each of `labels` and the image."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(np.column_stack([*labels, images.reshape(len(images), -1)]).tobytes())
