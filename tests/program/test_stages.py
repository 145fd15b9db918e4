"""Stages run the ancestors of their losses and train what they name; what they cannot do is told before they run."""

from __future__ import annotations

from pathlib import Path

import pytest
from findings import found

import fitdsl as fit
from fitdsl.program.graph import closure, weave

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*/*.fit"))
TEXT = """fit 1
data d {
  source = Digits()
  split  = {train: 0.8, val: 0.2}
}
teacher t(x: d.input) {
  h = Conv2d(32, 3, padding=1) -> ReLU() -> MaxPool2d(2)
  Flatten()
  logits = Linear(d.classes)
}
student s(x: d.input) {
  a = repeat w in [8, 8] { Conv2d(w, 3, padding=1) -> ReLU() }
  p = MaxPool2d(2)
  Flatten()
  logits = Linear(d.classes)
}
hint mid: teacher.h guides student.p
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
  loss      = ce() + ramp(4, 1, epochs=1..2) * kd(temperature=3)
  optimizer = SGD(lr=0.1)
  epochs    = 3
  stop      = patience(val.error, 9)
}
"""


def changed(*edits: tuple[str, str]) -> str:
    """The text with some of it replaced."""
    text = TEXT
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_a_stage_runs_neither_the_student_above_the_guided_layer_nor_the_teacher_above_the_hint() -> None:
    stage = fit.loads(TEXT).program.stages["hints"]
    assert stage.runs == {"s": {"a[0][0]", "a[0][1]", "a[1][0]", "a[1][1]", "p"}, "t": {"h[0]", "h[1]", "h[2]"}}
    assert stage.taps == {"s": ("p",), "t": ("h[2]",)}
    assert stage.trains == {"s": {"a[0][0]", "a[1][0]"}}
    assert stage.frozen == {"s": set(), "t": {"h[0]", "h[1]", "h[2]"}}
    assert stage.hints == ("mid",)


def test_weights_that_stay_above_weights_that_move_are_frozen_but_what_has_none_is_not() -> None:
    stage = fit.loads(changed(("  train     = student\n", "  train     = student.a\n"))).program.stages["distil"]
    assert stage.frozen["s"] == {"logits"}


@pytest.mark.parametrize("path", [path for path in SPECS if path.parent.name != "blocks"], ids=lambda path: path.stem)
def test_what_runs_is_the_closure_in_the_program_graph(path: Path) -> None:
    program = fit.load(path).program
    graph = weave(program)
    for stage in program.stages.values():
        parts = {(part.owner, part.address) for part in closure(graph, stage.name) if part.kind == "network"}
        inputs = {(network, name) for network in stage.runs for name in program.networks[network].graph.inputs}
        assert parts - inputs == {(network, address) for network, runs in stage.runs.items() for address in runs}


def test_stages_come_in_an_order_in_which_each_follows_what_it_needs() -> None:
    stages = TEXT.index("stage teach"), TEXT.index("stage hints"), TEXT.index("stage distil")
    turned = TEXT[: stages[0]] + TEXT[stages[2] :] + TEXT[stages[1] : stages[2]] + TEXT[stages[0] : stages[1]]
    assert list(fit.loads(turned).program.stages) == ["teach", "hints", "distil"]


@pytest.mark.parametrize(
    ("edits", "findings"),
    [
        (
            [("optimizer = Adam()", "optimiser = Adam()")],
            ["21:3 FIT1004 `teach` has no setting `optimiser`  (did you mean `optimizer`?)"],
        ),
        ([("  optimizer = Adam()\n", "")], ["18:7 FIT1006 `teach` needs `optimizer`"]),
        (
            [("train     = student[..mid]", "train     = student.logits")],
            [
                "25:15 FIT4001 nothing of `student.logits` is trained: the loss does not depend on it"
                "  (train the layers that the loss reads, or add a loss that reads these)"
            ],
        ),
        (
            [("train     = student[..mid]", "train     = []")],
            ["25:15 FIT4001 this stage trains nothing: the list is empty  (name what learns, such as `student`)"],
        ),
        (
            [("train     = student[..mid]", "train     = student.p")],
            ["25:15 FIT4001 `student.p` has no weights to train  (select layers that have some)"],
        ),
        (
            [("train     = student[..mid]", "train     = student")],
            [
                "25:15 FIT4007 the loss does not reach 1 of the layers to train, first `s.logits`"
                "  (train what the hint reaches: `s[..mid]`)"
            ],
        ),
        (
            [("stage hints after teach", "stage hints")],
            [
                "26:15 FIT4005 stage `hints` learns from `t`, which nothing trained"
                "  (put it after the stage that trains it: `stage hints after teach`)",
                "32:15 FIT4005 stage `distil` learns from `t`, which nothing trained"
                "  (put it after the stage that trains it: `stage distil after teach`)",
            ],
        ),
        (
            [("after teach", "after distil")],
            ["24:7 FIT4003 these stages wait for each other: hints -> distil -> hints  (take one `after` away)"],
        ),
        ([("after hints", "after hits")], ["30:20 FIT4004 there is no stage `hits`  (did you mean `hints`?)"]),
        (
            [("after hints", "after teach")],
            [
                "30:7 FIT4008 stages `hints` and `distil` both train `s`, and neither comes after the other"
                "  (say which is first: `stage distil after hints`)"
            ],
        ),
        (
            [("epochs=1..2", "epochs=10..20")],
            [
                "32:22 FIT4006 `ramp` has no effect, or only in part: it begins at epoch 10, but the stage ends after"
                " epoch 3  (keep it within epochs 1 to 3, or raise `epochs`)"
            ],
        ),
        (
            [("loss      = hint(mid)", "loss      = hint(mid)\n  keep = best(val.error)")],
            [
                "27:10 FIT4009 `val.error` is not measured: stage `hints` does not run the student's output"
                "  (look at `val.loss`)"
            ],
        ),
        (
            [("{train: 0.8, val: 0.2}", "{train: 1.0}")],
            [
                "35:15 FIT4009 `val.error` is not measured: no examples are kept for it"
                "  (give the data's `split` a part `val`)"
            ],
        ),
        (
            [("train     = teacher", "train     = [teacher, student]")],
            ["20:15 FIT4010 `ce` could teach `t` and `s`  (say which: `ce(student=t)`)"],
        ),
        (
            [("logits = Linear(d.classes)", "logits = Linear(7)")],
            ["20:15 FIT4013 `ce` needs 10 numbers, one a class; `t` gives [7]  (end `t` in `Linear(10)`)"],
        ),
        (
            [("loss      = hint(mid)", "loss      = mse()")],
            [
                "26:15 FIT4014 `mse` compares a hint with a guided layer"
                "  (write `loss = mse()` in a hint, and `hint(NAME)` here)"
            ],
        ),
        (
            [("x: d.input", "x: [1, 8, 8]"), ("x: d.input", "x: [1, 8, 8]")],
            [
                f"{line}:7 FIT4011 stage `{stage}` runs {networks}, which {reads} no data"
                "  (write `d.input` for the shape of its input)"
                for line, stage, networks, reads in (
                    (18, "teach", "`t`", "reads"),
                    (24, "hints", "`s`", "reads"),
                    (30, "distil", "`s`", "reads"),
                )
            ],
        ),
        (
            [("student.p", "student.q")],
            ["17:28 FIT1012 `s` has no layer `q`  (its labels are a, p, logits)"],
        ),
        (
            [("student[..mid]", "studnet[..mid]")],
            ["25:15 FIT1001 nothing is called `studnet`  (did you mean `student`?)"],
        ),
        (
            [("kd(temperature=3)", "kd(temperature=-4)")],
            ["32:63 FIT1007 `temperature` of `kd` is a positive number or a schedule, got the number -4"],
        ),
        (
            [("patience(val.error, 9)", "patience(test.error, 9)")],
            [
                "35:24 FIT1007 `patience`: `test.error`: selecting on the test split is not allowed,"
                " its result would be too good; use `val.error`"
            ],
        ),
    ],
)
def test_what_a_stage_cannot_do(edits: list[tuple[str, str]], findings: list[str]) -> None:
    assert found(changed(*edits)) == findings


def test_a_hint_that_no_stage_uses_is_a_warning() -> None:
    text = changed(("loss      = hint(mid)", "loss      = ce()"), ("train     = student[..mid]", "train     = student"))
    assert found(text) == ["17:6 FIT3005 no stage uses the hint `mid`  (add `hint(mid)` to a stage's loss)"]


def test_a_teacher_with_weights_needs_no_stage() -> None:
    start, end = TEXT.index("stage teach"), TEXT.index("stage hints")
    text = TEXT[:start] + TEXT[end:].replace("stage hints after teach", "stage hints")
    text = text.replace("}\nstudent", '} from "t.safetensors"\nstudent')
    assert found(text) == []
    assert fit.loads(text).program.networks["t"].weights == "t.safetensors"


@pytest.mark.parametrize(
    ("loss", "finding"),
    [
        ("-1 * ce()", "20:20 FIT4015 the weight of `ce` is -1: the stage would make this loss large"
         "  (a weight is a number above 0; take the sign away)"),
        ("ce() + -1 * ce()", "20:27 FIT4015 the weight of `ce` is -1: the stage would make this loss large"
         "  (a weight is a number above 0; take the sign away)"),
        ("-1 * ramp(4, 1) * ce()", "20:33 FIT4015 the weight of `ce` is between -4 and -1: the stage would make this "
         "loss large  (a weight is a number above 0; take the sign away)"),
        ("0 * ce() + ce()", "20:19 FIT4015 the weight of `ce` is 0, so this loss has no say"
         "  (give it a weight above 0, or take it away)"),
        ("0 * ce()", "20:15 FIT4015 stage `teach` trains nothing: the weight of all its losses is 0"
         "  (give one a weight above 0)"),
        ("ramp(0, 1) * ce()", None),
        ("ramp(1, -1) * ce()", None),
    ],
)  # fmt: skip
def test_a_loss_has_a_weight_above_zero(loss: str, finding: str | None) -> None:
    assert found(changed(("loss      = ce()", f"loss      = {loss}"))) == ([] if finding is None else [finding])


def test_a_loss_of_a_stage_in_a_hint_is_told_what_is_due_there() -> None:
    text = changed(("hint mid: teacher.h guides student.p", "hint mid: teacher.h guides student.p { loss = ce() }"))
    assert [line.split(" ", 1)[1] for line in found(text)][:1] == [
        "FIT1007 `loss` of `mid` is a loss of a hint, such as `mse()`, got the loss `ce`"
    ]


NO_HINTS = (
    "loss      = hint(mid)\n  optimizer = SGD(lr=0.1)\n  epochs    = 2",
    "loss      = hint(mid)\n  optimizer = SGD(lr=0.1)\n  epochs    = 0",
)


def test_a_stage_of_no_epochs_is_left_out() -> None:
    text = changed(NO_HINTS)
    assert found(text) == []
    program = fit.loads(text).program
    assert list(program.stages) == ["teach", "distil"]
    assert program.stages["distil"].after == ("teach",)
    assert program.left_out == ("hints",)


def test_the_last_stage_has_epochs() -> None:
    assert found(changed(("  epochs    = 3\n", "  epochs    = 0\n"))) == [
        "34:15 FIT4001 stage `distil` trains nothing: its `epochs` are 0, and no stage comes after it"
        "  (give it at least one epoch)"
    ]


def test_a_mistake_in_a_stage_of_no_epochs_is_found() -> None:
    text = changed(NO_HINTS, ("train     = student[..mid]", "train     = student.logits"))
    assert [one.split()[1] for one in found(text)] == ["FIT4001"]


def test_a_hint_may_be_used_through_a_let() -> None:
    assert (
        found(
            changed(("stage hints", "let own = hint(mid)\nstage hints"), ("loss      = hint(mid)", "loss      = own"))
        )
        == []
    )


def test_what_only_a_stage_of_no_epochs_would_have_trained_is_not_trained() -> None:
    text = changed(("  epochs    = 2\n}\nstage hints", "  epochs    = 0\n}\nstage hints"))
    assert [one.split()[1] for one in found(text)] == ["FIT4005", "FIT4005"]


def test_a_stage_of_no_epochs_is_still_read() -> None:
    text = changed(
        ("  epochs    = 2\n}\nstage hints", "  epochs    = 0\n  stop = patience(val.eror, 9)\n}\nstage hints")
    )
    assert [one.split()[1] for one in found(text)] == ["FIT1010"]


def test_a_weight_that_a_param_makes_zero_is_meant() -> None:
    declared = ("data d", "param constant = 0 in {0, 1}\ndata d")
    assert found(changed(declared, ("loss      = ce()", "loss      = ce() + constant * ce()"))) == []


def test_a_weight_of_zero_beside_a_param_is_hardly_meant() -> None:
    declared = ("data d", "param tau = 3 in {1, 3}\ndata d")
    text = changed(declared, ("ramp(4, 1, epochs=1..2) * kd(temperature=3)", "0 * kd(temperature=tau)"))
    assert [one.split()[1] for one in found(text)] == ["FIT4015"]


def test_a_loss_without_weight_runs_nothing() -> None:
    text = changed(("ramp(4, 1, epochs=1..2) * kd", "0 * ramp(4, 1, epochs=1..2) * kd"))
    plan = fit.loads(text).program.stages["distil"]
    assert [term.name for term in plan.terms] == ["ce"]
    assert set(plan.runs) == {"s"}
