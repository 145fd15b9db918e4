"""Keys of stages: everything that has a say in the result changes them, nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_spec import program

from fitdsl.program.model import Program
from fitdsl.work.key import Around, stage_keys


def keys(made: Program, base: Path = Path(), seed: int = 0) -> dict[str, str]:
    found = stage_keys(made, made.stages, Around(base, seed))
    return {name: key.digest for name, key in found.items() if key is not None}


def changed(*changes: tuple[str, str]) -> set[str]:
    """The stages whose key a change of the spec changes."""
    before, after = keys(program()), keys(program(*changes))
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    "change",
    [
        ("fit 1\n", "fit 1\n# a comment\n"),
        ("kd(temperature=3)", "kd(temperature=3.0)"),
        ("lr=1e-2", "lr=0.01"),
        ("teacher big(", "teacher huge("),
        ("student small(", "student thin("),
        ("c1 = Conv2d", "first = Conv2d"),
        (
            "  c1 = Conv2d(6, 3, padding=1) -> BatchNorm2d() -> ReLU()",
            "  Conv2d(6, 3, padding=1) -> BatchNorm2d()\n  ReLU()",
        ),
        ("mid", "first"),
        ("data d {", "data d {\n  # a comment"),
    ],
)
def test_spelling_changes_nothing(change: tuple[str, str]) -> None:
    assert changed(change) == set()


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        (("noise=0.5", "noise=0.4"), {"teach", "hints", "distil"}),
        (("Conv2d(6, 3", "Conv2d(5, 3"), {"teach", "hints", "distil"}),
        (("loss      = mse()", "loss      = l2()"), {"hints", "distil"}),
        (("lr=5e-3", "lr=4e-3"), {"hints", "distil"}),
        (("s2 = Conv2d(4", "s2 = Conv2d(6"), {"distil"}),
        (("ramp(2, 1)", "ramp(2, 0)"), {"distil"}),
        (("schedule  = cosine()", "max_norm  = {student.s2: 1.0}"), {"distil"}),
        (("schedule  = cosine()", "rates     = {student.s2: 0.5}"), {"distil"}),
        (("schedule  = cosine()", "cache     = off"), {"distil"}),
        (("batch   = 32", "views   = 2\n  batch   = 32"), {"teach", "hints", "distil"}),
        (("student[..s1]", "[student.s1[0], student.s1[1]]"), {"hints", "distil"}),
        (("teacher big(image: d.input)", "teacher big(image: d.input, mode=train)"), {"teach", "hints", "distil"}),
    ],
)
def test_what_has_a_say_changes_its_stage_and_those_after(change: tuple[str, str], stages: set[str]) -> None:
    assert changed(change) == stages


def test_which_of_two_equal_sets_of_layers_answers_has_a_say() -> None:
    heads = "  a = s2 -> Flatten() -> Linear(d.classes)\n  b = s2 -> Flatten() -> Linear(d.classes, bias=false)\n  "
    old = "  Flatten()\n  logits = Linear(d.classes)\n}\n\nhint"
    two = "\n\nhint ha: teacher guides student.a { regressor = identity() }"
    two += "\n\nhint hb: teacher guides student.b { regressor = identity() }\n\nhint"
    loss = ("loss      = ce() + ramp", "loss      = hint(ha) + hint(hb) + ce() + ramp")
    first, second = (keys(program((old, f"{heads}{last}\n}}{two}"), loss))["distil"] for last in "ab")
    assert first != second


def test_names_are_known_apart_from_what_is_computed() -> None:
    plain, renamed = (
        stage_keys(made, made.stages, Around())["hints"] for made in (program(), program(("c1 = Conv2d", "x = Conv2d")))
    )
    assert plain is not None
    assert renamed is not None
    assert plain.digest == renamed.digest
    assert plain.in_files != renamed.in_files


def test_seed_changes_all() -> None:
    first, second = keys(program()), keys(program(), seed=1)
    assert all(first[name] != second[name] for name in first)


def test_what_a_weights_file_holds_has_a_say(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    start = "  logits = Linear(d.classes)\n}\n\nstudent"
    given = program((start, '  logits = Linear(d.classes)\n} from "w.safetensors"\n\nstudent'))
    file.write_bytes(b"one")
    first = keys(given, tmp_path)
    file.write_bytes(b"two")
    assert keys(given, tmp_path)["hints"] != first["hints"]
