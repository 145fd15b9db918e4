"""Students that differ only in what a hint or a stage asks of them are told apart."""

from __future__ import annotations

from typing import Any

import pytest
from test_spaces import look_at, space_of

from fitdsl.counting.pieces import Pieces

HEAD = """fit 1
param w = 4 in {4, 8}
param p = unit in {unit, bare, wide}
param k = 1 in {0, 1}
data d { source = Digits() }
block unit(out) { Conv2d(out, 3, padding=1) -> ReLU() }
block bare(out) { ReLU() -> ReLU() }
block wide(out) {
  unit(out)
  x = unit(out)
  x + input
}
teacher t(image: d.input) {
  f = Conv2d(4, 3, padding=1) -> ReLU()
  Flatten() -> Linear(d.classes)
}
student s(image: d.input) {
  first = unit(w) -> unit(4)
  a     = bare(4)
  m     = p(4)
  b     = bare(4)
  side  = first -> p(4)
  last  = [a, b][k] -> bare(4)
  Flatten() -> Linear(d.classes)
}
stage learn { train = t
  loss = ce()
  optimizer = SGD(lr=0.1)
  epochs = 1
}
"""
STAGE = """stage guide after learn { train = TRAIN
  loss = LOSS
  optimizer = SGD(lr=0.1)
  epochs = 1
}
"""


def stage(train: str, loss: str = "ce()") -> str:
    return STAGE.replace("TRAIN", train).replace("LOSS", loss)


@pytest.mark.parametrize(
    ("rest", "valid"),
    [
        pytest.param(stage("s[a..b]"), 4, id="between two places, where what depends on it is read"),
        pytest.param(stage("s[..side]"), 12, id="what leads to what nothing reads"),
        pytest.param(stage("s[m..]"), 6, id="up to the output"),
        pytest.param(stage("s.m"), 4, id="a place"),
        pytest.param(stage("[s.m, s.first]"), 4, id="places"),
        pytest.param("hint h: t.f guides s.b\n" + stage("s[a..]", "hint(h)"), 8, id="behind a place, up to a hint"),
        pytest.param("hint h: t.f guides s.b\n" + stage("s[m..h]", "hint(h)"), 8, id="up to a hint by its name"),
        pytest.param("hint h: s.last guides s.side\n" + stage("s", "hint(h)"), 12, id="a hint to a branch"),
        pytest.param("let goal = s.m\nhint h: t.f guides goal\n" + stage("s.m", "hint(h)"), 8, id="named by a let"),
        pytest.param("let all = [s.m, s.a]\n" + stage("all[0]"), 4, id="an item of a let"),
        pytest.param("hint h: t.f guides s.m[1]\n" + stage("s", "hint(h)"), 12, id="a number that not all have"),
    ],
)
def test_each_student_gets_its_own_verdict(rest: str, valid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    space = space_of(HEAD + rest)
    look_at(space, monkeypatch)
    assert space.valid == valid


def test_a_layer_does_not_guide_what_is_computed_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD.replace("param k = 1", "param k = 0") + "hint h: s.b guides s.last\n" + stage("s", "hint(h)")
    space = space_of(text)
    look_at(space, monkeypatch)
    assert space.valid == 6


UNSAID = """fit 1
param ws = [8, 8, 8, 8] in [4 .. 20 step 4] * 4
data d { source = Digits() }
student s(image: d.input) {
  Conv2d(ws[0], 3) -> Conv2d(ws[1], 3) -> Conv2d(ws[2], 1) -> Conv2d(ws[3], 1)
  Flatten() -> Linear(d.classes)
}
"""


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(
            stage("s").replace(" after learn", "").replace("epochs = 1", "epochs = 90K - params(s)"), id="setting"
        ),
        pytest.param(
            "let load = params(s) * 2\nteacher t(image: d.input) { Flatten() -> Linear(load) }\n", id="teacher"
        ),
        pytest.param("let share = 10 / (params(s) - 450)\n", id="a let that may have no value"),
        pytest.param("let cost = params\nlet load = cost(s) // 7\n", id="another name"),
    ],
)
def test_where_costs_of_students_decide_nothing_is_claimed(rest: str) -> None:
    space = space_of(UNSAID + rest)
    assert (space.size, space.valid, space.feasible) == (625, None, None)
    assert space.bounds == {"valid": (0, 625), "feasible": (0, 625)}


def test_a_let_of_a_cost_in_a_requirement_is_counted() -> None:
    search = "search { maximize = val.accuracy\n require = LIMIT }\n"
    plain = space_of(UNSAID + search.replace("LIMIT", "params(s) * 2 <= 9K"))
    named = space_of(UNSAID + "let load = params(s) * 2\n" + search.replace("LIMIT", "load <= 9K"))
    assert (named.valid, named.feasible) == (plain.valid, plain.feasible)
    assert 0 < (plain.feasible or 0) < 625


def test_sums_that_grow_too_large_are_left_out() -> None:
    space = space_of(UNSAID + "let huge = (ws[0] + 2**20) * 2**39 * ws[1]\n")
    assert space.valid == 5 * 3 * 25
    assert not space.is_feasible({"ws": [4, 16, 4, 4]})


def test_a_domain_that_other_params_move_is_not_counted_as_if_it_stood_still() -> None:
    text = SHARED.replace("DOMAIN", "1..b")
    assert space_of(text).valid == 6
    assert not space_of(text).is_feasible({"a": 3, "b": 2})


SHARED = """fit 1
param a = 1 in DOMAIN
param b = 3 in 1..3
data d { source = Digits() }
student s(image: d.input) { Conv2d(a, b) -> Flatten() -> Linear(d.classes) }
"""


def test_a_limit_is_looked_at_before_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    original = Pieces._elaborated

    def elaborated(*args: Any) -> Any:
        made.append(args)
        return original(*args)

    monkeypatch.setattr(Pieces, "_elaborated", elaborated)
    space = space_of(UNSAID.replace("[4 .. 20 step 4] * 4", "[1..1000] * 4"))
    assert (space.size, space.valid) == (10**12, None)
    assert len(made) <= 1_000


def test_more_rounds_than_a_network_may_have_are_no_student() -> None:
    line = "Conv2d(ws[0], 3) -> Conv2d(ws[1], 3) -> Conv2d(ws[2], 1) -> Conv2d(ws[3], 1)"
    text = UNSAID.replace(line, "repeat times { ReLU() -> Conv2d(ws[0], 1) -> Conv2d(ws[1], 1) }")
    space = space_of(text.replace("data d", "param times = 1 in {1, 20001}\ndata d"))
    assert (space.size, space.valid) == (1_250, 625)
