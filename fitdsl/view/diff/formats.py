"""Every `fit diff --format`, by name; a new one is one function and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from ...dataclass import dataclass
from ...late import late
from ..terminal import Display
from .compare import compare
from .document import DiffDocument
from .markdown import diff_markdown
from .sides import Side
from .text import diff_text


@dataclass(frozen=True, eq=False)
class Compared:
    """Two specs that are compared."""

    before: Side
    after: Side

    @cached_property
    def document(self) -> DiffDocument:
        """In what they differ."""
        return compare(self.before, self.after)


DiffView = Callable[[Compared, Display], str]


def text_view(compared: Compared, display: Display) -> str:
    """Lines for a terminal."""
    return diff_text(compared.document, display)


def markdown_view(compared: Compared, display: Display) -> str:
    """Tables for a pull request."""
    return diff_markdown(compared.document, display)


def json_view(compared: Compared, display: Display) -> str:
    """The document itself; the display does not matter."""
    return compared.document.model_dump_json(indent=2)


def html_view(compared: Compared, display: Display) -> str:
    """A page with both drawings; the display does not matter."""
    # what draws takes a tenth of a second to load, which the other formats need not wait for
    page: str = late("view.diff.page").diff_page(compared.document, compared.before.program, compared.after.program)
    return page


DIFF_FORMATS: Mapping[str, DiffView] = {
    "text": text_view,
    "markdown": markdown_view,
    "json": json_view,
    "html": html_view,
}
