"""A network from outside for tests: a function of the user's own beside a spec that learns from what it makes."""

from __future__ import annotations

from pathlib import Path

import fitdsl as fit

FACTORY = """
from torch import nn


def net():
    act = nn.ReLU(inplace=True)
    body = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), act)
    return nn.Sequential(body, nn.Conv2d(6, 4, 3), act, nn.Flatten(), nn.Linear(144, 10))


def number():
    return 3


def failing():
    return 1 / 0
"""

TEXT = """\
fit 1

data d {
  source = Digits()
  split  = {train: 64, val: 32}
  batch  = 32
}

teacher big = python("my_teachers:net", features={"0": [6, 8, 8], "1": [4, 6, 6], "0.1": [6, 8, 8]})

student thin(image: d.input) {
  s1 = Conv2d(4, 3) -> ReLU()
  Flatten()
  logits = Linear(d.classes)
}

hint mid: big[1] guides thin.s1

stage hints {
  train     = thin[..mid]
  loss      = hint(mid)
  optimizer = SGD(lr=0.1)
  epochs    = 1
}

stage distil after hints {
  train     = thin
  loss      = ce() + kd()
  optimizer = SGD(lr=0.1)
  epochs    = 1
}
"""


def experiment(folder: Path, *changes: tuple[str, str]) -> fit.Experiment:
    """The spec in a folder, after some replacements, each of which must apply; the function stands beside it."""
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "my_teachers.py").write_text(FACTORY)
    (folder / "outside.fit").write_text(text)
    return fit.load(folder / "outside.fit")
