"""Values, defaults and domains of params as the user wrote them."""

from __future__ import annotations

from typing import Any

from ..syntax import nodes


def written(node: nodes.Node) -> str:
    """The node's own text on one line."""
    return " ".join(node.span.text.split())


def plain_literal(expr: nodes.Expr) -> Any:
    """A literal as JSON has it; anything else as it is written."""
    match expr:
        case nodes.Number(value=value) | nodes.String(value=value) | nodes.Boolean(value=value):
            return value
        case nodes.Unary(op="-", operand=nodes.Number(value=value)):
            return -value
        case nodes.List(items=items):
            return [plain_literal(item) for item in items]
        case _:
            return written(expr)
