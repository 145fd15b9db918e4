"""What a search shows while it runs and when it is over: the best so far, the front, what runs, what is left."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ..tuning.options import View, Watcher
from ..tuning.report import ENDED, SearchReport, Status, TrialReport
from ..view.terminal import Display, Style, columns, counted, human, printable, sections
from .session import say
from .train import command

QUIET_S = 5.0
"""Seconds between two plain lines."""

SHOWN_FRONT, SHOWN_RUNNING = 8, 6
"""Rows of the front, and of trials that run, that are shown while a search runs."""


@contextmanager
def watching(*, is_quiet: bool) -> Iterator[Watcher]:
    """Within the block the watcher shows where a search is: a table on a terminal, else a line every few seconds."""
    if is_quiet or not sys.stderr.isatty():
        yield _Lines()
        return
    display, console = Display.of(sys.stderr), Console(stderr=True)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield lambda view: live.update(Text.from_ansi(picture(view, display)), refresh=True)


class _Lines:
    def __init__(self) -> None:
        self.spoke = monotonic()

    def __call__(self, view: View) -> None:
        if monotonic() - self.spoke >= QUIET_S:
            self.spoke = monotonic()
            running = [trial for trial in view.report.trials if trial.status == "running"][:SHOWN_RUNNING]
            where = ", ".join(f"#{trial.id} {doing(view.moving.get(trial.id, {}))}" for trial in running)
            say("; ".join(filter(None, [headline(view.report), where])))


def headline(report: SearchReport) -> str:
    """Where a search is, in one line."""
    trials = report.trials
    over = [trial for trial in trials if trial.status in ENDED]
    running, paused = (sum(t.status == status for t in trials) for status in ("running", "paused"))
    parts = [f"{len(over)} of {report.wanted} students", f"{running} running"]
    if paused:
        parts.append(f"{paused} paused")
    best = best_so_far(report)
    if best is not None:
        parts.append(f"best {_first_goal(report, best)} (#{best.id})")
    # most of those that are paused will train no more
    settled = len(over) + paused
    if settled and report.seconds:
        rate = settled / report.seconds
        parts += [f"{rate * 3600:.0f} an hour", f"{_clock((report.wanted - settled) / rate)} left"]
    return "search: " + ", ".join(parts)


def best_so_far(report: SearchReport) -> TrialReport | None:
    """The trial that is best in the first goal at the moment, finished or not."""
    if report.best is not None:
        return report.trial(report.best)
    reached = [trial for trial in report.trials if trial.history]
    return max(reached, key=lambda trial: trial.history[-1][1], default=None)


def summary(report: SearchReport, *, allow_python: bool = False, display: Display | None = None) -> str:
    """What a search has found: the Pareto front, what became of all proposals, and where the files are."""
    display = display or Display.of(sys.stdout)
    front = _front(report)
    return sections(
        [
            _table(_rows(report, front), display),
            list(_accounts(report)),
            [printable(line) for line in _files(report, allow_python=allow_python)],
        ]
    )


def picture(view: View, display: Display) -> str:
    """Where a search is, on one screen: the best of the front, and what some of the trials that run are doing."""
    report = view.report
    front = _front(report)[:SHOWN_FRONT]
    running = [trial for trial in report.trials if trial.status == "running"][:SHOWN_RUNNING]
    return sections(
        [
            [headline(report)],
            _table(_rows(report, front), display),
            [_moving(trial, view.moving.get(trial.id, {})) for trial in running],
        ]
    )


def _front(report: SearchReport) -> list[TrialReport]:
    """The trials of which none is better in every goal, the best in the first goal first."""
    best_first = report.goals[0].startswith("maximize")
    trials = [report.trial(id) for id in report.pareto]
    return sorted(trials, key=lambda trial: trial.values[0], reverse=best_first)


def _rows(report: SearchReport, trials: Sequence[TrialReport]) -> list[tuple[str, ...]]:
    if not trials:
        return []
    metrics = list(trials[0].metrics)
    networks = list(trials[0].cost)
    owners = [f"{name} " for name in networks] if len(networks) > 1 else [""] * len(networks)
    heads = [f"{owner}{kind}" for owner in owners for kind in ("weights", "MACs")]
    head = ("student", *(f"val {name}" for name in metrics), *heads, "epochs", *report.vary)
    return [head, *(_row(trial, metrics, report) for trial in trials)]


def _row(trial: TrialReport, metrics: Sequence[str], report: SearchReport) -> tuple[str, ...]:
    mark = " best" if trial.id == report.best else ""
    costs = [text for cost in trial.cost.values() for text in (f"{cost.weights:,}", human(cost.macs))]
    values = (_number(name, trial.metrics.get(name)) for name in metrics)
    points = (printable(trial.point.get(name, "")) for name in report.vary)
    return (f"#{trial.id}{mark}", *values, *costs, str(trial.epoch), *points)


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if name == "loss" else f"{value:.2%}"


def _first_goal(report: SearchReport, trial: TrialReport) -> str:
    """What a trial has reached of the first goal, `val accuracy 90.00%` or `weights(net) 1,234`."""
    wanted = report.goals[0].split(maxsplit=1)[1]
    if "(" in wanted:
        kind, network = wanted.removesuffix(")").split("(")
        return f"{wanted} {getattr(trial.cost[network], kind):,}"
    name = wanted.removeprefix("val.")
    return f"val {name} {_number(name, trial.metrics.get(name))}"


def _moving(trial: TrialReport, news: Mapping[str, Any]) -> str:
    point = " ".join(f"{name}={value}" for name, value in trial.point.items())
    return printable(f"  #{trial.id:<4} {doing(news):<20} {point}")


def doing(news: Mapping[str, Any]) -> str:
    """What a trial is doing: its stage and the epochs finished in it."""
    if not news.get("stage"):
        return "begins"
    if news.get("waits"):
        return f"waits for {news['stage']}"
    return printable(f"{news['stage']} {news.get('at', 0)}" + (f"/{news['of']}" if news.get("of") else ""))


def _table(rows: list[tuple[str, ...]], display: Display) -> list[str]:
    if not rows:
        return []
    head, *body = columns(rows, "<" + ">" * (len(rows[0]) - 1), width=display.width, squeeze=range(len(rows[0])))
    return [display.paint(head, Style.STRONG), *body]


def _accounts(report: SearchReport) -> Iterator[str]:
    counts, ends = report.counts, [trial.status for trial in report.trials]
    yield (
        f"{counted(counts.proposed, 'proposal')}: {counts.infeasible} infeasible and {counts.duplicate} duplicate ones "
        f"were never started, {counted(counts.trained, 'student')} trained in {_clock(report.seconds)}"
    )
    kinds: dict[str, Status] = {"to the end": "done", "stopped early": "stopped", "failed": "failed"}
    yield "students: " + ", ".join(f"{ends.count(status)} {words}" for words, status in kinds.items())
    passes = f"; teachers ran {report.teacher_passes:.3g} times over the data" if report.teacher_passes else ""
    yield (
        f"stages: {counts.stages_trained} trained, {counts.stages_reused} taken from earlier work or another student"
        f"{passes}"
    )
    for trial in report.trials:
        if trial.status == "failed":
            yield printable(f"#{trial.id} failed (seed {trial.seed}): {trial.reason}")
    for message in dict.fromkeys(message for trial in report.trials for message in trial.warnings):
        told = sum(message in trial.warnings for trial in report.trials)
        yield printable(f"warning of {counted(told, 'student')}: {message}")


def _files(report: SearchReport, *, allow_python: bool) -> Iterator[str]:
    if report.winner is not None:
        for name, network in report.winner.networks.items():
            yield f"{name}: {network.test['accuracy']:.2%} on the test split, {network.cost.weights:,} weights"
    yield f"report and trials: {report.folder}"
    yield f"page: {report.folder / 'report.html'}"
    if report.best is not None:
        best = report.folder / "best.fit"
        yield f"best student: {best}; train it again with `{command(best, {'allow_python': allow_python})}`"


def _clock(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
