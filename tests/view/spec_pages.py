"""Pages of specs, opened in a browser and looked at."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from browsing import Visit
from playwright.sync_api import Page

from fitdsl.compilation import Compilation
from fitdsl.view.options import ViewOptions
from fitdsl.view.page.page import page_view

SET = """([id, value]) => {
  const control = document.getElementById(id);
  control.value = value;
  control.dispatchEvent(new Event("input", { bubbles: true }));
}"""
"""Moves a control to a value, as a person does."""


@cache
def page_of(path: Path) -> str:
    """The page of a spec in a file, made once for all tests."""
    return page_view(Compilation.open(path), ViewOptions())


def opened(visit: Visit, folder: Path, spec: Compilation | Path, **options: Any) -> Page:
    file = folder / "page.html"
    text = page_of(spec) if isinstance(spec, Path) else page_view(spec, ViewOptions())
    file.write_text(text, encoding="utf-8")
    return visit.open(file, **options)


def item(page: Page, address: str) -> Any:
    return page.locator(f'.item[data-address="{address}"]')


def panel(page: Page) -> str:
    return page.inner_text("#selected")
