"""What is said of a space, word for word."""

from __future__ import annotations

import pytest

from fitdsl import Compilation
from fitdsl.source import Source
from fitdsl.view.space import space_text

TEXT = """fit 1
param width = 8 in {8, 16, 64}
param depth = 1 in 1..3
data d { source = Digits() }
student s(image: d.input) {
  Conv2d(width, 3, padding=1) -> MaxPool2d(depth)
  Flatten() -> Linear(d.classes)
}
search {
  maximize = val.accuracy
  require  = REQUIRED
}
"""


def compiled(required: str, **point: object) -> Compilation:
    return Compilation(Source("x.fit", TEXT.replace("REQUIRED", required)), point=point)


def said(required: str, **point: object) -> list[str]:
    """Each finding with its place, notes and help."""
    lines = []
    for finding in compiled(required, **point).search_diagnostics:
        line, column = finding.span.source.position(finding.span.start)
        rest = "".join(f"  ({text})" for text in (*finding.notes, *finding.helps))
        lines.append(f"{line}:{column} {finding.code} {finding.message}{rest}")
    return lines


def test_a_space_in_one_line() -> None:
    assert space_text(compiled("params(s) <= 8K").space) == (
        "9 students, all type-check, 6 meet every requirement; weights 392 .. 41.5K, MACs 4.93K .. 77.8K"
    )


def test_a_value_that_leads_nowhere_is_pointed_at() -> None:
    assert said("params(s) <= 3K and depth >= 2") == [
        "11:14 FIT5005 the defaults do not meet this requirement  (the search may still find students that do; "
        "without a search the defaults are what is trained)",
        "2:28 FIT5009 no student with `width = 64` meets every requirement  "
        "(take it out of the domain; a search never tries it)",
        "3:20 FIT5009 no student with `depth = 1` meets every requirement  "
        "(take it out of the domain; a search never tries it)",
    ]


def test_another_point_is_not_called_the_defaults() -> None:
    assert said("params(s) <= 8K", width=64)[0] == (
        "11:14 FIT5005 this requirement is not met with `width = 64`  (the search may still find students that do; "
        "without a search these values are what is trained)"
    )


def test_a_requirement_that_nobody_meets_names_the_nearest_student() -> None:
    assert said("params(s) <= 400") == [
        "11:14 FIT5010 no student meets this requirement: the nearest has 410, off by 10  "
        "(the nearest student is at width = 8, depth = 3)  (ask for less, or let params take other values)"
    ]


def test_requirements_that_are_met_one_by_one_only_are_one_finding() -> None:
    assert said("[params(s) <= 500, macs(s) >= 50K]") == [
        "11:15 FIT5011 no student meets these 2 requirements together, although each of them is met by some  "
        "(ask for less of one of them)"
    ]


@pytest.mark.parametrize("required", ["params(s) <= 8K or macs(s) <= 1K", "not params(s) > 8K", "params(s) <= 8K"])
def test_a_large_space_is_counted_by_cases(required: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fitdsl.counting.space.MOST_LISTED", 0)
    assert compiled(required).space.feasible == 6


def test_what_is_not_known_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fitdsl.counting.space.MOST_LISTED", 0)
    space = compiled("params(s) * macs(s) <= 10M").space
    assert (space.valid, space.feasible, space.is_exact) == (9, None, False)
    assert space.bounds == {"valid": (9, 9), "feasible": (0, 9)}
    assert space_text(space).startswith("9 students, all type-check, how many meet every requirement is not known; ")
    with pytest.raises(LookupError, match="the feasible students of this space cannot be counted"):
        space.draw(1, seed=0)


def test_what_is_known_by_bounds_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fitdsl.counting.space.MOST_LISTED", 0)
    space = compiled("[params(s) <= 8K, params(s) * macs(s) <= 10M]").space
    assert space.bounds["feasible"] == (0, 6)
    assert space_text(space).startswith("9 students, all type-check, 0 to 6 meet every requirement; ")


def test_a_spec_with_a_mistake_has_no_findings_on_its_space() -> None:
    assert compiled("params(t) <= 3").space_diagnostics == ()
