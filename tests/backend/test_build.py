"""Built networks: keys, values, what runs, what is shared, and how they can be handled."""

from __future__ import annotations

import copy
import pickle
from collections import Counter

import pytest
import torch
from graphs import network
from torch import Tensor, nn
from torch.fx import GraphModule

from fitdsl.backend.build import build, tap
from fitdsl.diagnostics import FitError
from fitdsl.graph.model import LayerGraph
from fitdsl.ops.activation import ReLU
from fitdsl.ops.combine import Add
from fitdsl.ops.conv import Conv2d
from fitdsl.ops.dense import Linear
from fitdsl.ops.norm import BatchNorm2d
from fitdsl.ops.shape import Flatten
from fitdsl.optim.initializers import Kaiming, Uniform, Xavier


def residual(width: int = 4, **settings: object) -> LayerGraph:
    """[2, 6, 6] -> [3], with a nested block and a sum."""
    return network(
        (2, 6, 6),
        ("stem", Conv2d(out_channels=width, kernel_size=3, padding=1)),
        ("body[0].main.conv", Conv2d(out_channels=width, kernel_size=3, padding=1, bias=False)),
        ("body[0].main.norm", BatchNorm2d()),
        ("body[0].sum", Add(), ("body[0].main.norm", "stem")),
        ("[4]", ReLU()),
        ("[5]", Flatten()),
        ("logits", Linear(out_features=3)),
        **settings,  # type: ignore[arg-type]
    )


def images(n: int = 5) -> Tensor:
    return torch.randn(n, 2, 6, 6, generator=torch.Generator().manual_seed(1))


class ByHand(nn.Module):
    """The same network as a person would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding=1)
        main = nn.ModuleDict({"conv": nn.Conv2d(4, 4, 3, padding=1, bias=False), "norm": nn.BatchNorm2d(4)})
        self.body = nn.ModuleList([nn.ModuleDict({"main": main})])
        self.logits = nn.Linear(144, 3)

    def forward(self, image: Tensor) -> Tensor:
        stem = self.stem(image)
        main = self.get_submodule("body.0.main")
        x = main.get_submodule("norm")(main.get_submodule("conv")(stem))
        out: Tensor = self.logits(torch.flatten(torch.relu(x + stem), 1))
        return out


def calls(module: nn.Module, run: nn.Module) -> Counter[str]:
    """How often each layer of `module` works while `run` sees one batch."""
    counted: Counter[str] = Counter()
    hooks = [
        layer.register_forward_hook(lambda *_, name=name: counted.update([name]))
        for name, layer in module.named_modules()
        if not list(layer.children())
    ]
    run(images())
    for hook in hooks:
        hook.remove()
    return counted


def test_same_keys_and_values_as_by_hand() -> None:
    built, by_hand = build(residual(), name="net", seed=0), ByHand()
    assert list(built.state_dict()) == list(by_hand.state_dict())
    by_hand.load_state_dict(built.state_dict())
    assert torch.equal(built(images()), by_hand(images()))


def test_code_can_be_read() -> None:
    assert build(residual(), name="net", seed=0).code.strip().splitlines() == [
        "def forward(self, image):",
        "    stem = self.stem(image);  image = None",
        '    body_0_main_conv = getattr(self.body, "0").main.conv(stem)',
        '    body_0_main_norm = getattr(self.body, "0").main.norm(body_0_main_conv);  body_0_main_conv = None',
        "    body_0_sum = body_0_main_norm + stem;  body_0_main_norm = stem = None",
        '    _4 = getattr(self, "4")(body_0_sum);  body_0_sum = None',
        '    _5 = getattr(self, "5")(_4);  _4 = None',
        "    logits = self.logits(_5);  _5 = None",
        "    return logits",
    ]


@pytest.mark.parametrize("handle", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_copies_and_pickles(handle: object) -> None:
    built = build(residual(), name="net", seed=0)
    again: GraphModule = handle(built)  # type: ignore[operator]
    assert torch.equal(built(images()), again(images()))
    again.get_submodule("stem").zero_grad()
    assert again.get_submodule("stem") is not built.get_submodule("stem")


def test_compiles_as_one_graph() -> None:
    built = build(residual(), name="net", seed=0)
    compiled = torch.compile(built, fullgraph=True, backend="eager")
    assert torch.equal(compiled(images()), built(images()))


def test_seed_slot_and_identity_decide_the_weights() -> None:
    def stem(width: int = 4, *, seed: int = 0, name: str = "net", slot: str = "student0") -> Tensor:
        return build(residual(width=width), name=name, seed=seed, slot=slot).get_parameter("stem.weight")

    state = torch.random.get_rng_state()
    assert torch.equal(stem(), stem(name="other"))
    for other in (stem(seed=1), stem(slot="student1"), stem(width=8)[:4]):
        assert not torch.equal(stem(), other)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_tap_runs_only_ancestors_and_shares_layers() -> None:
    graph = residual()
    built = build(graph, name="net", seed=0)
    part = tap(built, graph, ["body[0].main.norm", "stem"])
    assert calls(built, part) == Counter({"stem": 1, "body.0.main.conv": 1, "body.0.main.norm": 1})
    built.eval()
    norm, stem = part(images())
    assert torch.equal(stem, built.get_submodule("stem")(images()))
    assert norm.shape == (5, 4, 6, 6)
    assert part.get_submodule("stem") is built.get_submodule("stem")


def test_tap_gives_the_whole_result_and_the_input() -> None:
    graph = residual()
    built = build(graph, name="net", seed=0).eval()
    logits, image = tap(built, graph, ["logits", "image"])(images())
    assert torch.equal(logits, built(images()))
    assert torch.equal(image, images())


def two_relus() -> LayerGraph:
    return network(
        (2, 6, 6),
        ("conv", Conv2d(out_channels=4, kernel_size=3, bias=False)),
        ("norm", BatchNorm2d()),
        ("relu", ReLU()),
        ("second", Conv2d(out_channels=4, kernel_size=3)),
        ("last", ReLU()),
    )


def test_a_relu_of_a_part_writes_over_what_nobody_else_reads() -> None:
    built = build(two_relus(), name="net", seed=0)
    assert tap(built, two_relus(), ["last"]).code.count("torch.relu_") == 2
    assert tap(built, two_relus(), ["norm", "last"]).code.count("torch.relu_") == 1
    assert tap(built, two_relus(), ["last"], given=["norm"]).code.count("torch.relu_") == 1
    assert "relu_" not in tap(build(residual(), name="net", seed=0), residual(), ["logits"]).code


def test_a_part_gives_what_the_whole_gives_to_the_last_bit() -> None:
    found = []
    for cut in (False, True):
        built = build(two_relus(), name="net", seed=0)
        (result,) = tap(built, two_relus(), ["last"])(images()) if cut else (built(images()),)
        result.square().sum().backward()
        found.append([result, *(weight.grad for weight in built.parameters())])
    for whole, part in zip(*found, strict=True):
        assert torch.equal(whole, part)


def test_layers_beside_the_output_keep_their_weights_but_do_not_run() -> None:
    graph = network((4,), ("aside", Linear(out_features=2)), ("logits", Linear(out_features=3), ("image",)))
    built = build(graph, name="net", seed=0)
    assert "aside.weight" in built.state_dict()
    assert built.code.strip().splitlines()[1:] == [
        "    logits = self.logits(image);  image = None",
        "    return logits",
    ]
    assert pickle.loads(pickle.dumps(built)).state_dict().keys() == built.state_dict().keys()


def test_uniform_initializer_is_the_papers() -> None:
    built = build(residual(init=Uniform(a=0.01)), name="net", seed=0)
    assert built.get_parameter("stem.weight").abs().max() <= 0.01
    assert built.get_parameter("stem.weight").abs().max() > 0.009
    assert built.get_parameter("stem.bias").abs().max() == 0
    assert torch.equal(built.get_parameter("body.0.main.norm.weight"), torch.ones(4))


@pytest.mark.parametrize(("init", "variance"), [(Kaiming(), 2 / 144), (Xavier(), 2 / (144 + 200))])
def test_variances_of_the_other_initializers(init: Kaiming | Xavier, variance: float) -> None:
    graph = network((144,), ("fc", Linear(out_features=200)), init=init)
    weight = build(graph, name="net", seed=0).get_parameter("fc.weight")
    assert weight.var().item() == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize(("address", "name"), [("code", "code"), ("s1.train", "train")])
def test_names_torch_keeps_for_itself(address: str, name: str) -> None:
    with pytest.raises(FitError) as refused:
        build(network((4,), (address, Linear(out_features=2))), name="net", seed=0)
    (finding,) = refused.value.diagnostics
    assert (finding.code, finding.message, finding.helps) == (
        "FIT4105",
        f"`{name}` cannot be part of a layer's address: torch modules have an attribute of that name",
        (f"call it `{name}_` or anything else",),
    )
