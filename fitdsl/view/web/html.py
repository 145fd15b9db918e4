"""A page as one file of HTML: styles, scripts and data are in it, and nothing else is ever asked for.

Whatever comes from a spec goes through `escape` or into `data`, so it stays text. A policy in the page says the same to
the browser: only the scripts that are listed here run, by their hashes, and nothing is fetched.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from ...dataclass import dataclass
from ..drawing.svg import escape

_ESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=function|const|let|class)", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """What is in a page.

    Attributes:
        title: Shown in the tab, as it is.
        body: Markup, in which all texts are escaped.
        styles: Names of files in `assets`, in the order in which they hold.
        scripts: The same; each is a module that imports from those before it, and no two define the same name.
        data: Documents of JSON that scripts read, by the `id` of the element that holds each.
    """

    title: str
    body: str
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


def html(page: Page) -> str:
    """A page as a whole document."""
    script = _script(page.scripts)
    lines = (
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escape(page.title)}</title>",
        '<link rel="icon" href="data:,">',
        f"<style>\n{''.join(map(asset, page.styles))}</style>",
        "</head>",
        "<body>",
        page.body,
        *(_document(name, value) for name, value in page.data.items()),
        *((f"<script>{script}</script>",) if script else ()),
        "</body>",
        "</html>",
    )
    return "\n".join(lines)


def embedded(value: Any) -> str:
    """A document of JSON that can stand in a script element: nothing in it ends the element or begins a comment."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_ESCAPED)


def _script(names: Sequence[str]) -> str:
    """Modules as one script: a page that is opened from a folder can import nothing, so all are put into one scope."""
    joined = "".join(_EXPORT.sub("", _IMPORT.sub("", asset(name))) for name in names)
    return f'"use strict";\n(() => {{\n{joined}}})();\n' if names else ""


def _document(name: str, value: Any) -> str:
    return f'<script type="application/json" id="{escape(name)}">{embedded(value)}</script>'


@cache
def asset(name: str) -> str:
    """The text of a file in `assets`."""
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _policy(script: str) -> str:
    digest = b64encode(sha256(script.encode()).digest()).decode()
    allowed = f"'sha256-{digest}'" if script else "'none'"
    return f"default-src 'none';style-src 'unsafe-inline';img-src data:;script-src {allowed};base-uri 'none'"
