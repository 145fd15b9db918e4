"""Whether a space of 10^12 students is counted and drawn from within bounds on time and memory.

    python benchmarks/space.py

Twelve convolutions of ten widths each, on maps of three sizes and with a hint in the middle, under a budget on weights
and multiplications. Each figure is taken in a process of its own, which also reads the spec. Processor time, as other
work on the machine is none of its own. Ends with 1 if a bound is not kept. The third space has three budgets; it has no
bound, and its figures say how it compares.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from resource import RUSAGE_SELF, getrusage
from time import process_time

from fitdsl import Compilation
from fitdsl.source import Source

TEXT = """fit 1
param ws = [WIDTH, WIDTH, WIDTH, WIDTH, WIDTH, WIDTH, WIDTH, WIDTH, WIDTH, WIDTH, WIDTH, WIDTH] in [DOMAIN] * 12
data d { source = Digits() }
block c(out) { Conv2d(out, 3, padding=1) -> BatchNorm2d() -> ReLU() }
teacher t(image: d.input) {
  f = Conv2d(16, 3, padding=1) -> ReLU() -> MaxPool2d(2)
  Flatten() -> Linear(d.classes)
}
student s(image: d.input) {
  c(ws[0]) -> c(ws[1]) -> c(ws[2]) -> c(ws[3]) -> MaxPool2d(2)
  mid = c(ws[4]) -> c(ws[5])
  c(ws[6]) -> c(ws[7]) -> MaxPool2d(2)
  c(ws[8]) -> c(ws[9]) -> c(ws[10]) -> c(ws[11])
  Flatten() -> Linear(d.classes)
}
hint h: t.f guides s.mid
search {
  maximize = val.accuracy
  require  = REQUIRED
}
"""
EVEN, UNEVEN = ("8", "8 .. 80 step 8"), ("5", "{5, 11, 13, 17, 23, 31, 41, 53, 67, 80}")
TWO, THREE = "[weights(s) <= 100K, macs(s) <= 2M]", "[weights(s) <= 100K, macs(s) <= 2M, activations(s) <= 20K]"
SPACES = {
    "even widths": (EVEN, TWO),
    "uneven widths": (UNEVEN, TWO),
    "even widths, three budgets": (EVEN, THREE),
    "uneven widths, three budgets": (UNEVEN, THREE),
}
BOUND = ("even widths", "uneven widths")
DRAWS = 10_000
MOST = {"count_s": 5.0, "draws_s": 5.0, "memory_mb": 1000.0}


def measured(name: str) -> Mapping[str, float | str]:
    """The figures of one space, taken in this process."""
    (width, domain), required = SPACES[name]
    text = TEXT.replace("WIDTH", width).replace("DOMAIN", domain).replace("REQUIRED", required)
    start = process_time()
    space = Compilation(Source("x.fit", text)).space
    valid, (low, high) = space.valid, space.bounds["feasible"]
    counted = process_time()
    drawn = len(space.draw(DRAWS, seed=0)) if space.feasible is not None else 0
    return {
        "valid": f"{valid:,}",
        "feasible": f"{low:,}" if low == high else f"{low:,} .. {high:,}",
        "count_s": counted - start,
        "draws_s": process_time() - counted if drawn else 0.0,
        "memory_mb": getrusage(RUSAGE_SELF).ru_maxrss / 1024,
    }


def missed(name: str, found: Mapping[str, float | str]) -> Iterator[str]:
    """Which bounds are not kept."""
    for figure, most in MOST.items() if name in BOUND else ():
        if float(found[figure]) > most:
            yield f"{name}: {figure} is {found[figure]:.2f}, more than {most}"


def main() -> None:
    """Measure each space in a process of its own, and print."""
    if len(sys.argv) > 1:
        print(json.dumps(measured(sys.argv[1])))
        return
    wrong: list[str] = []
    print(f"| 10^12 students | meet every requirement | count | {DRAWS:,} draws | memory |")
    print("|---|---|---|---|---|")
    for name in SPACES:
        done = subprocess.run([sys.executable, __file__, name], check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        wrong += missed(name, found)
        draws = f"{found['draws_s']:.1f} s" if found["draws_s"] else "none"
        print(f"| {name} | {found['feasible']} | {found['count_s']:.1f} s | {draws} | {found['memory_mb']:.0f} MB |")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
