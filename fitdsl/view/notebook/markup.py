"""Parts of an output of a notebook: tables, remarks and pictures beside each other, with rules that hold for it alone.

Texts pass `escape` here, so what comes from a spec stays text; what is markup already is told apart as `Markup`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...dataclass import dataclass
from ..drawing.picture import Drawn
from ..drawing.style import FONT, Rules, scope_of, scoped
from ..drawing.svg import escape, inline_svg

LINE = "rgba(128,128,128,.4)"

RULES: Rules = {
    "p,table,th,td,pre,figure": {"margin": "0", "padding": "0", "border": "0", "font": f"13px/1.5 {FONT}"},
    "p,td,th,pre": {"color": "inherit", "background": "none", "text-align": "left", "max-width": "none"},
    ".fit-row": {"display": "flex", "flex-wrap": "wrap", "gap": "12px 28px", "align-items": "flex-start"},
    ".fit-part": {"margin": "0 0 10px", "max-width": "100%", "overflow-x": "auto"},
    "table": {"border-collapse": "collapse", "width": "auto"},
    "tr": {"background": "none"},
    "th,td": {"padding": "2px 14px 2px 0", "border-bottom": f"1px solid {LINE}", "white-space": "nowrap"},
    "th,.fit-head": {"font-weight": "bold"},
    "td.fit-number,th.fit-number": {"text-align": "right", "font-variant-numeric": "tabular-nums"},
    "td.fit-long": {"white-space": "normal"},
    "tr.fit-best td": {"font-weight": "bold"},
    ".fit-faint": {"opacity": ".75"},
    "pre.fit-findings": {
        "font": '12.5px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace',
        "padding": "8px 12px",
        "border-left": "3px solid",
        "overflow-x": "auto",
        "white-space": "pre",
    },
    "pre.fit-findings,.fit-strong": {"color": ("#1b1f24", "#e6edf3")},
    "pre.fit-error": {"background": ("#fff5f4", "#1f1416"), "border-color": ("#c4281c", "#ff7b72")},
    "pre.fit-warning": {"background": ("#fffaf0", "#1d1a12"), "border-color": ("#8a5a00", "#e0a04a")},
    ".fit-strong,b.fit-error,b.fit-warning,b.fit-accent": {"font-weight": "bold"},
    "b.fit-error": {"color": ("#c4281c", "#ff7b72")},
    "b.fit-warning": {"color": ("#8a5a00", "#e0a04a")},
    "b.fit-accent": {"color": ("#0b5cad", "#79b8ff")},
    "svg.fit-chart": {"max-width": "100%", "height": "auto"},
    ".fit-chart text": {"font": f"10px {FONT}", "fill": "currentColor"},
    ".fit-chart .fit-axis": {"stroke": LINE, "fill": "none"},
    ".fit-chart path": {"fill": "none", "stroke-width": "1.6"},
    ".fit-chart .fit-train": {"stroke": ("#3b74b4", "#6ea8e6")},
    ".fit-chart .fit-val": {"stroke": ("#b06a12", "#e0a04a"), "stroke-dasharray": "4 2"},
}
"""How an output looks; the text has the colour of the page around it."""


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


def panel(*parts: Markup) -> str:
    """Parts below each other as one output."""
    inside = "\n".join(parts)
    return f'<div class="{scope_of(RULES)}">\n<style>{scoped(RULES)}</style>\n{inside}\n</div>'


def row(*parts: Markup) -> Markup:
    """Parts beside each other, as far as there is room."""
    return Markup(f'<div class="fit-row">\n{"".join(parts)}</div>')


def headline(text: str, rest: str = "") -> Markup:
    """What an output is about, and a few words on it."""
    faint = f' <span class="fit-faint">{escape(rest)}</span>' if rest else ""
    return Markup(f'<p class="fit-part"><span class="fit-head">{escape(text)}</span>{faint}</p>')


def remark(text: str) -> Markup:
    """A sentence that explains."""
    return Markup(f'<p class="fit-part fit-faint">{escape(text)}</p>')


def picture(drawn: Drawn) -> Markup:
    """A drawing, and what was left out of it."""
    notes = "".join(map(remark, drawn.notes))
    return Markup(f'<div class="fit-part">\n{inline_svg(drawn.picture)}\n{notes}</div>')


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: Its head.
        kind: `number` stands to the right, `long` may be broken into lines.
    """

    title: str
    kind: str = ""


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], best: int | None = None) -> Markup:
    """Rows of texts below their heads; the row in position `best` stands out."""
    head = "".join(f'<th scope="col"{_kind(column)}>{escape(column.title)}</th>' for column in columns)
    body = "\n".join(_row(columns, row, is_best=place == best) for place, row in enumerate(rows))
    lines = (f"<table>\n<thead><tr>{head}</tr></thead>" if any(c.title for c in columns) else "<table>",)
    return Markup("\n".join(('<div class="fit-part">', *lines, f"<tbody>\n{body}\n</tbody></table></div>")))


def _row(columns: Sequence[Column], row: Sequence[str], *, is_best: bool) -> str:
    cells = (f"<td{_kind(column)}>{escape(text)}</td>" for column, text in zip(columns, row, strict=True))
    look = ' class="fit-best"' if is_best else ""
    return f"<tr{look}>{''.join(cells)}</tr>"


def _kind(column: Column) -> str:
    return f' class="fit-{column.kind}"' if column.kind else ""
