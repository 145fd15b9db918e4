"""The natural slips in a whole experiment, each with the help that mends it in one step."""

from __future__ import annotations

import pytest
from findings import found

TEXT = """\
fit 1
param w = 8 in {4, 8, 12}
data d {
  source  = Digits()
  prepare = [Standardize()]
}
teacher big(x: d.input) {
  h = Conv2d(32, 3, padding=1) -> ReLU()
  Flatten() -> Linear(d.classes)
}
student tiny(x: d.input) {
  s1 = Conv2d(w, 3, padding=1) -> ReLU()
  Flatten() -> Linear(d.classes)
}
hint mid: big.h guides tiny.s1 {
  regressor = conv()
  loss      = mse()
}
stage teach {
  train     = teacher
  loss      = ce()
  optimizer = Adam()
  epochs    = 2
}
stage hints after teach {
  train     = student[..mid]
  loss      = hint(mid)
  optimizer = SGD(lr=0.1)
  epochs    = 2
}
stage distil after hints {
  train     = student
  loss      = ce() + kd(temperature=3)
  optimizer = SGD(lr=0.1)
  epochs    = 3
  schedule  = cosine()
}
search {
  maximize = val.accuracy
  require  = [params(student) <= 1M]
}
"""


def changed(wrong: str) -> str:
    """The text with the line that sets the same name first, or begins the same, written anew."""
    head = wrong.partition("=")[0].split()[0]
    lines = TEXT.splitlines()
    at = next(number for number, line in enumerate(lines) if line.split()[:1] == [head])
    return "\n".join([*lines[:at], wrong, *lines[at + 1 :]]) + "\n"


def findings(wrong: str) -> list[str]:
    """Findings about the text with a wrong line, without their places."""
    return [line.partition(" ")[2] for line in found(changed(wrong))]


def test_the_text_itself_has_nothing_to_report() -> None:
    assert found(TEXT) == []


@pytest.mark.parametrize(
    ("wrong", "finding"),
    [
        ("  regressor = linear()", "FIT1001 nothing is called `linear`  (did you mean `fc`?)"),
        (
            "  regressor = Linear",
            "FIT1007 `regressor` of `mid` is a regressor or a block, got `Linear`  (write `fc()`)",
        ),
        (
            "  regressor = Linear(48)",
            "FIT1007 `regressor` of `mid` is a regressor or a block, got `Linear`  (write `fc()`)",
        ),
        (
            "  regressor = ReLU()",
            "FIT1007 `regressor` of `mid` is a regressor or a block, got `ReLU`"
            "  (write `conv()`, `fc()`, `pointwise()`, `strided()`, `transposed()`, `identity()` or `attention()`)",
        ),
        (
            "  regressor = mlp()",
            "FIT1001 nothing is called `mlp`"
            "  (write `conv()`, `fc()`, `pointwise()`, `strided()`, `transposed()`, `identity()` or `attention()`)",
        ),
        (
            "  regressor = Identity()",
            "FIT1007 `regressor` of `mid` is a regressor or a block, got `Identity`  (write `identity()`)",
        ),
        ("  source = Digit()", "FIT1001 nothing is called `Digit`  (did you mean `Digits`?)"),
        ("  optimizer = adam()", "FIT1001 nothing is called `adam`  (did you mean `Adam`?)"),
        ("  schedule = StepLR(30)", "FIT1001 nothing is called `StepLR`  (write `steps([…])`)"),
        (
            "  require = [flops(student) <= 2M]",
            "FIT1001 nothing is called `flops`  (did you mean `macs`?)",
        ),
        (
            "  require = [parameters(student) <= 2M]",
            "FIT1001 nothing is called `parameters`  (did you mean `params`?)",
        ),
        ("  require = [params(studnt) <= 2M]", "FIT1001 nothing is called `studnt`  (did you mean `student`?)"),
        (
            "  require = [latency <= 2]",
            "FIT1001 nothing is called `latency`"
            "  (bound `params`, `weights`, `macs` or `activations`: how long a student takes depends on the machine)",
        ),
        (
            "  require = [speed(student) <= 2]",
            "FIT1001 nothing is called `speed`"
            "  (a requirement bounds `params`, `weights`, `macs` or `activations` of a network,"
            " such as `params(student) <= 1M`)",
        ),
        ("  maximize = accuracy", "FIT1001 nothing is called `accuracy`  (write `val.accuracy`)"),
        ("  maximize = vall.accuracy", "FIT1001 nothing is called `vall`  (did you mean `val`?)"),
    ],
)
def test_a_name_that_means_nothing_is_told_one_of_the_kind_that_is_due(wrong: str, finding: str) -> None:
    assert findings(wrong) == [finding]


def test_a_hint_that_is_not_there_is_no_loss_of_a_like_name() -> None:
    line = "hint mid: big.h guides tiny.s1 {\n  regressor = conv()\n  loss      = mse()\n}\n"
    assert found(TEXT.replace(line, "").replace("..mid", "..s1")) == [
        "23:20 FIT1001 nothing is called `mid`  (declare it: `hint mid: teacher.… guides student.…`)"
    ]
    assert found(TEXT.replace("hint(mid)", "hint(mit)")) == [
        "27:20 FIT1001 nothing is called `mit`  (did you mean `mid`?)"
    ]
    assert found(TEXT.replace("hint(mid)", "hint(quux)")) == [
        "27:20 FIT1001 nothing is called `quux`  (take the hint `mid`)"
    ]


def test_a_value_from_outside_is_no_loss_of_a_like_name() -> None:
    assert found(TEXT, w="abc") == [
        "2:9 FIT1001 nothing is called `abc`  (choose a value for `param w = 8 in {4, 8, 12}`)"
    ]


DUE_LOSS = "`loss` of `teach` is a loss or a weighted sum of losses"


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("loss      = ce()\n", "loss = ce\n", f"FIT1007 {DUE_LOSS}, got `ce`  (call it: `ce()`)"),
        ("loss      = ce()\n", "loss = mid\n", f"FIT1007 {DUE_LOSS}, got the hint `mid`  (write `hint(mid)`)"),
        (
            "loss      = ce()\n",
            "loss = [ce(), kd()]\n",
            f"FIT1007 {DUE_LOSS}, got a list of 2  (join the terms by `+`, each with its weight in front)",
        ),
        ("hint(mid)", "mse(mid)", "FIT1005 `mse` takes no arguments  (a stage's loss names the hint: `hint(mid)`)"),
        (
            "hint(mid)",
            'hint("mid")',
            'FIT1007 `hint` of `hint` is a hint, got the text "mid"  (write it without quotes: `mid`)',
        ),
        (
            "ce() + kd(temperature=3)",
            "0.5 * ce + kd()",
            "FIT1010 `*` does not take the number 0.5 and `ce`  (call it: `ce()`)",
        ),
        ("loss      = ce()\n", "loss = midd\n", "FIT1001 nothing is called `midd`  (write `hint(mid)`)"),
        (
            "cosine()",
            "Adam()",
            "FIT1007 `schedule` of `distil` is a schedule, got the optimizer `Adam`  (write `constant()`, `ramp(…)`,"
            " `cosine()`, `steps(…)`, `exponential(…)`, `polynomial()`, `one_cycle()` or `warmup(…)`)",
        ),
        (
            "params(student)",
            "params",
            "FIT1010 `<=` does not take the function `params` and the number 1000000  (write params(network))",
        ),
        (
            "ce() + kd(temperature=3)",
            "ce() + mid",
            "FIT1010 `+` does not take the loss `ce` and the hint `mid`  (a hint's loss is `hint(mid)`)",
        ),
        (
            "[Standardize()]",
            "Standardize()",
            "FIT1007 `prepare` of `d` is a list, each item a preparation, got the preparation `Standardize`"
            "  (write a list: `[Standardize()]`)",
        ),
        (
            "[Standardize()]",
            "Standardize",
            "FIT1007 `prepare` of `d` is a list, each item a preparation, got `Standardize`"
            "  (call it, in a list: `[Standardize()]`)",
        ),
        (
            "cosine()",
            "steps(2)",
            "FIT1007 `milestones` of `steps` is a list, each item a positive whole number, got the number 2"
            "  (write a list: `[2]`)",
        ),
        (
            "params(student) <= 1M",
            "val.accuracy >= 0.9",
            "FIT1010 `>=` does not take the metric `val.accuracy` and the number 0.9"
            "  (metrics are known only after training: a search names them in `maximize` or `minimize`)",
        ),
        (
            "<= 1M",
            '<= "1M"',
            'FIT1010 `<=` does not take the number 5210 and the text "1M"  (write it without quotes: `1M`)',
        ),
        ("<= 1M", "<= 2KB", "FIT0008 `2KB` is not a number  (write `2K`)"),
        (
            "conv()",
            "pointwise(32)",
            "FIT1007 `init` of `pointwise` is an init, got the number 32"
            "  (give no size: it follows from the shapes of the two layers)",
        ),
        (
            "schedule  = cosine()",
            'device = "cuda"',
            "FIT1004 `distil` has no setting `device`  (choose it when training: `fit train SPEC --device cuda`)",
        ),
        (
            "schedule  = cosine()",
            "lr = 0.1",
            "FIT1004 `distil` has no setting `lr`  (give it to the optimizer: `optimizer = SGD(lr=…)`)",
        ),
        ("lr=0.1", "learning_rate=0.1", "FIT1004 `SGD` has no argument `learning_rate`  (did you mean `lr`?)"),
        ("temperature", "T", "FIT1004 `kd` has no argument `T`  (did you mean `temperature`?)"),
        (
            "ReLU()",
            "ReLU(inplace=true)",
            "FIT1004 `ReLU` has no argument `inplace`  (leave it out: it changes nothing in what is computed)",
        ),
    ],
)
def test_a_natural_slip_is_told_what_is_written_here(old: str, new: str, finding: str) -> None:
    assert old in TEXT
    assert [line.partition(" ")[2] for line in found(TEXT.replace(old, new, 1))] == [finding]


def outside(features: str) -> str:
    """The text with a teacher from outside."""
    teacher = f'teacher big = python("teachers:big", weights="big.pt", features={features})\n'
    start, end = TEXT.index("teacher big"), TEXT.index("student tiny")
    stage, after = TEXT.index("stage teach"), TEXT.index("stage hints")
    return f"{TEXT[:start]}{teacher}{TEXT[end:stage]}{TEXT[after:]}".replace(" after teach", "")


def test_what_a_network_from_outside_costs_is_written_as_a_number() -> None:
    text = outside("{h: [32, 8, 8]}").replace("<= 1M", "<= 0.1 * params(teacher)")
    assert [line.partition(" ")[2] for line in found(text)] == [
        "FIT1010 the params of `big` are not known: it comes from outside  (write the number in its place)"
    ]


@pytest.mark.parametrize(
    ("features", "hint", "finding"),
    [
        (
            "{h[6]: [32, 8, 8]}",
            "big.h[6]",
            'FIT1001 nothing is called `h`  (write the path in quotes: `"h.6"`)',
        ),
        (
            '["h.6"]',
            "big.h[6]",
            "FIT1007 `features` of `python` is a dictionary, each value a list, each item a positive whole number,"
            ' got a list of 1  (write a dictionary: `{"h.6": […]}`)',
        ),
        (
            '{"h.6": [32, 8, 8]}',
            '"big.h.6"',
            'FIT1012 the text "big.h.6" is not a layer  (write it without quotes: `big.h[6]`)',
        ),
        (
            '{"h.6": [32, 8, 8]}',
            "big.h.6",
            "FIT0001 expected an operator or `guides`, found `.6`  (write `[6]`: positions stand in brackets)",
        ),
    ],
)
def test_a_path_into_a_network_from_outside_is_told_how_it_is_written(features: str, hint: str, finding: str) -> None:
    text = outside(features).replace("big.h guides", f"{hint} guides")
    assert [line.partition(" ")[2] for line in found(text)] == [finding]
    assert found(outside('{"h.6": [32, 8, 8]}').replace("big.h guides", "big.h[6] guides")) == []


def test_a_function_of_a_package_is_no_name_behind_one() -> None:
    text = outside('{"h.6": [32, 8, 8]}').replace("big.h guides", "big.h[6] guides")
    assert [line.partition(" ")[2] for line in found(text.replace("python(", "torch("))] == [
        "FIT1001 nothing is called `torch`  (did you mean `torchvision`?)"
    ]
    assert [line.partition(" ")[2] for line in found(text.replace("python(", "load("))] == [
        "FIT1001 nothing is called `load`  (write `torchvision(…)`, `timm(…)` or `python(…)`)"
    ]


def test_a_key_that_is_no_path_is_not_told_to_be_quoted() -> None:
    assert findings("  schedule = cosine()\n  rates = {studnt.s1: 0.1}") == [
        "FIT1001 nothing is called `studnt`  (did you mean `student`?)"
    ]
