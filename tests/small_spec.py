"""A spec that trains in a moment: teacher, student, a hint, and three stages with everything a stage can say."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

import fitdsl as fit
from fitdsl.backend.weights import load_tensors
from fitdsl.program.model import Program
from fitdsl.training.events import EpochDone, Event
from fitdsl.training.options import TrainOptions
from fitdsl.training.report import RunReport
from fitdsl.training.run import train

TEXT = """\
fit 1

data d {
  source  = Synthetic(shape=[1, 6, 6], classes=3, examples=200, test=60, noise=0.5)
  split   = {train: 160, val: 40}
  augment = [RandomHorizontalFlip()]
  batch   = 32
}

teacher big(image: d.input) {
  c1 = Conv2d(6, 3, padding=1) -> BatchNorm2d() -> ReLU()
  c2 = Conv2d(8, 3, padding=1) -> BatchNorm2d() -> ReLU() -> MaxPool2d(2)
  Flatten()
  logits = Linear(d.classes)
}

student small(image: d.input) {
  s1 = Conv2d(4, 3, padding=1) -> BatchNorm2d() -> ReLU() -> Dropout2d(0.1) -> MaxPool2d(2)
  s2 = Conv2d(4, 3, padding=1) -> ReLU()
  Flatten()
  logits = Linear(d.classes)
}

hint mid: teacher.c2 guides student.s1 {
  regressor = conv()
  loss      = mse()
}

stage teach {
  train     = teacher
  loss      = ce()
  optimizer = Adam(lr=1e-2)
  epochs    = 3
}

stage hints after teach {
  train     = student[..s1]
  loss      = hint(mid)
  optimizer = RMSpropFloor(lr=5e-3)
  epochs    = 3
}

stage distil after hints {
  train     = student
  loss      = ce() + ramp(2, 1) * kd(temperature=3)
  optimizer = Adam(lr=1e-2)
  schedule  = cosine()
  epochs    = 4
  keep      = best(val.error)
  stop      = patience(val.loss, 3)
}
"""


class Watch:
    """An observer that remembers everything."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def epochs(self, stage: str) -> list[EpochDone]:
        """The finished epochs of a stage."""
        return [event for event in self.events if isinstance(event, EpochDone) and event.stage == stage]


def program(*changes: tuple[str, str]) -> Program:
    """The spec's program after some replacements, each of which must apply."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return fit.loads(text, name="small.fit").program


def run(where: Path, *changes: tuple[str, str], **options: object) -> RunReport:
    """Train in a folder, on the CPU, every stage anew unless told otherwise."""
    settled = TrainOptions(**{"device": "cpu", "run_dir": where, "reuse": False, **options})  # type: ignore[arg-type]
    return train(program(*changes), settled)


def weights(where: Path, stage: str) -> dict[str, Tensor]:
    """What a stage has left in a run's folder."""
    return load_tensors(where / "stages" / f"{stage}.safetensors")


def same(left: dict[str, Tensor], right: dict[str, Tensor]) -> bool:
    """Whether two tables of tensors are equal to the last bit."""
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)
