"""Findings about a text: what is wrong, where, and what would be right.

Every part that reads a spec reports through a `Reporter`; nobody raises for a user's mistake before all are collected.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import field
from enum import StrEnum
from typing import TypedDict, Unpack

from .dataclass import dataclass
from .source import NOWHERE, Span


class Severity(StrEnum):
    """How bad a finding is; only errors keep a spec from running."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Label:
    """A further place that takes part in a finding, with a few words on its part."""

    span: Span
    text: str


@dataclass(frozen=True)
class Fix:
    """An edit that mends a finding: put `replacement` where `span` is."""

    span: Span
    replacement: str
    title: str


@dataclass(frozen=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: `FIT` and four digits; `fit explain` knows each one.
        message: What is wrong, with the actual names and numbers, in one line.
        primary: The narrowest place that is wrong, and a few words shown under it.
        labels: Other places that take part.
        notes: Facts that help to understand.
        helps: What the user can do.
        fixes: Edits that mend it.
    """

    code: str
    severity: Severity
    message: str
    primary: Label
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()

    @property
    def span(self) -> Span:
        """Where the finding is."""
        return self.primary.span


class Details(TypedDict, total=False):
    """What a finding may say beside its message; `under` is shown below the marked place."""

    under: str
    labels: Iterable[Label]
    notes: Iterable[str]
    helps: Iterable[str]
    fixes: Iterable[Fix]


def diagnostic(code: str, severity: Severity, span: Span, message: str, **details: Unpack[Details]) -> Diagnostic:
    """A finding at a place, with whatever else is to be said."""
    return Diagnostic(
        code,
        severity,
        message,
        Label(span, details.get("under", "")),
        labels=tuple(details.get("labels", ())),
        notes=tuple(details.get("notes", ())),
        helps=tuple(details.get("helps", ())),
        fixes=tuple(details.get("fixes", ())),
    )


class FitError(Exception):
    """What a spec is refused with: every finding about it, at least one of them an error."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(_told, self.diagnostics)))


def _told(finding: Diagnostic) -> str:
    """A finding with all that helps, as a traceback shows it."""
    place = "" if finding.span == NOWHERE else f"{finding.span!r}: "
    notes = (*(f"note: {note}" for note in finding.notes), *(f"help: {help}" for help in finding.helps))
    return "\n  ".join((f"{place}{finding.severity}[{finding.code}]: {finding.message}", *notes))


@dataclass
class Reporter:
    """Collects findings in the order in which they are made, and drops repetitions.

    A block that is used five times reports its mistake once: two findings of one code at one place are the same.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    _seen: set[tuple[str, Span]] = field(default_factory=set, repr=False)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep a finding unless its like is there already."""
        key = (diagnostic.code, diagnostic.span)
        if key not in self._seen:
            self._seen.add(key)
            self.diagnostics.append(diagnostic)

    def error(self, code: str, span: Span, message: str, **details: Unpack[Details]) -> None:
        """Report an error."""
        self.add(diagnostic(code, Severity.ERROR, span, message, **details))

    def warning(self, code: str, span: Span, message: str, **details: Unpack[Details]) -> None:
        """Report something that runs but is hardly meant."""
        self.add(diagnostic(code, Severity.WARNING, span, message, **details))

    @property
    def has_errors(self) -> bool:
        """Whether anything found keeps the spec from running."""
        return any(d.severity is Severity.ERROR for d in self.diagnostics)


SHORTEST_BEGINNING = 3
"""Letters that are enough to take a name for the beginning of another."""


def closest(name: str, options: Iterable[str]) -> str | None:
    """The option the user most likely meant by `name`, or None if none is near."""
    folded, by_folded = name.casefold(), {option.casefold(): option for option in options}
    begun = [option for option in by_folded if len(folded) >= SHORTEST_BEGINNING and option.startswith(folded)]
    near = difflib.get_close_matches(folded, begun, n=1, cutoff=0) or difflib.get_close_matches(folded, by_folded, n=1)
    return by_folded[near[0]] if near else None


def did_you_mean(name: str, options: Iterable[str]) -> tuple[str, ...]:
    """A help line that offers the nearest option; empty if none is near."""
    near = closest(name, options)
    return (f"did you mean `{near}`?",) if near else ()
