"""Every `fit show --format`, by name; a new view is one function and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..compilation import Compilation
from .document import show_json
from .drawing.views import dot_view, mermaid_view, png_view, svg_view
from .options import ViewOptions
from .page.page import page_view
from .table import table
from .tree import tree

View = Callable[[Compilation, ViewOptions], str | bytes]

FORMATS: Mapping[str, View] = {
    "table": table,
    "tree": tree,
    "json": show_json,
    "svg": svg_view,
    "png": png_view,
    "html": page_view,
    "dot": dot_view,
    "mermaid": mermaid_view,
}
