"""Losses with weights or a memory of their own: what they cost, what they are between, and who trains them."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from small_spec import program, run, same, weights
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

import fitdsl as fit
from fitdsl.backend.build import build_apart
from fitdsl.backend.losses_learned import ContrastiveRepresentation, FactorTransfer, MaskedGeneration
from fitdsl.backend.losses_several import KnowledgeReview
from fitdsl.backend.weights import load_tensors
from fitdsl.component import components
from fitdsl.losses.feature import LearnedLoss, Sides
from fitdsl.losses.learned import FactorTransfer as FactorTransferLoss
from fitdsl.losses.learned import MaskedGeneration as MaskedGenerationLoss
from fitdsl.losses.learned import VariationalInformation
from fitdsl.losses.several import KnowledgeReview as KnowledgeReviewLoss
from fitdsl.program.model import Program
from fitdsl.training.checkpoint import copied
from fitdsl.training.data import Batch
from fitdsl.training.interrupts import Interrupted
from fitdsl.training.networks import build_networks
from fitdsl.training.stage import Stage, prepare
from fitdsl.training.terms import Moment
from fitdsl.training.updates import updates_of
from fitdsl.values import TensorType
from fitdsl.view.options import ViewOptions
from fitdsl.view.plan import training_bytes
from fitdsl.view.table import table

LOSSES = {word: cls for word, cls in components("loss").items() if issubclass(cls, LearnedLoss)}
EXAMPLES, BATCH = 12, 4
SIDES = {
    "maps": (((6, 5, 4), (8, 3, 2)), ((7, 5, 4), (9, 6, 5))),
    "maps of one shape": (((6, 5, 4), (8, 3, 2)), ((6, 5, 4), (8, 3, 2))),
    "tokens": (((5, 4), (5, 4)), ((5, 7), (5, 7))),
}
MAPS_ONLY = {"reviewkd"}
RANDOM = torch.Generator().manual_seed(5)


def features(*shape: int) -> Tensor:
    """Random numbers of float64."""
    return torch.randn(*shape, generator=RANDOM, dtype=torch.float64)


def sides(loss: LearnedLoss, kind: str) -> Sides:
    """Both sides of a loss: one layer of each, or two."""
    guided, hint = (tuple(map(TensorType, side[: 2 if loss.takes_several else 1])) for side in SIDES[kind])
    return Sides(guided, hint, EXAMPLES)


def between(types: Sides) -> tuple[Tensor | tuple[Tensor, ...], ...]:
    """A batch of random layers for these sides."""
    found = [tuple(torch.randn(BATCH, *type.shape) for type in side) for side in (types.guided, types.hint)]
    return tuple(side if len(side) > 1 else side[0] for side in found)


CASES = [(word, kind) for word in sorted(LOSSES) for kind in SIDES if kind != "tokens" or word not in MAPS_ONLY]


@pytest.mark.parametrize(("word", "kind"), CASES)
def test_what_a_loss_costs_is_what_its_module_has(word: str, kind: str) -> None:
    loss = LOSSES[word]()
    types = sides(loss, kind)
    module = build_apart(loss.lower_between(types), seed=0)
    cost = loss.cost(types)
    assert cost.params == sum(weight.numel() for weight in module.parameters())
    matrices = [weight for weight in module.parameters() if weight.ndim > 1]
    assert cost.weights == sum(weight.numel() for weight in matrices)
    kept = sum(held.numel() for name, held in module.named_buffers() if held.shape[:1] == (EXAMPLES,))
    assert loss.remembers(types) == kept
    others = [torch.arange(BATCH)] * (len(loss.reads) - 2)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*between(types), *others)
    assert 2 * BATCH * cost.macs == counter.get_total_flops()


def test_every_learned_loss_sees_its_gradient_in_all_it_has() -> None:
    for word, cls in LOSSES.items():
        loss = cls()
        types = sides(loss, "maps")
        module = build_apart(loss.lower_between(types), seed=0)
        module(*between(types), *[torch.arange(BATCH)] * (len(loss.reads) - 2)).backward()
        assert [name for name, weight in module.named_parameters() if weight.grad is None] == [], word


def test_equal_seeds_give_equal_weights_and_leave_torch_alone() -> None:
    call = VariationalInformation().lower_between(Sides((TensorType((2, 3, 3)),), (TensorType((4, 3, 3)),)))
    state = torch.get_rng_state()
    first, second, other = (build_apart(call, seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert same(dict(first), dict(second))
    assert not torch.equal(first["mean.0.weight"], other["mean.0.weight"])


def test_the_variance_of_vid_starts_where_it_is_told() -> None:
    loss = VariationalInformation(variance=2)
    module = build_apart(loss.lower_between(Sides((TensorType((2, 3, 3)),), (TensorType((4, 3, 3)),))), seed=0)
    variance = functional.softplus(module.get_parameter("scale")) + 1e-5
    torch.testing.assert_close(variance, torch.full((4,), 2.0))


def test_a_paraphraser_learns_to_rebuild_and_nothing_else() -> None:
    types = Sides((TensorType((3, 4, 4)),), (TensorType((4, 4, 4)),))
    module = build_apart(FactorTransferLoss().lower_between(types), seed=0)
    assert isinstance(module, FactorTransfer)
    guided, hint = features(2, 3, 4, 4).float(), features(2, 4, 4, 4).float()
    module(guided, hint).backward()
    grads = {name: weight.grad for name, weight in module.named_parameters() if name.startswith("paraphraser")}
    assert module.paraphraser is not None
    assert module.rebuilder is not None
    module.zero_grad()
    torch.autograd.backward(functional.mse_loss(module.rebuilder(module.paraphraser(hint)), hint))
    for name, grad in grads.items():
        torch.testing.assert_close(module.get_parameter(name).grad, grad)


def test_factors_by_position_compare_mean_squares() -> None:
    types = Sides((TensorType((1, 2, 2)),), (TensorType((3, 2, 2)),))
    loss = FactorTransferLoss(paraphrase=False, by_position=True)
    module = build_apart(loss.lower_between(types), seed=0)
    assert isinstance(module, FactorTransfer)
    guided, hint = features(2, 1, 2, 2).float(), features(2, 3, 2, 2).float()
    own, other = (
        functional.normalize(factor.square().mean(1).flatten(1)) for factor in (module.translator(guided), hint)
    )
    torch.testing.assert_close(module.train()(guided, hint), (own - other).abs().mean())


@pytest.mark.parametrize(("channels", "axes"), [(False, (0, 2, 3)), (True, (0, 1))], ids=["positions", "channels"])
def test_only_training_masks(channels: bool, axes: tuple[int, ...]) -> None:
    types = Sides((TensorType((40, 6, 6)),), (TensorType((40, 6, 6)),))
    loss = MaskedGenerationLoss(share=0.5, channels=channels)
    module = build_apart(loss.lower_between(types), seed=0)
    assert isinstance(module, MaskedGeneration)
    seen: list[Tensor] = []
    module.generation.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    features = torch.ones(8, 40, 6, 6)
    module(features, features)
    masked = (seen[0] == 0).float()
    others = tuple(axis for axis in range(4) if axis not in axes)
    assert set(masked.mean(others).flatten().tolist()) == {0, 1}
    assert 0.3 < masked.mean() < 0.7
    module.eval()(features, features)
    assert torch.equal(seen[1], features)


def contrast(guided: Tensor, hint: Tensor) -> ContrastiveRepresentation:
    """A memory of six examples in three classes, of which the student has seen all."""
    made = ContrastiveRepresentation(
        guided.shape[1], hint.shape[1], examples=6, width=4, negatives=4, temperature=0.5, momentum=0.25
    ).double()
    with torch.no_grad():
        made.classes.copy_(torch.tensor([0, 1, 2, 0, 1, 2]))
        for memory in (made.guided_memory, made.hint_memory):
            memory.copy_(functional.normalize(features(6, 4)))
    return made


def test_contrast_is_the_papers_when_each_negative_is_drawn_once() -> None:
    guided, hint = features(2, 3), features(2, 5)
    targets, indices = torch.tensor([0, 2]), torch.tensor([0, 5])
    made = contrast(guided, hint)
    memories = {"guided": made.guided_memory.clone(), "hint": made.hint_memory.clone()}
    expected = torch.zeros((), dtype=torch.float64)
    for layer, linear, memory in (
        (guided, made.guided_map, memories["hint"]),
        (hint, made.hint_map, memories["guided"]),
    ):
        vectors = functional.normalize(linear(layer))
        scores = torch.exp(vectors @ memory.T / 0.5)
        drawn = [[1, 2, 4, 5], [0, 1, 3, 4]]  # all examples of other classes, 4 for each
        scale = torch.stack([scores[row, drawn[row]] for row in range(2)]).mean() * 6
        noise = 4 / 6
        for row in range(2):
            positive, negatives = scores[row, indices[row]] / scale, scores[row, drawn[row]] / scale
            told = (positive / (positive + noise)).log() + (noise / (negatives + noise)).log().sum()
            expected = expected - told / 2
    torch.testing.assert_close(made(guided, hint, targets, indices), expected, rtol=1e-6, atol=0)


def test_the_memory_moves_in_training_alone() -> None:
    guided, hint = features(2, 3), features(2, 5)
    targets, indices = torch.tensor([1, 2]), torch.tensor([0, 5])
    made = contrast(guided, hint)
    before = {name: held.clone() for name, held in made.named_buffers()}
    made.eval()(guided, hint, targets, indices)
    assert same(dict(made.named_buffers()), before)
    made.train()(guided, hint, targets, indices).backward()
    moved = 0.25 * before["hint_memory"][indices] + 0.75 * functional.normalize(made.hint_map(hint))
    torch.testing.assert_close(made.hint_memory[indices], functional.normalize(moved))
    assert torch.equal(made.hint_memory[1:5], before["hint_memory"][1:5])
    assert made.classes.tolist() == [1, 1, 2, 0, 1, 2]
    assert made.guided_scale > 0


def test_the_scale_of_scores_is_that_of_the_first_step() -> None:
    guided, hint = features(2, 3), features(2, 5)
    made = contrast(guided, hint)
    made(guided, hint, torch.tensor([0, 1]), torch.tensor([0, 1]))
    first = made.guided_scale.clone()
    made(features(2, 3), features(2, 5), torch.tensor([0, 1]), torch.tensor([3, 4]))
    assert torch.equal(made.guided_scale, first)


def test_a_review_begins_with_the_deepest_layer() -> None:
    types = Sides(
        (TensorType((3, 8, 8)), TensorType((5, 4, 4))),
        (TensorType((6, 8, 8)), TensorType((7, 2, 2))),
    )
    module = build_apart(KnowledgeReviewLoss(width=4).lower_between(types), seed=0)
    assert isinstance(module, KnowledgeReview)
    shallow, deep = features(2, 3, 8, 8).float(), features(2, 5, 4, 4).float().requires_grad_()
    hints = (features(2, 6, 8, 8).float(), features(2, 7, 2, 2).float())
    seen: list[torch.Size] = []
    for fusion in module.fusions:
        fusion.register_forward_hook(lambda _, __, output: seen.append(output[0].shape))
    module((shallow, deep), hints).backward()
    assert [tuple(shape) for shape in seen] == [(2, 7, 2, 2), (2, 6, 8, 8)]
    assert deep.grad is not None


# In a stage -----------------------------------------------------------------------------------------------------------

CRD = ("  regressor = conv()\n  loss      = mse()", "  loss = crd(width=8, negatives=100)")


def stage_of(made: Program) -> Stage:
    networks = build_networks(made, seed=0, base=Path(), device=torch.device("cpu"))
    return prepare(made, made.stages["hints"], networks.modules, seed=0)


def test_a_stage_holds_trains_and_switches_its_losses() -> None:
    stage = stage_of(program(CRD))
    loss = stage.losses["mid"]
    assert isinstance(loss, nn.Module)
    assert loss.get_buffer("guided_memory").shape == (160, 8)
    assert {name for name in stage.tensors() if name.startswith("loss.")} == {
        f"loss.mid.{name}" for name in loss.state_dict()
    }
    stage.evaluate()
    assert not loss.training
    stage.train()
    assert loss.training
    before = copied(stage.tensors())
    updates = updates_of(stage)
    learned = {id(weight) for group in updates.optimizer.param_groups for weight in group["params"]}
    assert {id(weight) for weight in loss.parameters()} <= learned
    batch = Batch(torch.randn(8, 1, 6, 6), torch.arange(8) % 3, torch.arange(8))
    updates.step(stage.measure(batch, Moment(1, 4))[0], Moment(1, 4))
    moved = {name for name, held in stage.tensors().items() if not torch.equal(held, before[name])}
    assert {name for name in stage.tensors() if name.startswith("loss.")} <= moved


def test_a_memory_is_as_large_as_the_data_that_were_opened() -> None:
    made = program(CRD)
    networks = build_networks(made, seed=0, base=Path(), device=torch.device("cpu"))
    stage = prepare(made, made.stages["hints"], networks.modules, seed=0, examples=7)
    assert stage.losses["mid"].get_buffer("hint_memory").shape == (7, 8)


def test_weights_of_a_loss_follow_from_the_seed_and_the_hint_alone() -> None:
    first, second = stage_of(program(CRD)), stage_of(program(CRD, ("epochs    = 3", "epochs    = 5")))
    assert same(first.losses["mid"].state_dict(), second.losses["mid"].state_dict())


def test_nothing_of_a_loss_is_left_when_its_stage_is_over(tmp_path: Path) -> None:
    run(tmp_path / "run", CRD, stage="hints", epochs=1)
    left = [name for file in (tmp_path / "run").rglob("*.safetensors") for name in load_tensors(file)]
    assert left
    assert not [name for name in left if name.startswith("loss.")]


def test_the_memory_comes_back_when_a_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "whole", CRD, stage="hints")
    steps = iter(range(1000))
    with monkeypatch.context() as patched:
        # the first stage has 15 steps; the second is asked to end 2 steps into its second epoch
        patched.setattr("fitdsl.training.run.listening", lambda: nullcontext(lambda: next(steps) == 15 + 7))
        with pytest.raises(Interrupted):
            run(tmp_path / "broken", CRD, stage="hints", reuse=False)
    run(tmp_path / "broken", CRD, stage="hints", resume=True, reuse=False)
    assert same(weights(tmp_path / "whole", "hints"), weights(tmp_path / "broken", "hints"))


def test_a_stage_whose_loss_remembers_is_not_trained_twice(tmp_path: Path) -> None:
    run(tmp_path / "first", CRD, stage="hints", reuse=True)
    second = run(tmp_path / "second", CRD, stage="hints", reuse=True)
    assert [stage.reused for stage in second.stages.values()] == [True, True]
    assert same(weights(tmp_path / "first", "hints"), weights(tmp_path / "second", "hints"))


def test_a_plan_counts_what_a_loss_has_and_keeps() -> None:
    vid = program(("  regressor = conv()\n  loss      = mse()", "  loss = vid()"))
    none = program(("  regressor = conv()\n  loss      = mse()", "  loss = at()"))
    cost = vid.learned_cost("mid")
    assert cost.params == 4 * 8 + 8 * 8 + 8 * 8 + 8
    extra = training_bytes(vid, vid.stages["hints"], 10) - training_bytes(none, none.stages["hints"], 10)
    assert extra == 4 * (10 * cost.activations + 4 * cost.params)
    crd = program(CRD)
    kept = 160 * (8 + 8 + 1)
    cost = crd.learned_cost("mid", 160)
    extra = training_bytes(crd, crd.stages["hints"], 10) - training_bytes(none, none.stages["hints"], 10)
    assert extra == 4 * (10 * cost.activations + 4 * cost.params + kept)


def test_show_says_what_a_loss_has_of_its_own() -> None:
    text = """fit 1

data d {
  source = Synthetic(shape=[1, 6, 6], classes=3, examples=20, test=5)
}

teacher t(x: d.input) {
  a = Conv2d(3, 3)
} from "t.safetensors"

student s(x: d.input) {
  a = Conv2d(2, 3)
}

hint mid: t.a guides s.a {
  loss = vid()
}

stage learn {
  train     = s
  loss      = hint(mid)
  optimizer = SGD(lr=0.1)
  epochs    = 1
}
"""
    lines = table(fit.loads(text).compilation, ViewOptions()).splitlines()
    assert "    loss       vid(), 27 params of its own" in lines
    assert "  trains  s, loss of mid" in lines
