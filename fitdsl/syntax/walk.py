"""Walking over a tree without knowing each kind of node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from . import nodes
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


def free(node: Node) -> frozenset[str]:
    """The names in a node that are not bound inside it."""
    found: set[str] = set()
    match node:
        case nodes.Name():
            found.add(node.id)
        case nodes.Repeat():
            own = {node.variable.text} if node.variable else set()
            found |= free(node.over) | (free(node.body) - own)
        case nodes.Block():
            bound = set[str]()
            for parameter in node.parameters:
                found |= (free(parameter.default) - bound) if parameter.default else set()
                bound.add(parameter.name.text)
            found |= free(node.body) - bound
        case nodes.Network():
            found |= {name for part in (*node.inputs, *node.options) for name in free(part)}
            found |= free(node.body) - {item.name.text for item in node.inputs}
        case nodes.Body():
            bound = set[str]()
            for statement in node.statements:
                found |= free(statement.value) - bound
                name = statement.name if isinstance(statement, nodes.Let) else statement.label
                bound |= {name.text} if name else set()
        case _:
            for child in children(node):
                found |= free(child)
    return frozenset(found)
