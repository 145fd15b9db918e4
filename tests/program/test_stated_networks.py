"""Networks from outside are checked, shown and planned by what the spec states of them, without any package."""

from __future__ import annotations

import json

import pytest
from findings import found

import fitdsl as fit
from fitdsl.graph.model import address_of, state_key
from fitdsl.graph.sources import Python, Source, Timm, Torchvision
from fitdsl.syntax.printer import print_spec
from fitdsl.values import Call
from fitdsl.view.document import show_document
from fitdsl.view.plan import plan
from fitdsl.view.table import program_blocks
from fitdsl.view.terminal import Display, sections
from fitdsl.view.tree import tree_block

BIG = """torchvision("resnet50", classes=10, features={l3: [16, 6, 6], "l3.2.c1": [8, 6, 6]})"""
TEXT = f"""fit 1

data d {{
  source = Digits()
}}

teacher big = {BIG}

student thin(image: d.input) {{
  s1 = Conv2d(4, 3)
  Flatten()
  logits = Linear(d.classes)
}}

hint mid: big.l3[2].c1 guides thin.s1

stage hints {{
  train     = thin[..mid]
  loss      = hint(mid)
  optimizer = SGD(lr=0.1)
  epochs    = 2
}}

stage distil after hints {{
  train     = thin
  loss      = ce() + kd()
  optimizer = SGD(lr=0.1)
  epochs    = 2
}}
"""


def changed(*edits: tuple[str, str]) -> list[str]:
    """What is found in the text after some edits, each of which must apply."""
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return found(text)


def test_a_hint_is_solved_from_the_stated_shape() -> None:
    program = fit.loads(TEXT).program
    hint = program.hints["mid"]
    assert (hint.hint, hint.guided) == (("l3[2].c1",), ("s1",))
    assert [str(layer.type) for layer in hint.regressor.layers.values()] == ["[8, 6, 6]"]
    assert program.stages["hints"].runs["big"] == {"l3[2].c1"}
    assert program.stages["distil"].runs["big"] == {"l3", "l3[2].c1", "output"}
    assert program.stages["distil"].frozen["big"] == program.stages["distil"].runs["big"]


def test_the_text_comes_back() -> None:
    assert print_spec(fit.loads(TEXT).compilation.tree) == TEXT


def test_a_param_may_choose_the_network() -> None:
    text = TEXT.replace("data d", 'param which = "resnet50" in {"resnet50", "vgg16"}\n\ndata d')
    spec = fit.loads(text.replace('"resnet50", classes', "which, classes"), set={"which": '"vgg16"'})
    source = spec.teacher.model.source
    assert source is not None
    assert source.model == "vgg16"


@pytest.mark.parametrize("key", ["layer3", "layer3.2.conv1", "features.16", "0", "0.1.a2"])
def test_a_path_and_its_address_are_one(key: str) -> None:
    assert state_key(address_of(key)) == key


@pytest.mark.parametrize(
    ("source", "target", "arguments", "file"),
    [
        (Torchvision(model="r"), "torchvision.models:get_model", {"name": "r", "weights": "DEFAULT"}, None),
        (
            Torchvision(model="r", weights="a/w.pth", classes=7),
            "torchvision.models:get_model",
            {"name": "r", "num_classes": 7, "weights": None},
            "a/w.pth",
        ),
        (Timm(model="r"), "timm:create_model", {"model_name": "r", "pretrained": True}, None),
        (
            Timm(model="r", weights="w.pt"),
            "timm:create_model",
            {"model_name": "r", "pretrained": False, "num_classes": 1000},
            "w.pt",
        ),
        (Python(model="a.b:c", weights="w.pt"), "a.b:c", {}, "w.pt"),
    ],
)
def test_what_is_called_to_make_it(source: Source, target: str, arguments: dict[str, object], file: str | None) -> None:
    assert (source.lower(), source.file) == (Call(target, arguments), file)


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        (
            [("big.l3[2].c1", "big.layer4[0]")],
            "15:11 FIT1012 `big` comes from outside, and nothing says what its `layer4[0]` gives"
            '  (state its shape, such as `features = {"layer4.0": [64, 28, 28]}`)',
        ),
        (
            [("[8, 6, 6]", "[8, 7, 7]")],
            "15:31 FIT3001 a convolution cannot make [8, 7, 7] from the smaller map [4, 6, 6]"
            "  (use another regressor: `fc()` or `transposed()`)",
        ),
        (
            [("[8, 6, 6]", "8")],
            "7:60 FIT1007 `features` of `torchvision` is a dictionary, each value a list, each item a positive whole"
            " number, got a dictionary with the number 8",
        ),
        (
            [('"l3.2.c1"', '"l3[2]"')],
            '7:60 FIT1007 "l3[2]" is no path of a module  (write it as in "layer3.2.conv1")',
        ),
        (
            [("l3: ", "output: ")],
            "7:60 FIT1007 `output` is what the whole network gives  (leave it out)",
        ),
        (
            [(BIG, 'python("teachers.resnet")')],
            '7:22 FIT1007 "teachers.resnet" names no function  (write `"package.module:function"`)',
        ),
        (
            [(BIG, '"resnet50"')],
            '7:15 FIT1014 a network is a list of layers, or comes from outside; this is the text "resnet50"'
            "  (give it layers: `teacher big(image: …) { … }`; or write `torchvision(…)` or `timm(…)` or `python(…)`)",
        ),
        (
            [("data d {\n  source = Digits()\n}\n", ""), ("d.input", "[1, 8, 8]"), ("d.classes", "10")],
            "4:9 FIT2009 `big` reads the only `data` of its spec, which has none"
            "  (declare it: `data d { source = … }`)",
        ),
        (
            [("teacher", "data e {\n  source = CIFAR10()\n}\n\nteacher")],
            "11:9 FIT2009 `big` reads the only `data` of its spec, which has 2: `d`, `e`  (write a spec for each)",
        ),
        (
            [("train     = thin[..mid]", "train     = [thin[..mid], big]")],
            "18:15 FIT4001 `big` comes from outside and stays as it is"
            "  (train a network whose layers are written in a spec)",
        ),
        (
            [("classes=10, ", "")],
            "26:22 FIT4013 `kd` compares outputs of one shape; `thin` gives [10], `big` gives [1000]"
            "  (end both networks in layers of one size)",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_told_before_anything_is_built(edits: list[tuple[str, str]], expected: str) -> None:
    assert changed(*edits) == [expected]


@pytest.mark.parametrize("line", ["require = params(big) <= 1M\n  maximize = val.accuracy", "minimize = macs(big)"])
def test_what_it_costs_cannot_be_asked(line: str) -> None:
    kind = "params" if "params" in line else "macs"
    search = f"param lr = 0.1 in {{0.1, 0.2}}\n\nsearch {{\n  {line}\n}}\n"
    (finding,) = [each.partition(" ")[2] for each in changed(("lr=0.1", "lr=lr"), ("data d", f"{search}\ndata d"))]
    assert (
        finding == f"FIT1010 the {kind} of `big` are not known: it comes from outside  (write the number in its place)"
    )
    with pytest.raises(LookupError, match="what `big` costs is not known: it comes from outside"):
        fit.loads(TEXT).teacher.cost  # noqa: B018 - asked for its refusal


def test_it_is_shown_with_what_is_stated() -> None:
    spec = fit.loads(TEXT)
    shown = sections(program_blocks(spec.program, Display()))
    assert (
        'teacher big: input [1, 8, 8] -> output [10], from torchvision("resnet50", classes=10)\n'
        "  layer     op                   shape       params  MACs\n"
        "  l3        outside([16, 6, 6])  [16, 6, 6]       -     -\n"
        "  l3[2].c1  outside([8, 6, 6])   [8, 6, 6]        -     -\n"
        "  output    outside([10])        [10]             -     -\n"
        "  total     not counted                           -     -\n"
        "  only the layers whose shape the spec states are listed\n"
    ) in shown
    assert "than big" not in shown
    assert tree_block(spec.teacher.model, Display())[1:] == [
        "  layer   op                   shape       params",
        "  l3      outside([16, 6, 6])  [16, 6, 6]       -",
        "    [2]                        [8, 6, 6]        -",
        "      c1  outside([8, 6, 6])   [8, 6, 6]        -",
        "  output  outside([10])        [10]             -",
    ]
    assert "in single precision, beside the data and big" in plan(spec.program, Display())
    assert repr(spec.teacher) == "<teacher big: from outside>"


def test_its_document_leaves_the_costs_open() -> None:
    document = json.loads(show_document(fit.loads(TEXT).compilation).model_dump_json())
    big = document["networks"]["big"]
    assert big["source"].startswith('torchvision("resnet50", classes=10, features=')
    assert (big["cost"], [node["cost"] for node in big["nodes"]]) == (None, [None] * 3)
    assert document["networks"]["thin"]["source"] is None
