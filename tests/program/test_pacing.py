"""A search whose students have different numbers of epochs is not paced by a scheduler that compares them."""

from __future__ import annotations

import pytest

from fitdsl.compilation import Compilation
from fitdsl.source import Source

SPEC = """\
fit 1

param ep = 4 in {4, 8}
param lr = 1e-3 in {1e-3, 1e-2}
let twice = 2 * ep

data digits {
  source = Digits()
}

student net(image: digits.input) {
  Flatten() -> Linear(8) -> ReLU() -> Linear(digits.classes)
}

stage first {
  train     = student
  loss      = ce()
  optimizer = Adam(lr=lr)
  epochs    = FIRST
}

stage last after first {
  train     = student
  loss      = ce()
  optimizer = Adam(lr=lr)
  epochs    = LAST
}

search {
  vary      = [VARY]
  maximize  = val.accuracy
  scheduler = SCHEDULER
}
"""

MESSAGE = "`{}` compares students after the same epochs of `last`, whose number varies with `ep`"


def said(last: str, scheduler: str, vary: str = "ep, lr", first: str = "3") -> list[str]:
    text = SPEC.replace("FIRST", first).replace("LAST", last).replace("VARY", vary).replace("SCHEDULER", scheduler)
    found = Compilation(Source("net.fit", text)).diagnostics
    return [finding.message for finding in found if finding.code == "FIT5021"]


@pytest.mark.parametrize("scheduler", ["asha", "stopping", "median", "hyperband"])
@pytest.mark.parametrize("last", ["ep", "twice + 1"])
def test_a_scheduler_that_compares_them_is_refused(scheduler: str, last: str) -> None:
    assert said(last, f"{scheduler}()") == [MESSAGE.format(scheduler)]


def test_what_does_not_vary_or_decides_nothing_is_fine() -> None:
    assert said("twice", "none()") == []
    assert said("twice", "asha()", vary="lr") == []
    # the first stage is not compared by
    assert said("3", "asha()", first="ep") == []
