"""The networks of the digits pair in plain PyTorch, and their data: as the torchdistill baseline has them."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional

BATCH = 64


def images(size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Standardised training images, [1437, 1, size, size], and their labels, then the 360 others."""
    digits = load_digits()
    inputs = torch.from_numpy(digits.images.astype(np.float32) / 16.0).unsqueeze(1)
    labels = torch.from_numpy(digits.target.astype(np.int64))
    if size != 8:
        inputs = functional.interpolate(inputs, size=(size, size), mode="bilinear", align_corners=False)
    inputs = (inputs - 0.3053) / 0.3763
    train, others = train_test_split(np.arange(len(labels)), test_size=360, stratify=labels.numpy(), random_state=0)
    return inputs[train].contiguous(), labels[train], inputs[others].contiguous(), labels[others]


def block(channels: int, width: int, depth: int, *, pool: bool = True) -> nn.Sequential:
    """`depth` times convolution, norm and ReLU."""
    layers: list[nn.Module] = []
    for place in range(depth):
        convolution = nn.Conv2d(width if place else channels, width, 3, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, *([nn.MaxPool2d(2)] if pool else []))


class Net(nn.Module):
    """Three blocks, the mean over positions, a linear layer."""

    def __init__(self, widths: tuple[int, int, int], depth: int) -> None:
        super().__init__()
        low, middle, high = widths
        self.block1 = block(1, low, depth)
        self.block2 = block(low, middle, depth)
        self.block3 = block(middle, high, depth, pool=False)
        self.fc = nn.Linear(high, 10)

    def low(self, inputs: Tensor) -> Tensor:
        """Up to the hint or the guided layer."""
        result: Tensor = self.block2(self.block1(inputs))
        return result

    def forward(self, inputs: Tensor) -> Tensor:
        """Images, [n, 1, H, W], to logits, [n, 10]."""
        result: Tensor = self.fc(self.block3(self.low(inputs)).mean((2, 3)))
        return result


def teacher() -> Net:
    """The wide, shallow one."""
    return Net((64, 128, 256), 2)


def student() -> Net:
    """The thin, deep one."""
    return Net((16, 32, 48), 4)


def regressor() -> nn.Sequential:
    """From the guided layer to the hint."""
    return nn.Sequential(nn.Conv2d(32, 128, 1), nn.BatchNorm2d(128), nn.ReLU(inplace=True))


def trained(net: Net, inputs: Tensor, labels: Tensor) -> Net:
    """One epoch on labels, so that weights and running statistics are those of a network in use."""
    optimizer = torch.optim.SGD(net.parameters(), 0.05, 0.9)
    for chosen in torch.randperm(len(labels)).split(BATCH):
        optimizer.zero_grad()
        functional.cross_entropy(net(inputs[chosen]), labels[chosen]).backward()
        optimizer.step()
    return net.eval()


def answers_loss(logits: Tensor, teaching: Tensor, labels: Tensor) -> Tensor:
    """Half cross-entropy, half the divergence of softened answers at temperature 4."""
    softened = functional.kl_div(
        functional.log_softmax(logits / 4, 1), functional.softmax(teaching / 4, 1), reduction="batchmean"
    )
    return 0.5 * functional.cross_entropy(logits, labels) + 0.5 * 16 * softened
