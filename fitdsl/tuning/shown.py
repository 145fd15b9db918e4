"""A search's folder read for its page: whatever is there, and what is missing, as it may be unfinished or damaged."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..backend.refusal import refusal
from ..compilation import Compilation
from ..diagnostics import FitError
from ..program.model import Program
from ..source import Source
from ..space.domains import Choices, Continuous, Steps
from ..space.params import ParamInfo, spelled
from ..training.report import RunReport
from ..training.shown import cost_of, misread, network_facts, program_of, text_of, unread
from ..view.page.data import page_data
from ..view.page.points import chosen_points
from ..view.report.model import Drawable, ParamFacts, SearchFacts, TrialFacts
from .ledger import Ledger
from .report import SearchReport, TrialReport

MOST_DRAWN = 120
"""Different students that a page can draw."""


def search_facts(folder: Path) -> SearchFacts:
    """What is known of the search in a folder.

    Raises:
        FitError: Neither its report nor its ledger can be read (FIT5035).
    """
    missing: list[str] = []
    report = _report(folder / "search.json", missing) or _restored(folder, missing)
    return facts_of(report.model_copy(update={"folder": folder}), missing)


def facts_of(report: SearchReport, missing: list[str]) -> SearchFacts:
    """A report as a page shows it, with what else its folder has; adds to what is missing."""
    if report.best is not None and all(trial.id != report.best for trial in report.trials):
        missing.append(f"the best student, #{report.best}, is not among those in `search.json`")
        report = report.model_copy(update={"best": None, "winner": None})
    folder = report.folder
    best = None if report.best is None else report.trial(report.best).point
    program = program_of(report.spec, folder / "spec.fit", {**_texts(report.point), **(best or {})}, missing)
    metric, sign = metric_of(report.goals)
    return SearchFacts(
        name=report.name,
        folder=folder,
        status=report.status,
        spec=report.spec,
        program=program,
        goals=report.goals,
        metric=metric,
        is_large_good=sign > 0,
        params=_params(report),
        point=_texts(report.point),
        seed=report.seed,
        sampler=report.sampler,
        scheduler=report.scheduler,
        wanted=report.wanted,
        trials=tuple(_trial(trial, sign) for trial in report.trials),
        limits=report.limits,
        versions=report.versions,
        resources=report.resources,
        pareto=report.pareto,
        best=report.best,
        counts=report.counts.model_dump(),
        teacher_passes=report.teacher_passes,
        seconds=report.seconds,
        winner=network_facts(report.winner.networks) if report.winner else (),
        is_finished_live=report.winner is not None and report.winner.finished_live,
        best_spec=_best_spec(report, missing),
        drawable=_drawable(report),
        teacher=_teacher(folder / "best" / "run.json", program, metric),
        missing=tuple(missing),
    )


def metric_of(goals: tuple[str, ...]) -> tuple[str, int]:
    """The metric of the validation split by which students are compared, and 1 if much of it is good, else -1."""
    for goal in goals:
        direction, _, what = goal.partition(" ")
        if what.startswith("val."):
            return what.removeprefix("val."), 1 if direction == "maximize" else -1
    return "loss", -1


def _texts(point: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in point.items()}


def _trial(trial: TrialReport, sign: int) -> TrialFacts:
    return TrialFacts(
        id=trial.id,
        point=trial.point,
        status=trial.status,
        seed=trial.seed,
        cost={name: cost_of(cost) for name, cost in trial.cost.items()},
        epoch=trial.epoch,
        metrics={name: value for name, value in trial.metrics.items() if isfinite(value)},
        history=tuple((epoch, sign * score) for epoch, score in trial.history if isfinite(score)),
        stages={name: stage.reused for name, stage in trial.stages.items()},
        seconds=trial.seconds,
        reason=trial.reason,
        warnings=trial.warnings,
    )


def _params(report: SearchReport) -> tuple[ParamFacts, ...]:
    """The params that vary, in their order; one that the spec does not tell is taken as it occurs."""
    try:
        infos = Compilation(Source("spec.fit", report.spec), report.folder / "spec.fit").params
    except FitError:
        infos = {}
    return tuple(_param(name, infos.get(name)) for name in report.vary)


def _drawable(report: SearchReport) -> Drawable | None:
    """The students of a search to be drawn, the front and the last ones first where there are too many."""
    compilation = Compilation(Source("spec.fit", report.spec), report.folder / "spec.fit", _texts(report.point))
    if not compilation.is_sound:
        return None
    shaping = [name for name in report.vary if name in compilation.shaping]
    places: dict[tuple[str, ...], int] = {}
    found: dict[int, int] = {}
    for trial in sorted(report.trials, key=lambda t: (t.id != report.best, t.id not in report.pareto, -t.id)):
        if all(name in trial.point for name in shaping):
            values = tuple(trial.point[name] for name in shaping)
            if values in places or len(places) < MOST_DRAWN:
                found[trial.id] = places.setdefault(values, len(places))
    wanted = [dict(zip(shaping, values, strict=True)) for values in places]
    return Drawable(page_data(compilation, chosen_points(compilation, wanted)), found) if wanted else None


def _param(name: str, info: ParamInfo | None) -> ParamFacts:
    match info.domain if info else None:
        case Continuous(log=log):
            return ParamFacts(name, "log" if log else "linear")
        case Steps():
            return ParamFacts(name, "linear")
        case Choices() as domain if info and info.declaration.domain:
            values = tuple(value.span.text for value in spelled(info.declaration.domain, domain))
            return ParamFacts(name, "choices", values)
    return ParamFacts(name, "choices")


def _best_spec(report: SearchReport, missing: list[str]) -> str:
    if report.best is None or report.winner is None:
        return ""
    path = report.folder / "best.fit"
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        missing.append(unread(path, error))
        return ""


def _teacher(path: Path, program: Program | None, metric: str) -> tuple[str, float] | None:
    """The teacher and what it reached on the validation split, where the best student's run has trained it."""
    try:
        run = RunReport.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    for name, stage in run.stages.items():
        trained = program.stages[name].trains if program and name in program.stages else ()
        found = stage.metrics.get("val", {}).get(metric)
        if program and len(trained) == 1 and found is not None:
            (network,) = trained
            if program.networks[network].role == "teacher":
                return network, found
    return None


# Files ----------------------------------------------------------------------------------------------------------------


def _report(path: Path, missing: list[str]) -> SearchReport | None:
    try:
        return SearchReport.model_validate_json(path.read_bytes())
    except OSError as error:
        missing.append(unread(path, error))
    except ValidationError as error:
        missing.append(misread(path, error))
    return None


def _restored(folder: Path, missing: list[str]) -> SearchReport:
    """A report made anew of the trials in the ledger, without what only the lost one has told.

    Raises:
        FitError: There are none (FIT5035).
    """
    ledger = Ledger.seen(folder / "ledger.jsonl")
    if not ledger.trials:
        notes = [*missing, "its ledger, `ledger.jsonl`, tells of no trial"]
        raise refusal("FIT5035", f"`{folder}` holds no search that can be read", notes=notes)
    missing.append("which student was the best is lost with it; trials are taken from `ledger.jsonl`")
    spec = text_of(folder / "spec.fit", missing)
    trials = list(ledger.trials.values())
    return SearchReport(
        name=folder.absolute().parent.name,
        status="interrupted",
        spec=spec,
        point={},
        seed=trials[0].seed,
        goals=_goals(spec),
        vary=tuple(trials[0].point),
        sampler="",
        scheduler="",
        wanted=len(trials),
        resources={},
        versions={},
        trials=trials,
        counts=ledger.counts,
        teacher_passes=sum(trial.passes for trial in trials),
        folder=folder,
    )


def _goals(spec: str) -> tuple[str, ...]:
    """What the search block of a spec wants; nothing if it is not sound."""
    try:
        settings = Compilation(Source("spec.fit", spec)).search
    except FitError:
        return ()
    return tuple(map(str, settings.goals)) if settings else ()
