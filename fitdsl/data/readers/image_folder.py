"""Pictures in folders, one for each class; on their own because they need pillow, which is optional."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ...dataclass import dataclass
from ..examples import Array, Indices, Labelled, Parts
from ..unusable import Unusable
from .damaged import damaged

SUFFIXES = (".png", ".jpg", ".jpeg")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True, eq=False)
class Pictures:
    """Image files as examples [n, C, H, W] of bytes, decoded when they are asked for."""

    files: Sequence[Path]
    example: tuple[int, int, int]

    @property
    def shape(self) -> tuple[int, ...]:
        """[n, C, H, W]."""
        return (len(self.files), *self.example)

    def __getitem__(self, index: Indices) -> Array:
        images = np.empty((len(index), *self.example), np.uint8)
        for row, place in enumerate(index):
            images[row] = decode(self.files[place], self.example)
        return images


def decode(path: Path, shape: tuple[int, int, int]) -> Array:
    """One picture as bytes [C, H, W], scaled until it covers the shape, its middle taken.

    Raises:
        Unusable: FIT6004, the file is no picture.
    """
    channels, height, width = shape
    try:
        with Image.open(path) as image:
            fitted = ImageOps.fit(image.convert(MODES[channels]), (width, height), Image.Resampling.BILINEAR)
    except (OSError, ValueError, SyntaxError) as error:
        raise damaged(
            path, f"is no readable picture: {error}", "put a sound picture there, or move the file elsewhere"
        ) from None
    return np.asarray(fitted, np.uint8).reshape(height, width, channels).transpose(2, 0, 1)


def read_image_folder(paths: Mapping[str, Path], *, shape: tuple[int, int, int], classes: int) -> Parts:
    """The files below `train` and `test`, listed.

    Args:
        paths: Where the folders `train` and `test` were found.
        shape: [C, H, W] to bring every picture to.
        classes: How many class folders there must be.

    Raises:
        Unusable: FIT6005, the folders are not those of `classes` classes.
    """
    names = sorted(folder.name for folder in paths["train"].iterdir() if folder.is_dir())
    if len(names) != classes:
        raise Unusable(
            "FIT6005",
            f"`{paths['train']}` holds {len(names)} class folders, but the spec expects {classes}",
            notes=(f"found: {', '.join(names) or 'none'}",),
        )
    return Parts(_listed(paths["train"], names, shape), _listed(paths["test"], names, shape))


def _listed(folder: Path, names: Sequence[str], shape: tuple[int, int, int]) -> Labelled:
    unknown = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in names)
    if unknown:
        raise Unusable("FIT6005", f"`{folder}` holds classes that are not in `train`: {', '.join(unknown)}")
    found = [(path, label) for label, name in enumerate(names) for path in _pictures(folder / name)]
    return Labelled(Pictures([path for path, _ in found], shape), np.array([label for _, label in found], np.int64))


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
