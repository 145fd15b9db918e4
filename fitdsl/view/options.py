"""What a view is asked for beside the spec itself."""

from __future__ import annotations

from dataclasses import field

from ..dataclass import dataclass
from .terminal import Display


@dataclass(frozen=True)
class ViewOptions:
    """How to show a spec.

    Attributes:
        display: The screen it is for.
        depth: Levels of groups to open in views that can fold; None opens all.
    """

    display: Display = field(default_factory=Display)
    depth: int | None = None
