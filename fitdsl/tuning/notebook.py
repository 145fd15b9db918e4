"""A search as it draws itself in a notebook: the front of the best, and the picture of the best student."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..compilation import Compilation
from ..diagnostics import FitError
from ..graph.model import Network
from ..source import Source
from ..view.notebook.drawings import draw_network
from ..view.notebook.markup import Column, Markup, headline, panel, picture, remark, row, table
from ..view.terminal import counted, human, printable
from .report import SearchReport, TrialReport


def search_bundle(report: SearchReport) -> dict[str, str]:
    """A search as HTML and as a few lines of text."""
    return {"text/plain": search_text(report), "text/html": panel(*_parts(report))}


def search_text(report: SearchReport) -> str:
    """A search in a line, and one for its best student."""
    first = f"<search {printable(report.name)}: {_state(report)}>"
    return "\n".join((first, f"  {printable(_best(report))}"))


def _state(report: SearchReport) -> str:
    counts = report.counts
    return f"{report.status}, {counted(counts.trained, 'student')} trained of {counted(counts.proposed, 'proposal')}"


def _best(report: SearchReport) -> str:
    if report.best is None:
        return "no student was trained to the end"
    best = report.trial(report.best)
    point = ", ".join(f"{name}={value}" for name, value in best.point.items())
    values = (f"{goal.partition(' ')[2]} {_value(goal, value)}" for goal, value in _reached(report, best))
    return f"best: #{best.id} ({point}), {', '.join(values)}"


def _reached(report: SearchReport, trial: TrialReport) -> list[tuple[str, float]]:
    """The goals that a trial has reached something of, with that."""
    return list(zip(report.goals, trial.values, strict=False))


def _value(goal: str, value: float) -> str:
    """What was reached of a goal: a count of what a network costs, a share, or a loss."""
    if goal.endswith(")"):
        return f"{value:,.0f}"
    return f"{value:.4f}" if goal.endswith("loss") else f"{value:.2%}"


def _parts(report: SearchReport) -> Iterator[Markup]:
    yield headline(f"search {report.name}", _state(report))
    students = _students(report)
    pictures = [picture(draw_network(student)) for student in students]
    front = [report.trial(id) for id in report.pareto]
    front.sort(key=lambda trial: trial.values[0], reverse=report.goals[0].startswith("maximize"))
    if front:
        yield row(_front(report, front, [student.name for student in students]), *pictures)
        yield remark(f"students of which none is better in every goal ({', '.join(report.goals)})")
    yield remark(_best(report))
    if report.winner is not None:
        for name, network in report.winner.networks.items():
            cost = f"{network.cost.weights:,} weights"
            yield remark(f"{name}: {network.test['accuracy']:.2%} on the test split, {cost}")
    if report.folder.name:
        yield remark(f"files: {report.folder}")


def _front(report: SearchReport, front: Sequence[TrialReport], students: Sequence[str]) -> Markup:
    names = [name for name in front[0].cost if name in students] or list(front[0].cost)
    owners = {name: f"{name} " if len(names) > 1 else "" for name in names}
    columns = (
        Column("student"),
        *(Column(goal.partition(" ")[2], "number") for goal in report.goals),
        *(Column(f"{owners[name]}{kind}", "number") for name in names for kind in ("weights", "MACs")),
        *(Column(name, "number") for name in report.vary),
    )
    place = next((place for place, trial in enumerate(front) if trial.id == report.best), None)
    return table(columns, [_row(report, trial, names) for trial in front], best=place)


def _row(report: SearchReport, trial: TrialReport, names: Sequence[str]) -> tuple[str, ...]:
    costs = [trial.cost[name] for name in names]
    return (
        f"#{trial.id}{' best' if trial.id == report.best else ''}",
        *(_value(goal, value) for goal, value in _reached(report, trial)),
        *(text for cost in costs for text in (f"{cost.weights:,}", human(cost.macs))),
        *(trial.point.get(name, "") for name in report.vary),
    )


def _students(report: SearchReport) -> list[Network]:
    """The students at the best point; none where there is no such point, or the spec cannot be read any more."""
    if report.best is None:
        return []
    point = {**report.point, **report.trial(report.best).point}
    try:
        program = Compilation(Source(report.name, report.spec), point=point).program
    except FitError:
        return []
    return [network for network in program.networks.values() if network.role == "student"]
