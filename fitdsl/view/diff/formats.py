"""Every `fit diff --format`, by name; a new one is one function and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..terminal import Display
from .document import DiffDocument
from .markdown import diff_markdown
from .text import diff_text

DiffView = Callable[[DiffDocument, Display], str]


def diff_json(document: DiffDocument, display: Display) -> str:
    """The document itself; the display does not matter."""
    return document.model_dump_json(indent=2)


DIFF_FORMATS: Mapping[str, DiffView] = {"text": diff_text, "markdown": diff_markdown, "json": diff_json}
