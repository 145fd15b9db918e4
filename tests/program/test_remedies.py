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
        "23:20 FIT1001 nothing is called `mid`  (declare it: `hint NAME: teacher.… guides student.…`)"
    ]
    assert found(TEXT.replace("hint(mid)", "hint(mit)")) == [
        "27:20 FIT1001 nothing is called `mit`  (did you mean `mid`?)"
    ]
    assert found(TEXT.replace("hint(mid)", "hint(quux)")) == [
        "27:20 FIT1001 nothing is called `quux`  (the hints are `mid`)"
    ]


def test_a_value_from_outside_is_no_loss_of_a_like_name() -> None:
    assert found(TEXT, w="abc") == ["2:9 FIT1001 nothing is called `abc`"]
