"""Do hints and a teacher's answers make the thin student of `specs/digits.fit` better than labels alone do?

    python benchmarks/digits_hints.py [--seeds 5]

For each seed the spec is trained as it stands, and the same student on labels alone for as many epochs as its two
stages have together, with the same optimizer, schedule and choice of epoch. Validation selects; the test split is read
once, at the end of each run; nothing is taken from the store of finished work. Prints a Markdown table with the gain of
each seed, its mean and standard deviation; takes some minutes for each seed.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import fitdsl as fit
from fitdsl.diagnostics import Reporter
from fitdsl.source import Source
from fitdsl.syntax import nodes
from fitdsl.syntax.parser import parse
from fitdsl.syntax.printer import print_spec

SPEC = Path(__file__).parents[1] / "specs" / "digits.fit"
LABELS = """fit 1
stage labels {
  train     = student
  loss      = ce()
  optimizer = Adam(lr=lr)
  schedule  = cosine()
  epochs    = 60
  keep      = best(val.accuracy)
}
"""


def labels_alone() -> fit.Experiment:
    """The demo without its teacher, hint and stages, and with one stage that trains the student on labels."""
    tree = fit.load(SPEC).compilation.tree
    stage = parse(Source("labels", LABELS), Reporter()).declarations
    dropped = nodes.Stage | nodes.Hint | nodes.Search
    kept = [one for one in tree.declarations if not isinstance(one, dropped) and getattr(one, "role", "") != "teacher"]
    return fit.loads(print_spec(replace(tree, declarations=(*kept, *stage))), name="labels")


def test_accuracy(experiment: fit.Experiment, seed: int, folder: Path) -> dict[str, float]:
    """Accuracy on the test split by network, in percent, after all stages."""
    report = experiment.train(seed=seed, device="cpu", run_dir=folder, reuse=False)
    return {name: 100 * network.test["accuracy"] for name, network in report.networks.items()}


def main() -> None:
    """Train, and print a line for each seed as it is done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0 to this, less one")
    seeds = range(parser.parse_args().seeds)
    taught, alone = fit.load(SPEC), labels_alone()
    print("| seed | teacher | hints, then answers and labels | labels alone | gain |\n|---|---|---|---|---|")
    rows: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            with_hints = test_accuracy(taught, seed, Path(folder) / f"hints{seed}")
            labels = test_accuracy(alone, seed, Path(folder) / f"labels{seed}")["thin"]
            rows.append((with_hints["wide"], with_hints["thin"], labels))
            print(line(str(seed), *rows[-1]), flush=True)
    gains = [taught - alone for _, taught, alone in rows]
    print(line("mean", *(mean(column) for column in zip(*rows, strict=True))))
    if len(rows) > 1:
        deviations = " | ".join(f"{stdev(column):.2f}" for column in zip(*rows, strict=True))
        print(f"| standard deviation | {deviations} | {stdev(gains):.2f} |")
    reached = sum(gain >= 0 for gain in gains)
    print(
        f"\nMean gain {mean(gains):+.2f} points; at least as good as labels alone with {reached} of {len(gains)} seeds."
    )


def line(name: str, teacher: float, taught: float, alone: float) -> str:
    """A row of the table."""
    return f"| {name} | {teacher:.2f} % | {taught:.2f} % | {alone:.2f} % | {taught - alone:+.2f} |"


if __name__ == "__main__":
    main()
