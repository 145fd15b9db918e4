"""Networks as trees of their labels, blocks and repeats, folded below a depth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field

from ..compilation import Compilation
from ..dataclass import dataclass
from ..graph.model import Layer, LayerGraph, Network
from ..values import Cost
from .options import ViewOptions
from .spelling import spell_call
from .table import headline
from .terminal import Display, Style, columns, counted, human, indent, printable, sections

_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


@dataclass
class Branch:
    """An address: how many layers continue it, what they cost together, the last one, and its next steps."""

    address: str = ""
    count: int = 0
    cost: Cost = field(default_factory=Cost)
    last: str = ""
    branches: dict[str, Branch] = field(default_factory=dict)

    def grow(self, layer: Layer) -> None:
        """Add a layer to every address on the way to its own."""
        branch = self
        for step in _STEP.finditer(layer.address):
            branch = branch.branches.setdefault(step.group(), Branch(layer.address[: step.end()]))
            branch.count, branch.cost, branch.last = branch.count + 1, branch.cost + layer.cost, layer.address


def tree(compilation: Compilation, options: ViewOptions) -> str:
    """Every network as a tree."""
    networks = compilation.program.networks.values()
    return sections(tree_block(network, options.display, options.depth) for network in networks)


def tree_block(network: Network, display: Display, depth: int | None = None) -> list[str]:
    """A network as a headline and a row for each group and layer down to `depth` levels."""
    root = Branch()
    for layer in network.graph.layers.values():
        root.grow(layer)
    rows = [("layer", "op", "shape", "params"), *_rows(network.graph, root, depth)]
    head, *body = columns(rows, "<<<>", width=display.width - 2, squeeze=(1, 0))
    total = [] if network.cost is None else [f"{counted(network.cost.params, 'param')}, {network.cost.macs:,} MACs"]
    return [display.paint(headline(network), Style.STRONG), *indent([display.paint(head, Style.FAINT), *body, *total])]


def _rows(graph: LayerGraph, branch: Branch, depth: int | None, level: int = 0) -> Iterator[tuple[str, ...]]:
    for step, child in branch.branches.items():
        is_open = bool(child.branches) and (depth is None or level + 1 < depth)
        params = human(child.cost.params) if child.cost.params else "-"
        yield ("  " * level + step, _word(graph, child, is_open=is_open), _shape(graph, child), params)
        if is_open:
            yield from _rows(graph, child, depth, level + 1)


def _word(graph: LayerGraph, branch: Branch, *, is_open: bool) -> str:
    """The op of a layer; the block of a group, and how many layers it hides if it is folded."""
    if branch.address in graph.layers:
        return printable(spell_call(graph.layers[branch.address].op))
    group = graph.groups.get(branch.address)
    folded = "" if is_open else f"({counted(branch.count, 'layer')})"
    return f"{(group and group.block) or ''} {folded}".strip()


def _shape(graph: LayerGraph, branch: Branch) -> str:
    has_address = branch.address in graph.groups or branch.address in graph.layers
    return str(graph.type_of(branch.address if has_address else branch.last))
