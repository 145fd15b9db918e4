"""Makes the tables and the plot of docs/reproduction.md from `results/`.

    python benchmarks/fitnets/tables.py [--check]

What stands between `<!-- NAME -->` and `<!-- end NAME -->` is replaced; all else of the page is written by hand.
Accuracies are those of the test split in percent, as mean and standard deviation over seeds; what is compared is
compared over the seeds that both have, by a paired t-test and by Welch's. `--check` writes nothing and ends with status
1 where the page is not made of the results there are.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from statistics import mean, stdev

import matplotlib as mpl
from cells import (
    METHODS,
    OWN_RATE,
    PAPER_SPEEDUPS,
    PILOT_HINT_RATES,
    PILOT_HINTS,
    PILOT_LONG,
    PILOT_TEACHER,
    PILOTS,
    SHORT,
    STARTS,
    STUDENTS,
    VARIANTS,
    WIDTHS,
    method_group,
    pilot_group,
    side_group,
    start_group,
)
from matplotlib.figure import Figure
from results import RESULTS, Result, prediction, read_all
from scipy import stats

DOCS = Path(__file__).parents[2] / "docs"
PAGE, PLOT = DOCS / "reproduction.md", DOCS / "images" / "reproduction.svg"
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


def accuracies(group: Mapping[int, Result]) -> list[float]:
    """Test accuracies in percent, in order of seeds."""
    return [100 * group[seed].test for seed in sorted(group)]


def spread(values: Sequence[float], *, signed: bool = False) -> str:
    """Mean and standard deviation."""
    sign = "+" if signed else ""
    if not values:
        return "not yet run"
    return f"{mean(values):{sign}.2f}" + (f" ± {stdev(values):.2f}" if len(values) > 1 else "")


def against(group: Mapping[int, Result], other: Mapping[int, Result]) -> str:
    """Gain over another kind of training with the same seeds, and how probable it is by chance, paired and unpaired."""
    seeds = sorted(group.keys() & other.keys())
    ours, theirs = ([100 * one[seed].test for seed in seeds] for one in (group, other))
    gains = [mine - yours for mine, yours in zip(ours, theirs, strict=True)]
    if len(gains) < 2 or len(set(gains)) == 1:
        return spread(gains, signed=True) if gains else "not known"
    paired = _p(stats.ttest_1samp(gains, 0).pvalue)
    unpaired = _p(stats.ttest_ind(ours, theirs, equal_var=False).pvalue)
    return f"{spread(gains, signed=True)} (p {paired}, unpaired {unpaired})"


def _p(value: float) -> str:
    return f"= {value:.3f}" if value >= 0.001 else "< 0.001"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def convolutions(student: str) -> str:
    """A student of `STUDENTS` in words."""
    kind, layers = student.split("-")
    return f"{layers} convolutions" + (", twice as long" if kind == "long" else "")


def began(start: str) -> str:
    """How training begins: the start of the weights and the optimizer."""
    values = STARTS[start]
    return f"`{values['start']}`, {values.get('optimizer', 'Adam').partition('(')[0]}"


def pilot_table(found: Groups) -> str:
    """Validation accuracy by which the rate of each way to begin was picked."""
    rows = []
    tried_with = [(start, "labels", start, rates) for start, rates in PILOTS.items()]
    tried_with.append(("xavier", "hints", "hints", PILOT_HINT_RATES))
    for start, method, kind, rates in tried_with:
        known = {rate: found[group][0] for rate in rates if (group := pilot_group(kind, rate)) in found}
        tried = ", ".join(f"{rate}: {100 * result.val:.1f}" for rate, result in known.items())
        rows.append([f"{began(start)}, {SAID[method]}", tried or "not yet run"])
    return table(["start, optimizer, method", "validation accuracy by rate"], rows)


def hint_pilot_table(found: Groups) -> str:
    """Validation accuracy by the number of epochs that go to hints, the spec's own among them."""
    names = [method_group("depth-12", "hints"), *(pilot_group("hints", epochs) for epochs in PILOT_HINTS)]
    known = {result.stages["hints"].epochs: result for name in names if (result := found.get(name, {}).get(0))}
    rows = [[str(epochs), f"{100 * known[epochs].val:.2f}"] for epochs in sorted(known)]
    return table(["epochs of hints", "validation accuracy"], rows)


def long_pilot_table(found: Groups) -> str:
    """Validation accuracy by the rate of labels alone where training takes twice as long, its own first."""
    own = {rate: group for group, values in OWN_RATE.items() for rate in values.values()}
    tried = own | {rate: pilot_group("long", rate) for rate in PILOT_LONG}
    rows = []
    for rate, group in tried.items():
        values = [100 * result.val for _, result in sorted(found.get(group, {}).items())]
        rows.append([rate, ", ".join(f"{value:.2f}" for value in values), spread(values)])
    return table(["rate", "validation accuracy of seeds 0 and on", "mean"], rows)


def teacher_pilot_table(found: Groups) -> str:
    """Validation accuracy by which the teacher was picked."""
    tried = {"the spec's own": "teacher", _said(PILOT_TEACHER): pilot_group("teacher", "dropout")}
    rows = [[words, f"{100 * found[group][0].val:.2f}"] for words, group in tried.items() if group in found]
    return table(["teacher", "validation accuracy"], rows)


def _said(values: Mapping[str, str]) -> str:
    return ", ".join(f"`{name} = {value}`" for name, value in values.items())


def seeds_of(by_method: Groups) -> str:
    """How many seeds there are, by method where that differs."""
    counts = [str(len(group)) for group in by_method.values()]
    return counts[0] if len(set(counts)) == 1 else ", ".join(counts)


def depth_table(found: Groups) -> str:
    """Method by depth, the paper's figure 2."""
    rows = []
    for student in STUDENTS:
        by_method = {method: found.get(method_group(student, method), {}) for method in METHODS}
        rows.append(
            [
                convolutions(student),
                *(spread(accuracies(group)) for group in by_method.values()),
                against(by_method["answers"], by_method["labels"]),
                against(by_method["hints"], by_method["labels"]),
                against(by_method["hints"], by_method["answers"]),
                seeds_of(by_method),
            ]
        )
    over = ["answers over labels", "hints over labels", "hints over answers"]
    return table(["student", *SAID.values(), *over, "seeds"], rows)


def trained(group: Mapping[int, Result]) -> str:
    """How many seeds trained."""
    return f"{sum(result.val > TRAINED for result in group.values())} of {len(group)}"


def summary(found: Groups) -> str:
    """What became of the paper's claims: who trains from its start, and what hints add to each student."""
    return "\n".join([*_who_trains(found), *_what_hints_add(found)])


def _who_trains(found: Groups) -> Iterator[str]:
    for start in ("released", "paper"):
        begun = {SAID[method]: found.get(start_group(start, method), {}) for method in METHODS}
        counts = ", ".join(f"{said} {trained(group)}" for said, group in begun.items())
        rate = STARTS[start]["lr"]
        yield f"- 12 convolutions, the paper's start and rule at rate {rate}. Seeds that trained: {counts}."


def _what_hints_add(found: Groups) -> Iterator[str]:
    for student in STUDENTS:
        labels, answers, hints = (found.get(method_group(student, method), {}) for method in METHODS)
        if "teacher" not in found or len(labels.keys() & hints.keys()) < 2:
            continue
        gains = [f"{against(hints, labels)} over labels alone"]
        if method_group(student, "labels") in OWN_RATE:
            same = found.get(pilot_group("long", STARTS["xavier"]["lr"]), {})
            gains[0] += f" at a rate of their own and {against(hints, same)} at the same rate"
        gains.append(f"{against(hints, answers)} over answers")
        gains.append(f"{_over_teacher(found, hints)} over the teacher")
        yield f"- {convolutions(student)}, hints first: {'; '.join(gains)}."


def _over_teacher(found: Groups, group: Mapping[int, Result]) -> str:
    return spread([value - 100 * found["teacher"][0].test for value in accuracies(group)], signed=True)


def trained_table(found: Groups) -> str:
    """How many seeds trained, and how well, at the greatest depth, by the way to begin and the method."""
    rows = []
    for start in STARTS:
        for method in METHODS:
            group = found.get(start_group(start, method), {})
            values = {**SHORT, **STARTS[start]}
            row = [began(start), values["lr"], values["epochs"], SAID[method], spread(accuracies(group))]
            rows.append([*row, trained(group)])
    head = ["start, optimizer", "rate", "epochs", "method", "test accuracy", "seeds that trained"]
    return table(head, rows)


def teacher_table(found: Groups) -> str:
    """Teacher against students, with what they cost."""
    if "teacher" not in found:
        return "Not yet run."
    teacher = found["teacher"][0]
    rows = [["teacher", f"{teacher.weights:,}", "1", f"{teacher.macs / 1e6:.2f}M", f"{100 * teacher.test:.2f}", "–"]]
    for student in STUDENTS:
        for method in METHODS:
            group = found.get(method_group(student, method), {})
            if group:
                one = next(iter(group.values()))
                rows.append(
                    [
                        f"{convolutions(student)}, {SAID[method]}",
                        f"{one.weights:,}",
                        f"{teacher.weights / one.weights:.1f}",
                        f"{one.macs / 1e6:.2f}M",
                        spread(accuracies(group)),
                        _over_teacher(found, group),
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
            rows.append([f"`{question}`", answer, spread(accuracies(group)), gain, str(len(group))])
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
        [f"`{name}.fit`", f"{PAPER_SPEEDUPS[name]:.2f}" if name in PAPER_SPEEDUPS else "–"]
        + [f"{row[k]['faster']:.2f} ({row[k]['teacher_ms']:.2f} to {row[k]['student_ms']:.2f} ms)" for k in kinds]
        for name, row in measured.items()
    ]
    return table(head, rows)


def again_table(found: Groups) -> str:
    """Between what a repeated cell should lie."""
    rows = []
    for name, group in sorted(found.items()):
        interval = prediction(accuracies(group))
        lies = f"{interval[0]:.2f} .. {interval[1]:.2f}" if interval else "–"
        minutes = mean(sum(stage.seconds for stage in result.stages.values()) for result in group.values()) / 60
        rows.append([f"`{name}/*`", str(len(group)), lies, f"{minutes:.1f}"])
    return table(["cells", "seeds", "interval for one more run", "minutes each"], rows)


def plot(found: Groups) -> str:
    """Test accuracy over depth by method, and the teacher's, as SVG."""
    mpl.rcParams["svg.hashsalt"] = "fitdsl"
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    for method, mark in zip(METHODS, "osD", strict=True):
        points = [(n, accuracies(found.get(method_group(f"depth-{n}", method), {}))) for n in WIDTHS]
        known = [(n, values) for n, values in points if values]
        reach = [stdev(values) if len(values) > 1 else math.nan for _, values in known]
        where, means = [n for n, _ in known], [mean(values) for _, values in known]
        axes.errorbar(where, means, yerr=reach, marker=mark, capsize=3, label=SAID[method])
    if "teacher" in found:
        axes.axhline(100 * found["teacher"][0].test, color="gray", linestyle="--", label="teacher")
    axes.set_xlabel("convolutions of the student")
    axes.set_ylabel("test accuracy (%)")
    axes.set_xticks(list(WIDTHS))
    axes.legend()
    axes.grid(alpha=0.3)
    drawn = StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue()


TABLES: Mapping[str, Callable[[Groups], str]] = {
    "summary": summary,
    "pilots": pilot_table,
    "long pilots": long_pilot_table,
    "hint pilots": hint_pilot_table,
    "teacher pilots": teacher_pilot_table,
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
    """Write the page and its plot, or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    only_checks = parser.parse_args().check
    found = groups()
    made = {PAGE: filled(PAGE.read_text(), found), PLOT: plot(found)}
    for path, text in made.items():
        if not only_checks:
            path.write_text(text)
        elif path.read_text() != text:
            sys.exit(f"{path} is not made of the results in {RESULTS}: run {Path(__file__).name}")


if __name__ == "__main__":
    main()
