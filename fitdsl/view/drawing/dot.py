"""A spec in Graphviz' language, for `dot -Tsvg` and whatever else reads it: blocks are nested clusters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .diagram import Diagram, Group, Node
from .palette import LIGHT


def dot(diagram: Diagram) -> str:
    """A diagram as a `digraph`."""
    links = (f"{link.tail} -> {link.head}{' [style=dashed]' * link.is_dashed};" for link in diagram.links)
    return "\n".join(
        (
            "digraph spec {",
            '  graph [fontname="Helvetica", compound=true, nodesep=0.3, ranksep=0.3, labeljust=l];',
            '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=10, height=0.3];',
            '  edge [arrowsize=0.6, color="#57606a"];',
            *_statements(diagram.inside, "  "),
            *(f"  {link}" for link in links),
            "}",
        )
    )


def _statements(inside: Iterable[Node | Group], margin: str) -> Iterator[str]:
    for each in inside:
        if isinstance(each, Node):
            fill, line = LIGHT[each.kind]
            yield f'{margin}{each.id} [label="{_text(*each.lines)}", fillcolor="{fill}", color="{line}"];'
        else:
            yield f"{margin}subgraph cluster_{each.id} {{"
            yield f'{margin}  label="{_text(each.label)}"; style=rounded; color="#8c959f"; fontsize=11;'
            yield from _statements(each.inside, margin + "  ")
            yield f"{margin}}}"


def _text(*lines: str) -> str:
    return "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
