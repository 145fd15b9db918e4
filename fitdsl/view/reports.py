"""Findings for people, scripts, code scanners and build logs: one function a format, all in `REPORTS`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ..diagnostics import Diagnostic, Fix, Label, Severity
from ..source import Span
from .frame import SEVERITY_STYLE, advice, frame
from .sarif import sarif
from .terminal import Display, Style, printable

Report = Callable[[Sequence[Diagnostic], Display], str]


def full(diagnostics: Sequence[Diagnostic], display: Display) -> str:
    """Every finding in its frame, an empty line between two."""
    return "\n\n".join(frame(diagnostic, display) for diagnostic in diagnostics)


def concise(diagnostics: Sequence[Diagnostic], display: Display) -> str:
    """One line a finding: `file:line:column: error[CODE] message`."""
    return "\n".join(_concise(diagnostic, display) for diagnostic in diagnostics)


def _concise(diagnostic: Diagnostic, display: Display) -> str:
    place = display.paint(printable(repr(diagnostic.span)), Style.STRONG)
    word = display.paint(f"{diagnostic.severity}[{diagnostic.code}]", SEVERITY_STYLE[diagnostic.severity])
    return f"{place}: {word} {printable(diagnostic.message)}"


# JSON -----------------------------------------------------------------------------------------------------------------


class Document(BaseModel):
    """Base of what is written as JSON: frozen, and strict about unknown names when read."""

    # most runs print no JSON, so validators are built when first used
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Position(Document):
    """A place between two code points; line and column count from 1."""

    line: int
    column: int


class LabelDocument(Document):
    """A marked place with a few words; the first one of a finding stands at the finding itself."""

    file: str
    start: Position
    end: Position
    text: str


class FixDocument(Document):
    """An edit that mends a finding."""

    title: str
    file: str
    start: Position
    end: Position
    replacement: str


class DiagnosticDocument(Document):
    """One finding; `end` is exclusive."""

    code: str
    severity: Severity
    message: str
    file: str
    start: Position
    end: Position
    labels: tuple[LabelDocument, ...]
    notes: tuple[str, ...]
    helps: tuple[str, ...]
    fixes: tuple[FixDocument, ...]


class Summary(Document):
    """How many findings there are of each severity."""

    errors: int
    warnings: int


class CheckDocument(Document):
    """What `fit check --output-format json` prints."""

    format_version: Literal[1] = 1
    diagnostics: tuple[DiagnosticDocument, ...]
    summary: Summary


def check_document(diagnostics: Iterable[Diagnostic]) -> CheckDocument:
    """Findings as a document."""
    found = tuple(diagnostics)
    return CheckDocument(diagnostics=tuple(map(_diagnostic_document, found)), summary=summarize(found))


def summarize(diagnostics: Iterable[Diagnostic]) -> Summary:
    """How many errors and warnings there are."""
    severities = [diagnostic.severity for diagnostic in diagnostics]
    return Summary(errors=severities.count(Severity.ERROR), warnings=severities.count(Severity.WARNING))


def as_json(diagnostics: Sequence[Diagnostic], display: Display) -> str:
    """Findings as a `CheckDocument`; the display does not matter."""
    return check_document(diagnostics).model_dump_json(indent=2)


def _diagnostic_document(diagnostic: Diagnostic) -> DiagnosticDocument:
    primary = (diagnostic.primary,) if diagnostic.primary.text else ()
    return DiagnosticDocument(
        code=diagnostic.code,
        severity=diagnostic.severity,
        message=diagnostic.message,
        file=diagnostic.span.source.name,
        start=_position(diagnostic.span, diagnostic.span.start),
        end=_position(diagnostic.span, diagnostic.span.end),
        labels=tuple(map(_label_document, (*primary, *diagnostic.labels))),
        notes=diagnostic.notes,
        helps=diagnostic.helps,
        fixes=tuple(map(_fix_document, diagnostic.fixes)),
    )


def _label_document(label: Label) -> LabelDocument:
    span = label.span
    start, end = _position(span, span.start), _position(span, span.end)
    return LabelDocument(file=span.source.name, start=start, end=end, text=label.text)


def _fix_document(fix: Fix) -> FixDocument:
    start, end = _position(fix.span, fix.span.start), _position(fix.span, fix.span.end)
    return FixDocument(title=fix.title, file=fix.span.source.name, start=start, end=end, replacement=fix.replacement)


def _position(span: Span, offset: int) -> Position:
    line, column = span.source.position(offset)
    return Position(line=line, column=column)


# Build logs -----------------------------------------------------------------------------------------------------------


def github(diagnostics: Sequence[Diagnostic], display: Display) -> str:
    """Workflow commands that annotate the lines of a pull request; the display does not matter."""
    return "\n".join(map(_workflow_command, diagnostics))


def _workflow_command(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    (line, column), (end_line, end_column) = span.source.position(span.start), span.source.position(span.end)
    properties: dict[str, object] = {"file": span.source.name, "line": line, "endLine": end_line}
    if line == end_line:
        properties |= {"col": column, "endColumn": end_column}
    properties["title"] = diagnostic.code
    written = ",".join(f"{name}={_escape_property(str(value))}" for name, value in properties.items())
    return f"::{diagnostic.severity} {written}::{_escape_data(chr(10).join((diagnostic.message, *advice(diagnostic))))}"


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(diagnostics: Sequence[Diagnostic], display: Display) -> str:
    """Findings as a SARIF 2.1.0 log; the display does not matter."""
    return json.dumps(sarif(diagnostics), indent=2)


REPORTS: Mapping[str, Report] = {
    "full": full,
    "concise": concise,
    "json": as_json,
    "sarif": as_sarif,
    "github": github,
}
"""Every format of `fit check --output-format`, by name."""
