"""A search of many students that take no time: what its driver needs of memory and of time for itself.

    python many.py SPEC FOLDER ADDRESS TRIALS

Answers with one JSON object: `mb`, resident memory after each quarter of the trials; `own_ms`, milliseconds spent for a
trial in our own parts of the driver, in each quarter; `own_cpu_ms`, those on a core; `wall_ms`, milliseconds by the
clock for a trial.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any

import fitdsl as fit
from fitdsl.tuning import ray_trials
from fitdsl.tuning.options import SearchOptions
from fitdsl.tuning.search import search
from fitdsl.tuning.study import Study

OWN = (
    (ray_trials.StudySearcher, ("suggest", "on_trial_complete")),
    (ray_trials.Chronicle, ("on_trial_start", "on_trial_result", "on_trial_complete", "on_trial_error")),
    (ray_trials.Until, ("__call__", "stop_all")),
)
"""What Ray calls of ours in the driver."""


class Tally:
    """Adds up what is spent, and looks at it whenever a quarter of the trials has ended."""

    def __init__(self, trials: int) -> None:
        self.every = trials // 4
        self.spent = self.before = self.cpu = self.cpu_before = 0.0
        self.ended = 0
        self.began = perf_counter()
        self.found: dict[str, list[float]] = {"mb": [], "own_ms": [], "own_cpu_ms": [], "wall_ms": []}

    def timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """A method, whose time is added."""

        @wraps(method)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            began, cpu = perf_counter(), thread_time()
            try:
                return method(*args, **kwargs)
            finally:
                self.spent += perf_counter() - began
                self.cpu += thread_time() - cpu

        return wrapped

    def counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """A method that ends a trial."""

        @wraps(method)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            self.ended += 1
            if self.ended % self.every == 0:
                self._look()
            return result

        return wrapped

    def _look(self) -> None:
        now = perf_counter()
        self.found["mb"].append(resident_mb())
        self.found["own_ms"].append(1000 * (self.spent - self.before) / self.every)
        self.found["own_cpu_ms"].append(1000 * (self.cpu - self.cpu_before) / self.every)
        self.found["wall_ms"].append(1000 * (now - self.began) / self.every)
        self.before, self.cpu_before, self.began = self.spent, self.cpu, now


def resident_mb() -> float:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    spec, folder, address, trials = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    tally = Tally(trials)
    for owner, names in OWN:
        for name in names:
            setattr(owner, name, tally.timed(getattr(owner, name)))
    Study.ended = tally.counted(Study.ended)  # type: ignore[method-assign]
    search(fit.load(spec).compilation, SearchOptions(trials=trials, folder=folder, address=address))
    print(json.dumps(tally.found))
