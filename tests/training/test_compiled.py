"""A stage compiled as a whole: traced once and without a break, to the same numbers, and nothing frozen moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from small_spec import program, run, same, weights
from torch._dynamo.utils import counters
from torch._inductor.exc import InvalidCxxCompiler

from fitdsl.diagnostics import Diagnostic, FitError
from fitdsl.training import compiled
from fitdsl.training.compiled import Measure, step_of
from fitdsl.training.data import Batch
from fitdsl.training.networks import build_networks
from fitdsl.training.stage import Stage, prepare
from fitdsl.training.terms import Moment
from fitdsl.training.updates import updates_of

CPU = torch.device("cpu")
CALM = ("-> Dropout2d(0.1) ", "")
"""Dropout draws other numbers where it is compiled."""
LOSSES = {"hints": "loss      = hint(mid)", "distil": "loss      = ce() + ramp(2, 1) * kd(temperature=3)"}


@pytest.fixture(autouse=True)
def _no_machine_code(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All of the compiler but the part that takes long."""
    monkeypatch.setattr(compiled, "BACKEND", "aot_eager")
    torch._dynamo.reset()
    counters.clear()
    yield
    torch._dynamo.reset()


def asking(name: str) -> tuple[str, str]:
    """The change by which a stage is to be compiled."""
    return LOSSES[name], f"{LOSSES[name]}\n  compile   = true"


def ready(name: str, *changes: tuple[str, str]) -> Stage:
    """A stage of the small spec that is to be compiled, in training mode."""
    made = program(CALM, asking(name), *changes)
    networks = build_networks(made, seed=0, base=Path(), device=CPU)
    stage = prepare(made, made.stages[name], networks.modules, seed=0)
    stage.train()
    return stage


def fit(stage: Stage, measure: Measure, steps: int = 5, n: int = 8) -> torch.Tensor:
    """What is measured in each of some steps, between which schedules move, [steps, measured]."""
    updates, found = updates_of(stage), []
    for step in range(steps):
        generator = torch.Generator().manual_seed(step)
        batch = Batch(torch.randn(n, 1, 6, 6, generator=generator), torch.arange(n) % 3, torch.arange(n))
        moment = Moment(1 + step / steps, 4)
        values = measure(batch, moment)
        updates.step(values[0], moment)
        found.append(torch.stack([value.detach() for value in values]))
    return torch.stack(found)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("hints", ()),
        ("distil", ()),
        ("distil", (("kd(temperature=3)", "kd(temperature=ramp(4, 2))"),)),
        ("distil", (("kd(temperature=3)", "dkd() + mlkd()"),)),
        pytest.param(
            "distil", (("compile   = true", 'compile   = true\n  precision = "bf16"'),), marks=pytest.mark.slow
        ),
        pytest.param(
            "hints", (("compile   = true", "compile   = true\n  channels_last = true"),), marks=pytest.mark.slow
        ),
    ],
)
def test_a_step_is_traced_once_and_measures_what_it_does_uncompiled(
    name: str, changes: tuple[tuple[str, str], ...]
) -> None:
    plain, traced = ready(name, *changes), ready(name, *changes)
    expected, found = fit(plain, plain.measure), fit(traced, step_of(traced, CPU))
    assert (counters["stats"]["unique_graphs"], dict(counters["graph_break"])) == (1, {})
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_schedules_that_enter_as_numbers_would_be_compiled_at_every_step() -> None:
    stage = ready("distil")
    traced = torch.compile(stage.measure, fullgraph=True, dynamic=False, backend="eager")
    fit(stage, traced, steps=3)
    assert counters["stats"]["unique_graphs"] == 3


def test_every_stage_may_be_compiled_however_many_there_are() -> None:
    with torch._dynamo.config.patch(recompile_limit=1):
        for _ in range(2):
            stage = ready("hints")
            fit(stage, step_of(stage, CPU), steps=1)
    assert counters["stats"]["unique_graphs"] == 2


@pytest.mark.parametrize("name", ["hints", "distil"])
def test_what_is_frozen_stays_to_the_last_bit(name: str) -> None:
    train = ("train     = student\n  loss      = ce() + ", "train     = student[..s1]\n  loss      = ce() + ")
    stage = ready(name, *([train] if name == "distil" else []))
    moving = {key.removeprefix("network.") for key in stage.tensors()}
    before = {f"{n}.{k}": t.clone() for n, net in stage.networks.items() for k, t in net.state_dict().items()}
    fit(stage, step_of(stage, CPU))
    after = {f"{n}.{k}": t for n, net in stage.networks.items() for k, t in net.state_dict().items()}
    assert {key for key, tensor in before.items() if not torch.equal(tensor, after[key])} == moving & before.keys()
    assert {key.partition(".")[0] for key in before.keys() - moving} == {"big", "small"}


def test_a_run_with_compiled_stages_ends_as_one_without(tmp_path: Path) -> None:
    run(tmp_path / "plain", CALM)
    run(tmp_path / "compiled", CALM, asking("hints"), asking("distil"))
    assert same(weights(tmp_path / "plain", "teach"), weights(tmp_path / "compiled", "teach"))
    for stage in ("hints", "distil"):
        found, expected = weights(tmp_path / "compiled", stage), weights(tmp_path / "plain", stage)
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
    assert (counters["stats"]["unique_graphs"], dict(counters["graph_break"])) == (2, {})


def refused(tmp_path: Path) -> Diagnostic:
    with pytest.raises(FitError) as error:
        run(tmp_path / "run", asking("hints"))
    (finding,) = error.value.diagnostics
    return finding


def test_without_a_compiler_nothing_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise InvalidCxxCompiler

    monkeypatch.setattr(compiled, "BACKEND", "inductor")
    monkeypatch.setattr(compiled, "get_cpp_compiler", missing)
    finding = refused(tmp_path)
    assert (finding.code, finding.message, finding.helps) == (
        "FIT4122",
        "stage `hints` is to be compiled, and there is no C++ compiler",
        ("install a C++ compiler or name one in `CXX`, or take `compile` away",),
    )
    assert not (tmp_path / "run").exists()


def test_a_step_that_cannot_be_traced_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compute = Stage.compute

    def breaking(self: Stage, *arguments: object) -> object:
        torch._dynamo.graph_break()
        return compute(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Stage, "compute", breaking)
    finding = refused(tmp_path)
    assert (finding.code, finding.message, finding.helps) == (
        "FIT4122",
        "stage `hints` cannot be compiled as a whole",
        ("take `compile` away",),
    )
    assert finding.notes == ("torch says: Call to `torch._dynamo.graph_break()`",)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, as it loads its compiler
def test_machine_code_measures_what_is_measured_uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "BACKEND", "inductor")
    plain, traced = ready("distil"), ready("distil")
    expected, found = fit(plain, plain.measure), fit(traced, step_of(traced, CPU))
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
