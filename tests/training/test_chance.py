"""Teachers that were loaded and answer like chance are told of, once, before anything learns from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from outside_specs import experiment
from small_spec import TEXT, Watch, same, weights
from torch import Tensor, nn

import fitdsl as fit
from fitdsl.backend.weights import save_tensors, save_weights
from fitdsl.program.model import Program
from fitdsl.training import chance
from fitdsl.training.chance import doubt, loaded
from fitdsl.training.data import Tensors
from fitdsl.training.events import StageStarted, Warned
from fitdsl.training.options import TrainOptions
from fitdsl.training.report import RunReport
from fitdsl.training.run import train
from fitdsl.training.stage import prepare

TEACH = TEXT[TEXT.index("stage teach") : TEXT.index("stage hints")]
HEAD = "  logits = Linear(d.classes)\n}\n\nstudent"
LOADED = TEXT.replace(HEAD, HEAD.replace("}", '} from "big.safetensors"'))
TAUGHT_BEFORE = LOADED.replace(TEACH, "").replace(" after teach", "")
QUESTION = "were its weights trained on these classes, and on examples prepared like these?"


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tensor]:
    """Weights of a teacher that knows its classes."""
    folder = tmp_path_factory.mktemp("knowing")
    options = TrainOptions(device="cpu", run_dir=folder / "run", reuse=False, stage="teach", is_measured=False)
    train(program(TEXT.replace("lr=1e-2", "lr=3e-2")), options)
    return weights(folder / "run", "teach")


def program(text: str, *changes: tuple[str, str]) -> Program:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return fit.loads(text, name="small.fit").program


def unknowing(folder: Path) -> None:
    """Put weights of a teacher there that has learned nothing: it gives the same class for everything."""
    module = fit.loads(TEXT).teacher.build()
    assert isinstance(module.logits, nn.Linear)
    nn.init.zeros_(module.logits.weight)
    save_weights(module, folder / "big.safetensors")


def run(folder: Path, made: Program, **options: object) -> tuple[RunReport, Watch]:
    """Train for an epoch a stage in a folder beside the teacher's weights."""
    watch = Watch()
    known = {"device": "cpu", "run_dir": folder / "run", "base": folder, "reuse": False, "epochs": 1}
    return train(made, TrainOptions(**{**known, "observer": watch, **options})), watch  # type: ignore[arg-type]


def warnings(watch: Watch) -> list[Warned]:
    return [event for event in watch.events if isinstance(event, Warned)]


def test_a_teacher_that_knows_nothing_is_told_of_once_before_the_first_stage(tmp_path: Path) -> None:
    unknowing(tmp_path)
    _, watch = run(tmp_path, program(TAUGHT_BEFORE))
    (warning,) = warnings(watch)
    assert warning == Warned(
        "hints", f"`big` answers 35% of 40 validation examples rightly, and chance is 35%: {QUESTION}"
    )
    begun = next(place for place, event in enumerate(watch.events) if isinstance(event, StageStarted))
    assert watch.events.index(warning) < begun


def test_nothing_is_said_of_a_teacher_that_knows(tmp_path: Path, knowing: dict[str, Tensor]) -> None:
    save_tensors(knowing, tmp_path / "big.safetensors")
    _, watch = run(tmp_path, program(TAUGHT_BEFORE))
    assert warnings(watch) == []


def test_nothing_is_said_of_a_teacher_that_the_run_trains(tmp_path: Path) -> None:
    unknowing(tmp_path)
    _, watch = run(tmp_path, program(LOADED, ("lr=1e-2", "lr=1e-9")))
    assert warnings(watch) == []


def test_a_network_from_outside_is_looked_at_too(tmp_path: Path) -> None:
    watch = Watch()
    experiment(tmp_path).train(run_dir=tmp_path / "run", device="cpu", allow_python=True, reuse=False, observer=watch)
    (warning,) = warnings(watch)
    assert warning.message.endswith(QUESTION)


def test_kept_answers_are_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unknowing(tmp_path)
    monkeypatch.delattr(chance, "_computed")
    hints = TAUGHT_BEFORE[TAUGHT_BEFORE.index("stage hints") : TAUGHT_BEFORE.index("stage distil")]
    still = (("  augment = [RandomHorizontalFlip()]\n", ""), (hints, ""), (" after hints", ""))
    _, watch = run(tmp_path, program(TAUGHT_BEFORE, *still))
    assert [warning.stage for warning in warnings(watch)] == ["distil"]


def test_it_is_said_where_all_stages_come_from_the_store_but_not_of_such_a_trial(tmp_path: Path) -> None:
    unknowing(tmp_path)
    _, first = run(tmp_path, program(TAUGHT_BEFORE), reuse=True)
    report, again = run(tmp_path, program(TAUGHT_BEFORE), reuse=True, run_dir=tmp_path / "again")
    assert all(stage.reused for stage in report.stages.values())
    assert warnings(again) == warnings(first) != []
    _, trial = run(tmp_path, program(TAUGHT_BEFORE), reuse=True, run_dir=tmp_path / "trial", is_measured=False)
    assert warnings(trial) == []


def test_no_trained_number_depends_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unknowing(tmp_path)
    run(tmp_path, program(TAUGHT_BEFORE))
    monkeypatch.setattr("fitdsl.training.stage_run.loaded", lambda program, plan: ())
    _, watch = run(tmp_path, program(TAUGHT_BEFORE), run_dir=tmp_path / "silent")
    assert warnings(watch) == []
    assert same(weights(tmp_path / "run", "distil"), weights(tmp_path / "silent", "distil"))


class Drawing(nn.Module):
    """Draws numbers, and gives the same class for everything."""

    def forward(self, images: Tensor) -> Tensor:
        """Logits [n, 3]."""
        return 0 * torch.rand(len(images), 3)


def test_of_few_examples_nothing_is_said_and_of_many_some_are_looked_at() -> None:
    made = program(TAUGHT_BEFORE)
    modules = {name: fit.loads(TEXT).networks[name].build() for name in made.networks}
    stage = replace(prepare(made, made.stages["hints"], modules, seed=0), networks={"big": Drawing()}, regressors={})
    before = torch.get_rng_state()
    said = [
        doubt(stage, "big", Tensors(torch.zeros(count, 1, 6, 6), torch.arange(count) % 3), None, batch=100)
        for count in (9, 10, 3000)
    ]
    assert [text and text.partition(" of ")[2].partition(" ")[0] for text in said] == [None, "10", "512"]
    assert torch.equal(torch.get_rng_state(), before)


def test_what_tells_no_classes_or_runs_in_training_mode_is_not_looked_at() -> None:
    made = program(TAUGHT_BEFORE)
    assert list(loaded(made, made.stages["hints"])) == ["big"]
    lively = program(TAUGHT_BEFORE, ("big(image: d.input)", "big(image: d.input, mode = train)"))
    assert list(loaded(lively, lively.stages["hints"])) == []
    wide = program(
        TAUGHT_BEFORE,
        ('Linear(d.classes)\n} from "big', 'Linear(7)\n} from "big'),
        ("ce() + ramp(2, 1) * kd(temperature=3)", "ce()"),
    )
    assert list(loaded(wide, wide.stages["hints"])) == []
