"""What goes wrong only when something is built or trained, said like any other finding."""

from __future__ import annotations

from collections.abc import Iterable

from ..diagnostics import FitError, Severity, diagnostic
from ..source import NOWHERE, Span


def refusal(
    code: str, message: str, *, span: Span = NOWHERE, notes: Iterable[str] = (), helps: Iterable[str] = ()
) -> FitError:
    """The error to raise for one finding; `span` is the place in the spec that asked for what cannot be had."""
    return FitError([diagnostic(code, Severity.ERROR, span, message, notes=notes, helps=helps)])
