"""Findings to render, on a text with everything that makes rendering hard."""

from __future__ import annotations

from fitdsl.diagnostics import Diagnostic, Fix, Label, Severity
from fitdsl.source import Source, Span

NET = Source("specs/net.fit", "fit 1\n\n\tlogits = Linear(10, 漢=3) # \x1b[31m [red]\n\n\nfoo bar baz\n")
OTHER = Source("blocks/other.fit", "# nothing\nblock x\n")


def place(word: str, source: Source = NET) -> Span:
    """Where a word stands first."""
    start = source.text.index(word)
    return source.span(start, start + len(word))


def flat_input() -> Diagnostic:
    """An error with all there can be: labels on one line, on others and in another file, notes, helps, a fix."""
    return Diagnostic(
        "FIT2004",
        Severity.ERROR,
        "`Linear` takes a flat input, got [32, 15, 15]",
        Label(place("Linear(10, 漢=3)"), "input comes from `c3`"),
        labels=(
            Label(place("logits"), "the output"),
            Label(place("漢"), "a field"),
            Label(place("bar"), ""),
            Label(place("baz"), "see here"),
            Label(place("x", OTHER), "defined here"),
        ),
        notes=("a note\nof two lines",),
        helps=("put `Flatten()` before it",),
        fixes=(
            Fix(NET.span(17, 17), "Flatten() -> ", "put `Flatten()` before it"),
            Fix(place("foo"), "", "remove `foo`"),
        ),
    )


def unused() -> Diagnostic:
    """A warning with nothing but a place."""
    return Diagnostic("FIT1008", Severity.WARNING, "`bar` is never used", Label(place("bar"), ""))
