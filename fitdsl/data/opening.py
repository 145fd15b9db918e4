"""From a declaration to examples: find the files, read them, hold them against the declaration, split, prepare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..dataclass import dataclass
from ..values import Rejected
from .base import Dataset, DataSettings
from .calls import target_of
from .doubts import doubts
from .examples import Array, Indices, Parts, View, check_parts
from .files import locate
from .prepare import fit, pack
from .splits import stratify
from .unusable import Unusable


@dataclass(frozen=True, eq=False)
class Opened:
    """Train, val and test before they become tensors.

    Attributes:
        views: Prepared examples by split name.
        targets: Class indices by split name, each [n].
        prepared: What the preparations have learned, by name, to be saved with a network that relies on it.
        doubts: What is hardly meant, a sentence each.
    """

    views: Mapping[str, View]
    targets: Mapping[str, Indices]
    prepared: Mapping[str, Array]
    doubts: tuple[str, ...] = ()


PACKAGES = {"PIL": "pillow"}
"""Names to install optional modules by, where they differ from the module's."""


def read(dataset: Dataset, base: Path) -> Parts:
    """The two parts of a data set as they are stored.

    Args:
        dataset: What to read.
        base: Folder of the spec, to which the data set's paths are relative.

    Raises:
        Unusable: Files are missing (FIT6003) or damaged (FIT6004), contradict the declaration (FIT6005), or need a
            package that is not installed (FIT6007).
    """
    paths = locate(dataset.files, base, owner=dataset.word)
    call = dataset.lower()
    try:
        parts: Parts = target_of(call)(paths, **call.kwargs)
    except ModuleNotFoundError as error:
        package = PACKAGES.get(str(error.name), error.name)
        raise Unusable("FIT6007", f"`{dataset.word}` needs `{package}`", f"install it: pip install {package}") from None
    except OSError as error:
        raise Unusable("FIT6004", f"`{dataset.word}` cannot be read: {error}") from None
    except MemoryError as error:
        raise Unusable("FIT6004", f"`{dataset.word}` does not fit into memory: {error}") from None
    check_parts(dataset, parts)
    return parts


def open_splits(settings: DataSettings, *, base: Path, seed: int) -> Opened:
    """Train, val and test of a declaration.

    Args:
        settings: The declaration.
        base: Folder of the spec.
        seed: Of the run; picks which examples are for validation where the declaration does not.

    Raises:
        Unusable: As for `read`; or the split asks for more examples than there are (FIT6006).
    """
    parts = read(settings.source, base)
    targets = parts.train.targets
    chosen = stratify(targets, _sizes(settings, len(targets)), seed=settings.split_seed(seed))
    train, val = (View(parts.train.inputs, part) for part in chosen)
    test = View(parts.test.inputs, np.arange(len(parts.test.targets)))
    steps = fit(settings.prepare, train)
    train = replace(train, steps=steps)
    still = fit(settings.held_out_steps[len(settings.prepare) :], train)
    return Opened(
        {"train": train, "val": replace(val, steps=still), "test": replace(test, steps=still)},
        {"train": targets[chosen[0]], "val": targets[chosen[1]], "test": parts.test.targets},
        pack(still),
        tuple(doubts(settings, parts)),
    )


def _sizes(settings: DataSettings, available: int) -> tuple[int, int]:
    try:
        return settings.sizes(available)
    except Rejected as refusal:
        raise Unusable("FIT6006", refusal.message, refusal.help) from None
