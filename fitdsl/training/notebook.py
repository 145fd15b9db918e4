"""A run as it draws itself in a notebook: what each network costs and reaches, and how training went."""

from __future__ import annotations

from collections.abc import Iterator

from ..view.notebook.curves import Chart, chart
from ..view.notebook.markup import Column, Markup, headline, panel, remark, row, table
from ..view.terminal import counted, human, printable
from .report import RunReport, SummaryRow, summary_table
from .shown import histories

NETWORKS = (
    Column("network"),
    Column("role"),
    *(Column(title, "number") for title in ("weights", "smaller", "MACs", "fewer", "test accuracy", "seconds")),
)
STAGES = (Column("stage"), *(Column(title, "number") for title in ("epochs", "kept", "seconds")), Column(""))


def run_bundle(report: RunReport) -> dict[str, str]:
    """A run as HTML and as a few lines of text."""
    return {"text/plain": run_text(report), "text/html": panel(*_parts(report))}


def run_text(report: RunReport) -> str:
    """A run in a line, and one for each network."""
    rows = (
        f"  {printable(row.name)}: {row.accuracy:.2%} on the test split, {row.weights:,} weights"
        for row in summary_table(report)
    )
    return "\n".join((f"<run {printable(report.name)}: {_state(report)}>", *rows))


def _state(report: RunReport) -> str:
    """How far a run is, and what decides its numbers."""
    left = [name for name in report.plan if name not in report.stages]
    done = "done" if report.status == "done" else f"not finished, {counted(len(left), 'stage')} left"
    return f"{done}, seed {report.seed}, {report.device}"


def _parts(report: RunReport) -> Iterator[Markup]:
    yield headline(f"run {report.name}", _state(report))
    if report.networks:
        yield table(NETWORKS, [*map(network_row, summary_table(report))])
    if report.stages:
        yield table(STAGES, [*_stage_rows(report)])
    charts = [chart(shown) for shown in _charts(report)]
    if charts:
        yield row(*charts)
        yield remark("by epoch; solid: on what is trained with, dashed: on what is held back for validation")
    if report.folder.name:
        yield remark(f"files: {report.folder}")


def network_row(row: SummaryRow) -> tuple[str, ...]:
    """A network in a table under `NETWORKS`."""
    smaller, fewer = _ratio(row.weights_ratio), _ratio(row.macs_ratio)
    accuracy, seconds = f"{row.accuracy:.2%}", f"{row.seconds:.1f}"
    return row.name, row.role, f"{row.weights:,}", smaller, human(row.macs), fewer, accuracy, seconds


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None or ratio == 1 else f"{ratio:.3g} ×"


def _stage_rows(report: RunReport) -> Iterator[tuple[str, ...]]:
    for name, stage in report.stages.items():
        origin = "taken from earlier work" if stage.reused else ""
        yield name, str(stage.epochs), str(stage.kept_epoch), f"{stage.seconds:.1f}", origin


# Curves ---------------------------------------------------------------------------------------------------------------


def _charts(report: RunReport) -> Iterator[Chart]:
    """For each stage that was trained here its loss, its accuracy, and how well its hints are met."""
    known = histories(report.folder, [*report.plan, *report.stages]) if report.folder.name else {}
    for stage, epochs in known.items():
        names = dict.fromkeys(name for epoch in epochs for name in (*epoch.train, *epoch.val))
        for name in names:
            if name in ("loss", "accuracy") or name.startswith("fit("):
                lines = {
                    "train": [(epoch.epoch, epoch.train[name]) for epoch in epochs if name in epoch.train],
                    "val": [(epoch.epoch, epoch.val[name]) for epoch in epochs if name in epoch.val],
                }
                yield Chart(f"{stage}: {name}", {split: line for split, line in lines.items() if line})
