"""How long until `fit check` has an answer, and how fast it reads.

    python benchmarks/check_speed.py [--runs 15]

Three figures: `fit check` of `specs/digits.fit` from a cold shell (wall time of the whole process; an empty Python is
timed in turn with it, since this machine's speed goes into both), lines parsed a second, and the time to check a
network of 2,000 layers.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from fitdsl import Compilation
from fitdsl.diagnostics import Reporter
from fitdsl.source import Source
from fitdsl.syntax.parser import parse

SPEC = Path(__file__).parents[1] / "specs" / "digits.fit"
LINES = 667


def seconds_of(*arguments: str) -> float:
    """Wall time of a Python process."""
    start = perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return perf_counter() - start


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
    pairs = [(seconds_of("-m", "fitdsl", "check", str(SPEC)), seconds_of("-c", "pass")) for _ in range(runs)]
    small, large = SPEC.read_text(), large_network()
    rates = {name: median(lines_per_second(text) for _ in range(runs)) for name, text in (("s", small), ("l", large))}
    print(f"fit check of {small.count(chr(10))} lines, cold   {median(c for c, _ in pairs):8.3f} s   (goal 0.4)")
    print(f"  of which Python's own start      {median(p for _, p in pairs):8.3f} s")
    print(f"parsing digits.fit                 {rates['s']:8,.0f} lines/s   (goal 2,000)")
    print(f"parsing lines of three calls       {rates['l']:8,.0f} lines/s   (goal 2,000)")
    print(f"checking 2,001 layers              {median(check_seconds(large) for _ in range(5)):8.3f} s   (goal 3)")


if __name__ == "__main__":
    main()
