"""Params, their domains, the points they span, and specs resolved at a point."""

from __future__ import annotations

import pytest
from findings import found

import fitdsl as fit
from fitdsl.space.domains import Choices, Continuous, Lists, Steps

TEXT = """fit 1
param width = 1.0 in {0.75, 1.0, 1.25}
param depth = 2 in 1 .. 4
param lr = 5e-3 in log(1e-4 .. 1e-2)
let base = 8
block spare() { Dropout(lr) }
block unit() { Conv2d(width * base, 3, padding=1) }
student s(x: [3, 8, 8]) { repeat depth { unit() } }
search {
  maximize = val.accuracy
  require  = params(student) <= 1K
}
"""


def test_both_ends_of_a_range_belong_to_it() -> None:
    assert list(Steps(1, 4, 1)) == [1, 2, 3, 4]
    assert list(Steps(16, 64, 16)) == [16, 32, 48, 64]
    assert Steps(0.1, 0.3, 0.1).size == 3
    assert 64 in Steps(16, 64, 16)
    assert 65 not in Steps(16, 64, 16)
    assert 2.0 in Continuous(2.0, 6.0)
    assert 6.0 in Continuous(2.0, 6.0)
    assert True not in Steps(0, 1, 1)


def test_a_list_of_draws_holds_every_combination() -> None:
    draws = Lists(Choices((1, 2)), 2)
    assert draws.size == 4
    assert list(draws) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert (2, 1) in draws
    assert (2, 3) not in draws
    assert Lists(Continuous(0.0, 1.0), 2).size is None


def test_without_a_search_a_spec_means_its_defaults() -> None:
    assert fit.loads(TEXT).student.cost.weights == 3 * 8 * 9 + 8 * 8 * 9


def test_another_point() -> None:
    wide = fit.loads(TEXT, set={"width": "1.25", "depth": 1})
    assert wide.student.cost.weights == 3 * 10 * 9
    assert wide.point == {"width": "1.25", "depth": "1", "lr": "5e-3"}
    assert wide.at(depth=2).student.cost.weights == 3 * 10 * 9 + 10 * 10 * 9


def test_only_params_that_reach_a_student_count_students() -> None:
    assert fit.loads(TEXT).space.size == 12


def test_feasible_students_meet_every_requirement() -> None:
    # params for widths 6, 8, 10: first layer 168, 224, 280, each further one 330, 584, 910
    assert fit.loads(TEXT).space.feasible == 3 + 2 + 1


def test_a_continuous_param_of_the_student_makes_the_space_infinite() -> None:
    text = TEXT.replace("{0.75, 1.0, 1.25}", "0.5 .. 2.0")
    space = fit.loads(text).space
    assert (space.size, space.valid, space.feasible) == (None, None, None)


def test_a_space_beyond_counting_is_as_good_as_infinite() -> None:
    draws = "param w = [4] * 1000 in [1 .. 1M] * 1000"
    space = fit.loads(f"fit 1\n{draws}\nstudent s(x: [4]) {{ repeat k in w {{ Linear(k) }} }}").space
    assert (space.size, space.valid, space.feasible) == (None, None, None)


def test_a_resolved_spec_has_no_params_and_no_search_and_means_the_same() -> None:
    wide = fit.loads(TEXT, set={"width": 1.25})
    assert "let width = 1.25" in wide.text.replace("  ", " ")
    assert "param" not in wide.text.replace("params", "")
    assert "search" not in wide.text
    assert fit.loads(wide.text).student.cost == wide.student.cost


@pytest.mark.parametrize(
    ("declaration", "finding"),
    [
        (
            "param w = 5 in {1, 2}",
            "2:11 FIT5001 the default of `w`, the number 5, is not in its domain"
            "  (a domain holds the default too; both ends of a range belong to it)",
        ),
        ("param w = 5 in 9 .. 2", "2:16 FIT5002 the range 9 .. 2 is empty  (put the smaller end first)"),
        ("param w = 5 in 1 .. 9 step 0", "2:16 FIT5002 a step is above 0, got 0"),
        ("param w = 5 in log(0 .. 9)", "2:16 FIT5002 a logarithmic range is above 0, got 0 .. 9"),
        (
            "param w = 1 in 0 .. 1 step 5e-324",
            "2:16 FIT5002 0 .. 1 in steps of 5e-324 are too many values  (leave `step` out, or enlarge it)",
        ),
        ("param w = 1 in {1, 1}", "2:16 FIT5002 the number 1 is there twice  (list each value once)"),
        ("param w = [1] in [1 .. 2] * 0", "2:18 FIT5002 a list of draws has 1 to 1,000 of them, got the number 0"),
    ],
)
def test_domains_that_mean_nothing(declaration: str, finding: str) -> None:
    assert found(f"{declaration}\nstudent s(x: [4]) {{ Linear(len([w])) }}")[:1] == [finding]


def test_points_that_do_not_exist() -> None:
    assert found(TEXT.replace("1K", "9K"), depth=9) == [
        "2:13 FIT5003 the value of `depth`, the number 9, is not in its domain"
        "  (pick one of it; both ends of a range belong to it)"
    ]
    assert found(TEXT, depht=3) == ["2:5 FIT5003 this spec has no param `depht`  (did you mean `depth`?)"]


def test_a_value_outside_its_domain_is_one_finding_whatever_it_breaks() -> None:
    assert found(TEXT, width='"wide"') == [
        '2:13 FIT5003 the value of `width`, the text "wide", is not in its domain'
        "  (pick one of it; both ends of a range belong to it)"
    ]


def test_a_setting_is_one_value() -> None:
    assert found(TEXT, depth="3\nlet more = 4") == [
        "3:1 FIT5003 `depth` takes one value, not more  (repeat --set for each param)"
    ]


def test_a_param_that_nothing_reads_is_a_warning() -> None:
    assert found("param w = 1 in {1, 2}\nsearch {\n  vary = [w]\n  maximize = val.accuracy\n}") == [
        "2:7 FIT1013 nothing reads the param `w`  (use it, or take it away: a search would vary it for nothing)"
    ]


def test_a_search_for_nothing() -> None:
    assert found("param w = 1 in {1, 2}\nlet a = w\nsearch {\n  maximize = []\n}") == [
        "4:1 FIT5007 this search wants nothing  (say what: `maximize = val.accuracy`)"
    ]


@pytest.mark.parametrize(
    ("setting", "findings"),
    [
        ("vary = [width, lrr]", ["10:18 FIT5004 `lrr` is no param  (did you mean `lr`?)"]),
        (
            "maximize = 3",
            [
                "10:14 FIT5008 a search aims at a metric or a cost, got the number 3"
                "  (such as `val.accuracy` or `macs(student)`)"
            ],
        ),
        ("minimize = macs(student)", []),
        ("maximise = val.accuracy", ["10:3 FIT1004 `search` has no setting `maximise`  (did you mean `maximize`?)"]),
        (
            "sampler = asha()",
            [
                "10:13 FIT1007 `sampler` of `search` is a sampler, got the scheduler `asha`"
                "  (write `random()`, `grid()`, `tpe()`, `nsga2()` or `evolution()`)"
            ],
        ),
        (
            "sampler = tpe()\n  minimize = macs(student)",
            [
                "10:13 FIT5020 `tpe` pursues one goal, and this search has 2"
                "  (take `nsga2()` or `evolution()`, or `require` a bound instead of a goal)"
            ],
        ),
        (
            "sampler = grid()\n  vary = [depth, lr]",
            [
                "10:13 FIT5020 `grid` tries every value in turn, and `lr` has too many to list"
                "  (list some of them in braces: `{a, b}`, or take `random()`)"
            ],
        ),
        ("sampler = grid()\n  vary = [depth, width]", []),
        (
            "scheduler = asha(max_epochs=3, grace=5)",
            ["10:15 FIT1007 `asha`: no student is compared before it ends: grace 5 of 3 epochs"],
        ),
        ("scheduler = none()", []),
        (
            "minimize = [macs(student), weights(student), macs(student)]",
            ["10:48 FIT5008 this goal stands here twice  (name it once)"],
        ),
        (
            "trial = {gpus: 1.5}",
            ["10:11 FIT1007 `trial`: `gpus` is a share of one GPU, such as 0.5, or a whole number of them, got 1.5"],
        ),
        ("trial = {gpu: 1}", ["10:11 FIT1004 `trial` has no setting `gpu`  (did you mean `gpus`?)"]),
    ],
)
def test_search_settings(setting: str, findings: list[str]) -> None:
    text = TEXT.replace(
        "  maximize = val.accuracy\n",
        f"  {setting}\n" if setting.startswith(("maxi", "mini")) else f"  {setting}\n  maximize = val.accuracy\n",
    )
    assert found(text) == findings


STAGED = """fit 1
param width = 8 in {8, 16}
data d {
  source = Digits()
  split  = {train: 0.8, val: 0.2}
}
teacher t(x: d.input) {
  mid = Flatten() -> Linear(8)
  Linear(10)
} from "t.safetensors"
student s(x: d.input) {
  mid = Flatten() -> Linear(width)
  Linear(10)
}
hint h: t.mid guides s.mid
stage last {
  train     = student
  loss      = ce() + hint(h)
  optimizer = SGD(lr=0.1)
  epochs    = 2
}
search {
  maximize = val.accuracy
}
"""


@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        ({}, []),
        ({", val: 0.2": "", "val.accuracy": "weights(s)"}, []),
        (
            {", val: 0.2": ""},
            [
                "23:14 FIT5008 `val.accuracy` is not measured: no examples are kept for it"
                "  (give the data's `split` a part `val`)"
            ],
        ),
        (
            {"student\n": "student[..h]\n", "ce() + ": ""},
            [
                "23:14 FIT5008 `val.accuracy` is not measured: stage `last` does not run the student's output"
                "  (look at `val.loss`)"
            ],
        ),
        ({"student\n": "student[..h]\n", "ce() + ": "", "maximize = val.accuracy": "minimize = val.loss"}, []),
    ],
)
def test_a_search_aims_at_what_its_last_stage_measures(changes: dict[str, str], findings: list[str]) -> None:
    text = STAGED
    for old, new in changes.items():
        text = text.replace(old, new)
    assert found(text) == findings


def test_a_requirement_that_the_defaults_miss_is_a_warning() -> None:
    assert [line.split(" ")[1] for line in found(TEXT.replace("1K", "100"))] == ["FIT5005"]
    assert [line.split(" ")[1] for line in found(TEXT.replace("<= 1K", "+ 1"))] == ["FIT5006"]


def test_a_param_of_a_spec_that_has_none_is_told_to_be_declared() -> None:
    assert found("student s(x: [4]) { Linear(2) }\n", w=3) == [
        "2:5 FIT5003 this spec has no param `w`  (declare it: `param w = …`)"
    ]
