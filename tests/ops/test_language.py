"""The examples of ops are calls of the language: each means in a spec what it means to the contract test."""

from __future__ import annotations

import pytest
from spelling import EXAMPLES, op

from fitdsl.compilation import Compilation
from fitdsl.source import Source
from fitdsl.values import TensorType


def written(text: str, inputs: tuple[TensorType, ...]) -> str:
    """A spec with the call as its only layer."""
    names = [f"input{number}" for number in range(len(inputs))]
    header = ", ".join(f"{name}: {x}" for name, x in zip(names, inputs, strict=True))
    flow = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
    return f"fit 1\n\nstudent net({header}) {{\n  {flow} -> {text}\n}}\n"


@pytest.mark.parametrize(("text", "inputs"), EXAMPLES)
def test_an_example_is_what_a_user_would_write(text: str, inputs: tuple[TensorType, ...]) -> None:
    program = Compilation(Source("example.fit", written(text, inputs))).program
    (layer,) = program.networks["net"].graph.layers.values()
    assert (layer.op, layer.type) == (op(text), op(text).infer(*inputs))
