"""Counts of whole specs, beside a real build of every student."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import sqrt

import pytest
from random_specs import random_spec

from fitdsl import Compilation, FitError
from fitdsl.counting.space import Space
from fitdsl.counting.students import Student, one_by_one
from fitdsl.source import Source
from fitdsl.syntax.spelling import spell

FEW, MANY = range(0, 30), range(30, 800)


def space_of(text: str, **point: object) -> Space:
    return Compilation(Source("x.fit", text), point=point).space


def spaces(seeds: range) -> Iterator[Space]:
    """The spaces of random specs that are sound at their defaults."""
    for seed in seeds:
        try:
            yield space_of(random_spec(seed))
        except FitError:
            continue


def key(student: Student) -> str:
    return str(sorted((name, spell(value)) for name, value in student.point.items()))


def look_at(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare a space with real builds, listed as a small one and counted as a large one."""
    assert space.ground is not None
    built = {key(student): student for student in one_by_one(space.ground)}
    assert (space.size, space.valid) == (len(built), sum(s.is_valid for s in built.values()))
    assert space.feasible == sum(s.is_feasible for s in built.values())
    listed = {key(student): student for student in space._listed or ()}
    assert {k for k, s in built.items() if s.is_valid} == {k for k, s in listed.items() if s.is_valid}
    assert all(student.costs == built[k].costs for k, student in listed.items())
    monkeypatch.setattr("fitdsl.counting.space.MOST_LISTED", 0)
    for at_once in (24, 1):
        monkeypatch.setattr("fitdsl.counting.unfold.MOST_AT_ONCE", at_once)
        look_at_large(Space(space.ground), space)
    monkeypatch.undo()


def look_at_large(large: Space, space: Space) -> None:
    """Compare a space that is counted with the same one listed."""
    assert large._survey is not None
    assert (large.valid, large.ranges) == (space.valid, space.ranges)
    if large.feasible is not None:
        assert (large.feasible, set(large.dead)) == (space.feasible, set(space.dead))
        assert [h.misses for h in large.hopeless] == [h.misses for h in space.hopeless]
        assert sorted(map(str, large.students())) == sorted(map(str, space.students()))


def test_random_spaces_are_counted_as_real_builds_count_them(monkeypatch: pytest.MonkeyPatch) -> None:
    found = list(spaces(FEW))
    assert len(found) >= 10
    for space in found:
        look_at(space, monkeypatch)


@pytest.mark.slow
def test_many_random_spaces_are_counted_as_real_builds_count_them(monkeypatch: pytest.MonkeyPatch) -> None:
    found = list(spaces(MANY))
    assert len(found) >= 200
    for space in found:
        look_at(space, monkeypatch)


FEASIBLE = 24_440_582_255
LARGE = """fit 1
param ws = [8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8] in [8 .. 80 step 8] * 12
data d { source = Digits() }
block c(out) { Conv2d(out, 3, padding=1) -> BatchNorm2d() -> ReLU() }
teacher t(image: d.input) {
  f = Conv2d(16, 3, padding=1) -> ReLU() -> MaxPool2d(2)
  Flatten() -> Linear(d.classes)
}
student s(image: d.input) {
  c(ws[0]) -> c(ws[1]) -> c(ws[2]) -> c(ws[3]) -> MaxPool2d(2)
  mid = c(ws[4]) -> c(ws[5])
  c(ws[6]) -> c(ws[7]) -> MaxPool2d(2)
  c(ws[8]) -> c(ws[9]) -> c(ws[10]) -> c(ws[11])
  Flatten() -> Linear(d.classes)
}
hint h: t.f guides s.mid
search {
  maximize = val.accuracy
  require = [weights(s) <= 100K, macs(s) <= 2M]
}
"""


def test_a_space_of_a_million_million_students_is_counted() -> None:
    space = space_of(LARGE)
    assert (space.size, space.valid) == (10**12, 10**12)
    assert space.feasible == FEASIBLE
    assert space.ranges["s"]["weights"] == (6_728, 637_520)
    drawn = space.draw(1_000, seed=3)
    assert drawn == space.draw(1_000, seed=3)
    assert len({point["ws"] for point in drawn}) > 990
    assert all(space.is_feasible(point) for point in drawn[:3])


@pytest.mark.parametrize("choice", ["[{}]", "[8, {a: [1]}]", "{a: 8}"])
def test_dictionaries_among_the_values_are_no_students(choice: str) -> None:
    text = f"""fit 1
param widths = [8] in {{[8], [4, 4], {choice}}}
data d {{ source = Digits() }}
student s(image: d.input) {{
  Flatten()
  repeat width in widths {{ Linear(width) }}
  Linear(d.classes)
}}
"""
    assert (space_of(text).size, space_of(text).valid) == (3, 2)


SMALL = """fit 1
param w = 4 in {4, 8, 16}
param free = 1 in {1, 2}
param depth = 1 in 0 .. 2
data d { source = Digits() }
student s(image: d.input) {
  repeat depth { Conv2d(w, 3, padding=1) -> ReLU() -> Dropout(free / 4) }
  Flatten() -> Linear(d.classes)
}
search {
  maximize = val.accuracy
  require = params(s) <= 9K
}
"""


@pytest.mark.parametrize("listed", [1_000, 0])
def test_draws_are_uniform_over_feasible_students(listed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fitdsl.counting.space.MOST_LISTED", listed)
    space = space_of(SMALL)
    students = list(map(str, space.students()))
    assert len(students) == len(set(students)) == space.feasible == 14
    drawn = Counter(map(str, space.draw(14_000, seed=1)))
    assert set(drawn) == set(students)
    assert sum((drawn[one] - 1_000) ** 2 / 1_000 for one in students) < 13 + 5 * sqrt(2 * 13)


def test_only_what_a_search_varies_is_counted() -> None:
    text = SMALL.replace("search {", "search {\n  vary = [w]")
    assert space_of(text).size == 3
    assert space_of(text).draw(1, seed=0)[0].keys() == {"w"}
    assert space_of(text, depth=2).ranges["s"]["macs"][0] > space_of(text).ranges["s"]["macs"][0]


def test_an_empty_space_has_no_draws_and_says_how_far_off_it_is() -> None:
    space = space_of(SMALL.replace("<= 9K", "<= 500"))
    assert (space.feasible, space.draw(3, seed=0), space.dead) == (0, [], ())
    (hopeless,) = space.hopeless
    assert (hopeless.sides, hopeless.misses) == ((650, 500), 150)
    assert hopeless.nearest == {"w": "4", "free": "1", "depth": "0"}


def test_a_point_is_feasible_or_not_whether_it_is_in_python_or_in_the_language() -> None:
    space = space_of(SMALL)
    assert space.is_feasible({"w": 4, "depth": "1"})
    assert not space.is_feasible({"w": 16, "depth": "1"})
    assert not space.is_feasible({"width": 4})
