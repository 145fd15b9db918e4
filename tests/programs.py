"""A small program for tests, made without a text: a teacher, a student, a hint between them and two stages."""

from __future__ import annotations

from typing import Any

from graphs import network

from fitdsl.data.augmentation import RandomCrop
from fitdsl.data.base import DataSettings
from fitdsl.data.datasets import Digits
from fitdsl.graph.model import Group, LayerGraph, Network
from fitdsl.losses.distillation import Distillation
from fitdsl.losses.feature import HintLoss, MeanSquared
from fitdsl.losses.objective import Objective, Term, Weight
from fitdsl.losses.task import CrossEntropy
from fitdsl.ops.activation import ReLU
from fitdsl.ops.conv import Conv2d
from fitdsl.ops.dense import Linear
from fitdsl.ops.pool import MaxPool2d
from fitdsl.ops.shape import Flatten
from fitdsl.optim.optimizers import SGD
from fitdsl.optim.schedules import Ramp
from fitdsl.optim.stopping import Best, Patience
from fitdsl.program.model import Hint, Program, StagePlan, StageSettings, StageTerm
from fitdsl.values import HintRef, Interval, Metric, Selection

ERROR = Metric("val", "error")


def small_program() -> Program:
    """Digits, `big` and `small`, the hint `mid`, the stages `hints` and `distil`."""
    big, small, hint = _big(), _small(), _hint()
    return Program(
        "tiny",
        {"digits": DataSettings(source=Digits(), augment=(RandomCrop(size=8, padding=1),), batch=64)},
        {
            "big": Network("big", "teacher", big, {"image": "digits"}, weights="big.safetensors"),
            "small": Network("small", "student", small, {"image": "digits"}, doc="Thin and deep."),
        },
        {"mid": hint},
        {"hints": _hints(hint), "distil": _distil(big, small)},
    )


def _conv(out_channels: int, kernel_size: int, **more: Any) -> Conv2d:
    return Conv2d(out_channels=out_channels, kernel_size=kernel_size, **more)


def _big() -> LayerGraph:
    return network(
        (1, 8, 8),
        ("t1", _conv(16, 3, padding=1)),
        ("pool", MaxPool2d(kernel_size=2)),
        ("flat", Flatten()),
        ("logits", Linear(out_features=10)),
    )


def _small() -> LayerGraph:
    graph = network(
        (1, 8, 8),
        ("s1[0][0]", _conv(4, 3, padding=1, bias=False)),
        ("s1[0][1]", ReLU()),
        ("s1[1][0]", _conv(4, 3, padding=1, bias=False)),
        ("s1[1][1]", ReLU()),
        ("flat", Flatten()),
        ("logits", Linear(out_features=10)),
    )
    groups = {
        "s1": Group("s1", "s1[1][1]"),
        "s1[0]": Group("s1[0]", "s1[0][1]", block="unit"),
        "s1[1]": Group("s1[1]", "s1[1][1]", block="unit"),
    }
    return LayerGraph(graph.inputs, graph.layers, graph.output, groups)


def _hint() -> Hint:
    regressor = network((4, 8, 8), ("conv", _conv(16, 1)), input="guided")
    return Hint("mid", "big", ("t1",), "small", ("s1",), regressor, MeanSquared())


def _hints(hint: Hint) -> StagePlan:
    guided = frozenset({"s1[0][0]", "s1[0][1]", "s1[1][0]", "s1[1][1]"})
    term = Term(HintLoss(hint=HintRef("mid")))
    settings = StageSettings(
        train=(Selection("small", guided, "student[..s1]"),),
        loss=Objective((term,)),
        optimizer=SGD(lr=0.1, momentum=0.9),
        epochs=3,
    )
    return StagePlan(
        name="hints",
        after=(),
        data="digits",
        settings=settings,
        terms=(StageTerm("hint(mid)", term, "small", ("big",), "mid"),),
        taps={"big": ("t1",), "small": hint.guided},
        runs={"big": frozenset({"t1"}), "small": guided},
        trains={"small": frozenset({"s1[0][0]", "s1[1][0]"})},
        frozen={"big": frozenset({"t1"}), "small": frozenset()},
        hints=("mid",),
    )


def _distil(big: LayerGraph, small: LayerGraph) -> StagePlan:
    labels = Term(CrossEntropy())
    soft = Term(Distillation(temperature=3.0), Weight(0.5, Ramp(start=4.0, stop=1.0, epochs=Interval(1, 20))))
    settings = StageSettings(
        train=(Selection("small", frozenset(small.layers), "student"),),
        loss=Objective((labels, soft)),
        optimizer=SGD(lr=0.1),
        epochs=20,
        batch=32,
        stop=Patience(metric=ERROR, epochs=5),
        keep=Best(metric=ERROR),
    )
    return StagePlan(
        name="distil",
        after=("hints",),
        data="digits",
        settings=settings,
        terms=(StageTerm("ce", labels, "small"), StageTerm("kd", soft, "small", ("big",))),
        taps={"big": ("logits",), "small": ("logits",)},
        runs={"big": frozenset(big.layers), "small": frozenset(small.layers)},
        trains={"small": frozenset({"s1[0][0]", "s1[1][0]", "logits"})},
        frozen={"big": frozenset(big.layers), "small": frozenset()},
    )
