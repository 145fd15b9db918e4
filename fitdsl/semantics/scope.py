"""Where names are looked up: bindings of a body inside those of its surroundings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Final, final

from ..dataclass import dataclass
from ..source import Span


@final
class Unknown:
    """Stands for a value that could not be found and was reported, so that one mistake gives one message."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, eq=False)
class Scope:
    """Names bound in a body, and the scope around it.

    Attributes:
        parent: The scope around; None at the top level.
        names: What is bound here; grows while the body is read.
        calls: The calls of blocks that led here, outermost first.
    """

    parent: Scope | None = None
    names: dict[str, Any] = field(default_factory=dict)
    calls: tuple[Span, ...] = ()

    def inner(self, names: Mapping[str, Any] | None = None) -> Scope:
        """A scope inside this one."""
        return Scope(self, dict(names or {}), self.calls)

    def find(self, name: str) -> Any:
        """What a name is bound to in the nearest scope.

        Raises:
            KeyError: It is bound nowhere.
        """
        for scope in self.outward():
            if name in scope.names:
                return scope.names[name]
        raise KeyError(name)

    def outward(self) -> Iterator[Scope]:
        """This scope and those around it, nearest first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent
