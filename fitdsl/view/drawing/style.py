"""How pictures look, by the classes of their elements: on paper and light screens, and on dark ones.

A file of its own asks its reader's screen. A picture inside another page has a scope, a class that only pictures with
these very rules have: neither the page nor a picture of another version changes how it looks, nor does it change them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256

from .palette import DARK, LIGHT

FONT = '"Helvetica Neue",Helvetica,Arial,"Liberation Sans","DejaVu Sans",sans-serif'

Look = Mapping[str, str | tuple[str, str]]
"""Values of properties; a pair is that on light screens and that on dark ones."""
Rules = Mapping[str, Look]
"""Looks by what they are for: selectors with a comma between them."""

RULES: Rules = {
    "text": {"font": f"11px {FONT}"},
    ".op,.kind": {"font-weight": "normal", "font-size": "11px"},
    ".name,.title,.number": {"font-weight": "bold"},
    ".title,.role": {"font-size": "13px"},
    ".faint": {"font-size": "9.5px"},
    ".number": {"font-size": "9px"},
    ".wire,.tie": {"fill": "none", "stroke-width": "1.1"},
    ".tie,.card": {"stroke-dasharray": "4 3"},
    ".block,.card,.pointwise,.runs,.frozen": {"stroke-width": ".8"},
    ".merge,.closed,.attention,.fault": {"stroke-width": "1.6"},
    ".outside": {"stroke-dasharray": "2 2"},
    ".frozen": {"stroke-dasharray": "2 1.5"},
}
"""Sizes and strokes."""

COLOURS: Rules = {
    ".op,.name,.title": {"fill": ("#1b1f24", "#e6edf3")},
    ".faint,.kind,.role,.head": {"fill": ("#57606a", "#9aa4af")},
    ".paper,.number": {"fill": ("#fff", "#0d1117")},
    ".wire": {"stroke": ("#57606a", "#9aa4af")},
    ".tie": {"stroke": ("#a83a6b", "#e68ab2")},
    ".tie-end,.tie-head": {"fill": ("#a83a6b", "#e68ab2")},
    ".block": {"fill": ("#f3f5f7", "#171c23"), "stroke": "#8c959f"},
    ".inner": {"fill": ("#fff", "#0d1117")},
    ".card": {"fill": ("#fdf7fa", "#1f151b"), "stroke": ("#a83a6b", "#e68ab2")},
    ".badge,.trains": {"fill": ("#57606a", "#9aa4af"), "stroke": ("#57606a", "#9aa4af")},
    ".runs": {"fill": ("#c3c9d0", "#3d444d"), "stroke": ("#57606a", "#9aa4af")},
    ".frozen": {"fill": ("#fff", "#0d1117"), "stroke": ("#57606a", "#9aa4af")},
    **{
        f".{kind}": {"fill": (LIGHT[kind][0], DARK[kind][0]), "stroke": (LIGHT[kind][1], DARK[kind][1])}
        for kind in LIGHT
    },
}


def standalone(*tables: Rules) -> str:
    """Rules for a file of its own."""
    light = [_rule(names, {name: _light(value) for name, value in look.items()}) for names, look in _all(tables)]
    dark = [
        _rule(names, {name: value[1] for name, value in look.items() if isinstance(value, tuple)})
        for names, look in _all(tables)
        if any(isinstance(value, tuple) for value in look.values())
    ]
    return "\n".join((*light, "@media (prefers-color-scheme:dark){", *dark, "}"))


def scope_of(*tables: Rules) -> str:
    """A class that stands for these rules."""
    return f"fit-{sha256(standalone(*tables).encode()).hexdigest()[:8]}"


def scoped(*tables: Rules) -> str:
    """Rules for what is inside the class that stands for them, light or dark as the page around it is."""
    scope = scope_of(*tables)
    lines = [f".{scope}{{color-scheme:light dark}}"]
    lines += [f"{_within(pages, scope)}{{color-scheme:{scheme}}}" for scheme, pages in PAGES.items()]
    for names, look in _all(tables):
        lines.append(_rule(_inside(names, scope), {name: _either(name, value) for name, value in look.items()}))
    return "\n".join(lines)


PAGES: Mapping[str, tuple[str, ...]] = {
    "light": ('[data-jp-theme-light="true"]', '[data-theme="light"]', '[theme="light"]', ".vscode-light"),
    "dark": ('[data-jp-theme-light="false"]', '[data-theme="dark"]', '[theme="dark"]', ".vscode-dark"),
}
"""How pages say that they are light or dark, whatever the screen is: JupyterLab, Sphinx, Colab and VS Code."""


def _all(tables: tuple[Rules, ...]) -> Iterator[tuple[str, Look]]:
    for table in tables:
        yield from table.items()


def _rule(names: str, look: Mapping[str, str]) -> str:
    return f"{names}{{{';'.join(f'{name}:{value}' for name, value in look.items())}}}"


def _light(value: str | tuple[str, str]) -> str:
    return value if isinstance(value, str) else value[0]


def _either(name: str, value: str | tuple[str, str]) -> str:
    """A value that follows the page; a viewer that cannot follow it takes the first one."""
    if isinstance(value, str):
        return value
    return f"{value[0]};{name}:light-dark({value[0]},{value[1]})"


def _inside(names: str, scope: str) -> str:
    # twice, so that it counts more than what Jupyter says of tables
    return ",".join(f".{scope}.{scope} {name}" for name in names.split(","))


def _within(pages: tuple[str, ...], scope: str) -> str:
    return ",".join(f"{page} .{scope}" for page in pages)
