"""A spec as a Mermaid flowchart, which GitHub, GitLab and many editors draw: blocks are nested subgraphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .diagram import Diagram, Group, Node
from .palette import LIGHT

PLAIN = frozenset(" .,:=+-*/()[]{}_×…→")
"""What stands in a label as it is, beside letters and digits; all else could be markup and is written as a code."""
FRAME = "fill:#f6f8fa,stroke:#8c959f,color:#1b1f24"


def mermaid(diagram: Diagram) -> str:
    """A diagram as a flowchart from top to bottom."""
    colours = ((kind, *LIGHT[kind]) for kind in diagram.kinds)
    return "\n".join(
        (
            "flowchart TB",
            *_statements(diagram.inside, "  "),
            *(f"  {link.tail} {'-.->' if link.is_dashed else '-->'} {link.head}" for link in diagram.links),
            f"  classDef frame {FRAME}",
            f"  class {','.join(diagram.groups)} frame",
            *(f"  classDef {kind} fill:{fill},stroke:{line},color:#1b1f24" for kind, fill, line in colours),
        )
    )


def _statements(inside: Iterable[Node | Group], margin: str) -> Iterator[str]:
    for each in inside:
        if isinstance(each, Node):
            yield f'{margin}{each.id}["{"<br/>".join(map(_text, each.lines))}"]:::{each.kind}'
        else:
            yield f'{margin}subgraph {each.id}["{_text(each.label) or " "}"]'
            yield from _statements(each.inside, margin + "  ")
            yield f"{margin}end"


def _text(line: str) -> str:
    return "".join(char if char.isalnum() or char in PLAIN else f"#{ord(char)};" for char in line)
