"""Ops out of calls as users write them, and torch modules out of ops."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor, nn

from fitdsl.backend.resolve import resolve
from fitdsl.component import components
from fitdsl.ops.base import Op
from fitdsl.values import Call, TensorType

WORDS = {"true": True, "false": False}
OPS = {name: cls for name, cls in components("op").items() if issubclass(cls, Op)}


def op(text: str) -> Op:
    """The op of a call such as `Conv2d(16, 3, bias=false)`; the language's calls are Python's save for two words."""
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Name)
    cls = OPS[call.func.id]
    named = {keyword.arg: _value(keyword.value) for keyword in call.keywords if keyword.arg}
    return cls.model_validate(dict(zip(cls.model_fields, map(_value, call.args), strict=False)) | named)


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.List):
        return tuple(map(_value, node.elts))
    return WORDS[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)


def types(shapes: tuple[int, ...] | tuple[tuple[int, ...], ...]) -> tuple[TensorType, ...]:
    """The inputs of an example: one shape, or several."""
    several = shapes if shapes and isinstance(shapes[0], tuple) else (shapes,)
    return tuple(TensorType(shape) for shape in several)  # type: ignore[arg-type]


def built(call: Call) -> nn.Module | Callable[..., Tensor]:
    """What torch makes of a call: a module, or a function with its options given."""
    target = resolve(call.target)
    if isinstance(target, type):
        module: nn.Module = target(**call.kwargs)
        return module
    return partial(target, **call.kwargs)


EXAMPLES = [(text, types(shapes)) for cls in OPS.values() for text, shapes in cls.examples]
"""Every example of every op, with its inputs."""
