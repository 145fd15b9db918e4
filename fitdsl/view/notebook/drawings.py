"""A spec and its networks as they draw themselves in a notebook."""

from __future__ import annotations

from ...graph.model import Network
from ...program.model import Program
from ..drawing.picture import Drawn, draw
from ..drawing.svg import inline_svg
from .markup import Column, panel, picture, row, table

Bundle = dict[str, str]
"""Forms of one output, by type; a page shows the richest that it can."""

COSTS = (
    ("parameters", "params"),
    ("weights, without biases and norms", "weights"),
    ("multiply-accumulates", "macs"),
    ("activations", "activations"),
)


def spec_bundle(program: Program, text: str) -> Bundle:
    """The picture of a whole spec, with what was left out of it, and its text where there are no pictures."""
    drawn = draw(program)
    if drawn.notes:
        return {"text/plain": text, "text/html": panel(picture(drawn))}
    return {"text/plain": text, "image/svg+xml": inline_svg(drawn.picture)}


def network_bundle(network: Network, text: str) -> Bundle:
    """The picture of one network beside what an example costs."""
    if network.cost is None:
        costs = table((Column(""),), [("costs are not known, as it comes from outside",)])
    else:
        costs = table(
            (Column("an example"), Column("", "number")),
            [(word, f"{getattr(network.cost, name):,}") for word, name in COSTS],
        )
    return {"text/plain": text, "text/html": panel(row(costs, picture(draw_network(network))))}


def draw_network(network: Network) -> Drawn:
    """One network alone."""
    return draw(Program(network.name, {}, {network.name: network}, {}, {}))
