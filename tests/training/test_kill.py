"""A `fit train` that is killed at any moment goes on with `--resume` and ends as if nothing had happened."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from small_spec import same

from fitdsl.backend.weights import load_tensors

SPEC = """\
fit 1

data d {
  source  = Synthetic(shape=[1, 6, 6], classes=3, examples=760, test=60, noise=0.5)
  split   = {train: 640, val: 120}
  augment = [RandomHorizontalFlip(), RandomCrop(6, padding=1)]
  views   = 3
  batch   = 16
}

teacher big(image: d.input) {
  t1 = Conv2d(8, 3, padding=1) -> BatchNorm2d() -> ReLU() -> MaxPool2d(2)
  Flatten()
  logits = Linear(d.classes)
}

student small(image: d.input) {
  s1 = Conv2d(4, 3, padding=1) -> BatchNorm2d() -> ReLU() -> Dropout2d(0.1) -> MaxPool2d(2)
  Flatten() -> Dropout(0.2)
  logits = Linear(d.classes)
}

hint mid: teacher.t1 guides student.s1 {
  regressor = conv()
}

stage teach {
  train     = teacher
  loss      = ce()
  optimizer = SGD(lr=0.05, momentum=0.9)
  epochs    = 2
}

stage hints after teach {
  train     = student[..s1]
  loss      = hint(mid)
  optimizer = SGD(lr=0.05, momentum=0.9)
  schedule  = cosine(warmup=1)
  epochs    = 5
  clip      = 1.0
  ema       = 0.9
  keep      = best(val.loss)
  stop      = patience(val.loss, 4)
}

stage distil after hints {
  train     = student
  loss      = ce() + ramp(4, 1) * kd(temperature=3)
  optimizer = Adam(lr=3e-3)
  schedule  = warmup(1, then=cosine())
  epochs    = 6
  accumulate = 3
  ema       = 0.9
  keep      = best(val.accuracy)
  stop      = patience(val.loss, 3)
}
"""

EAGER = """
from fitdsl.cli import main
from fitdsl.training.spacing import Spacing
Spacing.is_due = lambda self: True
main()
"""
"""`fit` with a checkpoint between any two steps, so that many kills come while one is written."""

USUAL = "from fitdsl.cli import main\nmain()"


def begun(folder: Path, program: str, *options: str) -> subprocess.Popen[str]:
    """`fit train` as a process; it prints an event a line."""
    (folder / "small.fit").write_text(SPEC)
    train = ["train", "small.fit", "--run", "run", "--device", "cpu", "--no-reuse", "--json"]
    command = [sys.executable, "-c", program, *train, *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)


def events(process: subprocess.Popen[str]) -> Iterator[dict[str, object]]:
    assert process.stdout
    yield from map(json.loads, process.stdout)


def kill(folder: Path, program: str, *options: str, stage: str, epochs: int, wait_s: float) -> None:
    """Begin, or go on; kill the process so long after a stage, in this process, has done some epochs."""
    with begun(folder, program, *options) as process:
        try:
            done = -1
            for event in events(process):
                done += event.get("stage") == stage and event["event"] in ("stage", "epoch")
                if done == epochs:
                    break
            sleep(wait_s)
        finally:
            process.kill()


def finish(folder: Path, program: str, *options: str) -> None:
    with begun(folder, program, *options) as process:
        list(events(process))
    assert process.returncode == 0


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(folder, USUAL)
    return folder / "run"


def epochs(run: Path) -> list[tuple[str, int]]:
    lines = map(json.loads, (run / "events.jsonl").read_text().splitlines())
    return [(line["stage"], line["epoch"]) for line in lines if line["event"] == "epoch"]


def stages(run: Path) -> dict[str, tuple[object, ...]]:
    """What the report says of each stage, without how long it took."""
    found = json.loads((run / "run.json").read_text())["stages"]
    return {
        name: (stage["key"], stage["epochs"], stage["kept_epoch"], stage["metrics"]) for name, stage in found.items()
    }


def files(run: Path) -> list[str]:
    return sorted(str(path.relative_to(run)) for path in run.rglob("*") if path.is_file())


def check_same(run: Path, other: Path) -> None:
    """Hold that two runs have left the same: files, weights to the last bit, epochs once each, and reports."""
    assert files(run) == files(other)
    weights = [name for name in files(run) if name.endswith(".safetensors")]
    assert weights
    assert all(same(load_tensors(run / name), load_tensors(other / name)) for name in weights)
    assert epochs(run) == epochs(other)
    assert stages(run) == stages(other)


@pytest.mark.parametrize(
    ("stage", "program"), [("hints", EAGER), pytest.param("distil", USUAL, marks=pytest.mark.slow)]
)
def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    undisturbed: Path, tmp_path: Path, stage: str, program: str
) -> None:
    kill(tmp_path, program, stage=stage, epochs=1, wait_s=0.02)
    finish(tmp_path, program, "--resume")
    check_same(tmp_path / "run", undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_random_moments(undisturbed: Path, tmp_path: Path, seed: int) -> None:
    """Killed once or more: in either stage, in any epoch, between or within steps and checkpoints."""
    draw = random.Random(seed)
    stage, program = ("hints", "distil")[seed % 2], (USUAL, EAGER)[seed // 2 % 2]
    options: tuple[str, ...] = ()
    for _ in range(draw.choice((1, 1, 2, 3))):
        kill(tmp_path, program, *options, stage=stage, epochs=draw.randrange(4), wait_s=draw.uniform(0, 0.15))
        options = ("--resume",)
    finish(tmp_path, program, *options)
    check_same(tmp_path / "run", undisturbed)
