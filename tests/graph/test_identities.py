"""Identities of layers: what computes the same is the same whatever it is called, and nothing else is."""

from __future__ import annotations

import pytest
from graphs import network

import fitdsl as fit
from fitdsl.graph.model import LayerGraph
from fitdsl.ops.conv import Conv2d
from fitdsl.optim.initializers import Kaiming

CONV = Conv2d(out_channels=4, kernel_size=3)


def graph(body: str, inputs: str = "x: [4, 8, 8]") -> LayerGraph:
    return fit.loads(f"fit 1\nstudent s({inputs}) {{\n{body}\n}}\n").student.graph


def identity(body: str, inputs: str = "x: [4, 8, 8]") -> str:
    """That of the output."""
    made = graph(body, inputs)
    return made.identities[made.resolve(made.output)]


PLAIN = "a = Conv2d(4, 3)\nb = a -> ReLU()"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PLAIN, "Conv2d(4, 3) -> ReLU()"),
        (PLAIN, "a = Conv2d(4, kernel_size=3, stride=1)\nb = a -> ReLU()"),
        ("a = ReLU()\nb = x -> Tanh()\na + b", "b = x -> Tanh()\na = x -> ReLU()\nb + a"),
        ("a = ReLU()\nb = x -> Tanh()\na * b", "b = x -> Tanh()\na = x -> ReLU()\nb * a"),
        ("repeat 2 { Conv2d(4, 3) }", "c = Conv2d(4, 3) -> Conv2d(4, 3)"),
    ],
)
def test_names_and_order_of_lines_do_not_matter(one: str, other: str) -> None:
    assert identity(one) == identity(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PLAIN, "a = Conv2d(4, 3)\nb = a -> Tanh()"),
        (PLAIN, "a = Conv2d(4, 3, bias=false)\nb = a -> ReLU()"),
        ("a = ReLU()\nb = x -> Tanh()\na - b", "a = ReLU()\nb = x -> Tanh()\nb - a"),
        ("a = ReLU()\nb = x -> Tanh()\n[a, b] -> Concat()", "a = ReLU()\nb = x -> Tanh()\n[b, a] -> Concat()"),
        ("a = Conv2d(4, 3)\nb = x -> Conv2d(4, 3)\na + b", "a = Conv2d(4, 3)\na + a"),
        ("h = x -> Split(2)\nh[0] - h[1]", "h = x -> Split(2)\nh[1] - h[0]"),
    ],
)
def test_what_is_computed_matters(one: str, other: str) -> None:
    assert identity(one) != identity(other)


def test_the_start_of_weights_matters() -> None:
    plain, started = network((4, 8, 8), ("c", CONV)), network((4, 8, 8), ("c", CONV), init=Kaiming())
    assert plain.identities["c"] != started.identities["c"]


def test_what_is_above_does_not_matter() -> None:
    short, long = graph("a = Conv2d(4, 3)"), graph("a = Conv2d(4, 3)\nb = Conv2d(4, 3)\nc = x -> Conv2d(4, 3)\nb")
    assert short.identities["a"] == long.identities["a"]


def test_two_layers_that_compute_the_same_have_two_identities() -> None:
    made = graph("a = Conv2d(4, 3)\nb = x -> Conv2d(4, 3)\na + b")
    assert made.identities["a"] != made.identities["b"]


def test_the_place_and_type_of_an_input_matter() -> None:
    pair = "x: [4, 8, 8], y: [4, 8, 8]"
    assert identity("x -> ReLU()", pair) != identity("y -> ReLU()", pair)
    assert identity("x -> ReLU()", pair) == identity("u -> ReLU()", pair.replace("x", "u"))
    assert identity("x -> ReLU()") != identity("x -> ReLU()", "x: [4, 8, 9]")
