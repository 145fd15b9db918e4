"""Both stages by hand in PyTorch.

`cut` runs the teacher in every step, `kept` has its outputs in memory, `limit` is the student's forward, backward and
step on batches at hand.

    python with_torch.py VARIANT SIZE IMAGES STEPS
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import torch
from pair import BATCH, answers_loss, images, regressor, student, teacher
from serving import serve
from torch import Tensor, nn
from torch.nn import functional

Example = tuple[Tensor, Tensor, Tensor | None, Tensor | None]
"""Images, labels, hints and logits of the teacher where these are kept."""


class Loop:
    """Both stages with one variant."""

    def __init__(self, variant: str, size: int, count: int) -> None:
        torch.manual_seed(0)
        self.inputs, self.labels = (part[:count] for part in images(size)[:2])
        self.teacher, self.student, self.regressor = teacher(), student(), regressor()
        self.teacher.load_state_dict(torch.load("teacher.pt"))
        self.teacher.eval()
        low = nn.ModuleList([self.student.block1, self.student.block2, self.regressor])
        self.hints = torch.optim.Adam(low.parameters(), 1e-3)
        self.distil = torch.optim.SGD(self.student.parameters(), 0.05, 0.9, weight_decay=5e-4)
        self.kept = None if variant == "cut" else self._kept()
        self.is_limit = variant == "limit"
        self.batches = self._at_hand() if self.is_limit else self._batches()

    @torch.no_grad()
    def _kept(self) -> tuple[Tensor, Tensor]:
        parts = self.inputs.split(256)
        return torch.cat([self.teacher.low(part) for part in parts]), torch.cat([self.teacher(part) for part in parts])

    def _batches(self) -> Iterator[Example]:
        while True:
            for chosen in torch.randperm(len(self.labels)).split(BATCH):
                hints, logits = (kept[chosen] for kept in self.kept) if self.kept else (None, None)
                yield self.inputs[chosen], self.labels[chosen], hints, logits

    def _at_hand(self) -> Iterator[Example]:
        ready = [batch for batch, _ in zip(self._batches(), range(len(self.labels) // BATCH), strict=False)]
        while True:
            yield from ready

    def step(self, stage: int) -> int:
        """One step of a stage."""
        inputs, labels, hints, logits = next(self.batches)
        optimizer = self.hints if stage == 1 else self.distil
        loss = self._hint(inputs, hints) if stage == 1 else self._answers(inputs, labels, logits)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if not self.is_limit:
            loss.item()
        return len(labels)

    def _hint(self, inputs: Tensor, hints: Tensor | None) -> Tensor:
        if hints is None:
            with torch.no_grad():
                hints = self.teacher.low(inputs)
        return functional.mse_loss(self.regressor(self.student.low(inputs)), hints)

    def _answers(self, inputs: Tensor, labels: Tensor, logits: Tensor | None) -> Tensor:
        if logits is None:
            with torch.no_grad():
                logits = self.teacher(inputs)
        return answers_loss(self.student(inputs), logits, labels)


if __name__ == "__main__":
    torch.set_num_threads(1)
    variant, size, count, steps = sys.argv[1], *map(int, sys.argv[2:])
    serve(Loop(variant, size, count).step, steps)
