"""Both stages as `fit train` runs them.

A round is an epoch, from one event to the next, with all that lies between.

    python with_fitdsl.py SPEC EPOCHS STEPS
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter, process_time

import torch
from pair import BATCH
from serving import Round, ready

import fitdsl as fit
from fitdsl.training.events import EpochDone, Event, OutputsKept, RunStarted, StageDone, StageStarted


class Gate:
    """Lets training go on by one epoch for each round that is asked for."""

    def __init__(self, images: int) -> None:
        self.images, self.timed = images, Round()
        self.filling = {"filling_wall": 0.0, "filling_cpu": 0.0}

    def __call__(self, event: Event) -> None:
        """Take what happens in training."""
        match event:
            case RunStarted() | StageDone():
                self.wall, self.cpu = perf_counter(), process_time()
                self.filling = {"filling_wall": 0.0, "filling_cpu": 0.0}
            case OutputsKept():
                wall, cpu = perf_counter() - self.wall, process_time() - self.cpu
                self.filling = {"filling_wall": wall, "filling_cpu": cpu}
            case StageStarted():
                self.timed.begin()
                self.left = event.epochs
            case EpochDone():
                self.timed.end(self.images, **self.filling)
                self.left -= 1
                if self.left:
                    self.timed.begin()


if __name__ == "__main__":
    torch.set_num_threads(1)
    spec, epochs, steps = sys.argv[1], *map(int, sys.argv[2:])
    experiment = fit.load(spec)
    ready()
    experiment.train(epochs=epochs, device="cpu", run_dir=Path(f"{spec}.run"), observer=Gate(steps * BATCH))
