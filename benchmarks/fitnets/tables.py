"""Makes the tables and the plot of docs/reproduction.md from `results/`.

    python benchmarks/fitnets/tables.py [--check]

What stands between `<!-- NAME -->` and `<!-- end NAME -->` is replaced; all else of the page is written by hand.
Accuracies are those of the test split in percent, as mean and standard deviation over seeds; what is compared is
compared by a paired t-test over the seeds that both have. `--check` writes nothing and ends with status 1 where the
page is not made of the results there are.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev

import matplotlib as mpl
from cells import (
    METHODS,
    PILOT_RATES,
    PRINTED,
    STARTS,
    VARIANTS,
    WIDTHS,
    depth_group,
    pilot_group,
    side_group,
    start_group,
)
from matplotlib.figure import Figure
from results import RESULTS, Result, prediction, read_all
from scipy import stats

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "reproduction.md"
SAID = {"labels": "labels alone", "answers": "answers and labels", "hints": "hints, then both"}
TRAINED = 0.5
"""A network counts as trained with this share of its validation examples right; chance is a tenth."""

Groups = Mapping[str, Mapping[int, Result]]


def groups() -> Groups:
    """Results by the kind of training and by seed."""
    found: dict[str, dict[int, Result]] = {}
    for result in read_all().values():
        found.setdefault(result.group, {})[result.seed] = result
    return found


def tests(group: Mapping[int, Result]) -> list[float]:
    """Test accuracies in percent, in order of seeds."""
    return [100 * group[seed].test for seed in sorted(group)]


def spread(values: Sequence[float], *, signed: bool = False) -> str:
    """Mean and standard deviation."""
    sign = "+" if signed else ""
    if not values:
        return "not yet run"
    return f"{mean(values):{sign}.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")


def against(group: Mapping[int, Result], other: Mapping[int, Result]) -> str:
    """Gain over another kind of training with the same seeds, and how probable it is by chance."""
    seeds = sorted(group.keys() & other.keys())
    gains = [100 * (group[seed].test - other[seed].test) for seed in seeds]
    if len(gains) < 2 or len(set(gains)) == 1:
        return spread(gains, signed=True) if gains else "–"
    p = float(stats.ttest_1samp(gains, 0).pvalue)
    return f"{spread(gains, signed=True)} ({f'p = {p:.3f}' if p >= 0.001 else 'p < 0.001'})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def pilot_table(found: Groups) -> str:
    """Validation accuracy by which the start and the rate were picked."""
    known = {group: 100 * results[0].val for group, results in found.items() if group.startswith("pilot-")}
    said = {start: f"`{values['start']}`, labels alone" for start, values in STARTS.items()} | {
        "hints": f"`{STARTS['xavier']['start']}`, {SAID['hints']}"
    }
    rows = [
        [
            words,
            *(f"{known[group]:.1f}" if (group := pilot_group(start, rate)) in known else "" for rate in PILOT_RATES),
        ]
        for start, words in said.items()
    ]
    return table(["start, method", *PILOT_RATES], rows)


def depth_table(found: Groups) -> str:
    """Method by depth, the paper's figure 2."""
    rows = []
    for layers in WIDTHS:
        by_method = {method: found.get(depth_group(layers, method), {}) for method in METHODS}
        seeds = sorted({len(group) for group in by_method.values()})
        rows.append(
            [
                str(layers),
                *(spread(tests(group)) for group in by_method.values()),
                against(by_method["answers"], by_method["labels"]),
                against(by_method["hints"], by_method["labels"]),
                against(by_method["hints"], by_method["answers"]),
                " to ".join(map(str, dict.fromkeys((seeds[0], seeds[-1])))),
            ]
        )
    over = ["answers over labels", "hints over labels", "hints over answers"]
    return table(["convolutions", *SAID.values(), *over, "seeds"], rows)


def summary(found: Groups) -> str:
    """The paper's two claims, of each depth of which there are enough trainings."""
    lines = []
    for layers in WIDTHS:
        labels, hints = (found.get(depth_group(layers, method), {}) for method in ("labels", "hints"))
        if "teacher" not in found or len(labels.keys() & hints.keys()) < 2:
            continue
        teacher, values = 100 * found["teacher"][0].test, tests(hints)
        matches = mean(values) + stdev(values) >= teacher
        lines.append(
            f"- {layers} convolutions: with hints {spread(values)}, {'' if matches else 'not '}within one standard "
            f"deviation of the teacher's {teacher:.2f}; {against(hints, labels)} over labels alone; "
            f"answers without hints give {spread(tests(found.get(depth_group(layers, 'answers'), {})))}."
        )
    return "\n".join(lines) or "Too few trainings yet."


def trained_table(found: Groups) -> str:
    """How many seeds trained at all, at the greatest depth, by start and method."""
    rows = []
    for start in STARTS:
        for method in METHODS:
            group = found.get(start_group(start, method), {})
            trained = sum(result.val > TRAINED for result in group.values())
            rows.append(
                [f"`{STARTS[start]['start']}`", SAID[method], spread(tests(group)), f"{trained} of {len(group)}"]
            )
    return table(["start", "method", "test accuracy", "seeds that trained"], rows)


def teacher_table(found: Groups) -> str:
    """Teacher against students, with what they cost."""
    if "teacher" not in found:
        return "Not yet run."
    teacher = found["teacher"][0]
    rows = [["teacher", f"{teacher.weights:,}", "1", f"{teacher.macs / 1e6:.2f}M", f"{100 * teacher.test:.2f}", "–"]]
    for layers in WIDTHS:
        group = found.get(depth_group(layers, "hints"), {})
        if group:
            one = next(iter(group.values()))
            values = tests(group)
            gains = [value - 100 * teacher.test for value in values]
            rows.append(
                [
                    f"student of {layers} convolutions, {SAID['hints']}",
                    f"{one.weights:,}",
                    f"{teacher.weights / one.weights:.1f}",
                    f"{one.macs / 1e6:.2f}M",
                    spread(values),
                    spread(gains, signed=True),
                ]
            )
    return table(["network", "weights", "times fewer", "multiplications", "test accuracy", "over the teacher"], rows)


def side_table(found: Groups) -> str:
    """The side questions, each answer against the spec's own."""
    base = found.get("side/as-it-is", {})
    rows = []
    for question, answers in VARIANTS.items():
        for answer, values in answers.items():
            group = found.get(side_group(question, answer), {})
            gain = against(group, base) if values else "the spec's own"
            rows.append([f"`{question}`", answer, spread(tests(group)), gain, str(len(group))])
    return table(["param", "value", "test accuracy", "over the spec's own", "seeds"], rows)


def speed_table(_: Groups) -> str:
    """Measured speed-up beside the paper's."""
    path = RESULTS / "speed.json"
    if not path.exists():
        return "Not yet run."
    measured = json.loads(path.read_text())
    kinds = list(next(iter(measured.values())))
    head = ["student", "paper", *(f"{kind.split('-')[0].upper()}, batch {kind.split('-')[1]}" for kind in kinds)]
    rows = [
        [f"`{name}.fit`", f"{PRINTED[name]:.2f}" if name in PRINTED else "–"]
        + [f"{row[k]['faster']:.2f} ({row[k]['teacher_ms']:.2f} to {row[k]['student_ms']:.2f} ms)" for k in kinds]
        for name, row in measured.items()
    ]
    return table(head, rows)


def again_table(found: Groups) -> str:
    """Between what a repeated cell should lie."""
    rows = []
    for name, group in sorted(found.items()):
        interval = prediction(tests(group))
        lies = f"{interval[0]:.2f} .. {interval[1]:.2f}" if interval else "–"
        minutes = mean(sum(stage.seconds for stage in result.stages.values()) for result in group.values()) / 60
        rows.append([f"`{name}/*`", str(len(group)), lies, f"{minutes:.1f}"])
    return table(["cells", "seeds", "interval for one more run", "minutes each"], rows)


def plot(found: Groups) -> None:
    """Test accuracy over depth by method, and the teacher's."""
    mpl.rcParams["svg.hashsalt"] = "fitdsl"
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    for method, mark in zip(METHODS, "osD", strict=True):
        points = [(n, tests(found.get(depth_group(n, method), {}))) for n in WIDTHS]
        known = [(n, values) for n, values in points if values]
        reach = [stdev(values) if len(values) > 1 else 0.0 for _, values in known]
        where, means = [n for n, _ in known], [mean(values) for _, values in known]
        axes.errorbar(where, means, yerr=reach, marker=mark, capsize=3, label=SAID[method])
    if "teacher" in found:
        axes.axhline(100 * found["teacher"][0].test, color="gray", linestyle="--", label="teacher")
    axes.set_xlabel("convolutions of the student")
    axes.set_ylabel("test accuracy (%)")
    axes.set_xticks(list(WIDTHS))
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(DOCS / "images" / "reproduction.svg", metadata={"Date": None})


TABLES: Mapping[str, Callable[[Groups], str]] = {
    "summary": summary,
    "pilots": pilot_table,
    "depth": depth_table,
    "trained": trained_table,
    "teacher": teacher_table,
    "side": side_table,
    "speed": speed_table,
    "again": again_table,
}


def filled(text: str, found: Groups) -> str:
    """The page with every table in its place.

    Raises:
        SystemExit: A table has no place, or several.
    """
    for name, made in TABLES.items():
        whole = f"<!-- {name} -->\n{made(found)}\n<!-- end {name} -->"
        text, places = re.subn(rf"<!-- {name} -->.*?<!-- end {name} -->", lambda _, w=whole: w, text, flags=re.DOTALL)
        if places != 1:
            raise SystemExit(f"{PAGE} has {places} places for the table `{name}`, not one")
    return text


def main() -> None:
    """Write the page and the plot, or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    only_checks = parser.parse_args().check
    found, text = groups(), PAGE.read_text()
    made = filled(text, found)
    if only_checks:
        sys.exit(0 if made == text else f"{PAGE} is not made of the results in {RESULTS}: run {Path(__file__).name}")
    PAGE.write_text(made)
    plot(found)


if __name__ == "__main__":
    main()
