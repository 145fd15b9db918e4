"""How much of the input each layer sees: published numbers, and what gradients reach in torch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fitdsl.backend.build import build
from fitdsl.compilation import Compilation
from fitdsl.graph.receptive import receptive_fields
from fitdsl.source import Source

ROOT = Path(__file__).parents[2]
EXTENT = 48


def student(layers: str, shape: str = f"[1, {EXTENT}, {EXTENT}]") -> Compilation:
    return Compilation(Source("spec.fit", f"fit 1\nstudent net(image: {shape}) {{\n  {layers}\n}}\n"))


def fields(compilation: Compilation, name: str) -> dict[str, tuple[int, ...] | None]:
    """Edges by address, those of labels too."""
    graph = compilation.program.networks[name].graph
    found = receptive_fields(graph)
    return {**found, **{address: found[group.output] for address, group in graph.groups.items()}}


def test_resnet_18_sees_what_is_published() -> None:
    found = fields(Compilation.open(ROOT / "specs/zoo/resnet18.fit"), "resnet18")
    stages = ("stem", "wide64", "wide128", "wide256", "wide512")
    assert [found[stage] for stage in stages] == [(11, 11), (43, 43), (99, 99), (211, 211), (435, 435)]
    assert found["logits"] is None


def test_vgg_16_sees_what_is_published() -> None:
    """Araujo, Norris and Sim 2019, table 1: 212 pixels behind the last pooling."""
    block = "repeat {} {{ Conv2d(1, 3, padding=1) -> ReLU() }} -> MaxPool2d(2)"
    lines = [f"s{place} = {block.format(depth)}" for place, depth in enumerate((2, 2, 3, 3, 3), 1)]
    found = fields(student("\n  ".join(lines), "[3, 224, 224]"), "net")
    assert [found[f"s{place}"] for place in range(1, 6)] == [(edge, edge) for edge in (6, 16, 44, 100, 212)]


@pytest.mark.parametrize(
    "layers",
    [
        "Conv2d(1, 3)",
        "Conv2d(1, [3, 5], stride=[1, 2], padding=[1, 2])",
        "Conv2d(1, 3, stride=2) -> Conv2d(1, 3, dilation=3) -> AvgPool2d(2)",
        "Conv2d(1, 3, dilation=2, padding=2) -> AvgPool2d(3, stride=2) -> Conv2d(1, 1)",
        "Conv2d(1, 3, stride=2, padding=1) -> ConvTranspose2d(1, 4, stride=2, padding=1)",
        "Conv2d(1, 3, stride=2, padding=1) -> ConvTranspose2d(1, 2, stride=2) -> Conv2d(1, 3, padding=1)",
        "AvgPool2d(2) -> Upsample(scale_factor=2) -> Conv2d(1, 3, padding=1)",
        "AvgPool2d(4) -> Upsample(scale_factor=4) -> Conv2d(1, 3, padding=1) -> Conv2d(1, 3, padding=1)",
        "a = Conv2d(1, 3, padding=1)\n  b = a -> Conv2d(1, 5, padding=2)\n  a + b -> AvgPool2d(2)",
        "Conv2d(4, 3, padding=1) -> PixelShuffle(2) -> Conv2d(1, 3, padding=1)",
        'AvgPool2d(2) -> Upsample(scale_factor=2, mode="bilinear")',
        'AvgPool2d(2) -> Upsample(scale_factor=2, mode="bicubic")',
        "a = Conv2d(1, 3)\n  [a, image -> Conv2d(1, 3, dilation=2, padding=1)] -> Concat(-3) -> Conv2d(1, 3)",
    ],
)
def test_fields_are_what_gradients_reach(layers: str) -> None:
    compilation = student(layers)
    graph = compilation.program.networks["net"].graph
    assert receptive_fields(graph)[graph.output] == reached(compilation)


@pytest.mark.parametrize(
    "layers", ["Softmax()", "Softmax(-2)", "a = Conv2d(1, 3)\n  [a, a] -> Concat(dim=1)", "GroupNorm(1)", "Flatten()"]
)
def test_what_joins_all_places_may_see_all(layers: str) -> None:
    graph = student(layers).program.networks["net"].graph
    assert receptive_fields(graph)[graph.output] is None


def reached(compilation: Compilation) -> tuple[int, ...]:
    """The widest extents of gradients of a pixel in the middle of the output, or next to it, in the input."""
    module = build(compilation.program.networks["net"].graph, name="net", seed=0)
    for weights in module.parameters():
        torch.nn.init.ones_(weights)
    image = torch.ones(1, 1, EXTENT, EXTENT, requires_grad=True)
    made = module(image)
    middles = [extent // 2 for extent in made.shape[2:]]
    found = []
    for y in range(middles[0] - 4, middles[0] + 4):
        for x in range(middles[1] - 4, middles[1] + 4):
            (slopes,) = torch.autograd.grad(made[0, 0, y, x], image, retain_graph=True)
            places = slopes[0, 0].nonzero()
            found.append(tuple((places.amax(dim=0) - places.amin(dim=0) + 1).tolist()))
    return tuple(map(max, zip(*found, strict=True)))
