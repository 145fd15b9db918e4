"""Colours of the kinds of box: quiet ones that stay apart in the common forms of colour blindness."""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, tuple[str, str]] = {
    "conv": ("#dceafa", "#3b74b4"),
    "dense": ("#fdead2", "#b06a12"),
    "attention": ("#e9e1f5", "#7453a6"),
    "pool": ("#dcf0ea", "#2f7d66"),
    "pointwise": ("#f3f4f6", "#c3c9d0"),
    "merge": ("#ffffff", "#1b1f24"),
    "input": ("#ffffff", "#1b1f24"),
    "outside": ("#ffffff", "#57606a"),
    "shape": ("#ffffff", "#8c959f"),
    "closed": ("#eceff2", "#57606a"),
    "loss": ("#f9e3ec", "#a83a6b"),
    "fault": ("#fff0f0", "#c4281c"),
}
"""Fill and outline of each kind on white paper."""

DARK: Mapping[str, tuple[str, str]] = {
    "conv": ("#16324f", "#6ea8e6"),
    "dense": ("#40290c", "#e0a04a"),
    "attention": ("#2f2249", "#b596e6"),
    "pool": ("#123a30", "#5dbfa0"),
    "pointwise": ("#1c2128", "#4a525c"),
    "merge": ("#0d1117", "#e6edf3"),
    "input": ("#0d1117", "#e6edf3"),
    "outside": ("#0d1117", "#9aa4af"),
    "shape": ("#0d1117", "#6e7681"),
    "closed": ("#21262d", "#9aa4af"),
    "loss": ("#43182c", "#e68ab2"),
    "fault": ("#4a1512", "#ff7b72"),
}
"""The same on a dark screen."""
