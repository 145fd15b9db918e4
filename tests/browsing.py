"""A real browser without a window, in which tests open the pages that fitdsl writes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
"""Where the browser is; Playwright's own is not asked for, as that would be downloaded."""
WIDE, NARROW = 1440, 390

Scheme = Literal["light", "dark"]


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser that runs until it is no longer needed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """Pages that are open in a browser, and everything that none of them may do.

    Attributes:
        complaints: What pages wrote to the console as errors or warnings, and errors that nothing caught.
        requests: What pages asked the network for, beside themselves.
    """

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def open(self, file: Path, *, fragment: str = "", width: int = WIDE, scheme: Scheme = "light") -> Page:
        """A file as a person sees it who opens it from a folder."""
        height = 844 if width == NARROW else 900
        page = self.browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        self.pages.append(page)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)
        page.goto(f"{file.resolve().as_uri()}{fragment}")
        return page

    def close(self) -> None:
        """Close everything that is open."""
        for page in self.pages:
            page.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(("file:", "data:")):
            self.requests.append(request.url)


OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll("svg text")]
    .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
    .filter(({ text, box }) => text.trim() && box.width && box.height);
  const found = [];
  for (const [place, one] of boxes.entries())
    for (const other of boxes.slice(place + 1)) {
      const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (wide > 1 && high > 3) found.push(`${one.text} / ${other.text}`);
    }
  return found;
}"""


def overlaps(page: Page) -> list[str]:
    """Pairs of texts in drawings that stand on one another."""
    found: list[str] = page.evaluate(OVERLAPS)
    return found
