"""One mistake hides no other: what is sound is checked beside it, and what may rest on it is not judged."""

from __future__ import annotations

import pytest
from findings import found

TEXT = """fit 1
param width = 4 in {4, 8}
data d { source = Digits() }
teacher t(x: d.input) {
  Flatten() -> Linear(d.classes)
}
student s(x: d.input) {
  Flatten() -> Linear(width) -> Linear(d.classes)
}
stage teach {
  train = teacher
  loss = ce()
  optimizer = Adam(lr=1e-3)
  epochs = 2
}
stage distil after teach {
  train = student
  loss = ce() + kd()
  optimizer = Adam(lr=1e-3)
  epochs = 2
}
search {
  maximize = val.accuracy
  sampler = tpe(trials=3)
}
"""


def codes(*edits: tuple[str, str]) -> list[str]:
    """Line and code of each finding after some edits."""
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return [line.partition(":")[0] + line.split(" ")[1].replace("FIT", " FIT") for line in found(text)]


@pytest.mark.parametrize(
    "edit",
    [
        ("param width = 4", "param width = = 4"),
        ("source = Digits()", "source = = Digits()"),
        ("teacher t(x: d.input)", "teacher t(x d.input)"),
        ("Flatten() -> Linear(width)", "Flatten() -> -> Linear(width)"),
        ("student s(", "studnt s("),
        ("train = teacher", "train = = teacher"),
        ("epochs = 2\n}\nsearch", "epochs = = 2\n}\nsearch"),
        ("maximize = val.accuracy", "maximize = = val.accuracy"),
        ("fit 1", "fit 7"),
    ],
)
def test_what_rests_on_a_broken_declaration_is_not_judged(edit: tuple[str, str]) -> None:
    assert [line.split(" ")[1][:5] for line in codes(edit)] == ["FIT00"]


def test_a_syntax_error_hides_nothing_in_other_declarations() -> None:
    edits = (
        ("Flatten() -> Linear(width)", "Flatten() -> -> Linear(width)"),
        ("teacher t(x: d.input) {\n  Flatten()", "teacher t(x: d.input) {\n  Fltten()"),
        ("loss = ce()\n", "loss = cee()\n"),
        ("epochs = 2\n}\nsearch", "epochs = -1\n}\nsearch"),
        ("sampler", "smpler"),
    )
    assert codes(*edits) == ["8 FIT0011", "5 FIT1001", "12 FIT1001", "20 FIT1007", "24 FIT1004"]


def test_settings_are_checked_beside_unknown_names() -> None:
    edits = (("train = teacher", "train = teachr"), ("Adam(lr=1e-3)", "Adm(lr=1e-3)"), ("epochs = 2", "epochs = 2.5"))
    assert codes(*edits)[:3] == ["11 FIT1001", "13 FIT1001", "14 FIT1007"]


def test_stages_in_a_circle_are_checked() -> None:
    edits = (
        ("stage teach {", "stage teach after distil {"),
        ("  optimizer = Adam(lr=1e-3)\n", ""),
        ("epochs = 2\n}\nsearch", "epochs = -1\n}\nsearch"),
    )
    assert codes(*edits) == ["10 FIT4003", "10 FIT1006", "19 FIT1007"]


def test_an_unknown_setting_of_a_search_hides_no_other_mistake() -> None:
    edits = (
        ("maximize = val", "vary = [kk]\n  maximise = val"),
        ("tpe(trials=3)", "tpee(trials=3)"),
    )
    assert codes(*edits) == ["25 FIT1001", "24 FIT1004", "23 FIT5004"]
