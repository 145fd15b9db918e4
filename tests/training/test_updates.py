"""What a stage's settings do to its weights, held against the same training written by hand in torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from small_spec import Watch, program, run, same, weights
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from fitdsl.training.data import Batch, Walk, load_splits
from fitdsl.training.data import batches as batches_of
from fitdsl.training.folder import read_report
from fitdsl.training.networks import build_networks
from fitdsl.training.stage import Stage, prepare
from fitdsl.training.terms import Moment
from fitdsl.training.updates import Share, Updates, updates_of

ADAM = "optimizer = Adam(lr=1e-2)\n  epochs    = 3"
FIRST = Moment(1, 3)


def teach(settings: str) -> Stage:
    """The stage that trains the teacher, without dropout, with these settings in place of its optimizer's line."""
    made = program((ADAM, f"{settings}\n  epochs    = 3"))
    networks = build_networks(made, seed=0, base=Path(), device=torch.device("cpu"))
    stage = prepare(made, made.stages["teach"], networks.modules, seed=0)
    stage.freeze()
    stage.train()
    return stage


def batches(count: int, n: int = 8) -> Iterator[Batch]:
    generator = torch.Generator().manual_seed(3)
    for _ in range(count):
        inputs, targets = torch.randn(n, 1, 6, 6, generator=generator), torch.randint(3, (n,), generator=generator)
        yield Batch(inputs, targets, torch.arange(n))


def trained(settings: str, count: int = 5) -> tuple[nn.Module, nn.Module, Updates]:
    """The teacher before and after some steps of the stage, and what moved it."""
    stage = teach(settings)
    before, updates = deepcopy(stage.networks["big"]), updates_of(stage)
    for number, batch in enumerate(batches(count)):
        updates.step(stage.measure(batch, FIRST)[0], FIRST, updates.share(number, count))
    return before, stage.networks["big"], updates


def by_hand(
    model: nn.Module, optimizer: torch.optim.Optimizer, *, count: int = 5, between: Callable[[], object] = lambda: None
) -> dict[str, Tensor]:
    """The same steps in torch; `between` comes before each step of the optimizer."""
    model.requires_grad_(True).train()
    for batch in batches(count):
        optimizer.zero_grad()
        cross_entropy(model(batch.inputs), batch.targets).backward()  # type: ignore[no-untyped-call]
        between()
        optimizer.step()
    return model.state_dict()


@pytest.mark.parametrize(
    ("settings", "clip"),
    [
        ("clip = 0.1", lambda weights: nn.utils.clip_grad_norm_(weights, 0.1)),
        ("clip = norm(0.1)", lambda weights: nn.utils.clip_grad_norm_(weights, 0.1)),
        ("clip = norm(0.1, norm_type=1)", lambda weights: nn.utils.clip_grad_norm_(weights, 0.1, 1)),
        ("clip = value(0.01)", lambda weights: nn.utils.clip_grad_value_(weights, 0.01)),
    ],
)
def test_gradients_are_clipped(settings: str, clip: Callable[[list[nn.Parameter]], object]) -> None:
    model, moved, _ = trained(f"optimizer = SGD(lr=0.1, momentum=0.9)\n  {settings}")
    unclipped = by_hand(deepcopy(model), torch.optim.SGD(model.parameters(), 0.1, 0.9))
    optimizer = torch.optim.SGD(model.parameters(), 0.1, 0.9)
    expected = by_hand(model, optimizer, between=lambda: clip(list(model.parameters())))
    assert same(moved.state_dict(), expected)
    assert not same(expected, unclipped)


def test_weight_decay_is_given_by_selection_and_the_last_one_counts() -> None:
    settings = "decay = {teacher: 0.3, teacher.c1: 0, teacher.logits: 0.1}"
    model, moved, _ = trained(f"optimizer = AdamW(lr=1e-2, weight_decay=0.7)\n  {settings}")
    named = dict(model.named_parameters())
    decay = {"c1": 0.0, "c2": 0.3, "logits": 0.1}
    groups = [{"params": [weight], "weight_decay": decay[name.split(".")[0]]} for name, weight in named.items()]
    assert same(moved.state_dict(), by_hand(model, torch.optim.AdamW(groups, 1e-2, fused=True)))


def test_norms_and_biases_are_spared_from_decay() -> None:
    model, moved, _ = trained("optimizer = SGD(lr=1e-2, weight_decay=0.5)\n  decay_vectors = false")
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    vectors = [weight for weight in model.parameters() if weight.ndim == 1]
    assert len(vectors) == 7
    groups: list[dict[str, Any]] = [{"params": matrices, "weight_decay": 0.5}, {"params": vectors}]
    assert same(moved.state_dict(), by_hand(model, torch.optim.SGD(groups, 1e-2)))


def test_decay_and_rates_go_together() -> None:
    settings = "rates = {teacher.c1: 0.5}\n  decay = {teacher.c2: 0.1}\n  decay_vectors = false"
    _, _, updates = trained(f"optimizer = SGD(lr=1e-2, weight_decay=0.5)\n  {settings}")
    groups = zip(updates.factors, updates.optimizer.param_groups, strict=True)
    found = {(factor, group["weight_decay"]): len(group["params"]) for factor, group in groups}
    assert found == {(0.5, 0.5): 1, (0.5, 0.0): 3, (1.0, 0.1): 1, (1.0, 0.0): 4, (1.0, 0.5): 1}


def test_a_regressor_keeps_the_decay_of_the_optimizer() -> None:
    made = program(
        ("RMSpropFloor(lr=5e-3)", "SGD(lr=5e-3, weight_decay=0.5)\n  decay = {student: 0.1}\n  decay_vectors = false")
    )
    networks = build_networks(made, seed=0, base=Path(), device=torch.device("cpu"))
    stage = prepare(made, made.stages["hints"], networks.modules, seed=0)
    decay = {
        id(w): group["weight_decay"] for group in updates_of(stage).optimizer.param_groups for w in group["params"]
    }
    regressor = {name: decay[id(weight)] for name, weight in stage.regressors["mid"].named_parameters()}
    assert {name.rpartition(".")[2]: value for name, value in regressor.items()} == {"weight": 0.5, "bias": 0.0}


def test_accumulated_batches_make_the_update_of_one_large_batch() -> None:
    settings = "optimizer = SGD(lr=0.1, momentum=0.9)"
    small, large = teach(f"{settings}\n  accumulate = 3"), teach(settings)
    for stage in (small, large):
        # a norm sees the statistics of what it is given, so only without them a batch may be cut
        stage.evaluate()
    moved, expected = updates_of(small), updates_of(large)
    for group in (list(batches(3)), list(batches(2))):
        for index, batch in enumerate(group):
            moved.step(small.measure(batch, FIRST)[0], FIRST, Share(index, len(group)))
        inputs, targets, indices = zip(*((b.inputs, b.targets, b.indices) for b in group), strict=True)
        whole = Batch(torch.cat(inputs), torch.cat(targets), torch.cat(indices))
        expected.step(large.measure(whole, FIRST)[0], FIRST)
    after = large.networks["big"].state_dict()
    for name, tensor in small.networks["big"].state_dict().items():
        torch.testing.assert_close(tensor, after[name], rtol=1e-5, atol=1e-6)


def test_the_last_update_of_an_epoch_takes_the_batches_that_are_left() -> None:
    updates = updates_of(teach("optimizer = SGD(lr=0.1)\n  accumulate = 3"))
    shares = [updates.share(step, 5) for step in range(5)]
    assert [(share.index, share.of) for share in shares] == [(0, 3), (1, 3), (2, 3), (0, 2), (1, 2)]


def test_an_epoch_of_accumulated_batches_is_that_of_large_ones(tmp_path: Path) -> None:
    # without norms, augmentation or dropout, batches of 16 in pairs are batches of 32; each update is at one moment
    bare = (("BatchNorm2d() -> ", ""), ("  augment = [RandomHorizontalFlip()]\n", ""))
    schedule = (ADAM, "optimizer = SGD(lr=0.1)\n  schedule = ramp(1, 0)\n  epochs = 2")
    paired = (ADAM, f"{schedule[1]}\n  batch = 16\n  accumulate = 2")
    run(tmp_path / "large", *bare, schedule, stage="teach")
    run(tmp_path / "small", *bare, paired, stage="teach")
    large, small = weights(tmp_path / "large", "teach"), weights(tmp_path / "small", "teach")
    for name, tensor in small.items():
        torch.testing.assert_close(tensor, large[name], rtol=1e-4, atol=1e-6)


def test_the_average_is_torchs_own() -> None:
    model, _, updates = trained("optimizer = SGD(lr=0.1, momentum=0.9)\n  ema = 0.6")
    ema = get_ema_multi_avg_fn(0.6)  # type: ignore[no-untyped-call]
    average = AveragedModel(model, multi_avg_fn=ema, use_buffers=True)
    optimizer = torch.optim.SGD(model.parameters(), 0.1, 0.9)
    model.requires_grad_(True).train()
    for batch in batches(5):
        optimizer.zero_grad()
        cross_entropy(model(batch.inputs), batch.targets).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        average.update_parameters(model)
    assert updates.average
    ours = {name.removeprefix("network.big."): tensor for name, tensor in updates.average.tensors.items()}
    expected = average.module.state_dict()
    counts = {name for name in ours if name.endswith("num_batches_tracked")}
    assert len(counts) == 2
    assert {ours.pop(name).item() for name in counts} == {5}
    assert same(ours, {name: tensor for name, tensor in expected.items() if name not in counts})


def test_the_average_is_measured_kept_and_left(tmp_path: Path) -> None:
    ema, watch = (ADAM, "optimizer = Adam(lr=1e-2)\n  ema = 0.9\n  epochs = 3"), Watch()
    run(tmp_path / "ema", ema, stage="teach", observer=watch)
    run(tmp_path / "plain", stage="teach")
    kept = (ema[0], f"{ema[1]}\n  keep = best(val.loss)")
    run(tmp_path / "kept", kept, stage="teach")
    run(tmp_path / "short", kept, stage="teach", epochs=read_report(tmp_path / "kept").stages["teach"].kept_epoch)
    assert not same(weights(tmp_path / "ema", "teach"), weights(tmp_path / "plain", "teach"))
    assert same(weights(tmp_path / "kept", "teach"), weights(tmp_path / "short", "teach"))
    # what is left is what was measured: the network in evaluation mode gives the loss of the last epoch again
    text = program(ema)
    networks = build_networks(text, seed=0, base=Path(), device=torch.device("cpu"))
    networks.put_stage_state(text.stages["teach"], weights(tmp_path / "ema", "teach"), "here")
    assert watch.epochs("teach")[-1].val == validated(networks.modules["big"])


def validated(model: nn.Module) -> dict[str, float]:
    """Loss and accuracy on the validation split of the small spec, by hand."""
    splits = load_splits(program().data["d"], base=Path(), seed=0, device="cpu")
    model.eval()
    total, right, examples = 0.0, 0, 0
    with torch.no_grad():
        for batch in batches_of(splits.val, Walk(batch=32)):
            logits = model(batch.inputs)
            total += len(batch.targets) * cross_entropy(logits, batch.targets).item()
            right += int((logits.argmax(1) == batch.targets).sum())
            examples += len(batch.targets)
    mean = total / examples
    return {"loss": mean, "ce": mean, "accuracy": right / examples, "error": 1 - right / examples}
