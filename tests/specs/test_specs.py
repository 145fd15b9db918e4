"""Every spec that ships is right: nothing to report at its defaults nor, for a library, by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from fitdsl.compilation import Compilation
from fitdsl.syntax.printer import print_spec

SPECS = Path(__file__).parents[2] / "specs"
EXPERIMENTS = sorted(path for path in SPECS.rglob("*.fit") if path.parent.name != "blocks")


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_nothing_is_found_in_a_spec(path: Path) -> None:
    assert Compilation.open(path).diagnostics == ()


@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.fit")), ids=lambda path: path.stem)
def test_a_spec_is_formatted(path: Path) -> None:
    compilation = Compilation.open(path)
    assert print_spec(compilation.tree) == compilation.source.text


def test_every_block_file_is_used() -> None:
    texts = [path.read_text() for path in SPECS.rglob("*.fit")]
    unused = [path.name for path in (SPECS / "blocks").glob("*.fit") if not any(f'{path.name}"' in t for t in texts)]
    assert unused == []


def test_the_paper_is_complete() -> None:
    names = {path.stem for path in (SPECS / "fitnets").glob("*.fit")}
    cifar = {f"cifar{classes}_fitnet{number}" for classes in (10, 100) for number in (1, 2, 3, 4)}
    depth = {f"depth_{budget}m_{layers}" for budget in (30, 107) for layers in (5, 7, 9, 11)}
    assert names == cifar | depth | {"svhn", "mnist", "fashion_mnist", "fashion_mnist_teacher"}
