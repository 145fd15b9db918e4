"""Two specs that are compared, as texts."""

from __future__ import annotations

from typing import Any

from fitdsl.compilation import Compilation
from fitdsl.source import Source
from fitdsl.view.diff.compare import compare
from fitdsl.view.diff.document import DiffDocument
from fitdsl.view.diff.sides import Side, side
from fitdsl.view.diff.text import diff_text
from fitdsl.view.terminal import Display

BASE = """\
fit 1

param width = 4 in {4, 8}

data d {
  source = Digits()
}

block unit(out) {
  Conv2d(out, 3, padding=1) -> ReLU()
}

teacher big(image: d.input) {
  t1 = Conv2d(8, 3, padding=1) -> ReLU() -> MaxPool2d(2)
  Flatten()
  logits = Linear(d.classes)
}

student small(image: d.input) {
  s1 = repeat 2 { unit(width) } -> MaxPool2d(2)
  s2 = unit(6)
  Flatten()
  logits = Linear(d.classes)
}

hint mid: teacher.t1 guides student.s1

stage teach {
  train     = teacher
  loss      = ce()
  optimizer = SGD(lr=0.1)
  epochs    = 1
}

stage hints after teach {
  train     = student[..s1]
  loss      = hint(mid)
  optimizer = SGD(lr=0.1)
  epochs    = 2
}

stage distil after hints {
  train     = student
  loss      = ce() + kd(temperature=3)
  optimizer = Adam(lr=1e-3)
  epochs    = 3
}

search {
  maximize = val.accuracy
  require  = [weights(student) <= 5K]
}
"""


def changed(*changes: tuple[str, str], text: str = BASE) -> str:
    """The text after some replacements, each of which must apply."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def one_side(text: str, title: str = "a.fit", **point: Any) -> Side:
    """A spec at a point."""
    return side(title, Compilation(Source(title, text), point=point))


def difference(before: str, after: str) -> DiffDocument:
    """How two texts differ."""
    return compare(one_side(before), one_side(after, "b.fit"))


def said(*changes: tuple[str, str], width: int = 100) -> str:
    """What the text says of some replacements in the spec above, without its first line."""
    text = diff_text(difference(BASE, changed(*changes)), Display(width=width))
    head, _, rest = text.partition("\n\n")
    assert head == "a.fit → b.fit" or not rest
    return rest or head
