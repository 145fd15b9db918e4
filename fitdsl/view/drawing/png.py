"""Drawings as PNG, for where SVG cannot go; drawn by resvg, which the extra `fitdsl[png]` installs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

ZOOM = 2.0
"""Pixels of the image for each of the drawing's."""


class NoResvg(Exception):
    """The package that draws PNGs is not installed."""


def png(document: str) -> bytes:
    """An SVG document as an image, light whatever the screen.

    Raises:
        NoResvg: The package `resvg_py` is not installed.
    """
    try:
        resvg: Any = import_module("resvg_py")
    except ImportError:
        raise NoResvg("drawing a PNG takes resvg: pip install 'fitdsl[png]', or use --format svg") from None
    return bytes(resvg.svg_to_bytes(svg_string=document, zoom=ZOOM))
