"""Modules loaded when they are first needed, so that looking at a spec never waits for torch or ray."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def late(module: str) -> Any:
    """A module of this package by its name inside it, such as `backend.build`; imported at the first call."""
    return import_module(f"{__package__}.{module}")
