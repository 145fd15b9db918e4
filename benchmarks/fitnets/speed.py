"""How much faster than its teacher a student answers, beside what the FitNets paper prints (table 5).

    python benchmarks/fitnets/speed.py [--rounds 7]

Teacher and student of each spec run side by side in one process with one thread, and on a GPU where there is one, for
a single example and for a batch of 128; weights are random, which has no part in it. Each round times them one right
after the other, and the ratio is the median of the rounds' ratios. Leaves `results/speed.json`; needs a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from statistics import median

import torch
from cells import PAPER_SPEEDUPS, SPECS, positive
from results import RESULTS

import fitdsl as fit

BATCHES = (1, 128)


def seconds(module: torch.nn.Module, batch: torch.Tensor, repeats: int) -> float:
    """Of one pass, the mean over some."""
    begun = time.perf_counter()
    for _ in range(repeats):
        module(batch)
    if batch.is_cuda:
        torch.cuda.synchronize()
    return (time.perf_counter() - begun) / repeats


@torch.inference_mode()
def ratios(path: Path, size: int, rounds: int, device: str) -> dict[str, float]:
    """Milliseconds of teacher and student for a batch, and how many times faster the student is."""
    experiment = fit.load(path)
    teacher, student = (network.build().to(device).eval() for network in (experiment.teacher, experiment.student))
    batch = torch.randn(size, *next(iter(experiment.teacher.graph.inputs.values())).shape, device=device)
    seconds(teacher, batch, 2), seconds(student, batch, 2)  # the first passes make what later ones use
    repeats = max(1, round(0.3 / seconds(teacher, batch, 1)))
    times = [(seconds(teacher, batch, repeats), seconds(student, batch, repeats)) for _ in range(rounds)]
    return {
        "teacher_ms": 1000 * median(slow for slow, _ in times),
        "student_ms": 1000 * median(fast for _, fast in times),
        "faster": median(slow / fast for slow, fast in times),
    }


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=positive, default=7, metavar="N")
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    found: dict[str, dict[str, dict[str, float]]] = {}
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        for name in (*PAPER_SPEEDUPS, "fashion_mnist"):
            for size in BATCHES:
                measured = ratios(SPECS / f"{name}.fit", size, rounds, device)
                found.setdefault(name, {})[f"{device}-{size}"] = measured
                print(
                    f"{name:16} {device} batch {size:3}: teacher {measured['teacher_ms']:8.2f} ms, student "
                    f"{measured['student_ms']:8.2f} ms, {measured['faster']:5.2f} times faster",
                    flush=True,
                )
    RESULTS.mkdir(exist_ok=True)
    rounded = {n: {k: {m: round(v, 3) for m, v in row.items()} for k, row in rows.items()} for n, rows in found.items()}
    (RESULTS / "speed.json").write_text(json.dumps(rounded, indent=1) + "\n")


if __name__ == "__main__":
    main()
