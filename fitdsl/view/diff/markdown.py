"""A difference as Markdown for a pull request: a table for each network and declaration, as GitHub draws them.

Whatever comes from a spec stands in code, where it can be neither markup nor a mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..terminal import Display, printable, sections
from .document import DiffDocument
from .rows import Block, Row, blocks

_PLAIN = re.compile(r"[^`|\\]*")
_MARKUP = re.compile(r"[^\w\s]|_")


def diff_markdown(document: DiffDocument, display: Display) -> str:
    """A heading, then a table for everything that differs; the display does not matter."""
    before, after = code(document.before), code(document.after)
    if document.same:
        return f"{before} and {after} mean the same."
    return sections([[f"### {before} → {after}"], *([*_table(block)] for block in blocks(document))])


def code(text: str) -> str:
    """A text as code that shows it as it is, in a table, too."""
    text = printable(text)
    if text.strip() and _PLAIN.fullmatch(text):
        return f"`{text}`"
    return f"<code>{_MARKUP.sub(lambda char: f'&#{ord(char.group())};', text)}</code>"


def _table(block: Block) -> Iterator[str]:
    yield f"**{code(block.title)}** {block.change}"
    if block.rows:
        yield ""
        yield "| | | | shape | params | MACs |" if block.is_network else "| | | |"
        yield "|---|---|---|---|---:|---:|" if block.is_network else "|---|---|---|"
        yield from (_row(row, is_network=block.is_network) for row in block.rows)
    if block.note:
        yield ""
        yield f"{block.note[0].upper()}{block.note[1:]}."


def _row(row: Row, *, is_network: bool) -> str:
    said = "<br>".join(map(code, row.pieces))
    numbers = (row.shape, row.params, row.macs) if is_network else ()
    return f"| {' | '.join((row.change, code(row.place), said, *numbers))} |"
