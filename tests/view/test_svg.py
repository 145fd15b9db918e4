"""Drawings as SVG: whole, the same for the same spec, and safe whatever a spec says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pictures import ROOT, SPECS, picture_of, read
from programs import small_program

from fitdsl.compilation import Compilation
from fitdsl.graph.model import Group
from fitdsl.program.model import Program
from fitdsl.view.drawing.letters import fit, fit_call, text_width, wrap_text
from fitdsl.view.drawing.picture import draw
from fitdsl.view.drawing.shapes import Frame, Line, Picture, Words
from fitdsl.view.drawing.svg import svg

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "title", "desc", "style", "rect", "path", "text", "tspan", "circle"}
ATTACKS = [
    "<script>alert(1)</script>",
    "</title></svg><script>alert(1)</script>",
    '"><image href="x" onerror="alert(1)"/>',
    "' onload='alert(1)",
    "]]><!--",
    "<![CDATA[",
    "&lt;b&gt;&amp;&#x3c;script&#x3e;",
    "javascript:alert(1)",
    "</style><style>*{display:none}",
    "\x00\x08\x1b[2J\ufffe\u202e\U0001f600",
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
]


def attacked(attack: str) -> Program:
    """The small program with an attack wherever a text of a spec, or of its file's name, can get."""
    program = small_program()
    (hint,), (big, small) = program.hints.values(), program.networks.values()
    groups = {**small.graph.groups, "s1": Group("s1", "s1[1][1]", block=attack, doc=attack)}
    small = replace(small, graph=replace(small.graph, groups=groups), doc=attack)
    renamed = replace(hint, name=attack)
    stages = {f"{name}{attack}": replace(stage, name=f"{name}{attack}") for name, stage in program.stages.items()}
    stages = {name: replace(stage, hints=(attack,) * len(stage.hints)) for name, stage in stages.items()}
    networks = {"big": replace(big, weights=attack), "small": small}
    return replace(program, name=attack, networks=networks, hints={attack: renamed}, stages=stages)


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_spec_says_stays_text(attack: str) -> None:
    document = svg(draw(attacked(attack)).picture)
    tree = ElementTree.fromstring(document)
    assert {element.tag.removeprefix(SVG) for element in tree.iter()} == ELEMENTS
    names = {name for element in tree.iter() for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name for name in names)
    (style,) = tree.iter(f"{SVG}style")
    plain = ElementTree.fromstring(svg(draw(small_program()).picture))
    assert [style.text] == [element.text for element in plain.iter(f"{SVG}style")]
    assert len(list(tree.iter())) == len(list(plain.iter())) + len(list(tree.iter(f"{SVG}tspan"))) - len(
        list(plain.iter(f"{SVG}tspan"))
    )


def test_an_attack_in_the_text_of_a_spec_is_shown_as_it_stands() -> None:
    body = 'teacher big = timm("</title><script>", classes=5)\n'
    body += 'data d { source = Npz("<i>", [3, 8, 8], classes=5) }\n'
    body += "student net(image: d.input) { Flatten() -> Linear(d.classes) }\n"
    document = svg(picture_of(read(body)))
    assert "<script>" not in document
    assert "&lt;/title&gt;&lt;script&gt;" in document


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_same_spec_is_the_same_picture(path: Path) -> None:
    first, again = (svg(picture_of(Compilation.open(path))) for _ in range(2))
    assert first == again
    ElementTree.fromstring(first)


def test_a_small_picture() -> None:
    shapes = (
        Frame(1.0, 2.04, 30.0, 20.0, "layer conv", 4.0, "a & b", "net.a"),
        Words(5.0, 14.0, "", "name", then="Conv2d(8, 1)"),
        Words(20.0, 14.0, "[8]", "faint", "end"),
        Line(((10.0, 22.0), (10.0, 30.0), (40.0, 30.0), (40.0, 50.0))),
    )
    lines = svg(Picture(60.0, 70.5, shapes, "a <net>", "")).splitlines()
    assert lines[0] == (
        '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="70.5" viewBox="0 0 60 70.5" role="img">'
    )
    assert lines[1:3] == ["<title>a &lt;net&gt;</title>", "<desc></desc>"]
    assert lines[-7:] == [
        '<rect class="paper" width="60" height="70.5"/>',
        '<rect class="layer conv" x="1" y="2" width="30" height="20" rx="4" data-address="net.a">'
        "<title>a &amp; b</title></rect>",
        '<text x="5" y="14" class="name"><tspan class="op">Conv2d(8, 1)</tspan></text>',
        '<text x="20" y="14" class="faint" text-anchor="end">[8]</text>',
        '<path class="wire" d="M10 22L10 26Q10 30 15 30L35 30Q40 30 40 35L40 50"/>',
        '<path class="head" d="M40 50L36.8 46 43.2 46Z"/>',
        "</svg>",
    ]


def test_a_picture_says_what_its_spec_says() -> None:
    tree = ElementTree.fromstring(svg(draw(small_program()).picture))
    texts = {"".join(element.itertext()) for element in tree.iter(f"{SVG}text")}
    assert {"hint mid", "mse()", "teacher big", "student small", "t1 Conv2d(16, 3, padding=1)", "ce()"} <= texts
    assert {"kd(temperature=3)", "trains student[..s1], regressor of mid", "distil after hints"} <= texts
    titles = [element.text for element in tree.iter(f"{SVG}title")]
    assert "big.t1\nConv2d(16, 3, padding=1)\n[16, 8, 8]\n160 params, 9,216 MACs" in titles
    assert "stage hints: runs, frozen" in titles


def test_light_and_dark_give_colours_to_the_same_things() -> None:
    light, dark = svg(draw(small_program()).picture).split("@media (prefers-color-scheme:dark)")
    coloured = re.compile(r"\.([\w-]+)[^{}]*\{[^}]*(?:fill|stroke):#")
    assert set(coloured.findall(dark)) - set(coloured.findall(light)) == set()


def test_texts_fit_where_they_are_told_to() -> None:
    assert text_width("mm", 10.0) == pytest.approx(19.4)
    assert fit("abcdef", 200, 10) == "abcdef"
    assert fit("mmmmmm", 40, 10) == "mmm…"
    assert fit_call("Conv2d(16, [3, 3], padding=1)", 1000, 10) == "Conv2d(16, [3, 3], padding=1)"
    assert fit_call("Conv2d(16, [3, 3], padding=1)", 140, 10) == "Conv2d(16, [3, 3], …)"
    assert fit_call("Conv2d(16, [3, 3], padding=1)", 100, 10) == "Conv2d(16, …)"
    assert fit_call('f("a, b", 1)', 50, 10) == 'f("a, b",…'
    assert wrap_text("aa bb cc", 35, 10) == ["aa bb", "cc"]
    assert text_width("日本", 10.0) == 40.0


def test_the_demo_in_the_docs_is_in_step() -> None:
    expected = svg(picture_of(Compilation.open(ROOT / "specs" / "digits.fit"))) + "\n"
    assert (ROOT / "docs" / "images" / "digits.svg").read_text() == expected
