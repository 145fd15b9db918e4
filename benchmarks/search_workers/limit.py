"""How long students' own steps take: forward, loss, backward and step on tensors at hand, and nothing else.

    python limit.py FOLDER

Reads points from standard input, a JSON object a line; answers each with the seconds of an epoch of both stages. Layout
of maps and optimizers are the fastest of PyTorch's.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from by_hand import Loops, answers
from pair import teacher
from torch import Tensor, nn
from torch.nn import functional

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""Images, labels, hints and logits of the teacher."""


@torch.no_grad()
def at_hand(folder: Path) -> list[Batch]:
    """The batches of an epoch."""
    loops, wide = Loops(folder, "digits.npz", EXAMPLE), teacher()
    wide.load_state_dict(torch.load(folder / "teacher.pt"))
    wide.eval()
    batches = [(maps(inputs), labels) for inputs, labels in loops.batches()]
    return [(inputs, labels, maps(wide.low(inputs)), wide(inputs)) for inputs, labels in batches]


EXAMPLE = {"low": 16, "middle": 32, "high": 48, "depth": 4, "tau": 4.0}


def maps(tensor: Tensor) -> Tensor:
    """Maps laid out pixel by pixel."""
    return tensor.contiguous(memory_format=torch.channels_last)


class Alone:
    """A student whose steps are timed."""

    def __init__(self, point: dict[str, Any], folder: Path) -> None:
        loops = Loops(folder, "digits.npz", point)
        self.student, self.regressor, self.tau = loops.student, loops.regressor, loops.tau
        for net in (self.student, self.regressor):
            net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        low = nn.ModuleList([self.student.block1, self.student.block2, self.regressor])
        self.hints = torch.optim.Adam(low.parameters(), 1e-3, fused=True)
        self.distil = torch.optim.SGD(self.student.parameters(), 0.05, 0.9, weight_decay=5e-4, fused=True)

    def hint(self, batch: Batch) -> None:
        """A step of the first stage."""
        inputs, _, hints, _ = batch
        self._moved(self.hints, functional.mse_loss(self.regressor(self.student.low(inputs)), hints))

    def answer(self, batch: Batch) -> None:
        """A step of the second one."""
        inputs, labels, _, logits = batch
        self._moved(self.distil, answers(self.student(inputs), logits, labels, self.tau))

    def _moved(self, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def seconds(step: Callable[[Batch], None], batches: list[Batch]) -> float:
    """Of an epoch, after one step that nobody counts."""
    step(batches[0])
    began = perf_counter()
    for batch in batches:
        step(batch)
    return perf_counter() - began


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    batches = at_hand(folder)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        alone = Alone(json.loads(line), folder)
        print(json.dumps([seconds(alone.hint, batches), seconds(alone.answer, batches)]), flush=True)
