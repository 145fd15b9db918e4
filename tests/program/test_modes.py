"""`mode` in the header of a network: a word, `eval` or `train`."""

from __future__ import annotations

import pytest
from findings import found

import fitdsl as fit

TEXT = """fit 1
student s(x: [4]{mode}) {{
  Linear(2)
}}
"""


@pytest.mark.parametrize(
    ("written", "mode"),
    [("", "eval"), (", mode = train", "train"), (", mode = eval", "eval"), (', mode = "train"', "train")],
)
def test_modes(written: str, mode: str) -> None:
    assert fit.loads(TEXT.format(mode=written)).program.networks["s"].mode == mode


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        (", mode = frozen", "2:26 FIT1001 nothing is called `frozen`"),
        (
            ', mode = "frozen"',
            '2:26 FIT1007 `mode` of `s` is one of "eval", "train", got the text "frozen"',
        ),
        (", init = eval", "2:26 FIT1001 nothing is called `eval`  (write `uniform()`, `kaiming()` or `xavier()`)"),
    ],
)
def test_other_modes(written: str, finding: str) -> None:
    assert found(TEXT.format(mode=written)) == [finding]
