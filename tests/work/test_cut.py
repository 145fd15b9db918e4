"""What is kept of frozen outputs: as few bytes as the work they save is worth, and only what stays the same."""

from __future__ import annotations

import pytest

import fitdsl as fit
from fitdsl.work.caching import Caching, caching
from fitdsl.work.cut import cut

TEXT = """\
fit 1

data d {
  source = Synthetic(shape=[3, 16, 16], classes=4, examples=500)
  split  = {train: 400, val: 100}
}

teacher t(x: d.input) {
  c1 = Conv2d(32, 3, padding=1) -> BatchNorm2d() -> ReLU()
  c2 = Conv2d(64, 3, padding=1) -> BatchNorm2d() -> ReLU() -> MaxPool2d(2)
  c3 = Conv2d(64, 3, padding=1) -> ReLU() -> AdaptiveAvgPool2d(1)
  Flatten()
  logits = Linear(d.classes)
} from "t.safetensors"

student s(x: d.input) {
  s1 = Conv2d(16, 3, padding=1) -> ReLU()
  s2 = Conv2d(16, 3, padding=1) -> ReLU() -> MaxPool2d(2)
  s3 = Conv2d(16, 3, padding=1) -> ReLU() -> AdaptiveAvgPool2d(1)
  Flatten()
  logits = Linear(d.classes)
}

hint mid: teacher.c2 guides student.s2

stage learn {
  train     = student
  loss      = hint(mid) + kd()
  optimizer = SGD(lr=0.1)
  epochs    = 2
}
"""
CUT = {"t": ("c2[3]", "logits")}


def outputs(*changes: tuple[str, str]) -> dict[str, tuple[str, ...]]:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    program = fit.loads(text).program
    return dict(cut(program.networks, program.stages["learn"]).outputs)


def choice(*changes: tuple[str, str]) -> Caching:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    program = fit.loads(text).program
    return caching(program, program.stages["learn"], (400, 100))


def test_a_teacher_is_kept_where_it_is_read() -> None:
    assert outputs() == CUT


def test_the_smallest_of_equal_outputs_is_kept_behind_the_pool() -> None:
    assert outputs(("teacher.c2 guides student.s2", "teacher.c2[2] guides student.s1"))["t"] == ("c2[2]", "logits")


def test_cheap_work_behind_a_small_output_is_done_again() -> None:
    wide = ("logits = Linear(d.classes)\n} from", "small = Linear(2)\n  wide = Linear(4000)\n} from")
    change = (
        wide,
        ("hint(mid) + kd()", "hint(mid)"),
        ("teacher.c2 guides student.s2", "teacher.wide guides student.s3 { regressor = fc() }"),
    )
    assert outputs(*change, ("SGD(", "Adam("))["t"] == ("small",)


def test_what_learns_is_not_kept() -> None:
    both = (("train     = student", "train     = [s, t]"), ("hint(mid) + kd()", "ce(student=s) + ce(student=t)"))
    assert outputs(*both) == {}


def test_a_frozen_lower_part_of_a_student_is_kept_too() -> None:
    frozen = (("train     = student", "train     = student[s3..]"), ("hint(mid) + kd()", "kd()"))
    assert outputs(*frozen) == {"t": ("logits",), "s": ("s2[2]",)}


def test_what_is_chosen_without_weights_runs_in_training_mode_and_is_not_kept() -> None:
    dropping = ("s3 = Conv2d(16, 3, padding=1)", "drop = Dropout2d(0.5)\n  s3 = Conv2d(16, 3, padding=1)")
    frozen = (("train     = student", "train     = student[drop..]"), ("hint(mid) + kd()", "kd()"))
    assert outputs(dropping, *frozen) == {"t": ("logits",), "s": ("s2[2]",)}


def test_a_large_output_is_computed_from_a_small_trunk() -> None:
    heads = (
        "Flatten()\n  h = Linear(2)\n  a = h -> Linear(900)\n  b = h -> Linear(900)\n  y = a + b -> Linear(d.classes)"
    )
    change = ("Flatten()\n  logits = Linear(d.classes)\n} from", f"{heads}\n}} from")
    pair = ("teacher.c2 guides student.s2", "teacher.a guides student.s3 { regressor = fc() }")
    assert outputs(change, pair)["t"] == ("h", "y[1]")


def test_all_rows_are_kept_where_data_stay_the_same() -> None:
    made = choice()
    assert made.rows == {"train": 400, "val": 100}
    assert made.bytes == 500 * 4 * (64 * 8 * 8 + 4)
    assert (made.place, made.number, made.reason) == ("disk", "float32", "")


AUGMENTED = ("split  =", "augment = [RandomHorizontalFlip()]\n  split  =")


def test_random_augmentation_leaves_validation_alone() -> None:
    made = choice(AUGMENTED)
    assert made.rows == {"val": 100}
    assert made.reason == "`d` is augmented anew in every epoch; `views = 4` there would make it repeat itself"


def test_views_are_kept_each() -> None:
    assert choice(AUGMENTED, ("augment =", "views = 3\n  augment =")).rows == {"train": 1200, "val": 100}


@pytest.mark.parametrize(
    ("setting", "place", "number", "reason"),
    [
        ("off", None, "float32", "the stage says `cache = off`"),
        ("auto", "disk", "float32", ""),
        ("memory", "memory", "float32", ""),
        ('disk(dtype="float16")', "disk", "float16", ""),
        ("disk(budget=8_200_000)", "disk", "float32", ""),
        ("memory(budget=8_199_999)", None, "float32", "8.2 MB is more than the 8.2 MB that `cache` allows"),
    ],
)
def test_the_stage_says_where(setting: str, place: str | None, number: str, reason: str) -> None:
    made = choice(("epochs    = 2", f"epochs    = 2\n  cache     = {setting}"))
    assert (made.place, made.number, made.reason) == (place, number, reason)
