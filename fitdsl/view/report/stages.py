"""The stages of a run: curves of everything that was measured in each epoch, and where the time went."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ..terminal import counted
from .lines import Curve, Kind, LineChart, line_chart
from .markup import Column, Html, Row, details, facts, joined, numbers, paragraph, table, tag, words
from .model import EpochFacts, Numbers, StageFacts
from .networks import clock
from .scales import short

MOST_ROWS = 400
"""A table of epochs has no more rows; of more epochs every so many are shown."""

METRICS = ("loss", "accuracy", "error")


def stage_view(stage: StageFacts) -> Html:
    """A stage with its facts, its curves and all numbers."""
    charts = [line_chart(chart) for chart in charts_of(stage) if chart.known]
    shown = tag("div", *charts, class_="charts") if charts else paragraph(*_no_curves(stage))
    table_ = details("all numbers by epoch", epoch_table(stage.history)) if stage.history else Html()
    return tag("section", tag("h3", f"stage {stage.name}"), facts(_facts(stage)), shown, table_, class_="stage")


def _facts(stage: StageFacts) -> Iterator[tuple[str, str]]:
    yield "state", state_of(stage)
    if stage.kept_epoch is not None:
        told = [
            f"{split} {_spelled(name, value)}"
            for split, found in stage.metrics.items()
            for name, value in _goals(found)
        ]
        yield "kept", f"epoch {stage.kept_epoch}: {', '.join(told)}" if told else f"epoch {stage.kept_epoch}"
    yield "time", clock(stage.seconds) if stage.seconds else ""


def _goals(found: Numbers) -> Iterator[tuple[str, float]]:
    """What is worth a line of a stage's numbers: its accuracy, or how well it meets its hints, or else its loss."""
    chosen = [name for name in found if name == "accuracy" or name.startswith("fit(")] or ["loss"]
    yield from ((name, found[name]) for name in chosen if name in found)


def _spelled(name: str, value: float) -> str:
    return f"{name} {value:.2%}" if name in {"accuracy", "error"} else f"{name} {short(value)}"


def state_of(stage: StageFacts) -> str:
    """What became of a stage, in a few words."""
    if stage.reused:
        return f"taken from earlier work, which trained it for {counted(stage.epochs, 'epoch')}"
    if stage.is_done:
        if stage.planned and stage.planned > stage.epochs:
            return f"trained for {stage.epochs} of {counted(stage.planned, 'epoch')}"
        return f"trained for {counted(stage.epochs, 'epoch')}"
    if stage.history or stage.epochs:
        of = f" of {stage.planned}" if stage.planned else ""
        return f"not finished: {stage.epochs}{of} epochs are done"
    return "not begun"


def _no_curves(stage: StageFacts) -> Iterator[str]:
    if stage.reused:
        yield "Its epochs are on record in the run that trained it."
    elif stage.is_done:
        yield "No epoch of it is on record."


# Curves ---------------------------------------------------------------------------------------------------------------


def charts_of(stage: StageFacts) -> Iterator[LineChart]:
    """A chart for each thing that was measured."""
    history = stage.history
    if not history:
        return
    terms = [name for name in _names(history, lambda epoch: epoch.train) if not _is_metric(name)]
    weights = _names(history, lambda epoch: epoch.weights)
    if [*terms] != [*weights] or len(terms) != 1 or any(epoch.weights[terms[0]] != 1 for epoch in history):
        yield _both(stage, "loss", about="all terms, weighted")
    for name in terms:
        yield _both(stage, name, about="before its weight" if len(terms) > 1 else "the loss")
    for name in ("accuracy", *(name for name in _names(history, lambda epoch: epoch.train) if name.startswith("fit("))):
        about = "1: the hint is met; 0: no better than its mean" if name.startswith("fit(") else ""
        yield _both(stage, name, "share" if name == "accuracy" else "plain", about)
    yield from _settings(stage)


def _settings(stage: StageFacts) -> Iterator[LineChart]:
    """Learning rates, weights of terms where they move, and gradients."""
    history = stage.history
    rates = _curves(history, "rate × ", lambda epoch: epoch.rates)
    if len(rates) > 1:
        rates = tuple(replace(curve, name=f"× {curve.name}") for curve in rates)
    yield LineChart("learning rate", rates, "rate", "in the last step" if len(rates) < 2 else "by factor of its layers")
    weights = _curves(history, "λ ", lambda epoch: epoch.weights)
    if any(len(set(curve.points.values())) > 1 for curve in weights):
        yield LineChart("λ", weights, about="weights of the terms")
    yield LineChart(
        "gradient", _curves(history, "gradient ", lambda epoch: epoch.gradient), about="its norm, before it is bounded"
    )


def _both(stage: StageFacts, name: str, kind: Kind = "plain", about: str = "") -> LineChart:
    sides: tuple[tuple[str, Callable[[EpochFacts], Numbers]], ...] = (
        ("train", lambda epoch: epoch.train),
        ("val", lambda epoch: epoch.val),
    )
    curves = tuple(
        Curve(
            side, {epoch.epoch: read(epoch)[name] for epoch in stage.history if name in read(epoch)}, f"{side} {name}"
        )
        for side, read in sides
    )
    kept = stage.kept_epoch if stage.is_done else None
    mark = f"epoch {kept} was kept" if kept is not None else ""
    return LineChart(name, curves, kind, about, kept, mark)


def _curves(history: Sequence[EpochFacts], kind: str, read: Callable[[EpochFacts], Numbers]) -> tuple[Curve, ...]:
    return tuple(
        Curve(name, {epoch.epoch: read(epoch)[name] for epoch in history if name in read(epoch)}, f"{kind}{name}")
        for name in _names(history, read)
    )


def _names(history: Sequence[EpochFacts], read: Callable[[EpochFacts], Numbers]) -> list[str]:
    return list(dict.fromkeys(name for epoch in history for name in read(epoch)))


def _is_metric(name: str) -> bool:
    return name in METRICS or name.startswith("fit(")


def epoch_table(history: Sequence[EpochFacts]) -> Html:
    """All numbers by epoch; of very many epochs some are left out, which is said."""
    step = -(-len(history) // MOST_ROWS)
    shown = [epoch for place, epoch in enumerate(history) if place % step == 0 or place == len(history) - 1]
    reads: tuple[tuple[str, Callable[[EpochFacts], Numbers]], ...] = (
        ("train ", lambda epoch: epoch.train),
        ("val ", lambda epoch: epoch.val),
        ("λ ", lambda epoch: epoch.weights),
        ("rate × ", lambda epoch: epoch.rates),
        ("gradient ", lambda epoch: epoch.gradient),
    )
    cells = [(f"{side}{name}", read, name) for side, read in reads for name in _names(history, read)]
    columns = [Column("epoch"), *numbers(*(title for title, _, _ in cells))]
    rows = [
        Row([str(epoch.epoch), *(short(read(epoch)[name]) if name in read(epoch) else "" for _, read, name in cells)])
        for epoch in shown
    ]
    return table(columns, rows, "" if step == 1 else f"every {step} epochs of {len(history)}, and the last")


# Time -----------------------------------------------------------------------------------------------------------------


def time_table(stages: Sequence[StageFacts]) -> Html:
    """Seconds by part of the work, a column for each stage, with their shares as bars."""
    known = [stage for stage in stages if stage.parts]
    if not known:
        return paragraph("No stage has told its time.")
    parts = list(dict.fromkeys(part for stage in known for part in stage.parts))
    rows = [Row([part, *(_time(stage.parts.get(part, 0.0), stage) for stage in known)]) for part in parts]
    rows.append(Row(["the rest", *(_time(max(_rest(stage), 0.0), stage) for stage in known)]))
    rows.append(Row(["all", *(clock(stage.seconds) for stage in known)]))
    return table([*words("part"), *numbers(*(stage.name for stage in known))], rows, "by stage, validation included")


def _rest(stage: StageFacts) -> float:
    return stage.seconds - sum(stage.parts.values())


def _time(seconds: float, stage: StageFacts) -> Html:
    share = seconds / stage.seconds if stage.seconds else 0.0
    bar = tag("span", class_="amount", style=f"--share:{min(share, 1):.3f}")
    return joined([bar, clock(seconds), tag("span", f"{share:.0%}", class_="faint share")], " ")
