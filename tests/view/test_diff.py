"""Every kind of difference between two specs, and what is none, as the text says it."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from diffs import BASE, changed, difference, one_side, said
from random_specs import random_spec

from fitdsl.cli.schemas import DOCUMENTS
from fitdsl.compilation import Compilation
from fitdsl.source import Source
from fitdsl.view.diff.compare import compare
from fitdsl.view.diff.document import DiffDocument
from fitdsl.view.diff.formats import DIFF_FORMATS, Compared
from fitdsl.view.diff.markdown import code, diff_markdown
from fitdsl.view.diff.sides import run_side, side
from fitdsl.view.diff.text import diff_text
from fitdsl.view.terminal import Display, cells

SAME = "a.fit and b.fit mean the same"
S1, S2 = "  s1 = repeat 2 { unit(width) } -> MaxPool2d(2)\n", "  s2 = unit(6)\n"
ROOT = Path(__file__).parents[2]

NO_DIFFERENCE = {
    "comments and formatting": [("fit 1\n", "fit 1\n# Words.\n"), ("unit(6)", "unit( 6 )  # more")],
    "numbers written otherwise": [("epochs    = 3", "epochs    = 3.0"), ("5K", "5000"), ("1e-3", "0.001")],
    "a let in place of a value": [("data d {", "let six = 6\n\ndata d {"), ("unit(6)", "unit(six)")],
    "a let in a requirement": [("data d {", "let most = 5K\n\ndata d {"), ("<= 5K", "<= most")],
    "a block of another name": [("unit(", "piece(")],
    "a default written out": [("padding=1", "padding=1, bias=true"), ("Adam(lr=1e-3)", "Adam(lr=1e-3, eps=1e-8)")],
    "a name in place of a role": [("weights(student)", "weights(small)"), ("train     = student\n", "train = small\n")],
    "the order of declarations": [
        ("data d {\n  source = Digits()\n}\n", ""),
        ("search {", "data d { source = Digits() }\nsearch {"),
    ],
    "what a search does if nothing is said": [("search {", "search {\n  vary = [width]\n  sampler = random()")],
}


@pytest.mark.parametrize("changes", NO_DIFFERENCE.values(), ids=NO_DIFFERENCE)
def test_what_means_the_same_is_no_difference(changes: list[tuple[str, str]]) -> None:
    assert said(*changes) == SAME


def test_a_changed_argument_is_told_with_what_follows_from_it() -> None:
    assert (
        said(("unit(6)", "unit(8)"), width=80)
        == """\
~ student small
  ~ s2[0]   out_channels 6 → 8, [6, 4, 4] → [8, 4, 4], params 222 → 296,
            MACs 3,456 → 4,608
  ~ logits  params 970 → 1,290, MACs 960 → 1,280
  ~ total   params 1,380 → 1,774 (+28.6%), weights 1,356 → 1,748 (+28.9%),
            MACs 15,936 → 17,408 (+9.2%), activations 1,290 → 1,354 (+5.0%)
    in 2 more layers only the shape changes"""
    )


def test_new_layers_of_a_repeat_are_one_row_and_move_what_follows() -> None:
    assert (
        said(("repeat 2", "repeat 4"))
        == """\
~ student small
  + s1[2..3][0]  Conv2d(4, 3, padding=1), [4, 8, 8], 148 params, 9,216 MACs
  + s1[2..3][1]  ReLU(), [4, 8, 8]
  > s1[2]        is now s1[4], 1 layer
  ~ total        params 1,380 → 1,676 (+21.4%), weights 1,356 → 1,644 (+21.2%),
                 MACs 15,936 → 34,368 (+115.7%), activations 1,290 → 2,314 (+79.4%)"""
    )


def test_a_layer_put_in_between_is_new_and_the_others_stay() -> None:
    assert (
        said((S2, f"{S2}  Dropout(0.5)\n"))
        == """\
~ student small
  + [0]    Dropout(p=0.5), [6, 4, 4]
  > [0]    is now [1], 1 layer
  ~ total  activations 1,290 → 1,386 (+7.4%)"""
    )


def test_an_op_in_the_place_of_another_one() -> None:
    assert (
        said(("padding=1) -> ReLU()\n}\n\nteacher", "padding=1) -> Tanh()\n}\n\nteacher"))
        == """\
~ student small
  ~ s1[0..1][1]  ReLU() → Tanh()
  ~ s2[1]        ReLU() → Tanh()"""
    )


def test_layers_that_are_gone() -> None:
    assert (
        said((S2, ""))
        == """\
~ student small
  - s2[0]   Conv2d(6, 3, padding=1), [6, 4, 4], 222 params, 3,456 MACs
  - s2[1]   ReLU(), [6, 4, 4]
  ~ logits  params 970 → 650, MACs 960 → 640
  ~ total   params 1,380 → 838 (-39.3%), weights 1,356 → 820 (-39.5%),
            MACs 15,936 → 12,160 (-23.7%), activations 1,290 → 1,098 (-14.9%)
    in 1 more layer only the shape changes"""
    )


RENAMED = [("s1 = repeat", "stem = repeat"), ("student.s1", "student.stem"), ("[..s1]", "[..stem]")]


def test_a_renamed_label_is_a_rename_and_moves_neither_hint_nor_stage() -> None:
    assert said(*RENAMED) == "~ student small\n  > s1  is now stem, 5 layers"


def test_a_label_that_is_renamed_and_changed() -> None:
    assert said(*RENAMED, ("unit(width)", "unit(width + 1)")).splitlines()[:4] == [
        "~ student small",
        "  ~ stem[0][0]  out_channels 4 → 5, [4, 8, 8] → [5, 8, 8], params 40 → 50, MACs 2,304 → 2,880",
        "  ~ stem[1][0]  out_channels 4 → 5, [4, 8, 8] → [5, 8, 8], params 148 → 230, MACs 9,216 → 14,400",
        "  ~ s2[0]       params 222 → 276, MACs 3,456 → 4,320",
    ]


def test_a_block_that_is_taken_apart_is_still_the_same() -> None:
    assert (
        said((S2, "  Conv2d(6, 3, padding=1) -> ReLU()\n"))
        == """\
~ student small
  > s2[0..1]  is now [0..1], 2 layers
  > [0]       is now [2], 1 layer"""
    )


def test_a_block_that_moves_into_another_one() -> None:
    changes = [(S1 + S2, S1.replace("MaxPool2d(2)", "MaxPool2d(2) -> unit(6) -> unit(7)"))]
    assert said(*changes).splitlines()[:5] == [
        "~ student small",
        "  + s1[4][0]  Conv2d(7, 3, padding=1), [7, 4, 4], 385 params, 6,048 MACs",
        "  + s1[4][1]  ReLU(), [7, 4, 4]",
        "  ~ logits    params 970 → 1,130, MACs 960 → 1,120",
        "  > s2        is now s1[3], 2 layers",
    ]


def test_a_block_that_moves_before_another_one_reads_something_else() -> None:
    assert (
        said((S1 + S2, S2 + S1))
        == """\
~ student small
  ~ s2[0]     reads s1[2] → image, [6, 4, 4] → [6, 8, 8], params 222 → 60
  ~ s1[0][0]  reads image → s2[1], params 40 → 220, MACs 2,304 → 13,824
  ~ [0]       reads s2[1] → s1[2], [96] → [64]
  ~ logits    params 970 → 650, MACs 960 → 640
  ~ total     params 1,380 → 1,078 (-21.9%), weights 1,356 → 1,054 (-22.3%),
              MACs 15,936 → 27,136 (+70.3%), activations 1,290 → 1,866 (+44.7%)
    in 1 more layer only the shape changes

~ stage hints
  ~ train  student[..s1], which now means other layers"""
    )


def test_a_start_that_all_layers_have_is_told_once() -> None:
    header = "student small(image: d.input"
    assert said((header, f"{header}, init=kaiming()")) == "~ student small\n  ~ init  none → kaiming(), in 4 layers"


def test_settings_of_a_network() -> None:
    changes = [("teacher big(image: d.input)", "teacher big(pixels: d.input, mode=train)")]
    assert (
        said(*changes)
        == """\
~ teacher big
  ~ takes  image [1, 8, 8] from d → pixels [1, 8, 8] from d
  ~ mode   eval → train"""
    )


def test_a_network_from_outside_is_known_by_the_paths_of_its_modules() -> None:
    teacher = BASE[BASE.index("teacher big") : BASE.index("student small")]
    one, other = (
        changed(
            (teacher, f'teacher big = torchvision("resnet18", classes=10, features={{layer{n}: [8, 4, 4]}})\n\n'),
            ("teacher.t1", f"teacher.layer{n}"),
            (BASE[BASE.index("stage teach") : BASE.index("stage hints")], ""),
            (" after teach", ""),
        )
        for n in (2, 3)
    )
    assert (
        diff_text(difference(one, other), Display(width=120)).partition("\n\n")[2]
        == """\
~ teacher big
  ~ source  torchvision("resnet18", classes=10, features={layer2: [8, 4, 4]}) → torchvision("resnet18", classes=10,
            features={layer3: [8, 4, 4]})
  - layer2  outside([8, 4, 4]), [8, 4, 4]
  + layer3  outside([8, 4, 4]), [8, 4, 4]

~ hint mid
  ~ hint  big.layer2 [8, 4, 4] → big.layer3 [8, 4, 4]"""
    )


def test_a_network_of_another_name_is_the_same_one() -> None:
    assert said(("student small", "student thin")) == "> student small → thin"


def test_a_new_network() -> None:
    other = "student other(image: d.input) {\n  Flatten() -> Linear(d.classes)\n}\n\nhint mid"
    names = [
        ("student.s1", "small.s1"),
        ("student[", "small["),
        ("= student\n", "= small\n"),
        ("weights(student)", "weights(small)"),
    ]
    assert (
        said(("hint mid", other), *names)
        == """\
+ student other
  + takes  image [1, 8, 8] from d
  + gives  [1] [10]
  + total  650 params, 640 weights, 640 MACs, 10 activations"""
    )


def test_a_hint_that_has_moved_and_compares_otherwise() -> None:
    changes = [("student.s1\n", "student.s2 {\n  regressor = conv()\n  loss = mse()\n}\n"), ("[..s1]", "[..s2]")]
    assert (
        said(*changes)
        == """\
~ hint mid
  ~ guided  small.s1[2] [4, 4, 4] → small.s2[1] [6, 4, 4]
  ~ loss    l2() → mse()

~ stage hints
  ~ train  student[..s1] → student[..s2]"""
    )


def test_a_hint_of_another_name_is_the_same_one() -> None:
    assert said(("hint mid", "hint half"), ("hint(mid)", "hint(half)")) == "> hint mid → half"


def test_settings_losses_and_names_of_stages() -> None:
    changes = [
        ("stage hints", "stage guide"),
        ("after hints", "after guide"),
        ("temperature=3", "temperature=4"),
        ("epochs    = 3", "epochs    = 5\n  schedule  = cosine()\n  batch     = 16"),
    ]
    assert (
        said(*changes)
        == """\
> stage hints → guide

~ stage distil
  ~ loss      ce() + kd(temperature=3) → ce() + kd(temperature=4)
  ~ epochs    3 → 5
  ~ schedule  none → cosine()
  ~ batch     none → 16"""
    )


def test_a_stage_that_is_gone_changes_after_what_others_come() -> None:
    start, end = BASE.index("hint mid"), BASE.index("stage teach")
    stage = BASE[BASE.index("stage hints") : BASE.index("stage distil")]
    changes = [(BASE[start:end], ""), (stage, ""), ("after hints", "after teach")]
    assert (
        said(*changes)
        == """\
- hint mid
  - hint       big.t1[2] [8, 4, 4]
  - guided     small.s1[2] [4, 4, 4]
  - regressor  Conv2d(8, [1, 1]) -> ReLU()
  - loss       l2()

- stage hints
  - after      teach
  - train      student[..s1]
  - loss       hint(mid)
  - optimizer  SGD(0.1)
  - epochs     2
  - data       d

~ stage distil
  ~ after  hints → teach"""
    )


TWO = """\
fit 1

data d {
  source = Digits()
}

student a(image: d.input) {
  Flatten() -> Linear(d.classes)
}

student b(image: d.input) {
  Flatten() -> Linear(d.classes)
}
"""


def test_stages_that_run_in_another_order() -> None:
    one, other = (
        f"stage {name} {{\n  train = {name[-1]}\n  loss = ce()\n  optimizer = SGD(0.1)\n  epochs = 1\n}}\n"
        for name in ("teach_a", "teach_b")
    )
    text = diff_text(difference(TWO + one + other, TWO + other + one), Display())
    assert text.partition("\n\n")[2] == "~ stages\n  ~ order  teach_a, teach_b → teach_b, teach_a"


def test_data() -> None:
    assert (
        said(("source = Digits()", "source = Digits()\n  batch = 64\n  augment = [RandomHorizontalFlip()]"))
        == """\
~ data d
  ~ augment  [] → [RandomHorizontalFlip()]
  ~ batch    128 → 64"""
    )
    assert said(("data d {", "data digits {"), ("d.input", "digits.input"), ("d.classes", "digits.classes")) == (
        "> data d → digits"
    )


def test_params_and_search() -> None:
    changes = [("in {4, 8}", "in {4, 8, 16}"), ("5K", "6K"), ("search {", "search {\n  sampler = tpe()")]
    assert (
        said(*changes)
        == """\
~ params
  ~ width  in {4, 8} → {4, 8, 16}

~ search
  ~ require  [weights(student) <= 5K] → [weights(student) <= 6K]
  ~ sampler  random() → tpe()"""
    )


def test_a_run_has_values_of_params_but_no_space() -> None:
    compilation = Compilation(Source("a.fit", BASE), point={"width": "4"})
    left = Compilation(Source("spec.fit", compilation.resolved))
    assert compare(run_side("run", left, {"width": "4.0"}), one_side(BASE)).same
    assert compare(run_side("run", left, None), one_side(BASE)).same
    found = compare(run_side("run", left, {"width": "4"}), one_side(BASE, width="8"))
    assert [fact.model_dump() for fact in found.params] == [{"name": "width", "before": "4", "after": "8"}]
    assert (found.domains, found.search) == ((), ())


# Formats --------------------------------------------------------------------------------------------------------------


def test_markdown() -> None:
    logits = "logits = Linear(d.classes"
    changes = [("unit(6)", "unit(6) -> Dropout(0.5)"), ("epochs    = 3", "epochs    = 5")]
    changes += [(f"Flatten()\n  {logits})\n}}\n\nhint", f"Flatten()\n  {logits}, bias=false)\n}}\n\nhint")]
    assert (
        diff_markdown(difference(BASE, changed(*changes)), Display())
        == """\
### `a.fit` → `b.fit`

**`student small`** changed

| | | | shape | params | MACs |
|---|---|---|---|---:|---:|
| added | `s2[1]` | `Dropout(p=0.5)` | [6, 4, 4] |  |  |
| changed | `logits` | `bias true → false` |  | 970 → 960 |  |
| renamed | `s2` | `is now s2[0]`<br>`2 layers` |  |  |  |
| changed | `total` | `params 1,380 → 1,370 (-0.7%)`<br>`activations 1,290 → 1,386 (+7.4%)` |  |  |  |

**`stage distil`** changed

| | | |
|---|---|---|
| changed | `epochs` | `3 → 5` |"""
    )
    assert diff_markdown(difference(BASE, BASE), Display()) == "`a.fit` and `b.fit` mean the same."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s1[0]", "`s1[0]`"),
        ("<img src=x onerror=alert(1)> @all #1", "`<img src=x onerror=alert(1)> @all #1`"),
        ("a|_b_", "<code>a&#124;&#95;b&#95;</code>"),
        ("`</code><b>", "<code>&#96;&#60;&#47;code&#62;&#60;b&#62;</code>"),
        ("a\\", "<code>a&#92;</code>"),
        ("a\nb\x1b[1m", "`a␊b␛[1m`"),
        ("", "<code></code>"),
    ],
)
def test_whatever_a_spec_holds_is_code_in_markdown(text: str, shown: str) -> None:
    assert code(text) == shown


@pytest.mark.parametrize("width", [40, 60, 100])
def test_the_text_fits_the_width(width: int) -> None:
    name = "a_label_with_a_name_that_is_longer_than_a_third_of_a_line"
    changes = [
        ("s2 =", f"{name} ="),
        ("repeat 2", "repeat 3"),
        ("epochs    = 3", "epochs    = 3\n  keep = best(val.error)"),
    ]
    for changes_made in ([*changes, ("unit(6)", "unit(9)")], [("lr=1e-3", "lr=2e-3")]):
        text = diff_text(difference(BASE, changed(*changes_made)), Display(width=width))
        assert max(map(cells, text.split("\n"))) <= width


def test_colour_marks_the_kinds_of_change() -> None:
    text = diff_text(difference(BASE, changed(*RENAMED, ("temperature=3", "temperature=4"))), Display(has_color=True))
    assert text.split("\n") == [
        "\x1b[1ma.fit → b.fit\x1b[0m",
        "",
        "\x1b[1;33m~ student small\x1b[0m",
        "\x1b[1;34m  > s1\x1b[0m  is now stem, 5 layers",
        "",
        "\x1b[1;33m~ stage distil\x1b[0m",
        "\x1b[1;33m  ~ loss\x1b[0m  ce() + kd(temperature=3) → ce() + kd(temperature=4)",
    ]


def test_json_holds_exact_layers_and_comes_back_equal() -> None:
    compared = Compared(one_side(BASE), one_side(changed(*RENAMED, ("unit(6)", "unit(8)")), "b.fit"))
    document = compared.document
    shown = json.loads(DIFF_FORMATS["json"](compared, Display()))
    assert list(shown) == [
        *("format_version", "same", "before", "after", "params", "domains"),
        *("data", "networks", "hints", "stages", "order", "search"),
    ]
    (network,) = shown["networks"]
    layers = {layer["after"]["address"]: layer for layer in network["layers"]}
    assert (layers["stem[2]"]["change"], layers["stem[2]"]["aspects"]) == ("renamed", ["address"])
    assert layers["s2[0]"]["op"] == {
        "name": "op",
        "before": "Conv2d(6, 3, padding=1)",
        "after": "Conv2d(8, 3, padding=1)",
    }
    assert layers["s2[0]"]["arguments"] == [{"name": "out_channels", "before": "6", "after": "8"}]
    assert layers["s2[0]"]["aspects"] == ["arguments", "shape", "cost"]
    assert network["cost_after"] == {"params": 1774, "weights": 1748, "macs": 17408, "activations": 1354}
    assert DOCUMENTS["diff"].model_validate(shown) == document


# Properties -----------------------------------------------------------------------------------------------------------

SWAPPED = {"before": "after", "after": "before", "cost_before": "cost_after", "cost_after": "cost_before"}
TURNED = {"added": "removed", "removed": "added"}


def mirrored(value: Any) -> Any:
    """A document seen from the other side."""
    match value:
        case dict():
            return {SWAPPED.get(key, key): mirrored(item) for key, item in value.items()}
        case list():
            return [mirrored(item) for item in value]
        case str():
            return TURNED.get(value, value)
    return value


def unordered(value: Any) -> Any:
    """A document without the order of its lists."""
    match value:
        case dict():
            return {key: unordered(item) for key, item in value.items()}
        case list():
            return sorted(map(unordered, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def comparable(document: DiffDocument, *, mirror: bool = False) -> Any:
    shown = document.model_dump(mode="json", exclude={"networks": {"__all__": {"role"}}})
    return unordered(mirrored(shown) if mirror else shown)


@pytest.mark.parametrize("seed", range(12))
def test_both_ways_tell_the_same_and_no_spec_differs_from_itself(seed: int) -> None:
    texts = [random_spec(3 * seed + number) for number in range(3)]
    sides = [
        one_side(text)
        for text in texts
        if not any(d.severity == "error" for d in Compilation(Source("", text)).diagnostics)
    ]
    for one in sides:
        assert compare(one, one).same
        for other in sides:
            assert comparable(compare(one, other)) == comparable(compare(other, one), mirror=True)


@pytest.mark.parametrize("changes", [RENAMED, [(S1 + S2, S2 + S1)], [("repeat 2", "repeat 4")], [(S2, "")]])
def test_changes_tell_the_same_both_ways(changes: list[tuple[str, str]]) -> None:
    one, other = one_side(BASE), one_side(changed(*changes))
    assert comparable(compare(one, other)) == comparable(compare(other, one), mirror=True)
    assert not compare(one, other).same


def test_all_layers_of_real_networks_are_accounted_for() -> None:
    names = ["zoo/resnet20", "zoo/resnet18", "zoo/mobilenet_v2", "zoo/vit_tiny", "fitnets/cifar10_fitnet4"]
    sides = [side(name, Compilation.open(ROOT / "specs" / f"{name}.fit")) for name in names]
    for one, other in pairwise(sides):
        found = compare(one, other)
        for network in found.networks:
            if network.before and network.after:
                before, after = one.program.networks[network.before].graph, other.program.networks[network.after].graph
                gone = sum(layer.change == "removed" for layer in network.layers)
                new = sum(layer.change == "added" for layer in network.layers)
                assert len(before.layers) - gone == len(after.layers) - new
        assert comparable(found) == comparable(compare(other, one), mirror=True)
