"""A run's folder read for its page: whatever is there, and what is missing, as a run may be unfinished or damaged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..compilation import Compilation
from ..diagnostics import FitError
from ..program.model import Program
from ..source import Source
from ..values import Cost
from ..view.report.model import EpochFacts, NetworkFacts, RunFacts, StageFacts
from .report import CostReport, NetworkReport, RunReport, StageReport

FILES = ("run.json", "spec.fit", "events.jsonl")
"""By any of these a folder is taken for that of a run."""


def run_facts(folder: Path) -> RunFacts:
    """What is known of the run in a folder that has one of `FILES`."""
    missing: list[str] = []
    report = _report(folder / "run.json", missing)
    events = list(_events(folder / "events.jsonl", missing))
    spec = report.spec if report else text_of(folder / "spec.fit", missing)
    program = program_of(spec, folder / "spec.fit", {}, missing) if spec else None
    return RunFacts(
        name=report.name if report else folder.absolute().parent.name,
        folder=folder,
        is_done=report.status == "done" if report else None,
        spec=spec,
        program=program,
        stages=tuple(_stages(report, events, program)),
        networks=network_facts(report.networks) if report else (),
        warnings=tuple(dict.fromkeys(_warnings(events))),
        missing=tuple(missing),
        **_settings(report, events),
    )


def _warnings(events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What was warned of, as often as it was: a run that is gone on with says once more what is wrong with its data."""
    yield from (f"stage {event.get('stage')}: {event.get('message')}" for event in _named(events, "warning"))


def histories(folder: Path, stages: Iterable[str]) -> dict[str, tuple[EpochFacts, ...]]:
    """The epochs of stages that are on record in a run's folder; nothing of what cannot be read."""
    events = list(_events(folder / "events.jsonl", []))
    return {stage: _history(stage, events) for stage in stages}


def _settings(report: RunReport | None, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Seed, device and the like; without a report what the events say of them."""
    if report is None:
        begun = next(iter(_named(events, "run")), {})
        return {"seed": begun.get("seed"), "device": str(begun.get("device", ""))}
    names = ("seed", "epochs", "limits", "device", "versions")
    return {"point": {name: str(value) for name, value in report.point.items()}} | {
        name: getattr(report, name) for name in names
    }


def network_facts(networks: Mapping[str, NetworkReport]) -> tuple[NetworkFacts, ...]:
    """Measured networks as a page shows them."""
    return tuple(
        NetworkFacts(
            name=name,
            role=network.role,
            cost=cost_of(network.cost),
            test=network.test,
            seconds=network.seconds,
            examples_per_s=network.examples_per_s,
            confusion=network.confusion,
        )
        for name, network in networks.items()
    )


def cost_of(report: CostReport) -> Cost:
    """A cost as everybody else has it."""
    return Cost(params=report.params, weights=report.weights, macs=report.macs, activations=report.activations)


def program_of(spec: str, path: Path, point: Mapping[str, str], missing: list[str]) -> Program | None:
    """What a spec says at a point, as far as it is known; None if it is not sound, which is told."""
    try:
        return Compilation(Source(path.name, spec), path, point).sketch
    except FitError as error:
        missing.append(f"`{path.name}` cannot be drawn: {error.diagnostics[0].message}")
        return None


# Files ----------------------------------------------------------------------------------------------------------------


def _report(path: Path, missing: list[str]) -> RunReport | None:
    try:
        return RunReport.model_validate_json(path.read_bytes())
    except OSError as error:
        missing.append(unread(path, error))
    except ValidationError as error:
        missing.append(misread(path, error))
    return None


def unread(path: Path, error: OSError) -> str:
    """Why a file was not read."""
    return f"`{path.name}` cannot be read: {error.strerror or error}"


def misread(path: Path, error: ValidationError) -> str:
    """Why a report was not understood: another version of the format, half a file, or something else."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    if first["loc"] == ("format_version",):
        return f"`{path.name}` has format version {first['input']}; this version of fitdsl reads version 1"
    if first["type"] == "json_invalid":
        return f"`{path.name}` is damaged: it is no whole document of JSON"
    return f"`{path.name}` is not a report that this version of fitdsl understands: `{where}`: {first['msg']}"


def text_of(path: Path, missing: list[str]) -> str:
    """A file's text; empty if it cannot be read, which is told."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        missing.append(f"`{path.name}` is no text")
    except OSError as error:
        missing.append(unread(path, error))
    return ""


def _events(path: Path, missing: list[str]) -> Iterator[Mapping[str, Any]]:
    """The lines of a file of events that are whole."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        missing.append(unread(path, error))
        return
    damaged = 0
    for line in filter(None, lines):
        event = _event(line)
        if event is None:
            damaged += 1
        else:
            yield event
    if damaged:
        missing.append(f"`{path.name}` has damaged lines, which are left out: {damaged}")


def _event(line: bytes) -> Mapping[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _named(events: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    return [event for event in events if event.get("event") == name]


# Stages ---------------------------------------------------------------------------------------------------------------


def _stages(
    report: RunReport | None, events: Sequence[Mapping[str, Any]], program: Program | None
) -> Iterator[StageFacts]:
    """Every stage that the run consists of, with what is on record of it."""
    begun = [name for event in _named(events, "run") for name in _texts(event.get("stages"))]
    names = dict.fromkeys([*(report.plan if report else ()), *(report.stages if report else ()), *begun])
    for name in names:
        done = report.stages.get(name) if report else None
        history = _history(name, events)
        planned = _planned(name, events, program)
        key = report.plan.get(name, "") if report else ""
        yield _stage(name, done, history, planned=planned, key=key)


def _planned(stage: str, events: Sequence[Mapping[str, Any]], program: Program | None) -> int | None:
    """How many epochs a stage was to have, by its last start, or by the spec."""
    started = [event.get("epochs") for event in _named(events, "stage") if event.get("stage") == stage]
    told = [epochs for epochs in started if isinstance(epochs, int)]
    if told:
        return told[-1]
    return program.stages[stage].settings.epochs if program and stage in program.stages else None


def _stage(
    name: str, done: StageReport | None, history: tuple[EpochFacts, ...], *, planned: int | None, key: str
) -> StageFacts:
    if done is None:
        return StageFacts(name, key, planned, epochs=history[-1].epoch if history else 0, history=history)
    return StageFacts(
        name,
        done.key or key,
        planned,
        epochs=done.epochs,
        kept_epoch=done.kept_epoch,
        is_done=True,
        reused=done.reused,
        seconds=done.seconds,
        parts=done.parts,
        metrics=done.metrics,
        history=history,
    )


def _history(stage: str, events: Sequence[Mapping[str, Any]]) -> tuple[EpochFacts, ...]:
    """The epochs of a stage in order; of one that was trained twice the later record."""
    found: dict[int, EpochFacts] = {}
    for event in _named(events, "epoch"):
        if event.get("stage") == stage and isinstance(event.get("epoch"), int):
            kinds = ("train", "val", "weights", "rates", "gradient")
            found[event["epoch"]] = EpochFacts(event["epoch"], *(_numbers(event.get(kind)) for kind in kinds))
    return tuple(found[epoch] for epoch in sorted(found))


def _texts(found: Any) -> list[str]:
    """The texts in a list of an event."""
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


def _numbers(found: Any) -> dict[str, float]:
    """The finite numbers of an event, by name."""
    known = found.items() if isinstance(found, dict) else ()
    return {name: float(value) for name, value in known if isinstance(value, int | float) and isfinite(value)}
