"""Networks from outside are what the spec states of them, and hints read what a module of them really gave."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from outside_specs import TEXT, experiment
from torch import Tensor, nn

from fitdsl.backend.outside import measured_cost, tap_outside
from fitdsl.diagnostics import Diagnostic, FitError
from fitdsl.values import Cost

STATED = """python("my_teachers:net", features={"0": [6, 8, 8], "1": [4, 6, 6], "0.1": [6, 8, 8]})"""
TEACHING = TEXT[TEXT.index("\nhint") :]


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Each test imports its own folder's module."""
    yield
    sys.modules.pop("my_teachers", None)


def built(folder: Path, *changes: tuple[str, str], seed: int = 0) -> nn.Module:
    return experiment(folder, *changes).teacher.build(seed=seed, allow_python=True)


def refused(folder: Path, stated: str, *, allow_python: bool = True) -> Diagnostic:
    with pytest.raises(FitError) as error:
        experiment(folder, (STATED, stated), (TEACHING, "")).teacher.build(allow_python=allow_python)
    (finding,) = error.value.diagnostics
    assert finding.span.text == "big"
    return finding


def test_the_module_is_the_functions_own(tmp_path: Path) -> None:
    path, state = list(sys.path), torch.get_rng_state()
    module = built(tmp_path)
    assert list(module.state_dict())[:2] == ["0.0.weight", "0.0.bias"]
    assert not module.training
    assert sys.path == path
    assert torch.equal(torch.get_rng_state(), state)


def test_the_seed_decides_weights_that_are_drawn(tmp_path: Path) -> None:
    first, again, other = (built(tmp_path, seed=seed).state_dict()["1.weight"] for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_taps_give_what_a_module_gave_before_others_worked_on_it_in_place(tmp_path: Path) -> None:
    spec = experiment(tmp_path)
    module = spec.teacher.build(allow_python=True)
    x = torch.randn(3, 1, 8, 8)
    body, conv = module.get_submodule("0"), module.get_submodule("1")
    part = tap_outside(module, spec.teacher.graph, ["[1]", "[0][1]", "[0]"])
    one, norm, zero = part(x)
    assert torch.equal(zero, body(x))
    assert torch.equal(one, conv(zero))
    assert one.min() < 0
    assert norm.min() < 0
    (logits,) = tap_outside(module, spec.teacher.graph, ["output"])(x)
    assert torch.equal(logits, module(x))


def test_nothing_runs_after_the_last_tap(tmp_path: Path) -> None:
    spec = experiment(tmp_path)
    module = spec.teacher.build(allow_python=True)
    ran: list[str] = []

    def note(part: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ran.append(type(part).__name__)

    for name in ("1", "4"):
        module.get_submodule(name).register_forward_hook(note)
    tap_outside(module, spec.teacher.graph, ["[1]"])(torch.zeros(1, 1, 8, 8))
    assert ran == ["Conv2d"]
    module(torch.zeros(1, 1, 8, 8))
    assert ran == ["Conv2d", "Conv2d", "Linear"]


def test_its_cost_is_counted_while_it_runs(tmp_path: Path) -> None:
    spec = experiment(tmp_path)
    cost = measured_cost(spec.teacher.build(allow_python=True), spec.teacher.model)
    weights = 6 * 9 + 4 * 6 * 9 + 144 * 10
    maps = 3 * 6 * 64 + 2 * 4 * 36 + 144 + 10
    assert cost == Cost(weights + 6 + 12 + 4 + 10, weights, 6 * 9 * 64 + 4 * 6 * 9 * 36 + 1440, maps)


def test_own_code_runs_only_if_it_is_allowed(tmp_path: Path) -> None:
    finding = refused(tmp_path, STATED, allow_python=False)
    assert "my_teachers" not in sys.modules
    assert (finding.code, finding.message, finding.helps) == (
        "FIT4110",
        "`big` runs the code of `my_teachers:net`, which is not allowed",
        ("if you trust this code, allow it with `--allow-python`, in Python with `allow_python=True`",),
    )


@pytest.mark.parametrize("package", ["torchvision", "timm"])
def test_a_package_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    # A file of the spec's folder is code that nobody has allowed.
    (tmp_path / f"{package}.py").write_text("raise SystemExit\n")
    finding = refused(tmp_path, f'{package}("resnet50", classes=10)', allow_python=False)
    assert (finding.code, finding.message, finding.helps) == (
        "FIT4109",
        f"`big` needs the package `{package}`, which is not installed",
        (f"install it: `pip install {package}`",),
    )


def test_a_package_is_asked_for_the_model_by_its_own_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []

    def get_model(**given: str) -> nn.Module:
        asked.append(given)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    models = ModuleType("torchvision.models")
    monkeypatch.setattr(models, "get_model", get_model, raising=False)
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.models", models)
    module = built(tmp_path, (STATED, 'torchvision("tiny", weights="V2", classes=10)'), (TEACHING, ""))
    assert asked == [{"name": "tiny", "weights": "V2"}]
    assert isinstance(module[1], nn.Linear)  # type: ignore[index]


@pytest.mark.parametrize(
    ("model", "message", "helps"),
    [
        (
            "no_such_module:net",
            "`python` cannot make `big` from `no_such_module:net`: "
            "ModuleNotFoundError: No module named 'no_such_module'",
            ("its module is looked for in the spec's folder, then where Python finds packages",),
        ),
        (
            "my_teachers:failing",
            "`python` cannot make `big` from `my_teachers:failing`: ZeroDivisionError: division by zero",
            (),
        ),
        (
            "my_teachers:bet",
            "`python` cannot make `big` from `my_teachers:bet`: "
            "AttributeError: module 'my_teachers' has no attribute 'bet'",
            (),
        ),
        ("my_teachers:number", "`python` gives int for `big`, not a torch module", ()),
    ],
)
def test_what_cannot_be_made_says_why(tmp_path: Path, model: str, message: str, helps: tuple[str, ...]) -> None:
    finding = refused(tmp_path, f'python("{model}")')
    assert (finding.code, finding.message, finding.helps) == ("FIT4109", message, helps)


def test_every_stated_shape_is_held_against_the_real_one(tmp_path: Path) -> None:
    features = '{"0": [6, 9, 8], "0.2": [6, 8, 8], "0.01": [6, 8, 8], "4": [10]}'
    finding = refused(tmp_path, f'python("my_teachers:net", classes=12, features={features})')
    assert (finding.code, finding.message) == ("FIT4111", "`big` is not what the spec says of it")
    assert finding.notes == (
        "`0.01` is no module of it",
        "`0` gives [6, 8, 8], the spec says [6, 9, 8]",
        "`0.2` runs 2 times for an example, not once",
        "the whole network gives [10], the spec says [12]",
    )
    assert finding.helps == ("did you mean `0.1`?",)


def test_a_network_that_cannot_read_the_data_says_so(tmp_path: Path) -> None:
    with pytest.raises(FitError) as error:
        built(tmp_path, ("Digits()", "CIFAR10()"), ("64, val: 32", "0.5"))
    (finding,) = error.value.diagnostics
    assert finding.code == "FIT4111"
    assert finding.message.startswith("`big` does not run on an example [3, 32, 32]: Given groups=1, weight of size")
