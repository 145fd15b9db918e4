"""A real browser without a window, in which tests open the pages that fitdsl writes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, sync_playwright

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


Look = tuple[int, Scheme]
"""Width of a window in pixels, and what its reader prefers."""


@dataclass
class Windows:
    """Empty windows of a browser by their look, as making a new one takes longer than most tests."""

    browser: Browser
    empty: dict[Look, list[Page]] = field(default_factory=dict)

    def take(self, look: Look) -> Page:
        """An empty window."""
        width, scheme = look
        if empty := self.empty.get(look):
            return empty.pop()
        return self.browser.new_page(viewport={"width": width, "height": _height(width)}, color_scheme=scheme)

    def give_back(self, page: Page, look: Look) -> None:
        """Empty a window as it was when it was new, whatever a test has done with it."""
        width, scheme = look
        page.goto("about:blank")
        page.emulate_media(media="screen", color_scheme=scheme, reduced_motion=None)
        page.set_viewport_size({"width": width, "height": _height(width)})
        self.empty.setdefault(look, []).append(page)


def _height(width: int) -> int:
    return 844 if width == NARROW else 900


@dataclass
class Visit:
    """Pages that are open in a browser, and everything that none of them may do.

    Attributes:
        complaints: What pages wrote to the console as errors or warnings, and errors that nothing caught.
        requests: What pages asked the network for, beside themselves.
    """

    windows: Windows
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    pages: list[tuple[Page, Look]] = field(default_factory=list)

    def open(self, file: Path, *, fragment: str = "", width: int = WIDE, scheme: Scheme = "light") -> Page:
        """A file as a person sees it who opens it from a folder."""
        page = self.windows.take((width, scheme))
        self.pages.append((page, (width, scheme)))
        page.on("console", self._heard)
        page.on("pageerror", self._failed)
        page.on("request", self._asked)
        page.goto(f"{file.resolve().as_uri()}{fragment}")
        return page

    def close(self) -> None:
        """Close everything that is open."""
        for page, look in self.pages:
            page.remove_listener("console", self._heard)
            page.remove_listener("pageerror", self._failed)
            page.remove_listener("request", self._asked)
            self.windows.give_back(page, look)

    def _failed(self, error: Error) -> None:
        self.complaints.append(str(error))

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
