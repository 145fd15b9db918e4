"""One trial: a student trained in a thread of its own, which stands still whenever there is news.

Knows nothing of Ray. What a trial has done is in the folder of its run, from which any machine that sees it goes on.
"""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Mapping
from dataclasses import field, replace
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from time import monotonic, sleep
from typing import Any

from ..compilation import Compilation
from ..dataclass import dataclass
from ..diagnostics import Diagnostic, FitError
from ..late import late
from ..program.model import Program
from ..semantics.bindings import METRICS
from ..source import Source
from ..training.events import (
    EpochDone,
    Event,
    OutputsKept,
    RunStarted,
    StageAwaited,
    StageDone,
    StageStarted,
    StepsDone,
    Warned,
)
from ..training.interrupts import Interrupted
from ..training.options import TrainOptions
from ..training.report import RunReport, StageReport
from ..work.hold import held
from ..work.store import Damaged, Store
from .candidates import keys_of

TELL_EVERY_S = 1.0
"""How often a trial says where it is while nothing else happens."""

GONE_S = 60.0
"""How long a process that was given up, as its machine or its driver has vanished, may need until it is gone."""

LOOK_EVERY_S = 0.1
"""How often a trial looks whether it is."""

OUT_OF_MEMORY = "FIT4113"

Result = dict[str, Any]
"""What a trial says: `stage`, `at` and `of` (epochs) as it moves; `epoch`, `score` and `metrics` after an epoch of the
last stage; `done` and how it ended at the end."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What all trials of a search have in common.

    Attributes:
        text: The spec, with everything it uses written in.
        name: Its name.
        base: Its folder, to which paths in it are relative.
        point: Values of the params that do not vary.
        metric: By what trials are compared: a metric of the validation split.
        sign: 1 if much of it is good, else -1.
        folder: Of the search; the run of each trial has a folder below it.
        store: Of finished work.
        options: Fields of `TrainOptions`.
    """

    text: str
    name: str
    base: Path
    point: Mapping[str, str]
    metric: str
    sign: int
    folder: Path
    store: Store
    options: Mapping[str, Any]

    def run_folder(self, trial: int) -> Path:
        """Where a trial's run is."""
        return self.folder / "trials" / str(trial)

    def compilation(self, point: Mapping[str, str]) -> Compilation:
        """The spec at the point of a trial."""
        path = self.base / f"{self.name}.fit"
        return _opened(path, self.text, tuple(self.point.items())).at(point)


@lru_cache(maxsize=2)
def _opened(path: Path, text: str, point: tuple[tuple[str, str], ...]) -> Compilation:
    """A spec, which is read once for all trials of a process."""
    return Compilation(Source(path.name, text), path, dict(point))


@dataclass(eq=False)
class Trainee:
    """A trial that goes on by one result at a time.

    Attributes:
        trial: Its number.
        point: Values of the params that vary.
        opened: Data that trials of this process have opened.
    """

    subject: Subject
    trial: int
    point: Mapping[str, str]
    opened: dict[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin to stand still."""
        self._results: SimpleQueue[Result] = SimpleQueue()
        self._go = threading.Semaphore(0)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"trial-{self.trial}", daemon=True)
        self._told = self._began = monotonic()
        self._stage: StageStarted | None = None
        self._last = ""
        self._metrics: Mapping[str, float] = {}
        self._history: list[tuple[int, float]] = []
        self._passes = 0.0
        self._swept: set[str] = set()
        self._stages: dict[str, dict[str, Any]] = {}
        self._warnings: dict[str, None] = {}

    def advance(self) -> Result:
        """Go on until there is news."""
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._go.release()
        return self._results.get()

    def end(self) -> None:
        """Save where it is, and end."""
        self._ending.set()
        self._go.release()
        if self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        try:
            result = self._trained()
        except Interrupted:
            result = {}
        except FitError as error:
            result = self._failed(_said(error.diagnostics[0]))
        except (Exception, SystemExit) as error:
            # a user's own network may do anything; whoever waits for the trial must hear of its end
            result = self._failed(f"{type(error).__name__}: {error}")
        self._results.put({**result, **self._spent(), "trial": self.trial, "done": True})

    def _trained(self) -> Result:
        compilation, folder = self.subject.compilation(self.point), self.subject.run_folder(self.trial)
        options = TrainOptions(
            base=self.subject.base,
            spec=compilation.resolved,
            point={name: info.spelling for name, info in compilation.params.items()},
            run_dir=folder,
            resume=(folder / "run.json").exists(),
            store=self.subject.store,
            opened=self.opened,
            is_measured=False,
            is_asked_to_end=self._ending.is_set,
            observer=self._hear,
            **self.subject.options,
        )
        program = compilation.program
        self._last = list(program.stages)[-1]
        self._keys = keys_of(program, options.around) or {}
        known = self._finished() if options.reuse and not options.resume else None
        return known or self._run(program, options)

    def _finished(self) -> Result | None:
        """What is known of a student whose stages were all trained before; None of any other."""
        try:
            entries = {name: self.subject.store.take("stage", key) for name, key in self._keys.items()}
        except (Damaged, OSError):
            # training comes upon it again, and says so
            return None
        found = {name: entry.record for name, entry in entries.items() if entry is not None}
        if not entries or len(found) < len(entries):
            return None
        known = {name: {**record.result, "key": record.key, "reused": True} for name, record in found.items()}
        return self._over({name: StageReport.model_validate(stage) for name, stage in known.items()})

    def _run(self, program: Program, options: TrainOptions) -> Result:
        """Train what is not trained yet."""
        assert options.run_dir is not None
        self._await(options.run_dir)
        self._teaching = {name for name, plan in program.stages.items() if set(plan.runs) - set(plan.trains)}
        train = late("training.processes").train_together if options.gpus > 1 else late("training.run").train
        try:
            report: RunReport = train(program, options)
        except FitError as error:
            if error.diagnostics[0].code != OUT_OF_MEMORY:
                raise
            # what an earlier trial of this process has left may be in the way
            self.opened.clear()
            gc.collect()
            report = train(program, replace(options, resume=(options.run_dir / "run.json").exists()))
        if not report.stages[self._last].reused:
            self._recall()
        return self._over(report.stages)

    def _over(self, stages: Mapping[str, StageReport]) -> Result:
        """How a trial ended whose stages are all finished."""
        last = stages[self._last]
        metrics = _metrics(last.metrics["val"] or last.metrics["train"])
        for name, stage in stages.items():
            # what an earlier attempt has finished is told by this one, as nobody may have heard it
            self._stages.setdefault(name, {"key": self._keys.get(name, ""), "reused": stage.reused})
        ended = {"status": "done", "epoch": last.epochs, "score": self._score(metrics), "metrics": metrics}
        return {**ended, "history": self._history}

    def _await(self, folder: Path) -> None:
        """Wait until the process that had the run before, and was given up, is gone."""
        until = monotonic() + GONE_S
        while folder.is_dir() and not self._ending.is_set() and monotonic() < until:
            with held(folder) as is_free:
                if is_free:
                    return
            sleep(LOOK_EVERY_S)

    def _hear(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._tell({"stage": "", "at": 0, "of": 0})
            case StageAwaited():
                self._tell({"stage": event.stage, "at": 0, "waits": True})
            case StageStarted():
                self._stage = event
                if event.stage == self._last and event.epoch:
                    self._recall()
            case Warned():
                self._warnings[event.message] = None
            case OutputsKept():
                self._swept.add(event.stage)
                self._passes += event.rows / max(event.total, 1)
            case EpochDone():
                self._passes += float(event.stage in self._teaching - self._swept)
                self._epoch_done(event)
            case StepsDone() if monotonic() - self._told > TELL_EVERY_S:
                self._moved(event.stage, event.epoch - 1)
            case StageDone():
                self._stages[event.stage] = {"key": self._keys.get(event.stage, ""), "reused": event.reused}
                self._tell({"stage": event.stage, "at": event.epochs, **self._spent()})

    def _epoch_done(self, event: EpochDone) -> None:
        if event.stage != self._last:
            if monotonic() - self._told > TELL_EVERY_S:
                self._moved(event.stage, event.epoch)
            return
        if event.kept or not self._metrics:
            self._metrics = _metrics(event.val or event.train)
        score = self._score(self._metrics)
        self._history.append((event.epoch, score))
        scored = {"epoch": event.epoch, "score": score, "metrics": dict(self._metrics), "history": self._history[:]}
        self._tell({"stage": event.stage, "at": event.epoch, **scored, **self._spent()})

    def _recall(self) -> None:
        """The epochs of the last stage, and what was measured at the kept one, as they are written down."""
        self._history, self._metrics = [], {}
        lines = (self.subject.run_folder(self.trial) / "events.jsonl").read_text("utf-8").splitlines()
        for event in map(json.loads, lines):
            if event.get("stage") == self._last and event["event"] == EpochDone.event:
                if event["kept"] or not self._metrics:
                    self._metrics = _metrics(event["val"] or event["train"])
                self._history.append((event["epoch"], self._score(self._metrics)))

    def _moved(self, stage: str, epoch: int) -> None:
        self._tell({"stage": stage, "at": epoch})

    def _tell(self, result: Result) -> None:
        """Stand still until whoever has heard it lets the trial go on; nobody hears one that is to end."""
        if self._ending.is_set():
            return
        of = self._stage.epochs if self._stage and self._stage.stage == result["stage"] else 0
        self._results.put({"trial": self.trial, "of": of, **result})
        self._go.acquire()
        self._told = monotonic()

    def _score(self, metrics: Mapping[str, float]) -> float:
        return self.subject.sign * metrics[self.subject.metric]

    def _failed(self, reason: str) -> Result:
        return {"status": "failed", "reason": reason}

    def _spent(self) -> Result:
        """What the trial has taken, and was warned of, since it began, or was gone on with."""
        stages = {name: dict(stage) for name, stage in self._stages.items()}
        spent = {"stages": stages, "seconds": monotonic() - self._began, "passes": self._passes}
        return {**spent, "warnings": list(self._warnings)}


def _said(finding: Diagnostic) -> str:
    return f"{finding.code}: {finding.message}"


def _metrics(measured: Mapping[str, float]) -> dict[str, float]:
    """The metrics that a search can aim at."""
    return {name: measured[name] for name in METRICS if name in measured}
