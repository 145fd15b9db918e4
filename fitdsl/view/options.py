"""What a view is asked for beside the spec itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from ..dataclass import dataclass
from .terminal import Display


def _ignore(note: str) -> None:
    """Let a note go."""


@dataclass(frozen=True)
class ViewOptions:
    """How to show a spec.

    Attributes:
        display: The screen it is for.
        depth: Levels of groups to open in views that can fold; None opens all, or as many as can be looked at.
        tell: Told what a view leaves out, a sentence each.
    """

    display: Display = field(default_factory=Display)
    depth: int | None = None
    tell: Callable[[str], None] = _ignore
