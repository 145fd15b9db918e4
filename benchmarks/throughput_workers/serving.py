"""What every worker of `benchmarks/throughput.py` does: run a round when told to, and say what it took."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import perf_counter, process_time


def ready() -> None:
    """Say that rounds can begin."""
    _say({})


class Round:
    """Times one round, from a command on standard input to an answer on standard output."""

    def begin(self) -> int | None:
        """Wait for the stage to run, 1 or 2; None where there is no more to do."""
        line = sys.stdin.readline()
        self._wall, self._cpu = perf_counter(), process_time()
        return int(line) if line.strip() else None

    def end(self, images: int, **more: float) -> None:
        """Answer."""
        wall, cpu = perf_counter() - self._wall, process_time() - self._cpu
        _say({"images": images, "wall": wall, "cpu": cpu, **more})


def serve(step: Callable[[int], int], steps: int) -> None:
    """Run rounds of some steps, each of which says how many images it took, until there is no more to do."""
    ready()
    timed = Round()
    while (stage := timed.begin()) is not None:
        timed.end(sum(step(stage) for _ in range(steps)))


def _say(answer: dict[str, float]) -> None:
    # what else a library prints goes before or after a line that begins so
    sys.stdout.write(f"@{json.dumps(answer)}\n")
    sys.stdout.flush()
