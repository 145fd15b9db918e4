"""Both stages of a student as a function for Ray Tune, the way they are written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pair import BATCH, Net, teacher
from ray import tune
from torch import Tensor, nn
from torch.nn import functional

Point = dict[str, Any]
"""`low`, `middle`, `high`, `depth` and `tau` of a student."""


def student(point: Point) -> Net:
    """The student at a point."""
    return Net((point["low"], point["middle"], point["high"]), point["depth"])


def regressor(point: Point) -> nn.Sequential:
    """From the guided layer to the hint."""
    return nn.Sequential(nn.Conv2d(point["middle"], 128, 1), nn.BatchNorm2d(128), nn.ReLU(inplace=True))


def weights(net: nn.Module) -> int:
    """How many numbers a network learns."""
    return sum(weight.numel() for weight in net.parameters())


class Loops:
    """A student, its teacher and their data."""

    def __init__(self, folder: Path, file: str, point: Point) -> None:
        arrays = np.load(folder / file)
        inputs, labels = torch.from_numpy(arrays["x_train"]), torch.from_numpy(arrays["y_train"])
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
        train, val = order[: int(0.8 * len(order))], order[int(0.8 * len(order)) :]
        self.inputs, self.labels = inputs[train], labels[train]
        self.val_inputs, self.val_labels = inputs[val], labels[val]
        self.teacher = teacher()
        self.teacher.load_state_dict(torch.load(folder / "teacher.pt"))
        self.teacher.eval()
        self.student, self.regressor, self.tau = student(point), regressor(point), float(point["tau"])
        low = nn.ModuleList([self.student.block1, self.student.block2, self.regressor])
        self.hints = torch.optim.Adam(low.parameters(), 1e-3)
        self.distil = torch.optim.SGD(self.student.parameters(), 0.05, 0.9, weight_decay=5e-4)

    def batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """An epoch in random order."""
        for chosen in torch.randperm(len(self.labels)).split(BATCH):
            yield self.inputs[chosen], self.labels[chosen]

    def hint_epoch(self) -> float:
        """The mean loss of an epoch; the teacher runs up to the hint in every step."""
        self.student.train()
        total = 0.0
        for inputs, _ in self.batches():
            with torch.no_grad():
                hints = self.teacher.low(inputs)
            total += moved(self.hints, functional.mse_loss(self.regressor(self.student.low(inputs)), hints)) * len(
                inputs
            )
        return total / len(self.labels)

    def distil_epoch(self) -> float:
        """Accuracy on the validation split after an epoch; the teacher runs in every step."""
        self.student.train()
        for inputs, labels in self.batches():
            with torch.no_grad():
                teaching = self.teacher(inputs)
            moved(self.distil, answers(self.student(inputs), teaching, labels, self.tau))
        return self.accuracy()

    @torch.no_grad()
    def accuracy(self) -> float:
        """On the validation split."""
        self.student.eval()
        right = sum(
            int((self.student(inputs).argmax(1) == labels).sum())
            for inputs, labels in zip(self.val_inputs.split(256), self.val_labels.split(256), strict=True)
        )
        return right / len(self.val_labels)


def answers(logits: Tensor, teaching: Tensor, labels: Tensor, tau: float) -> Tensor:
    """Half cross-entropy, half the divergence of softened answers."""
    softened = functional.kl_div(
        functional.log_softmax(logits / tau, 1), functional.softmax(teaching / tau, 1), reduction="batchmean"
    )
    return 0.5 * functional.cross_entropy(logits, labels) + 0.5 * tau**2 * softened


def moved(optimizer: torch.optim.Optimizer, loss: Tensor) -> float:
    """Take a step, and say the loss."""
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.item()


def train(config: dict[str, Any]) -> None:
    """Train one student and report every epoch."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    loops = Loops(Path(config["folder"]), config["file"], config["student"])
    for _ in range(config["epochs"]):
        tune.report({"hint_loss": loops.hint_epoch(), "accuracy": 0.0})
    for _ in range(config["epochs"]):
        tune.report({"accuracy": loops.distil_epoch()})


def train_within(config: dict[str, Any]) -> None:
    """As `train`, but a student over the budget ends at once, with nothing to show."""
    point = {name: config[name] for name in ("low", "middle", "high", "depth", "tau")}
    if weights(student(point)) > config["budget"]:
        tune.report({"accuracy": 0.0})
        return
    train({**config, "student": point})


def nothing(config: dict[str, Any]) -> None:
    """A trial that does nothing."""
    tune.report({"accuracy": 0.0})
