"""Who teaches whom: students of one stage each other, a student its own layers, generations, and weighted ensembles."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from findings import found
from small_spec import same
from torch import Tensor

import fitdsl as fit
from fitdsl.backend.weights import load_tensors
from fitdsl.component import components
from fitdsl.losses.distillation import LogitLoss
from fitdsl.training.data import Batch
from fitdsl.training.networks import build_networks
from fitdsl.training.options import TrainOptions
from fitdsl.training.report import RunReport
from fitdsl.training.run import train
from fitdsl.training.stage import Stage, prepare
from fitdsl.training.terms import Moment

TEXT = """\
fit 1

data d {
  source = Synthetic(shape=[1, 6, 6], classes=3, examples=120, test=30, noise=0.5)
  split  = {train: 96, val: 24}
  batch  = 32
}

block net(width) {
  c1 = input -> Conv2d(width, 3, padding=1) -> ReLU()
  c2 = Conv2d(2 * width, 3) -> ReLU()
  Flatten()
  Linear(d.classes)
}

student a(image: d.input) {
  body = net(4)
}

student b(image: d.input) {
  body = net(6)
}

HINTS
stage learn {
  train     = TRAIN
  loss      = LOSS
  optimizer = Adam(lr=1e-2)
  epochs    = 2
}

MORE
"""
BATCH = Batch(torch.randn(8, 1, 6, 6, generator=torch.Generator().manual_seed(3)), torch.arange(8) % 3, torch.arange(8))
NOW = Moment(1, 2)
MUTUAL = "ce(student=a) + kd(student=a, teacher=b) + ce(student=b) + kd(student=b, teacher=a)"


def text(train: str, loss: str, hints: str = "", more: str = "") -> str:
    return TEXT.replace("TRAIN", train).replace("LOSS", loss).replace("HINTS", hints).replace("MORE", more)


def stage_of(spec: str, name: str = "learn") -> Stage:
    made = fit.loads(spec).program
    networks = build_networks(made, seed=0, base=Path(), device=torch.device("cpu"))
    stage = prepare(made, made.stages[name], networks.modules, seed=0)
    stage.train()
    return stage


def run(where: Path, spec: str, **options: object) -> RunReport:
    settled = TrainOptions(**{"device": "cpu", "run_dir": where, **options})  # type: ignore[arg-type]
    return train(fit.loads(spec).program, settled)


def reached(stage: Stage) -> dict[str, set[str]]:
    """The weights of each network that the loss gives a gradient other than 0."""
    torch.autograd.backward(stage.measure(BATCH, NOW)[0])
    return {
        name: {key for key, weight in module.named_parameters() if weight.grad is not None and weight.grad.any()}
        for name, module in stage.networks.items()
    }


# Students of one stage ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", sorted(word for word, loss in components("loss").items() if issubclass(loss, LogitLoss))
)
def test_no_gradient_reaches_a_student_that_teaches(word: str) -> None:
    gradients = reached(stage_of(text("[a, b]", f"{word}(student=a, teacher=b)")))
    assert gradients["a"]
    assert gradients["b"] == set()


def test_mutual_learning_trains_both(tmp_path: Path) -> None:
    stage = stage_of(text("[a, b]", MUTUAL))
    assert stage.measured == ("loss", "ce", "kd", "ce#2", "kd#2", "accuracy")
    assert reached(stage) == {name: set(dict(module.named_parameters())) for name, module in stage.networks.items()}
    report = run(tmp_path / "run", text("[a, b]", MUTUAL))
    assert report.trained == ("a", "b")
    assert min(measured["accuracy"] for measured in report.test.values()) > 0.5


def test_each_of_two_learns_from_the_other_as_it_is() -> None:
    stage = stage_of(text("[a, b]", MUTUAL))
    outputs = stage.outputs(BATCH)
    logits = {name: module(BATCH.inputs) for name, module in stage.networks.items()}
    terms = {term.name: term for term in stage.terms}
    for name, student, teacher in (("kd", "a", "b"), ("kd#2", "b", "a")):
        expected = terms[name].function(logits[student], logits[teacher])
        torch.testing.assert_close(terms[name].value(outputs, {}), expected)


def test_a_student_that_could_teach_is_named() -> None:
    (line,) = found(text("a", "ce() + kd()"))
    assert line.partition(" ")[2] == (
        "FIT4005 `kd` needs a teacher, this spec has none"
        "  (declare one: `teacher big(image: …) { … }`; or name a student that teaches: `kd(teacher=b)`)"
    )


# A student's own layers -----------------------------------------------------------------------------------------------

OWN = "hint own: a.body.c2 guides a.body.c1 {\n  loss = mse()\n}\n"


def test_a_deeper_layer_guides_one_below_and_learns_nothing_by_it() -> None:
    stage = stage_of(text("a", "hint(own)", OWN))
    assert reached(stage)["a"] == {"body.c1.0.weight", "body.c1.0.bias"}
    stage = stage_of(text("a", "ce() + 0.5 * hint(own)", OWN))
    assert reached(stage)["a"] == set(dict(stage.networks["a"].named_parameters()))


def test_self_distillation_runs(tmp_path: Path) -> None:
    report = run(tmp_path / "run", text("a", "ce() + 0.5 * hint(own)", OWN))
    assert report.stages["learn"].metrics["train"].keys() == {
        *("loss", "ce", "hint(own)", "fit(own)", "accuracy", "error")
    }


@pytest.mark.parametrize(
    ("places", "finding"),
    [
        ("a.body.c1 guides a.body.c2", "`a.body.c1` cannot guide `a.body.c2`, which is computed from it"),
        ("a.body.c1 guides a.body.c1", "`a.body.c1` cannot guide itself"),
    ],
)
def test_a_layer_guides_none_that_it_feeds(places: str, finding: str) -> None:
    hint = OWN.replace("a.body.c2 guides a.body.c1", places)
    help = "in one student, a deeper layer guides a shallower one"
    assert found(text("a", "ce()", hint)) == [f"24:28 FIT3002 {finding}  ({help})"]


# Generations ----------------------------------------------------------------------------------------------------------

AGAIN = """\
stage again after learn {
  train     = b
  loss      = ce() + kd(teacher=a)
  optimizer = Adam(lr=1e-2)
  epochs    = 2
}
"""


def test_a_student_learns_from_the_generation_before_it(tmp_path: Path) -> None:
    born = text("a", "ce()", more=AGAIN).replace("net(6)", "net(4)")
    report = run(tmp_path / "run", born)
    assert list(report.stages) == ["learn", "again"]
    assert report.networks.keys() == {"a", "b"}
    alone = run(tmp_path / "alone", text("a", "ce()"))
    assert same(_weights(report, "a"), _weights(alone, "a"))


def test_a_generation_may_come_from_a_file(tmp_path: Path) -> None:
    first = run(tmp_path / "first", text("a", "ce()"))
    file = first.weights("a")
    spec = text("b", "ce() + kd(teacher=a)").replace(
        "  body = net(4)\n}", f'  body = net(4)\n}} from "{file.relative_to(tmp_path)}"'
    )
    report = run(tmp_path / "second", spec, base=tmp_path)
    assert report.trained == ("b",)
    assert "kd" in report.stages["learn"].metrics["train"]


def _weights(report: RunReport, network: str) -> dict[str, Tensor]:
    return load_tensors(report.weights(network))


# Ensembles ------------------------------------------------------------------------------------------------------------

SHARED = """\
teacher big(image: d.input) {
  body = net(8)
}

teacher wide(image: d.input) {
  body = net(12)
}

stage teach {
  train     = [big, wide]
  loss      = ce(student=big) + ce(student=wide)
  optimizer = Adam(lr=1e-2)
  epochs    = 1
}
"""


def ensemble(loss: str) -> str:
    return text("a", loss, SHARED).replace("stage learn {", "stage learn after teach {")


def test_teachers_teach_by_their_shares() -> None:
    stage = stage_of(ensemble("kd(teacher={big: 0.75, wide: 0.25}) + kd(teacher={big: 3, wide: 1}) + kd()"))
    outputs = stage.outputs(BATCH)
    logits = {name: module(BATCH.inputs) for name, module in stage.networks.items()}
    weighted, same_shares, mean = stage.terms
    expected = weighted.function(logits["a"], 0.75 * logits["big"] + 0.25 * logits["wide"])
    torch.testing.assert_close(weighted.value(outputs, {}), expected)
    torch.testing.assert_close(same_shares.value(outputs, {}), expected)
    expected = mean.function(logits["a"], (logits["big"] + logits["wide"]) / 2)
    torch.testing.assert_close(mean.value(outputs, {}), expected)


def test_teachers_may_have_a_term_each() -> None:
    stage = stage_of(ensemble("0.7 * kd(teacher=big) + 0.3 * kd(teacher=wide)"))
    logits = {name: module(BATCH.inputs) for name, module in stage.networks.items()}
    loss, *each = stage.measure(BATCH, NOW)
    for term, value, teacher in zip(stage.terms, each, ("big", "wide"), strict=False):
        torch.testing.assert_close(value, term.function(logits["a"], logits[teacher]))
    torch.testing.assert_close(loss, 0.7 * each[0] + 0.3 * each[1])


@pytest.mark.parametrize(
    ("teacher", "finding"),
    [
        ("{big: 0.7, wid: 0.3}", "`teacher` of `kd` names `wid`, which is no network  (did you mean `wide`?)"),
        ("a", "`teacher` of `kd` is `a`, which it teaches  (name another network)"),
        ("{big: 0.7, d: 0.3}", "`teacher` of `kd` names `d`, which is no network"),
        (
            "{big: -0.7}",
            "`teacher` of `kd` is a network or a dictionary, each value a positive number, got a dictionary",
        ),
        (
            "{}",
            "`teacher` of `kd` is a network or a dictionary, each value a positive number, got an empty dictionary",
        ),
    ],
)
def test_shares_that_mean_nothing(teacher: str, finding: str) -> None:
    (line,) = found(ensemble(f"kd(teacher={teacher})"))
    assert line.partition(" ")[2] == f"FIT1007 {finding}"


def test_what_is_wrong_is_shown_where_it_is_written() -> None:
    (line,) = found(ensemble("kd(teacher=big) + kd(teacher={wid: 1})"))
    assert line.partition(" ")[0] == "41:33"
