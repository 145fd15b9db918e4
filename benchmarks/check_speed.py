"""How long until `fit check` has an answer, and how fast it reads.

    python benchmarks/check_speed.py [--runs 15]

Three figures: `fit check` of `specs/digits.fit` from a cold shell (wall and processor time of the whole process; an
empty Python is timed in turn with it, since this machine's speed goes into both), lines parsed a second, and the time
to check a network of 2,000 layers. Python's byte code is there already, as it is once a package is installed; where
the environment forbids writing it, it is kept in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from fitdsl import Compilation
from fitdsl.diagnostics import Reporter
from fitdsl.source import Source
from fitdsl.syntax.parser import parse

SPEC = Path(__file__).parents[1] / "specs" / "digits.fit"
LINES = 667


def seconds_of(environment: Mapping[str, str], *arguments: str) -> tuple[float, float]:
    """Wall time of a Python process, and its processor time, user and system."""
    before, start = getrusage(RUSAGE_CHILDREN), perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
    wall, after = perf_counter() - start, getrusage(RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def cold_starts(runs: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Times of `fit check` and of an empty Python, in turn."""
    with TemporaryDirectory() as folder:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {**kept, "PYTHONPYCACHEPREFIX": folder}
        check, nothing = ("-m", "fitdsl", "check", str(SPEC)), ("-c", "pass")
        seconds_of(environment, *check)
        pairs = [(seconds_of(environment, *check), seconds_of(environment, *nothing)) for _ in range(runs)]
    return [one for one, _ in pairs], [one for _, one in pairs]


def large_network() -> str:
    """A spec with a network of 2,001 layers."""
    lines = (f"  c{index} = Conv2d(16, 3, padding=1) -> BatchNorm2d() -> ReLU()" for index in range(LINES))
    return "\n".join(["fit 1", "student deep(image: [16, 32, 32]) {", *lines, "}", ""])


def lines_per_second(text: str) -> float:
    """How fast a text is parsed."""
    start = perf_counter()
    parse(Source("x.fit", text), Reporter())
    return text.count("\n") / (perf_counter() - start)


def check_seconds(text: str) -> float:
    """Time to check a text in a process that has started."""
    start = perf_counter()
    assert not Compilation(Source("x.fit", text)).diagnostics
    return perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15, help="runs of each")
    runs = parser.parse_args().runs
    check, nothing = cold_starts(runs)
    small, large = SPEC.read_text(), large_network()
    rates = {name: median(lines_per_second(text) for _ in range(runs)) for name, text in (("s", small), ("l", large))}
    print(f"fit check of {small.count(chr(10))} lines, cold   {median(w for w, _ in check):8.3f} s   (goal 0.4)")
    print(f"  of which Python's own start      {median(w for w, _ in nothing):8.3f} s")
    print(f"  its processor time               {median(cpu for _, cpu in check):8.3f} s")
    print(f"parsing digits.fit                 {rates['s']:8,.0f} lines/s   (goal 2,000)")
    print(f"parsing lines of three calls       {rates['l']:8,.0f} lines/s   (goal 2,000)")
    print(f"checking 2,001 layers              {median(check_seconds(large) for _ in range(5)):8.3f} s   (goal 3)")


if __name__ == "__main__":
    main()
