"""The page of a spec: what `fit show --format html` writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...compilation import Compilation
from ..drawing.svg import STYLE, escape
from ..options import ViewOptions
from ..web.html import Page, html
from .data import page_data

DRAWING = ("letters.js", "space.js", "outline.js", "layout.js", "align.js", "paint.js", "picture.js", "canvas.js")
"""The scripts that draw a point of a spec, for any page."""
SCRIPTS = (*DRAWING, "panel.js", "find.js", "page.js")
MENU_VALUES = 5
"""So many values are a menu; more, if they are numbers, a slider."""

KEYS = (
    ("arrows", "go from layer to layer, open and close blocks"),
    ("Enter", "open or close a block"),
    ("/", "find a layer by name, op or shape"),
    (", .", "one level of blocks less, or more"),
    ("c o", "close all blocks, open all"),
    ("[ ]", "the stage before, or after"),
    ("+ - 0", "zoom in, out, and fit"),
    ("Esc", "select nothing"),
    ("?", "these keys"),
)
COLOURS = (
    ("kind", "kind of op"),
    ("params", "parameters"),
    ("macs", "multiply-accumulates"),
    ("activations", "activations"),
    ("trained", "stage that trains it"),
    ("frozen", "frozen or trained"),
)


def page_view(compilation: Compilation, options: ViewOptions) -> str:
    """The whole spec as one page to walk through; a depth does not matter.

    Raises:
        FitError: Nothing of the spec is known.
    """
    return page(page_data(compilation, tell=options.tell))


def page(data: Mapping[str, Any]) -> str:
    """The page of `page_data`."""
    title = ", ".join(network["headline"] for network in data["networks"])
    body = "\n".join(_body(data, title))
    return html(Page(f"{data['name']}: {title}", body, ("base.css", "page.css"), SCRIPTS, {"spec": data}))


def _body(data: Mapping[str, Any], title: str) -> Iterator[str]:
    yield f"<header><h1>{escape(data['name'])}</h1><p>{escape(title)}</p></header>"
    yield '<div class="tools" role="toolbar" aria-label="Tools">'
    yield from _tools(data)
    yield "</div>"
    yield f'<main><svg id="picture" role="tree" aria-label="{escape(title)}" tabindex="-1">'
    yield f'<style>:where(#picture){{{STYLE}}}</style><g id="world"></g></svg>'
    yield '<div id="legend" aria-live="polite"></div></main>'
    yield "<aside>"
    yield "<noscript><p>This page draws with JavaScript; `fit show --format svg` needs none.</p></noscript>"
    yield '<p id="notes" class="faint"></p>'
    yield '<section id="selected" aria-label="Selected"></section>'
    if data["params"] or data["others"]:
        yield from _space(data)
    yield '<section id="totals" aria-label="Totals"></section>'
    yield "</aside>"
    yield from _help()


def _tools(data: Mapping[str, Any]) -> Iterator[str]:
    yield (
        '<div class="find"><input id="find" type="search" placeholder="Find by name, op or shape" autocomplete="off" '
        'role="combobox" aria-label="Find a layer" aria-expanded="false" aria-controls="found">'
        '<ul id="found" role="listbox" aria-label="Found" hidden></ul></div>'
    )
    yield _group("Blocks", _button("open-less", "−", "One level less"), _button("open-more", "+", "One level more"))
    yield _group("", _button("close-all", "Close all"), _button("open-all", "Open all"))
    if data["stages"]:
        names = enumerate(stage["name"] for stage in data["stages"])
        options = [("-1", "all"), *((str(place), f"{place + 1} {name}") for place, name in names)]
        before, after = _button("stage-before", "‹", "Stage before"), _button("stage-after", "›", "Stage after")
        yield _group("Stage", before, _menu("stage", "Stage", options), after)
    yield _group("Colour", _menu("colour", "Colour", COLOURS))
    zoom = (("zoom-out", "−", "Zoom out"), ("zoom-fit", "Fit", "Fit in"), ("zoom-in", "+", "Zoom in"))
    yield _group("Zoom", *(_button(*one) for one in zoom))
    yield _group("", _button("show-help", "?", "Keys"))


def _group(word: str, *inside: str) -> str:
    label = f'<span class="faint">{word}</span>' if word else ""
    return f'<div class="group">{label}{"".join(inside)}</div>'


def _button(id: str, text: str, label: str = "") -> str:
    named = f' aria-label="{label}" title="{label}"' if label else ""
    return f'<button type="button" id="{id}"{named}>{text}</button>'


def _menu(id: str, label: str, options: Sequence[tuple[str, str]], chosen: str = "") -> str:
    shown = "".join(
        f'<option value="{escape(value)}"{" selected" * (value == chosen)}>{escape(text)}</option>'
        for value, text in options
    )
    return f'<select id="{id}" aria-label="{escape(label)}">{shown}</select>'


# The space ------------------------------------------------------------------------------------------------------------


def _space(data: Mapping[str, Any]) -> Iterator[str]:
    yield '<section aria-label="Space"><h2>Space</h2>'
    if data["params"]:
        yield '<p id="standing" role="status"></p>'
    for number, param in enumerate(data["params"]):
        yield from _param(number, param)
    if data["params"]:
        together = (
            "" if data["isWhole"] else " There are too many students to hold them all: one param moves at a time."
        )
        yield f'<p><button type="button" id="back">Back to the spec</button>{together}</p>'
    if data["others"]:
        yield "<dl>"
        for other in data["others"]:
            beyond = "; has too many values to be moved here, see `--set`" if other["shapes"] else ""
            text = f"{other['text']}{beyond}"
            yield f"<dt>{escape(other['name'])}</dt><dd>{escape(text)}</dd>"
        yield "</dl>"
    yield "</section>"


def _param(number: int, param: Mapping[str, Any]) -> Iterator[str]:
    id, values = f"param-{number}", param["values"]
    name = escape(param["name"])
    yield f'<div class="param"><label for="{id}">{name}</label>'
    if len(values) > MENU_VALUES and all(map(_is_number, values)):
        at = f'min="0" max="{len(values) - 1}" value="{param["here"]}"'
        yield f'<input type="range" id="{id}" {at}><output id="{id}-value" for="{id}"></output>'
    else:
        options = [(str(place), value) for place, value in enumerate(values)]
        yield _menu(id, param["name"], options, str(param["here"]))
        yield f'<output id="{id}-value" for="{id}" hidden></output>'
    label = f'title="Mark the layers that it changes" aria-label="Mark the layers that {name} changes"'
    yield f'<label class="more"><input type="checkbox" class="shows" id="{id}-shows" {label}> layers</label>'
    if param["doc"]:
        yield f'<p class="comment">{escape(param["doc"])}</p>'
    yield "</div>"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _help() -> Iterator[str]:
    rows = "".join(f"<dt>{_keys(keys)}</dt><dd>{escape(text)}</dd>" for keys, text in KEYS)
    yield f'<dialog id="help" aria-label="Keys"><h2>Keys</h2><dl>{rows}</dl>'
    yield '<form method="dialog"><p><button>Close</button></p></form></dialog>'


def _keys(keys: str) -> str:
    return " ".join(f"<kbd>{escape(key)}</kbd>" for key in keys.split())
