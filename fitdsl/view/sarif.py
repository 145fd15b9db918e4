"""Findings as a SARIF 2.1.0 log, which code scanners read (OASIS standard, March 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ..diagnostics import Diagnostic, Fix, Label
from ..explain import explanations
from ..source import Span

Json = dict[str, Any]
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(diagnostics: Sequence[Diagnostic]) -> Json:
    """The log as plain JSON values; columns count code points."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    driver = {
        "name": "fitdsl",
        "version": import_module("importlib.metadata").version("fitdsl"),
        "rules": [_rule(code) for code in codes],
    }
    results = [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in diagnostics]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> Json:
    explanation = explanations().get(code)
    if explanation is None:
        return {"id": code}
    return {"id": code, "shortDescription": _text(explanation.title), "fullDescription": _text(explanation.why)}


def _result(diagnostic: Diagnostic, rule_index: int) -> Json:
    message = "\n".join((diagnostic.message, *diagnostic.notes, *diagnostic.helps))
    result: Json = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule_index,
        "level": str(diagnostic.severity),
        "message": _text(message),
        "locations": [_location(diagnostic.primary)],
    }
    if diagnostic.labels:
        result["relatedLocations"] = [{"id": i, **_location(label)} for i, label in enumerate(diagnostic.labels, 1)]
    if diagnostic.fixes:
        result["fixes"] = list(map(_fix, diagnostic.fixes))
    return result


def _text(text: str) -> Json:
    return {"text": text}


def _location(label: Label) -> Json:
    place = {"artifactLocation": _artifact(label.span), "region": _region(label.span)}
    return {"physicalLocation": place, **({"message": _text(label.text)} if label.text else {})}


def _artifact(span: Span) -> Json:
    return {"uri": quote(PurePath(span.source.name).as_posix(), errors="replace")}


def _region(span: Span) -> Json:
    (line, column), (end_line, end_column) = span.source.position(span.start), span.source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _fix(fix: Fix) -> Json:
    replacement = {"deletedRegion": _region(fix.span), "insertedContent": _text(fix.replacement)}
    change = {"artifactLocation": _artifact(fix.span), "replacements": [replacement]}
    return {"description": _text(fix.title), "artifactChanges": [change]}
