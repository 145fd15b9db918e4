"""What preparations learned leaves fitdsl with the weights: examples are prepared outside as they were in training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_spec import TEXT

import fitdsl as fit
from fitdsl.cli.gains import gains
from fitdsl.data.examples import Parts
from fitdsl.data.opening import read
from fitdsl.diagnostics import FitError
from fitdsl.training.data import Tensors, load_splits
from fitdsl.training.interrupts import Interrupted
from fitdsl.training.report import RunReport
from fitdsl.view.terminal import Display
from fitdsl.work.store import Store

PREPARED = TEXT.replace(
    "  augment = [RandomHorizontalFlip()]\n",
    "  prepare = [GCN(scale=5), Standardize(), ZCA(bias=0.1)]\n  augment = [RandomCrop(5)]\n",
)
SPEC = fit.loads(PREPARED)
SETTINGS = SPEC.program.data["d"]


@pytest.fixture(scope="module")
def parts() -> Parts:
    """The examples as they are stored."""
    return read(SETTINGS.source, Path())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunReport:
    """A run whose student was trained on prepared examples."""
    folder = tmp_path_factory.mktemp("prepared")
    return train(folder / "run", store=Store(folder / "store"))


def train(where: Path, spec: fit.Experiment = SPEC, **options: object) -> RunReport:
    """Train in a folder, every stage anew unless told otherwise."""
    return spec.train(**{"device": "cpu", "run_dir": where, "reuse": False, "epochs": 1, **options})


def refused(spec: fit.Experiment, examples: object, fitted: object = None) -> str:
    """Code, message and notes with which preparing is refused."""
    with pytest.raises(FitError) as error:
        spec.prepare(examples, fitted)  # type: ignore[arg-type]
    (finding,) = error.value.diagnostics
    return "\n".join((f"{finding.code} {finding.message}", *finding.notes))


def test_examples_are_prepared_bit_by_bit_as_in_training(run: RunReport, parts: Parts) -> None:
    test = load_splits(SETTINGS, base=Path(), seed=0, device="cpu").test
    assert isinstance(test, Tensors)
    assert test.inputs.shape[1:] == (1, 5, 5)
    assert torch.equal(SPEC.prepare(parts.test.inputs, run), test.inputs)


def test_a_student_answers_outside_as_it_was_measured(run: RunReport, parts: Parts) -> None:
    student = SPEC.student.build(weights=run).eval()
    answers = student(SPEC.prepare(parts.test.inputs, run)).argmax(dim=1).numpy()
    assert (answers == parts.test.targets).mean() == pytest.approx(run.test["small"]["accuracy"])


def test_a_run_its_folder_and_its_file_mean_the_same(run: RunReport, parts: Parts) -> None:
    prepared = SPEC.prepare(parts.test.inputs, run)
    for fitted in (run.folder, str(run.folder), run.folder / "data/d.safetensors"):
        assert torch.equal(SPEC.prepare(torch.as_tensor(parts.test.inputs), fitted, data="d"), prepared)


def test_where_it_is_is_told_after_training(run: RunReport) -> None:
    assert f"what the preparations of d have learned: {run.folder}/data/d.safetensors" in gains(run, Display())


def test_another_seed_has_learned_something_else(run: RunReport, parts: Parts, tmp_path: Path) -> None:
    other = train(tmp_path / "run", seed=1)
    assert not torch.equal(SPEC.prepare(parts.test.inputs, other), SPEC.prepare(parts.test.inputs, run))


def test_it_is_there_where_stages_come_from_the_store(run: RunReport, tmp_path: Path, store: Path) -> None:
    train(tmp_path / "1", reuse=True)
    again = train(tmp_path / "2", reuse=True)
    assert store.exists()
    assert all(stage.reused for stage in again.stages.values())
    assert again.prepared("d").read_bytes() == run.prepared("d").read_bytes()


def test_it_is_there_from_the_beginning_and_after_a_run_was_gone_on_with(run: RunReport, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        train(tmp_path / "run", is_asked_to_end=lambda: True)
    assert (tmp_path / "run/data/d.safetensors").read_bytes() == run.prepared("d").read_bytes()
    (tmp_path / "run/data/d.safetensors").unlink()
    gone_on = train(tmp_path / "run", resume=True)
    assert gone_on.prepared("d").read_bytes() == run.prepared("d").read_bytes()


def test_nothing_is_kept_of_trials_or_where_nothing_was_learned(tmp_path: Path) -> None:
    train(tmp_path / "trial", is_measured=False)
    train(tmp_path / "plain", fit.loads(TEXT))
    assert not list(tmp_path.glob("*/data"))


def test_pixels_tokens_and_other_numbers_are_taken_as_readers_give_them() -> None:
    scaled = fit.loads(TEXT.replace("  augment", "  prepare = [Scale(2)]\n  augment"))
    pixels = np.full((2, 1, 6, 6), 255, np.uint8)
    assert torch.equal(scaled.prepare(pixels), torch.full((2, 1, 6, 6), 2.0))
    assert torch.equal(scaled.prepare(pixels.astype(np.float64)), torch.full((2, 1, 6, 6), 510.0))
    assert scaled.prepare(pixels[:0]).shape == (0, 1, 6, 6)
    tokens = fit.loads("fit 1\n\ndata d {\n  source = Synthetic([4], 3, vocab=9)\n}\n")
    assert tokens.prepare(np.zeros((2, 4), np.int32)).dtype == torch.int64


def test_what_was_learned_is_asked_for(tmp_path: Path, parts: Parts) -> None:
    message = "FIT6008 what `Standardize`, `ZCA` learned in training is not at hand"
    assert refused(SPEC, parts.test.inputs) == message
    assert refused(SPEC, parts.test.inputs, tmp_path) == f"{message}: there is no `{tmp_path}/data/d.safetensors`"


def test_what_others_have_learned_is_refused(run: RunReport, parts: Parts) -> None:
    other = fit.loads(PREPARED.replace("ZCA(bias=0.1)", "ZCA(bias=0.2)"))
    said = refused(other, parts.test.inputs, run).splitlines()
    assert said[0] == f"FIT6008 `{run.prepared('d')}` was learned by other preparations or of other data"
    assert ['["ZCA", {"bias": 0.1}]' in said[1], '["ZCA", {"bias": 0.2}]' in said[2]] == [True, True]


def test_a_damaged_file_is_refused(tmp_path: Path, parts: Parts) -> None:
    (tmp_path / "d.safetensors").write_bytes(b"no tensors")
    said = refused(SPEC, parts.test.inputs, tmp_path / "d.safetensors")
    assert said.startswith(f"FIT6008 `{tmp_path}/d.safetensors` cannot be read: ")


def test_other_examples_are_refused(run: RunReport) -> None:
    with pytest.raises(ValueError, match=r"examples of `Synthetic` are \[n, 1, 6, 6\], got \[1, 6, 6\]"):
        SPEC.prepare(np.zeros((1, 6, 6)), run)
    with pytest.raises(ValueError, match="examples of `Synthetic` are numbers, got <U1"):
        SPEC.prepare(np.full((1, 1, 6, 6), "a"), run)


def test_one_of_several_data_is_named(run: RunReport) -> None:
    two = fit.loads(PREPARED + "\ndata other {\n  source = Digits()\n}\n")
    with pytest.raises(LookupError, match="name one of the spec's data with `data=`: d, other"):
        two.prepare(np.zeros((1, 1, 6, 6)), run)
    assert two.prepare(np.zeros((1, 1, 8, 8)), data="other").shape == (1, 1, 8, 8)
