"""One stage: what runs in which mode, what moves and by how much, and what its loss is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from small_spec import Watch, program, run, weights
from torch import Tensor

from fitdsl.backend.weights import load_tensors
from fitdsl.losses.base import Reads
from fitdsl.program.model import Program
from fitdsl.training.data import Batch, Part, Walk, batches
from fitdsl.training.events import StageStarted
from fitdsl.training.folder import read_report
from fitdsl.training.networks import build_networks
from fitdsl.training.stage import Stage, prepare
from fitdsl.training.terms import Moment
from fitdsl.training.updates import updates_of

FIRST = Moment(1, 4)


def stage(name: str, *changes: tuple[str, str]) -> Stage:
    """A stage of the small spec, in training mode."""
    made: Program = program(*changes)
    networks = build_networks(made, seed=0, base=Path(), device=torch.device("cpu"))
    prepared = prepare(made, made.stages[name], networks.modules, seed=0)
    prepared.freeze()
    prepared.train()
    return prepared


def batch(n: int = 8) -> Batch:
    generator = torch.Generator().manual_seed(3)
    return Batch(torch.randn(n, 1, 6, 6, generator=generator), torch.arange(n) % 3, torch.arange(n))


def states(of: Stage, network: str) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in of.networks[network].state_dict().items()}


def moved(of: Stage, network: str, before: dict[str, Tensor]) -> set[str]:
    after = of.networks[network].state_dict()
    return {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}


def one_step(of: Stage, moment: Moment = FIRST) -> None:
    updates_of(of).step(of.measure(batch(), moment)[0], moment)


def test_hint_stage_runs_nothing_above_hint_and_guided_layer() -> None:
    hints = stage("hints")
    ran: Counter[str] = Counter()
    for network in hints.networks.values():
        for name, layer in network.named_modules():
            # a ReLU may write over its input, and then runs as a function and not as its layer
            if not list(layer.children()) and not isinstance(layer, torch.nn.ReLU):
                layer.register_forward_hook(lambda *_, name=name: ran.update([name]))
    hints.measure(batch(), FIRST)
    layers = {"c1": (0, 1), "c2": (0, 1, 3), "s1": (0, 1, 3, 4)}
    assert dict(ran) == {f"{prefix}.{index}": 1 for prefix, indices in layers.items() for index in indices}


def test_hint_stage_moves_the_guided_half_and_the_regressor_only() -> None:
    hints = stage("hints")
    teacher, student = states(hints, "big"), states(hints, "small")
    regressor = {name: tensor.clone() for name, tensor in hints.regressors["mid"].state_dict().items()}
    one_step(hints)
    assert moved(hints, "big", teacher) == set()
    assert {name.partition(".")[0] for name in moved(hints, "small", student)} == {"s1"}
    assert moved(hints, "small", student) >= {"s1.1.running_mean", "s1.1.num_batches_tracked"}
    after = hints.regressors["mid"].state_dict()
    assert all(not torch.equal(tensor, after[name]) for name, tensor in regressor.items())


def test_frozen_layers_below_do_not_move_and_frozen_layers_above_pass_gradients() -> None:
    below = stage(
        "distil", ("train     = student\n  loss      = ce() +", "train     = student.logits\n  loss      = ce() +")
    )
    before = states(below, "small")
    one_step(below)
    assert moved(below, "small", before) == {"logits.weight", "logits.bias"}
    above = stage(
        "distil", ("train     = student\n  loss      = ce() +", "train     = student.s1\n  loss      = ce() +")
    )
    before = states(above, "small")
    one_step(above)
    assert {name.partition(".")[0] for name in moved(above, "small", before)} == {"s1"}


def test_only_what_learns_is_in_training_mode() -> None:
    distil = stage(
        "distil", ("train     = student\n  loss      = ce() +", "train     = student.s1\n  loss      = ce() +")
    )
    training = {name for name, layer in distil.networks["small"].named_modules() if layer.training and name}
    # dropout has no weights but drops out with the layers around it
    assert {"s1.1", "s1.3"} <= training
    assert all(name.startswith("s1.") for name in training)
    assert not any(layer.training for layer in distil.networks["big"].modules())


def test_loss_is_the_weighted_sum_of_its_terms() -> None:
    distil = stage("distil")
    distil.evaluate()
    assert distil.measured == ("loss", "ce", "kd", "accuracy")
    for moment, weight in ((Moment(1, 4), 2.0), (Moment(3, 4), 1.5), (Moment(5, 4), 1.0)):
        loss, ce, kd, right = distil.measure(batch(), moment)
        torch.testing.assert_close(loss, ce + weight * kd)
        assert right.item() in range(9)
    outputs = distil.outputs(batch())
    logits = distil.networks["small"](batch().inputs)
    torch.testing.assert_close(ce, torch.nn.functional.cross_entropy(logits, batch().targets))
    assert outputs.guided == {}


def test_a_moving_temperature_is_resolved_at_every_step() -> None:
    moving = stage("distil", ("kd(temperature=3)", "kd(temperature=ramp(2, 4))"))
    moving.evaluate()
    for epoch, temperature in ((1.0, 2), (3.0, 3), (5.0, 4)):
        fixed = stage("distil", ("kd(temperature=3)", f"kd(temperature={temperature})"))
        fixed.evaluate()
        assert torch.equal(moving.measure(batch(), Moment(epoch, 4))[2], fixed.measure(batch(), Moment(epoch, 4))[2])


def test_teachers_teach_by_the_mean_of_their_logits() -> None:
    text = "teacher big(image: d.input) {\n  c1"
    second = "teacher tiny(image: d.input) {\n  Flatten()\n  logits = Linear(d.classes)\n}\n\n"
    taught = stage(
        "distil",
        (text, second + text),
        ("teacher.c2 guides", "big.c2 guides"),
        (
            "train     = teacher\n  loss      = ce()",
            "train     = [big, tiny]\n  loss      = ce(student=big) + ce(student=tiny)",
        ),
    )
    taught.evaluate()
    (kd,) = (term for term in taught.terms if term.name == "kd")
    outputs = taught.outputs(batch())
    logits = [taught.networks[name](batch().inputs) for name in ("big", "tiny")]
    student = taught.networks["small"](batch().inputs)
    expected = kd.function(student, torch.stack(logits).mean(0))
    torch.testing.assert_close(kd.value(outputs, {}), expected)
    assert taught.plan.terms[1].term.loss.reads == (Reads.LOGITS, Reads.TEACHER_LOGITS)


def test_rates_scale_the_steps_of_some_layers() -> None:
    rates = ("schedule  = cosine()", "rates     = {student.s2: 0.5, student.logits: 0.25}")
    optimizer = ("optimizer = Adam(lr=1e-2)\n  schedule", "optimizer = SGD(lr=1e-2)\n  schedule")
    plain, scaled = stage("distil", optimizer, ("  schedule  = cosine()\n", "")), stage("distil", optimizer, rates)
    for chosen in (plain, scaled):
        chosen.evaluate()
    start = states(plain, "small")
    one_step(plain)
    one_step(scaled)
    steps = {
        name: (scaled.networks["small"].state_dict()[name] - tensor)
        / (plain.networks["small"].state_dict()[name] - tensor)
        for name, tensor in start.items()
        if name in ("s1.0.bias", "s2.0.bias", "logits.bias")
    }
    for name, factor in (("s1.0.bias", 1.0), ("s2.0.bias", 0.5), ("logits.bias", 0.25)):
        ratio = steps[name][steps[name].isfinite()]
        torch.testing.assert_close(ratio, torch.full_like(ratio, factor), rtol=2e-3, atol=0)


def test_schedule_moves_the_rate_within_an_epoch() -> None:
    updates = updates_of(stage("distil"))
    assert [round(updates.rate_at(Moment(epoch, 4)), 6) for epoch in (1, 2, 3, 5)] == [0.01, 0.008536, 0.005, 0.0]


def test_max_norm_bounds_each_output_unit_after_the_step() -> None:
    bounded = stage("distil", ("schedule  = cosine()", "max_norm  = {student.s2: 0.3, student.logits: 0.2}"))
    one_step(bounded)
    state = states(bounded, "small")
    for name, limit in (("s2.0.weight", 0.3), ("logits.weight", 0.2)):
        norms = state[name].flatten(1).norm(dim=1)
        assert norms.max() <= limit + 1e-6
        assert norms.max() > limit - 1e-3
    assert state["s1.0.weight"].flatten(1).norm(dim=1).max() > 0.3


def test_last_partial_batch_is_dropped_unless_it_is_the_only_one(tmp_path: Path) -> None:
    def steps(size: int) -> set[int]:
        watch = Watch()
        run(tmp_path / str(size), ("batch   = 32", f"batch   = {size}"), stage="teach", epochs=1, observer=watch)
        return {event.steps for event in watch.events if isinstance(event, StageStarted)}

    assert (steps(32), steps(60), steps(500)) == ({5}, {2}, {1})


RUIN = """optimizer = Adam(lr=1e-2)
  schedule  = steps([1], 100)
  epochs    = 9"""
"""A rate that is sane in the first epoch and ruinous from then on."""

CALM = "optimizer = Adam(lr=1e-2)\n  epochs    = 3"


def test_patience_ends_a_stage_early(tmp_path: Path) -> None:
    report = run(tmp_path / "run", (CALM, f"{RUIN}\n  stop      = patience(val.loss, 2)"), stage="teach")
    assert report.stages["teach"].epochs == 3


def test_the_best_epoch_is_kept_by_validation_alone(tmp_path: Path) -> None:
    change = (CALM, f"{RUIN}\n  keep      = best(val.loss)")
    where, watch = tmp_path / "run", Watch()
    run(where, change, stage="teach", epochs=3, observer=watch)
    assert [(done.epoch, done.kept) for done in watch.epochs("teach")] == [(1, True), (2, False), (3, False)]
    assert read_report(where).stages["teach"].kept_epoch == 1
    run(tmp_path / "short", change, stage="teach", epochs=1)
    kept, first = weights(where, "teach"), weights(tmp_path / "short", "teach")
    assert all(torch.equal(kept[name], first[name]) for name in first)


def test_test_examples_are_seen_once_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[tuple[str, int]] = []

    def note(where: str) -> Callable[..., Iterator[Batch]]:
        def noted(part: Part, walk: Walk, *, start: int = 0) -> Iterator[Batch]:
            walked.append((where, len(part)))
            return batches(part, walk, start=start)

        return noted

    for module in ("cache", "testing"):
        monkeypatch.setattr(f"fitdsl.training.{module}.batches", note(module))
    run(tmp_path / "run", epochs=2)
    assert walked == [*[("cache", 160), ("cache", 40)] * 6, ("testing", 60), ("testing", 60)]


def test_a_step_tells_the_norm_of_the_whole_gradient() -> None:
    hints = stage(
        "hints", ("epochs    = 3\n}\n\nstage distil", "epochs = 3\n  max_norm = {student.s1: 0.01}\n}\n\nstage distil")
    )
    updates = updates_of(hints)
    norm = updates.step(hints.measure(batch(), FIRST)[0], FIRST)
    assert norm is not None
    weights = [weight for group in updates.optimizer.param_groups for weight in group["params"]]
    gradient = torch.cat([weight.grad.flatten() for weight in weights])
    assert norm.item() == pytest.approx(gradient.norm().item())


def test_rates_are_told_by_factor() -> None:
    distil = stage("distil", ("keep      = best", "rates = {student.s1: 0.5}\n  keep      = best"))
    assert updates_of(distil).rates_at(FIRST) == {"0.5": 5e-3, "1": 1e-2}


def test_only_a_hint_that_the_guided_layer_can_equal_has_a_fit() -> None:
    assert stage("hints").measured == ("loss", "hint(mid)", "residual(mid)", "spread(mid)")
    relation = stage("hints", ("  regressor = conv()\n  loss      = mse()", "  loss      = sp()"))
    assert relation.measured == ("loss", "hint(mid)")
    assert len(relation.measure(batch(), FIRST)) == 2


def buffers(of: Stage, network: str) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in of.networks[network].named_buffers()}


TRAIN_MODE = ("teacher big(image: d.input)", "teacher big(image: d.input, mode = train)")


@pytest.mark.parametrize("name", ["hints", "distil"])
def test_a_teacher_is_left_alone_by_default(name: str) -> None:
    plain = stage(name)
    before = states(plain, "big")
    assert len(buffers(plain, "big")) == 6
    for _ in range(3):
        one_step(plain)
    assert moved(plain, "big", before) == set()


def test_norms_of_a_teacher_in_training_mode_move_and_nothing_else_does() -> None:
    lively, plain = stage("distil", TRAIN_MODE), stage("distil")
    before = states(lively, "big")
    one_step(lively)
    assert moved(lively, "big", before) == buffers(lively, "big").keys()
    assert not any(weight.requires_grad for weight in lively.networks["big"].parameters())
    own, batchs = (of.outputs(batch()).layers["big", "logits"] for of in (plain, lively))
    assert not torch.allclose(own, batchs)
    after = states(lively, "big")
    lively.evaluate()
    lively.measure(batch(), FIRST)
    assert moved(lively, "big", after) == set()


def test_layers_that_do_not_run_stay_in_evaluation_mode() -> None:
    hints = stage("hints", TRAIN_MODE)
    training = {name for name, layer in hints.networks["big"].named_modules() if layer.training and name}
    assert training == {"c1.0", "c1.1", "c1.2", "c2.0", "c2.1", "c2.2", "c2.3"}


def test_frozen_layers_of_a_student_in_training_mode() -> None:
    only = ("train     = student\n  loss      = ce() +", "train     = student.logits\n  loss      = ce() +")
    lively = stage("distil", only, ("student small(image: d.input)", "student small(image: d.input, mode = train)"))
    before = states(lively, "small")
    one_step(lively)
    assert moved(lively, "small", before) == {"logits.weight", "logits.bias", *buffers(lively, "small")}


def test_what_moves_in_training_mode_is_forgotten_after_the_stage(tmp_path: Path) -> None:
    watch = Watch()
    report = run(tmp_path / "run", TRAIN_MODE, epochs=1, observer=watch)
    left, final = weights(tmp_path / "run", "teach"), load_tensors(report.weights("big"))
    assert left.keys() == final.keys()
    assert all(torch.equal(left[name], final[name]) for name in left)
