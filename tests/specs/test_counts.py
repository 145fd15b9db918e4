"""Every network of the FitNets paper and of the zoo has exactly the size that was printed, published or counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import fitdsl as fit

SPECS = Path(__file__).parents[2] / "specs"

FIVE = {"fc_pieces": 5}
PRINTED = {"first": [32, 48, 64, 64]}
RELEASED = {"late_pieces": 4}

# Weights without biases; multiplications before pooling, in millions to two places.
TEACHERS = [
    ("cifar10_fitnet1", {}, 9_044_360, "725.09"),
    ("cifar10_fitnet1", FIVE, 16_244_360, "732.29"),
    ("cifar100_fitnet1", {}, 9_089_360, "725.14"),
    ("depth_30m_5", {}, 9_044_360, "725.09"),
    ("svhn", {}, 4_928_800, "297.94"),
    ("mnist", {}, 360_816, "28.67"),
    ("mnist", RELEASED, 418_416, "30.75"),
]
STUDENTS = [
    ("cifar10_fitnet1", {}, 249_576, "30.15"),
    ("cifar10_fitnet2", {}, 861_928, "107.78"),
    ("cifar10_fitnet3", {}, 1_569_544, "391.78"),
    ("cifar10_fitnet3", PRINTED, 1_503_304, "323.95"),
    ("cifar10_fitnet4", {}, 2_544_712, "381.75"),
    ("cifar10_fitnet4", FIVE, 2_736_712, "381.94"),
    ("cifar100_fitnet1", {}, 294_576, "30.20"),
    ("cifar100_fitnet2", {}, 906_928, "107.82"),
    ("cifar100_fitnet3", {}, 1_614_544, "391.82"),
    ("cifar100_fitnet4", {}, 2_589_712, "381.79"),
    ("svhn", {}, 1_569_544, "391.78"),
    ("mnist", {}, 29_944, "5.31"),
    ("mnist", RELEASED, 35_992, "5.63"),
    ("depth_30m_5", {}, 219_912, "27.20"),
    ("depth_30m_7", {}, 208_104, "29.27"),
    ("depth_30m_9", {}, 217_320, "29.86"),
    ("depth_30m_11", {}, 249_576, "30.15"),
    ("depth_107m_5", {}, 729_736, "101.58"),
    ("depth_107m_7", {}, 563_272, "104.53"),
    ("depth_107m_9", {}, 756_808, "106.30"),
    ("depth_107m_11", {}, 861_928, "107.78"),
]
# All learnable numbers, as the authors' and torchvision's models have them.
ZOO = [
    ("resnet20", "resnet20", 272_474),
    ("resnet20", "resnet56", 855_770),
    ("resnet18", "resnet18", 11_689_512),
    ("mobilenet_v2", "mobilenet", 3_504_872),
    ("wrn16_2", "wrn16_2", 703_284),
    ("vgg8", "vgg8", 3_965_028),
    ("vit_tiny", "vit", 5_717_416),
]


def paper(name: str, values: dict[str, Any]) -> Any:
    """A spec of the paper at one point of its search space."""
    return fit.load(SPECS / "fitnets" / f"{name}.fit", set=values)


@pytest.mark.parametrize(("name", "values", "weights", "macs"), TEACHERS)
def test_teachers_of_the_paper(name: str, values: dict[str, Any], weights: int, macs: str) -> None:
    cost = paper(name, values).teacher.cost
    assert (cost.weights, f"{cost.macs / 1e6:.2f}") == (weights, macs)


@pytest.mark.parametrize(("name", "values", "weights", "macs"), STUDENTS)
def test_students_of_the_paper(name: str, values: dict[str, Any], weights: int, macs: str) -> None:
    cost = paper(name, values).student.cost
    assert (cost.weights, f"{cost.macs / 1e6:.2f}") == (weights, macs)


@pytest.mark.parametrize(("spec", "network", "params"), ZOO)
def test_zoo(spec: str, network: str, params: int) -> None:
    assert fit.load(SPECS / "zoo" / f"{spec}.fit").networks[network].cost.params == params
