"""Where a data set's files may lie, and which of them are there."""

from __future__ import annotations

import os
from pathlib import Path

from .base import Files

SEARCH_VARIABLE = "FITDSL_DATA"
"""Names folders to search besides the spec's own, separated as in PATH."""


def folders_of(files: Files, base: Path) -> list[Path]:
    """Where a data set's files may lie, in the order in which they are looked for."""
    extra = [Path(root) for root in os.environ.get(SEARCH_VARIABLE, "").split(os.pathsep) if root]
    below = [base / files.root, *extra, *(root / files.root for root in extra)]
    roots = [*below, *map(Path, files.standard)]
    return list(dict.fromkeys(root / folder for root in roots for folder in files.folders))


def find(files: Files, base: Path) -> dict[str, Path]:
    """The first place of each of these files that is there, packed or (for `x.gz`) unpacked; see `locate`."""
    folders = folders_of(files, base)
    found: dict[str, Path] = {}
    for name in files.names:
        spellings = (name, name.removesuffix(".gz"))
        places = (folder / spelling for folder in folders for spelling in spellings)
        place = next((place for place in places if place.exists()), None)
        if place is not None:
            found[name] = place
    return found
