"""Pictures in folders, one for each class; on their own because they need pillow, which is optional."""

from __future__ import annotations

from collections import Counter
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

SHOWN = 3
"""Folders without pictures that are shown where there are more."""


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
        Unusable: FIT6005, the folders are not those of `classes` classes, or one to train on has no pictures.
    """
    names = sorted(folder.name for folder in paths["train"].iterdir() if folder.is_dir())
    if len(names) != classes:
        raise Unusable(
            "FIT6005",
            f"`{paths['train']}` holds {len(names)} class folders, but the spec expects {classes}",
            notes=(f"found: {', '.join(names) or 'none'}",),
        )
    train, test = (_listed(paths[part], names, shape) for part in ("train", "test"))
    found = set(train.targets.tolist())
    if empty := [paths["train"] / name for label, name in enumerate(names) if label not in found]:
        raise _without_pictures(empty)
    return Parts(train, test, tuple(names))


def _without_pictures(folders: Sequence[Path]) -> Unusable:
    shown, more = folders[:SHOWN], len(folders) - SHOWN
    listed = ", ".join(f"`{folder}`" for folder in shown) + (f" and {more} more" if more > 0 else "")
    return Unusable(
        "FIT6005",
        f"there is no picture to train on in {listed}",
        "save the pictures as PNG or JPEG, or take the folder away and count one class less",
        notes=(
            *(f"`{folder.name}` holds {_content(folder)}" for folder in shown),
            f"pictures are files that end in {', '.join(SUFFIXES)}",
        ),
    )


def _content(folder: Path) -> str:
    """How many files of each kind lie in a folder."""
    kinds = Counter("folders" if path.is_dir() else path.suffix or "without ending" for path in folder.iterdir())
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common(SHOWN)) or "nothing"


def _listed(folder: Path, names: Sequence[str], shape: tuple[int, int, int]) -> Labelled:
    unknown = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in names)
    if unknown:
        raise Unusable("FIT6005", f"`{folder}` holds classes that are not in `train`: {', '.join(unknown)}")
    found = [(path, label) for label, name in enumerate(names) for path in _pictures(folder / name)]
    return Labelled(Pictures([path for path, _ in found], shape), np.array([label for _, label in found], np.int64))


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
