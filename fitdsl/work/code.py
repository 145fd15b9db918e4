"""The version of all code that has a say in a result, so that no result of other code is ever taken for one of this."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

PACKAGES = ("backend", "data", "losses", "ops", "optim", "training", "work")
"""Our own packages whose code computes numbers; what the others decide is in a key by itself."""

LIBRARIES = ("torch", "numpy", "scikit-learn", "pillow", "torchvision", "timm")


@cache
def code_version() -> str:
    """A hash of our own sources, and the versions of the libraries and of third parties' components."""
    return sha256("\0".join((*_sources(), *map(_installed, LIBRARIES), *_third_parties())).encode()).hexdigest()[:32]


def _sources() -> list[str]:
    root = Path(__file__).parents[1]
    return [file.read_text("utf-8") for package in PACKAGES for file in sorted((root / package).rglob("*.py"))]


def _installed(library: str) -> str:
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return f"{library} unknown"


def _third_parties() -> list[str]:
    found = (entry.dist for entry in entry_points(group="fitdsl.components"))
    return sorted({f"{dist.name} {dist.version}" for dist in found if dist is not None})
