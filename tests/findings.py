"""What checking a text finds, in one comparable line each: `2:7 FIT1001 nothing is called …  (help)`."""

from __future__ import annotations

from pathlib import Path

from fitdsl import Compilation
from fitdsl.source import Source


def found(text: str, path: Path | None = None, **point: object) -> list[str]:
    """The findings of a text, in order; its first line need not be `fit 1`."""
    whole = text if text.startswith("fit ") else f"fit 1\n{text}"
    lines = []
    for finding in Compilation(Source("x.fit", whole), path=path, point=point).diagnostics:
        line, column = finding.span.source.position(finding.span.start)
        helps = "".join(f"  ({help})" for help in finding.helps)
        lines.append(f"{line}:{column} {finding.code} {finding.message}{helps}")
    return lines
