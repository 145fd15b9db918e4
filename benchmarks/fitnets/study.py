"""FitNets on Fashion-MNIST: what hints and answers do for a thin, deep student, by specs and `fit train` alone.

    python benchmarks/fitnets/study.py                          the whole study, or what is left of it
    python benchmarks/fitnets/study.py 'depth-12/*'             some of its cells
    python benchmarks/fitnets/study.py --list                   what is done and what is left
    python benchmarks/fitnets/study.py --again                  train samples of the tables anew and compare
    python benchmarks/fitnets/study.py --again 'side/*/0'       the same with cells of your choice

Every cell is one `fit train` in a process of its own with one thread, of which `--jobs` run at a time. A finished cell
leaves a small JSON file in `results/`, which is committed, and is not trained again; one that was broken off goes on
where it stopped, as its folder in `runs/fitnets/` is kept. `tables.py` makes docs/reproduction.md of the results.

`--again` trains cells anew, without the store of finished work, and ends with status 1 where a test accuracy lies
outside the interval that docs/reproduction.md gives for one more run.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from cells import SAMPLES, Cell, positive, study
from results import RESULTS, Result, prediction, read_all, write

RUNS = Path(__file__).parents[2] / "runs" / "fitnets"

say_lock = threading.Lock()
under_way: set[subprocess.Popen[str]] = set()
"""Trainings that an interruption is passed on to."""


def say(text: str) -> None:
    """A line with the time of day."""
    with say_lock:
        print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def train(cell: Cell, folder: Path, *options: str) -> Result:
    """Train a cell by `fit train`, telling each epoch; go on where its folder has a run that was broken off.

    Raises:
        SystemExit: `fit train` did not end well; its own words stand on stderr.
    """
    command = [sys.executable, "-m", "fitdsl", "train", str(cell.path), "--json", "--device", "cpu"]
    command += ["--run", str(folder), "--seed", str(cell.seed), *options]
    command += [part for name, value in cell.values.items() for part in ("--set", f"{name}={value}")]
    if (folder / "run.json").exists():
        command.append("--resume")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    # in a session of its own, so that Ctrl-C reaches it once, by `run`: twice would end it without a checkpoint
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        under_way.add(process)
        try:
            for event in map(json.loads, process.stdout or ()):
                _tell(cell, event)
        finally:
            under_way.discard(process)
    if process.returncode:
        raise SystemExit(
            f"{cell.name}: fit train ended with {process.returncode}; if it cannot go on, delete {folder} to begin anew"
        )
    return Result.of_run(cell, folder)


def _tell(cell: Cell, event: Mapping[str, Any]) -> None:
    if event["event"] == "epoch":
        say(f"{cell.name}  {event['stage']} {event['epoch']}  {_measures(event.get('val', {}))}")


def _measures(val: dict[str, float]) -> str:
    return f"{100 * val['accuracy']:.2f} %" if "accuracy" in val else f"loss {val.get('loss', 0):.4g}"


def finish(cell: Cell) -> None:
    """Train a cell and leave its result."""
    result = train(cell, RUNS / cell.name)
    write(result)
    say(f"{cell.name}  done: validation {100 * result.val:.2f} %, test {100 * result.test:.2f} %")


def repeat(cell: Cell, published: Sequence[Result]) -> bool:
    """Train a finished cell anew; whether its accuracy lies where one more run should, or is what it was."""
    with tempfile.TemporaryDirectory() as folder:
        found = 100 * train(cell, Path(folder) / "run", "--no-reuse").test
    before = next(100 * result.test for result in published if result.name == cell.name)
    low, high = prediction([100 * result.test for result in published]) or (before, before)
    is_inside = low <= found <= high
    where = f"{'inside' if is_inside else 'OUTSIDE'} {low:.2f} .. {high:.2f} %"
    say(f"{cell.name}  test {found:.2f} %, was {before:.2f} %, {where}")
    return is_inside


def run(work: Callable[[Cell], object], cells: Sequence[Cell], jobs: int) -> list[object]:
    """Work on cells, `jobs` at a time; the first that fails breaks the others off, as Ctrl-C does all."""
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(work, cell) for cell in cells]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            return [future.result() for future in futures if future.done()]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in tuple(under_way):
                process.send_signal(signal.SIGINT)


def main() -> None:
    """Read the command line and do what it asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "cells", nargs="*", help="patterns of names, such as 'depth-12/hints/*'; all if left out, or one of each table"
    )
    cores, said = os.cpu_count() or 1, "trainings at a time; as many as cores"
    parser.add_argument("--jobs", type=positive, default=cores, metavar="N", help=said)
    parser.add_argument("--list", action="store_true", help="say what is done, and end")
    parser.add_argument("--again", action="store_true", help="train finished cells anew and compare")
    options = parser.parse_args()
    patterns = options.cells or (SAMPLES if options.again else ["*"])
    chosen = [cell for cell in study() if any(fnmatch(cell.name, pattern) for pattern in patterns)]
    if not chosen:
        parser.error(f"no cell is called {' or '.join(patterns)}; `--list` names them all")
    done = read_all()
    left = [cell for cell in chosen if cell.name not in done]
    if options.list:
        for cell in chosen:
            print(f"{cell.name:34} {f'{100 * done[cell.name].test:.2f} %' if cell.name in done else 'left'}")
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.again:
            for cell in left:
                say(f"{cell.name}  left out: it has no result to compare with")
            sys.exit(again([cell for cell in chosen if cell.name in done], list(done.values()), options.jobs))
        say(f"{len(left)} of {len(chosen)} cells left, {options.jobs} at a time; results go to {RESULTS}")
        run(finish, left, options.jobs)
    except KeyboardInterrupt:
        sys.exit("broken off; the same command goes on")


def again(cells: Sequence[Cell], done: Sequence[Result], jobs: int) -> int | str:
    """Repeat finished cells: 0 if all lie where they should, 1 if one does not, words if there is none."""
    if not cells:
        return "none of these cells has a result to compare with; `--list` tells which have"
    groups = {cell.group: [one for one in done if one.group == cell.group] for cell in cells}
    return 0 if all(run(lambda cell: repeat(cell, groups[cell.group]), cells, jobs)) else 1


if __name__ == "__main__":
    main()
