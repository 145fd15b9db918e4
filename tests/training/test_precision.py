"""Stages in 16 bits: what is lowered and what is not, how gradients are scaled, and when training gives up."""

from __future__ import annotations

import signal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch
from small_spec import program, run, same, weights

from fitdsl.diagnostics import Diagnostic, FitError
from fitdsl.training import precision
from fitdsl.training.checkpoint import DIGEST_BYTES
from fitdsl.training.data import Batch
from fitdsl.training.events import EpochDone, Event
from fitdsl.training.interrupts import Interrupted
from fitdsl.training.layout import is_channels_last, lay_out
from fitdsl.training.networks import build_networks
from fitdsl.training.precision import Overflow, scaling_for
from fitdsl.training.stage import Stage, prepare
from fitdsl.training.terms import Moment

CPU = torch.device("cpu")
FIRST = Moment(1, 3)
HINTS, TEACH = "loss      = hint(mid)", "train     = teacher"


def asking(kind: str, after: str = HINTS) -> tuple[str, str]:
    """The change that puts a stage into a precision."""
    return after, f'{after}\n  precision = "{kind}"'


def hints(*changes: tuple[str, str]) -> Stage:
    made = program(*changes)
    networks = build_networks(made, seed=0, base=Path(), device=CPU)
    stage = prepare(made, made.stages["hints"], networks.modules, seed=0)
    stage.evaluate()
    return stage


def batch(n: int = 8) -> Batch:
    generator = torch.Generator().manual_seed(3)
    return Batch(torch.randn(n, 1, 6, 6, generator=generator), torch.arange(n) % 3, torch.arange(n))


@pytest.mark.parametrize(("kind", "type"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_networks_compute_in_16_bits_and_losses_in_32(kind: str, type: torch.dtype) -> None:
    stage, seen = hints(asking(kind)), []
    stage.networks["big"].get_submodule("c2.0").register_forward_hook(lambda *given: seen.append(given[2].dtype))
    stage.regressors["mid"].register_forward_hook(lambda *given: seen.append(given[2].dtype))
    loss, *_ = stage.measure(batch(), FIRST)
    assert seen == [type, type]
    assert loss.dtype == torch.float32
    assert {tensor.dtype for tensor in stage.tensors().values()} == {torch.float32, torch.int64}
    exact, *_ = hints().measure(batch(), FIRST)
    assert 0 < abs(loss - exact) < 1e-2 * exact


def test_gradients_are_brought_back_to_their_size_before_anyone_sees_them() -> None:
    weight = torch.nn.Parameter(torch.tensor([3.0]))
    optimizer, scaling = torch.optim.SGD([weight], lr=1.0), scaling_for("fp16", CPU)
    scaling.backward((weight**2).sum())
    assert weight.grad is not None
    assert weight.grad.item() == 6 * 2**16
    scaling.unscale(optimizer)
    assert weight.grad.item() == 6
    scaling.step(optimizer)
    assert (weight.item(), scaling.left_out) == (-3, 0)


def test_a_step_whose_gradients_overflow_is_left_out_and_training_gives_up_after_many() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer, scaling = torch.optim.SGD([weight], lr=1.0), scaling_for("fp16", CPU)

    def step(factor: float) -> None:
        optimizer.zero_grad()
        scaling.backward((weight * factor).sum())
        scaling.unscale(optimizer)
        scaling.step(optimizer)

    step(float("inf"))
    assert (weight.item(), scaling.left_out, scaling.state()["scaler"]["scale"]) == (1, 1, 2**15)
    step(0.5)
    assert (weight.item(), scaling.left_out) == (0.5, 0)
    for _ in range(precision.MOST_LEFT_OUT - 1):
        step(float("inf"))
    with pytest.raises(Overflow, match=r"^32 steps left out, loss scale 7.62939e-06$"):
        step(float("inf"))
    assert weight.item() == 0.5


def test_other_precisions_leave_no_step_out() -> None:
    for kind in ("fp32", "bf16"):
        assert not scaling_for(kind, CPU).scaler.is_enabled()


@pytest.mark.parametrize("kind", ["bf16", "fp16"])
def test_learns_and_repeats_itself(tmp_path: Path, kind: str) -> None:
    changes = (asking(kind), asking(kind, TEACH))
    report = run(tmp_path / "one", *changes)
    run(tmp_path / "two", *changes)
    assert report.test["big"]["accuracy"] > 0.9
    for stage in ("teach", "hints", "distil"):
        assert same(weights(tmp_path / "one", stage), weights(tmp_path / "two", stage))


def test_the_scale_of_the_loss_is_in_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "GROWS_EVERY", 3)

    def press(event: Event) -> None:
        if isinstance(event, EpochDone) and event.epoch == 2:
            signal.raise_signal(signal.SIGINT)

    change = asking("fp16", TEACH)
    run(tmp_path / "whole", change, stage="teach")
    with pytest.raises(Interrupted):
        run(tmp_path / "broken", change, stage="teach", observer=press)
    written = (tmp_path / "broken" / "stages" / "teach.checkpoint.pt").read_bytes()[DIGEST_BYTES:]
    state: dict[str, Any] = torch.load(BytesIO(written), weights_only=True)
    assert state["updates"]["scaling"]["scaler"]["scale"] > 2**16
    run(tmp_path / "broken", change, stage="teach", resume=True)
    assert same(weights(tmp_path / "whole", "teach"), weights(tmp_path / "broken", "teach"))


def refused(where: Path, *changes: tuple[str, str], **options: object) -> Diagnostic:
    with pytest.raises(FitError) as error:
        run(where, *changes, **options)
    (finding,) = error.value.diagnostics
    return finding


def test_gradients_that_always_overflow_are_one_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "MOST_LEFT_OUT", 4)
    finding = refused(tmp_path / "run", asking("fp16", TEACH), ("loss      = ce()\n", "loss      = 1e9 * ce()\n"))
    assert (finding.code, finding.message, finding.notes, finding.helps) == (
        "FIT4121",
        "stage `teach`, epoch 1: the last 4 steps were left out, as gradients overflow in fp16",
        ("the loss is multiplied by 4096 by now, and gradients are still too large",),
        ('take `precision = "bf16"` or `"fp32"`, or lower the learning rate',),
    )


def test_a_device_that_has_no_such_precision_is_refused_before_anything_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(*_: object) -> None:
        raise RuntimeError("no such numbers\nsomewhere in torch")

    monkeypatch.setattr(torch, "autocast", unable)
    finding = refused(tmp_path / "run", asking("bf16"))
    assert (finding.code, finding.message, finding.notes, finding.helps) == (
        "FIT4120",
        "stage `hints` computes in bf16, which `cpu` cannot",
        ("no such numbers",),
        ('train on another device, or take `precision = "fp32"`',),
    )
    assert not (tmp_path / "run").exists()


def test_channels_last_changes_the_layout_of_a_stage_and_hardly_a_number(tmp_path: Path) -> None:
    ask = (HINTS, f"{HINTS}\n  channels_last = true")
    stage, plain = hints(ask), hints()
    kernel = stage.networks["small"].get_parameter("s1.0.weight")
    before = kernel.detach().clone()
    stage.lay_out()
    assert stage.networks["big"].get_parameter("c2.0.weight").is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(kernel, before)
    assert stage.networks["small"].get_parameter("s1.0.weight") is kernel
    torch.testing.assert_close(stage.measure(batch(), FIRST), plain.measure(batch(), FIRST))
    assert run(tmp_path / "run", ask).test["small"]["accuracy"] > 0.6


def test_a_cpu_has_channels_last_unless_the_stage_says_otherwise() -> None:
    stage = hints()
    stage.lay_out()
    assert stage.networks["big"].get_parameter("c2.0.weight").is_contiguous(memory_format=torch.channels_last)
    assert not is_channels_last(None, torch.device("cuda"), [])


def test_a_group_norm_of_what_needs_no_gradient_trains(tmp_path: Path) -> None:
    norm = ("s1 = Conv2d(4, 3", "s1 = GroupNorm(1) -> Conv2d(4, 3")
    assert run(tmp_path / "run", norm, (HINTS, f"{HINTS}\n  channels_last = true")).stages["hints"].epochs == 3


def test_a_stage_can_have_the_usual_layout_again() -> None:
    stage = hints((HINTS, f"{HINTS}\n  channels_last = false"))
    weight = stage.networks["big"].get_parameter("c2.0.weight")
    lay_out(stage.networks["big"], channels_last=True)
    assert not weight.is_contiguous()
    stage.lay_out()
    assert weight.is_contiguous()
