"""Every spec of the paper trains: two steps of each stage on random pictures of its data's shape."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fitdsl as fit
from fitdsl.compilation import Compilation

FITNETS = Path(__file__).parents[2] / "specs" / "fitnets"
PAPER = sorted(path for path in FITNETS.glob("*.fit") if not path.stem.startswith("fashion"))
BATCH = 8

FAST = ("mnist", "cifar10_fitnet4")
"""With and without preparation, which takes most of the time; the others are left to the slow tests."""

TRAINED = [pytest.param(path, marks=() if path.stem in FAST else pytest.mark.slow, id=path.stem) for path in PAPER]


def on_random_pictures(path: Path) -> str:
    """A spec's whole text with a handful of random pictures in place of its data, and the same preparation of them."""
    compilation = Compilation.open(path)
    (data,) = compilation.program.data.values()
    shape = list(data.source.signature.input.shape)
    few = {
        "source": f"Synthetic({shape}, classes={data.classes}, examples={3 * BATCH}, test={BATCH})",
        "split": f"{{train: {2 * BATCH}, val: {BATCH}}}",
        "batch": f"{BATCH}",
    }
    text = compilation.linked
    for setting, value in few.items():
        text, found = re.subn(rf"^  {setting}( +)= .*$", rf"  {setting}\1= {value}", text, flags=re.MULTILINE)
        assert found == 1
    return text


@pytest.mark.parametrize("path", TRAINED)
def test_a_spec_of_the_paper_trains(path: Path, tmp_path: Path) -> None:
    report = fit.loads(on_random_pictures(path), name=path.stem).train(epochs=1, device="cpu", run_dir=tmp_path / "run")
    assert list(report.stages) == ["teach", "hints", "distil"]
    assert all(stage.epochs == 1 for stage in report.stages.values())
    assert {network.role for network in report.networks.values()} == {"teacher", "student"}
