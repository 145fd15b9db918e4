"""Where the boxes of networks stand: nothing in anything's way, ways straight, branches beside."""

from __future__ import annotations

from pathlib import Path

import pytest
from pictures import ROOT, SPECS, box_of, clashes, column_of, net, picture_of, places, shown, stray

from fitdsl.compilation import Compilation
from fitdsl.view.drawing.align import align
from fitdsl.view.drawing.boxes import ROW

INCEPTION = """
block inception() {
  one  = input -> Conv2d(8, 1)
  wide = input -> Conv2d(8, 1) -> Conv2d(8, 5, padding=2)
  pool = input -> MaxPool2d(3, stride=1, padding=1)
  [one, wide, pool] -> Concat()
}

block dense(k) {
  a = input -> Conv2d(k, 3, padding=1)
  b = [input, a] -> Concat() -> Conv2d(k, 3, padding=1)
  [input, a, b] -> Concat()
}
---
  stem = Conv2d(8, 3, padding=1)
  mix  = inception() -> dense(4)
  late = stem -> Conv2d(4, 1)
  [mix, late] -> Concat()
  out  = Conv2d(4, 1)
"""


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("depth", [None, 1, 2])
def test_nothing_overlaps(path: Path, depth: int | None) -> None:
    compilation = Compilation.open(path)
    for name in compilation.program.networks:
        assert clashes(box_of(compilation, name, depth)) == []
    assert stray(picture_of(compilation, depth)) == []


def test_branches_stand_beside_the_longest_way() -> None:
    box = box_of(net(INCEPTION))
    at = places(box)
    assert clashes(box) == []
    assert at["mix[0].wide[0]"].x == at["mix[0].wide[1]"].x == at["stem"].x == at["out"].x
    assert at["mix[0].one"].x != at["mix[0].wide[0]"].x
    assert at["mix[0].one"].y > at["stem"].bottom
    assert at["mix[0].one"].bottom < at["mix[0][0]"].y


@pytest.mark.parametrize("text", [INCEPTION])
def test_wires_are_upright_or_level_and_lead_down(text: str) -> None:
    for placed in box_of(net(text)).everything():
        for wire in placed.box.wires:
            steps = list(zip(wire.points, wire.points[1:], strict=False))
            assert all(before[0] == after[0] or before[1] == after[1] for before, after in steps)
            assert all(before[1] <= after[1] for before, after in steps)


def test_every_reading_is_a_wire_from_edge_to_edge() -> None:
    box = box_of(net("  a = Conv2d(8, 1)\n  b = Conv2d(8, 1)\n  a + b -> MaxPool2d(2)"))
    at = places(box)
    ends = [(wire.points[0], wire.points[-1]) for wire in box.wires]
    half = at["a"].box.right
    assert ends == [
        ((0.0, at["image"].bottom), (0.0, at["a"].y)),
        ((0.0, at["a"].bottom), (0.0, at["b"].y)),
        ((0.0, at["a"].bottom), (half, at["[0]"].y + ROW / 2)),
        ((0.0, at["b"].bottom), (0.0, at["[0]"].y)),
        ((0.0, at["[0]"].bottom), (0.0, at["[1]"].y)),
    ]


def test_what_works_number_by_number_stands_right_below() -> None:
    at = places(box_of(net("  a = Conv2d(8, 1)\n  b = BatchNorm2d()\n  c = ReLU()\n  d = Conv2d(8, 1)")))
    assert [at["b"].y - at["a"].bottom, at["c"].y - at["b"].bottom, at["d"].y - at["c"].bottom] == [0.0, 0.0, 15.0]


def test_what_is_read_twice_does_not() -> None:
    at = places(box_of(net("  a = Conv2d(8, 1)\n  b = ReLU()\n  a + b")))
    assert at["b"].y - at["a"].bottom == 15.0


def test_small_networks_show_every_layer() -> None:
    box = box_of(net("  s = repeat 4 { Conv2d(8, 3, padding=1) -> ReLU() }"))
    layer = ["  s[{}][0] Conv2d(8, 3, padding=1)", "  s[{}][1] ReLU()"]
    assert list(shown(box)) == ["image", "s", *(line.format(n) for n in range(4) for line in layer)]


def test_many_like_parts_are_one_with_a_count() -> None:
    box = box_of(net("  s = repeat 8 { Conv2d(8, 3, padding=1) -> ReLU() }"))
    assert list(shown(box)) == ["image", "s ×8", "  s[0][0] Conv2d(8, 3, padding=1)", "  s[0][1] ReLU()"]


def test_parts_of_other_shapes_are_not_alike() -> None:
    box = box_of(net("  s = repeat 9 { Conv2d(9, 3, padding=1) }\n  t = repeat 9 { Conv2d(7, 3, padding=1) }"))
    lines = ["image", "s ×9 Conv2d(9, 3, padding=1)", "t ×9 Conv2d(7, 3, padding=1)"]
    assert list(shown(box)) == lines


def test_a_depth_closes_blocks_below() -> None:
    spec = net("block b() { x = Conv2d(8, 1) -> ReLU() -> MaxPool2d(1)\n  x -> Conv2d(8, 1) }\n---\n  s = b() -> b()")
    assert list(shown(box_of(spec, depth=1))) == ["image", "s"]
    assert list(shown(box_of(spec, depth=2))) == ["image", "s", "  s[0] b", "  s[1] b"]
    assert len(list(shown(box_of(spec, depth=3)))) == 8
    assert len(list(shown(box_of(spec)))) == 14


def test_a_hint_stands_beside_what_it_guides() -> None:
    compilation = Compilation.open(ROOT / "specs" / "fitnets" / "cifar10_fitnet4.fit")
    program = compilation.program
    columns = align({name: column_of(compilation, name) for name in program.networks}, program)
    (hint,) = program.hints.values()
    heights = [columns["maxout"].height_of(hint.hint[0]), columns["fitnet4"].height_of(hint.guided[0])]
    assert heights[0] == pytest.approx(heights[1], abs=1)
    ends = [column.height_of("logits") for column in columns.values()]
    assert ends[0] == pytest.approx(ends[1], abs=1)
    assert all(clashes(column.box) == [] for column in columns.values())
