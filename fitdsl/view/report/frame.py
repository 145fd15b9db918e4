"""The frame of a page: its headline, what is missing, a list of what is in it, and its sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...dataclass import dataclass
from ..web.html import Page
from .markup import Html, joined, paragraph, tag

STYLES = ("base.css", "report.css")


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading, to which the list at the top leads."""

    id: str
    title: str
    parts: tuple[str, ...]

    @classmethod
    def of(cls, id: str, title: str, *parts: str) -> Section:
        """The same from its parts."""
        return cls(id, title, parts)

    @property
    def html(self) -> Html:
        """The whole part."""
        return tag("section", tag("h2", self.title), "\n", *self.parts, id=self.id)


def assembled(
    title: str,
    headline: str,
    sections: Sequence[Section],
    *,
    missing: Sequence[str],
    scripts: tuple[str, ...] = (),
    data: Mapping[str, Any] | None = None,
) -> Page:
    """A page of sections; what could not be read is said right below its headline."""
    links = [tag("li", tag("a", section.title, href=f"#{section.id}")) for section in sections]
    lacks = [tag("ul", *(tag("li", lack) for lack in missing), class_="missing", role="note")] if missing else []
    body = [
        tag("header", tag("h1", title), paragraph(headline, class_="headline"), *lacks),
        tag("nav", tag("ul", *links), aria_label="sections"),
        tag("main", joined((section.html for section in sections), "\n")),
    ]
    return Page(title, joined(body, "\n"), STYLES, scripts, data or {})
