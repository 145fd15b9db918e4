"""How data refuse to be used: readers say what is wrong with the files, their caller knows the place in the spec."""

from __future__ import annotations

from collections.abc import Iterable

from ..diagnostics import FitError, Severity, diagnostic
from ..source import Span
from ..values import Rejected


class Unusable(Rejected):
    """Data cannot be opened or contradict the spec.

    Args:
        code: Its code, FIT6003 and up.
        message: What is wrong, with names and numbers.
        help: What the user can do.
        notes: Facts that help to understand.
    """

    def __init__(self, code: str, message: str, help: str | None = None, notes: Iterable[str] = ()) -> None:
        super().__init__(message, help)
        self.code = code
        self.notes = tuple(notes)

    def __reduce__(self) -> tuple[type[Unusable], tuple[object, ...]]:
        """Pickled whole, since workers that stream examples send it to the main process."""
        return type(self), (self.code, self.message, self.help, self.notes)

    def at(self, span: Span) -> FitError:
        """The error to raise for a declaration that stands at `span`."""
        helps = () if self.help is None else (self.help,)
        return FitError([diagnostic(self.code, Severity.ERROR, span, self.message, notes=self.notes, helps=helps)])
