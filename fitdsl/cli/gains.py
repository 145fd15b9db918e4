"""What a run has brought: each network's cost and accuracy, and how long each stage took."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ..training.report import RunReport, StageReport, SummaryRow, summary_table
from ..view.terminal import Display, Style, columns, human, printable, sections

NETWORKS = ("network", "role", "weights", "smaller", "MACs", "fewer", "test accuracy", "seconds")
STAGES = ("stage", "epochs", "kept", "seconds", "of them")

LEAST_SHARE = 0.05
"""Parts of a stage's time below this share are not shown."""


def gains(report: RunReport, display: Display) -> str:
    """The tables of networks and stages, and where the weights and everything else are."""
    networks = [NETWORKS, *map(_network_row, summary_table(report))] if report.networks else []
    stages = [STAGES, *_stage_rows(report)] if report.stages else []
    return sections(
        [
            _table(networks, "<<>>>>>>", display),
            _table(stages, "<>>><", display),
            [*_weights(report), *map(printable, _files(report))],
        ]
    )


def _files(report: RunReport) -> Iterator[str]:
    """Where everything else is, and how to look at it."""
    for file in sorted((report.folder / "data").glob("*.safetensors")):
        yield f"what the preparations of {file.stem} have learned: {file}"
    yield f"report and stages: {report.folder}"
    yield f"curves and tables on a page: `{shlex.join(('fit', 'report', str(report.folder)))}`"


def _weights(report: RunReport) -> Iterator[str]:
    """Where the final weights of each student are; of every trained network where no student was measured."""
    trained = report.trained
    students = [name for name in trained if name in report.networks and report.networks[name].role == "student"]
    for name in students or trained:
        yield printable(f"weights of {name}: {report.weights(name)}")


def _table(rows: list[tuple[str, ...]], align: str, display: Display) -> list[str]:
    if not rows:
        return []
    head, *body = columns(rows, align, width=display.width, squeeze=(0,))
    return [display.paint(head, Style.STRONG), *body]


def _network_row(row: SummaryRow) -> tuple[str, ...]:
    smaller, fewer = _ratio(row.weights_ratio), _ratio(row.macs_ratio)
    accuracy, seconds = f"{row.accuracy:.2%}", f"{row.seconds:.1f}"
    return printable(row.name), row.role, f"{row.weights:,}", smaller, human(row.macs), fewer, accuracy, seconds


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None or ratio == 1 else f"{ratio:.3g} x"


def _stage_rows(report: RunReport) -> Iterator[tuple[str, ...]]:
    for name, stage in report.stages.items():
        yield printable(name), str(stage.epochs), str(stage.kept_epoch), f"{stage.seconds:.1f}", _parts(stage)


def _parts(stage: StageReport) -> str:
    """The parts of a stage's time that matter, the longest first: `step 61%, student 30%`."""
    shares = {name: seconds / stage.seconds for name, seconds in stage.parts.items() if stage.seconds}
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {share:.0%}" for name, share in ordered if share >= LEAST_SHARE) or "-"
