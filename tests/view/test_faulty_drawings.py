"""Networks that do not check are drawn as far as they are known, with the fault marked."""

from __future__ import annotations

import pytest
from pictures import clashes, column_of, net, picture_of, read, shown, stray

from fitdsl.compilation import Compilation
from fitdsl.diagnostics import FitError
from fitdsl.view.drawing.boxes import Box
from fitdsl.view.drawing.folding import shorten
from fitdsl.view.drawing.layout import Layout
from fitdsl.view.drawing.picture import draw
from fitdsl.view.drawing.shapes import Frame, Words


def sketched(compilation: Compilation) -> Box:
    """The box of what is known of a network."""
    graph = compilation.sketch.networks["net"].graph
    return Layout(graph, 80.0).box(shorten(graph, ()).item)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("  Conv2d(8, 1) -> Linaer(3)", ["[0] Conv2d(8, 1)", "fault1 FIT1001 Linaer(3)"]),
        ("  a = Conv2d(8, 1)\n  b = Linaer(3)\n  c = ReLU()", ["a Conv2d(8, 1)", "b FIT1001 Linaer(3)"]),
        ("  a = Conv2d(8, 1)\n  b = Linear(3)\n  c = ReLU()", ["a Conv2d(8, 1)", "b FIT2004 Linear(3)"]),
        ("  a = Conv2d(-1, 1)", ["a FIT1007 Conv2d(-1, 1)"]),
        (
            "  a = Conv2d(4, 1)\n  a + image -> ReLU()",
            ["a Conv2d(4, 1)", "[0] FIT2001 a + image"],
        ),
        (
            "block b() { x = Conv2d(8, 1)\n  x -> Linear(5) }\n---\n  s = b()\n  ReLU()",
            ["s b", "  x Conv2d(8, 1)", "  s[0] FIT2004 Linear(5)"],
        ),
    ],
)
def test_what_is_known_is_drawn_up_to_the_fault(body: str, expected: list[str]) -> None:
    compilation = net(body)
    box = sketched(compilation)
    assert list(shown(box)) == ["image", *expected]
    assert clashes(box) == []
    picture = picture_of_sketch(compilation)
    assert any(shape.look == "layer fault" for shape in picture if isinstance(shape, Frame))
    assert any(shape.text.startswith("does not check, 1 fault") for shape in picture if isinstance(shape, Words))


def picture_of_sketch(compilation: Compilation) -> tuple[object, ...]:
    """The shapes of a spec that does not check."""
    return draw(compilation.sketch).picture.shapes


def test_sound_networks_stand_beside_faulty_ones() -> None:
    spec = read("teacher t(image: [4]) { Linear(2) }\nstudent s(image: [4]) { Conv2d(2, 3) }\n")
    assert list(spec.sketch.networks) == ["t", "s"]
    assert "s.[0]" not in spec.sketch.networks["t"].graph.layers


def test_a_spec_that_is_sound_is_its_own_sketch() -> None:
    spec = net("  Conv2d(4, 1)")
    assert spec.sketch.networks == spec.program.networks


def test_nothing_is_drawn_where_nothing_is_known() -> None:
    with pytest.raises(FitError, match="FIT"):
        _ = read("student s(image: [4]) {\n  Linear(2\n").sketch


def test_a_spec_without_networks_says_so() -> None:
    picture = picture_of(read("let a = 1\n"))
    assert [shape.text for shape in picture.shapes if isinstance(shape, Words)] == ["This spec has no networks."]
    assert stray(picture) == []


def test_a_network_without_layers_is_its_input() -> None:
    assert list(shown(column_of(net("  image")).box)) == ["image"]
