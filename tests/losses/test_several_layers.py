"""Hints of several layers: what they compare, how they print and show, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from findings import found
from small_spec import program, run

import fitdsl as fit
from fitdsl.backend.losses_several import fsp
from fitdsl.program.graph import closure, weave
from fitdsl.syntax.jsonform import from_json, to_json
from fitdsl.syntax.printer import print_spec
from fitdsl.training.networks import build_networks
from fitdsl.training.stage import prepare
from fitdsl.view.document import hint_document
from fitdsl.view.options import ViewOptions
from fitdsl.view.table import table

TEXT = """\
fit 1

teacher t(x: [3, 8, 8]) {
  a = Conv2d(4, 3, padding=1)
  b = Conv2d(6, 3, stride=2, padding=1)
  c = Conv2d(6, 3)
}

student s(x: [3, 8, 8]) {
  a = Conv2d(4, 3)
  b = Conv2d(6, 3)
  c = Flatten() -> Linear(6)
}

hint flow: [t.a, t.b] guides [s.a, s.b] {
  loss = fsp()
}
"""


def changed(*changes: tuple[str, str]) -> str:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_hint_holds_its_layers_pair_by_pair() -> None:
    hint = fit.loads(TEXT).program.hints["flow"]
    assert (hint.teacher, hint.hint) == ("t", ("a", "b"))
    assert (hint.student, hint.guided) == ("s", ("a", "b"))
    assert [str(hint.regressor.type_of(name)) for name in hint.compared] == ["[4, 6, 6]", "[6, 4, 4]"]
    assert dict(hint.regressor.layers) == {}


def test_it_prints_as_it_is_written_and_comes_back_from_json() -> None:
    tree = fit.loads(TEXT).compilation.tree
    assert print_spec(tree) == TEXT
    assert from_json(to_json(tree)) == tree


def test_it_shows_every_layer() -> None:
    spec = fit.loads(TEXT)
    lines = table(spec.compilation, ViewOptions()).splitlines()
    assert "    hint       t.a [4, 8, 8], t.b [6, 4, 4]" in lines
    assert "    guided     s.a [4, 6, 6], s.b [6, 4, 4]" in lines
    document = hint_document(spec.program, spec.program.hints["flow"]).model_dump(mode="json")
    assert document == {
        "teacher": ["t.a", "t.b"],
        "student": ["s.a", "s.b"],
        "hint_shape": [[4, 8, 8], [6, 4, 4]],
        "guided_shape": [[4, 6, 6], [6, 4, 4]],
        "regressor": [],
        "loss_cost": None,
    }


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        (
            [("guides [s.a, s.b]", "guides [s.a]")],
            "15:12 FIT3006 layers are compared pair by pair, here are 2 and 1  (name as many layers on both sides)",
        ),
        (
            [("[t.a, t.b]", "t.a"), ("[s.a, s.b]", "s.a")],
            "15:12 FIT3006 `fsp` compares two layers of each network or more, here is one"
            "  (write lists: `[teacher.a, teacher.b] guides [student.a, student.b]`)",
        ),
        (
            [("fsp()", "mse()")],
            "15:12 FIT3006 `mse` compares one layer of each network, here are 2"
            "  (write a hint for each pair, or use a loss of several layers: `fsp()` or `reviewkd()`)",
        ),
        (
            [("loss = fsp()", "loss = fsp()\n  regressor = fc()")],
            "17:15 FIT3006 a hint of several layers has no regressor  (leave it out)",
        ),
        (
            [("[s.a, s.b]", "[s.a, t.b]")],
            "15:30 FIT3006 the layers of one list lie in one network, not in `s` and `t`"
            "  (write a hint for each network)",
        ),
        (
            [("[s.a, s.b]", "[s.b, s.b]")],
            "15:31 FIT3001 `fsp` compares maps or tokens with the same channels, got [6, 4, 4] and [4, 8, 8]"
            "  (guide `s.a` instead, which gives [4, 6, 6])",
        ),
        (
            [("[s.a, s.b]", "[s.a, s.c]"), ("fsp()", "reviewkd()")],
            "15:36 FIT3001 `reviewkd` compares maps of any size, got [6] and [6, 4, 4]"
            "  (guide `s.b` instead, which gives [6, 4, 4])",
        ),
        (
            [("[s.a, s.b]", "[s.a, s.q]")],
            "15:36 FIT1012 `s` has no layer `q`  (its labels are c, a, b)",
        ),
        (
            [("[t.a, t.b]", "[]")],
            "15:12 FIT1012 a list of 0 is not a layer  (name one: `student.s2`)",
        ),
    ],
)
def test_what_does_not_go_together_is_one_error(changes: list[tuple[str, str]], finding: str) -> None:
    assert found(changed(*changes)) == [finding]


def test_flows_are_inner_products_of_channels_at_the_smaller_size() -> None:
    below, above, other = torch.randn(2, 3, 4, 4), torch.randn(2, 5, 2, 2), torch.randn(2, 4, 2, 2)
    averaged = torch.nn.functional.avg_pool2d(below, 2)
    flow = torch.einsum("nchw,ndhw->ndc", averaged, above) / 4
    second = torch.einsum("nchw,ndhw->ndc", above, other) / 4
    zeros = tuple(torch.zeros_like(layer) for layer in (below, above, other))
    expected = flow.square().mean() + second.square().mean()
    torch.testing.assert_close(fsp((below, above, other), zeros), expected)


SEVERAL = (
    (
        "hint mid: teacher.c2 guides student.s1 {",
        "hint mid: [teacher.c1, teacher.c2] guides [student.s1, student.s2] {",
    ),
    ("  regressor = conv()\n  loss      = mse()", "  loss = reviewkd(width=8)"),
    ("train     = student[..s1]", "train     = student[..mid]"),
)


def test_a_stage_runs_all_layers_and_nothing_above() -> None:
    made = program(*SEVERAL)
    plan = made.stages["hints"]
    assert plan.taps == {"small": ("s1[4]", "s2[1]"), "big": ("c1[2]", "c2[3]")}
    parts = closure(weave(made), "hints")
    ran = {name: {p.address for p in parts if p.owner == name and p.address != "image"} for name in plan.runs}
    assert ran == {name: set(layers) for name, layers in plan.runs.items()}


def test_a_stage_has_no_regressor_for_several_layers() -> None:
    made = program(*SEVERAL)
    networks = build_networks(made, seed=0, base=Path(), device=torch.device("cpu"))
    stage = prepare(made, made.stages["hints"], networks.modules, seed=0)
    assert (list(stage.regressors), list(stage.losses)) == ([], ["mid"])


def test_a_run_trains_several_layers(tmp_path: Path) -> None:
    report = run(tmp_path / "run", *SEVERAL, stage="hints")
    assert report.stages["hints"].metrics["train"]["hint(mid)"] > 0
