"""Does a network built from a spec train as fast as the same network written by hand?

    python benchmarks/build_speed.py [--rounds 40] [--batch 16] [--threads 1]

Both take turns, one training step each, and the median of the ratios counts. With one thread it is the processor's time
that is measured, which other programs do not lengthen. The networks have the same weights and see the same examples;
their losses are compared before anything is timed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import torch
from torch import Tensor, nn
from torch.nn import functional

import fitdsl as fit

SPECS = Path(__file__).parents[1] / "specs"
REQUIRED = 0.98


def maxout(x: Tensor) -> Tensor:
    """The larger of each pair of channels, [n, 2 c, ...] -> [n, c, ...]."""
    return torch.unflatten(x, 1, (-1, 2)).max(2).values


class FitNet2(nn.Module):
    """FitNet 2 by hand, [n, 3, 32, 32] -> [n, 10]."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 16, 32, 32, 48, 64, 80, 96, 96, 128)
        pairs = pairwise(widths)
        self.convs = nn.ModuleList(nn.Conv2d(i, 2 * o, 3, padding=1) for i, o in pairs)
        self.fc = nn.Linear(128, 2 * 500)
        self.logits = nn.Linear(500, 10)

    def forward(self, x: Tensor) -> Tensor:
        for index, conv in enumerate(self.convs):
            x = maxout(conv(x))
            if index % 3 == 2:
                x = functional.max_pool2d(x, 8 if index == 8 else 2)
        logits: Tensor = self.logits(maxout(self.fc(x.flatten(1))))
        return logits


class Basic(nn.Module):
    """A residual block of two convolutions; a change of width goes through a convolution with a norm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        stride = 1 if inputs == outputs else 2
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.skip = None
        if inputs != outputs:
            conv = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.skip = nn.Sequential(conv, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        main = self.norm2(self.conv2(functional.relu(self.norm1(self.conv1(x)))))
        return functional.relu(main + (x if self.skip is None else self.skip(x)))


class ResNet20(nn.Module):
    """ResNet-20 by hand, [n, 3, 32, 32] -> [n, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(16)
        widths = (16, 16, 16, 16, 32, 32, 32, 64, 64, 64)
        self.blocks = nn.Sequential(*(Basic(i, o) for i, o in pairwise(widths)))
        self.logits = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(functional.relu(self.norm(self.conv(x))))
        logits: Tensor = self.logits(x.mean((2, 3)))
        return logits


CASES: dict[str, tuple[str, type[nn.Module]]] = {
    "FitNet 2": ("fitnets/cifar10_fitnet2.fit", FitNet2),
    "ResNet-20": ("zoo/resnet20.fit", ResNet20),
}


def stepper(model: nn.Module, images: Tensor, labels: Tensor) -> Callable[[], float]:
    """One training step of a model, which gives its loss."""
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(model(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.item()

    return step


def timed(step: Callable[[], float]) -> float:
    """Seconds for one step."""
    clock = process_time if torch.get_num_threads() == 1 else perf_counter
    begun = clock()
    step()
    return clock() - begun


def give_weights(source: nn.Module, target: nn.Module) -> None:
    """Copy weights between two spellings of one network, whose tensors come in another order and under other names."""
    by_shape: dict[torch.Size, list[Tensor]] = {}
    for tensor in source.state_dict().values():
        by_shape.setdefault(tensor.shape, []).append(tensor)
    target.load_state_dict({name: by_shape[tensor.shape].pop(0) for name, tensor in target.state_dict().items()})


def compare(spec: str, by_hand: type[nn.Module], *, rounds: int, batch: int) -> float:
    """Median of (seconds by hand / seconds built)."""
    built, hand = fit.load(SPECS / spec).student.build(seed=0), by_hand()
    give_weights(built, hand)
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(batch, 3, 32, 32, generator=generator)
    labels = torch.randint(10, (batch,), generator=generator)
    steppers = [stepper(model, images, labels) for model in (built, hand)]
    losses = [step() for step in steppers]
    if abs(losses[0] - losses[1]) > 1e-4:
        raise SystemExit(f"the two networks are not the same: losses {losses[0]} and {losses[1]}")
    ratios = []
    for number in range(rounds):
        order = steppers if number % 2 else steppers[::-1]
        seconds = {id(step): timed(step) for step in order}
        ratios.append(seconds[id(steppers[1])] / seconds[id(steppers[0])])
    return median(ratios)


def main() -> None:
    """Print a row for each network; exit with 1 if one built is too slow."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"speed of the built network relative to the one by hand (at least {REQUIRED}), batch {arguments.batch}")
    ratios = {}
    for name, (spec, by_hand) in CASES.items():
        ratios[name] = compare(spec, by_hand, rounds=arguments.rounds, batch=arguments.batch)
        print(f"{name:10} {ratios[name]:.3f}", flush=True)
    raise SystemExit(min(ratios.values()) < REQUIRED)


if __name__ == "__main__":
    main()
