"""Every loss trains a small pair down, whichever it is, and leaves the teacher alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from small_spec import program

from fitdsl.component import components
from fitdsl.losses.base import Loss
from fitdsl.losses.feature import FeatureLoss, HintLoss
from fitdsl.training.data import Batch
from fitdsl.training.networks import build_networks
from fitdsl.training.stage import Stage, prepare
from fitdsl.training.terms import Moment
from fitdsl.training.updates import updates_of

LOSSES = {word: cls for word, cls in components("loss").items() if issubclass(cls, Loss)}
BATCH = Batch(torch.randn(8, 1, 6, 6, generator=torch.Generator().manual_seed(3)), torch.arange(8) % 3, torch.arange(8))
NOW = Moment(1, 4)


def stage_of(loss: type[Loss]) -> Stage:
    """The stage of the small spec that minimises this loss alone, ready to train."""
    call = loss.example[0]
    if issubclass(loss, FeatureLoss) and loss.takes_several:
        several = (
            "hint mid: teacher.c2 guides student.s1",
            "hint mid: [teacher.c1, teacher.c2] guides [student.s1, student.s2]",
        )
        lists = (
            several,
            ("student[..s1]", "student[..s2]"),
            ("s1 = Conv2d(4", "s1 = Conv2d(6"),
            ("s2 = Conv2d(4", "s2 = Conv2d(8"),
        )
        made, name = program(("  regressor = conv()\n  loss      = mse()", f"  loss = {call}"), *lists), "hints"
    elif issubclass(loss, FeatureLoss):
        made, name = program(("  regressor = conv()\n  loss      = mse()", f"  loss = {call}")), "hints"
    elif issubclass(loss, HintLoss):
        made, name = program(), "hints"
    else:
        made, name = program(("ce() + ramp(2, 1) * kd(temperature=3)", call)), "distil"
    networks = build_networks(made, seed=1, base=Path(), device=torch.device("cpu"))
    with torch.no_grad():
        # a teacher that is sure of something: softened answers of a fresh one are nearly flat
        networks.modules["big"].get_parameter("logits.weight").mul_(20)
    return prepare(made, made.stages[name], networks.modules, seed=1)


def value(stage: Stage) -> float:
    """What the loss is in evaluation mode."""
    stage.train()
    for _ in range(100 if stage.losses else 0):
        # until the norms of a loss know what they norm, and its memory knows these examples
        stage.measure(BATCH, NOW)
    stage.evaluate()
    return stage.measure(BATCH, NOW)[0].item()


@pytest.mark.parametrize("word", sorted(LOSSES))
def test_every_loss_trains_a_small_pair_down(word: str) -> None:
    torch.manual_seed(0)
    stage = stage_of(LOSSES[word])
    teacher = [tensor.clone() for tensor in stage.networks["big"].state_dict().values()] if "big" in stage.parts else []
    updates = updates_of(stage)
    before = value(stage)
    stage.train()
    for _ in range(20):
        updates.step(stage.measure(BATCH, NOW)[0], NOW)
    after = value(stage)
    assert after < before - 0.02 * abs(before)
    if teacher:
        now = stage.networks["big"].state_dict().values()
        assert all(torch.equal(old, new) for old, new in zip(teacher, now, strict=True))
