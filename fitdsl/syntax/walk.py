"""Walking over a tree without knowing each kind of node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from .nodes import Node


def children(node: Node) -> Iterator[Node]:
    """The nodes right below a node, in the order in which they are written."""
    for field in fields(node):
        value = None if field.name in ("span", "trivia") else getattr(node, field.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node))


def walk(node: Node) -> Iterator[Node]:
    """A node and all nodes below it, each before those below it."""
    yield node
    for child in children(node):
        yield from walk(child)
