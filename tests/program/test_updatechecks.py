"""Settings that move weights: what they cannot mean, and what they would not do, is told before anything runs."""

from __future__ import annotations

import pytest
from findings import found

TEXT = """fit 1
data d {
  source = Digits()
  batch  = 128
}
student s(x: d.input) {
  a = Conv2d(4, 3) -> ReLU()
  Flatten()
  logits = Linear(d.classes)
}
stage learn {
  train     = student.logits
  loss      = ce()
  epochs    = 5
"""
DECAYING = "`SGD`, `Adam`, `AdamW`, `NAdam`, `RAdam`, `Adamax`, `Adagrad`, `Adadelta`, `RMSprop`"


@pytest.mark.parametrize(
    ("settings", "findings"),
    [
        (
            ["optimizer = RMSpropFloor(lr=0.1)", "decay = {student.logits: 1e-4}"],
            [
                "16:11 FIT4021 `RMSpropFloor` has no weight decay, so `decay` means nothing to it"
                f"  (take the setting away, or another optimizer: {DECAYING})"
            ],
        ),
        (
            ["optimizer = RMSpropFloor(lr=0.1)", "decay_vectors = false"],
            [
                "16:19 FIT4021 `RMSpropFloor` has no weight decay, so `decay_vectors` means nothing to it"
                f"  (take the setting away, or another optimizer: {DECAYING})"
            ],
        ),
        (
            ["optimizer = Adam()", "decay_vectors = false"],
            [
                "16:19 FIT4022 nothing decays: `Adam` has `weight_decay=0`, so there is nothing to spare"
                "  (give the optimizer a `weight_decay`, or take `decay_vectors` away)"
            ],
        ),
        (["optimizer = Adam()", "decay_vectors = false", "decay = {student.logits: 1e-4}"], []),
        (["optimizer = AdamW()", "decay_vectors = false"], []),
        (
            ["optimizer = Adam()", "rates = {student: 0.5, student.a: 0.1}"],
            [
                "16:11 FIT4022 `rates` names `student.a`, of which stage `learn` trains nothing"
                "  (name layers that `train` selects and the loss reaches, or take the entry away)"
            ],
        ),
        (
            ["optimizer = Adam()", "accumulate = 11"],
            [
                "16:16 FIT4022 an epoch has 10 batches, so no update is made of 11: each takes all 10 of its epoch"
                "  (accumulate at most 10, or take a smaller `batch`)"
            ],
        ),
        (["optimizer = Adam()", "accumulate = 10"], []),
        (
            ["optimizer = Adam()", "ema = 0.999", "accumulate = 4"],
            [
                "16:9 FIT4022 an average that keeps 0.999 of itself goes back about 1,000 updates, but the stage makes"
                " at most 15: 99% of it is still where the stage began  (take at most 0.857, or more `epochs`)"
            ],
        ),
        (["optimizer = Adam()", "ema = 0.857", "accumulate = 4"], []),
        (
            ["optimizer = Adam()", "ema = 1"],
            ["16:9 FIT1007 `ema` of `learn` is a positive number below 1, got the number 1"],
        ),
        (
            ["optimizer = Adam()", 'clip = "1"'],
            [
                '16:10 FIT1007 `clip` of `learn` is a positive number or a clip, got the text "1"'
                "  (write it without quotes: `1`)"
            ],
        ),
        (["optimizer = Adam()", "clip = 1"], []),
        (["optimizer = Adam()", "clip = value(0.5)"], []),
    ],
)
def test_findings(settings: list[str], findings: list[str]) -> None:
    assert found(TEXT + "".join(f"  {line}\n" for line in settings) + "}\n") == findings
