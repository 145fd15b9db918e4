"""What a search says of itself while it runs: `search.json`, and whoever looks on."""

from __future__ import annotations

from dataclasses import field
from functools import cached_property
from time import monotonic

from ..atomic import write_text
from ..dataclass import dataclass
from ..training.report import versions
from .options import View
from .report import SearchReport, SearchStatus, Winner
from .settled import Settled
from .study import Study
from .trainee import Result
from .writing import writing

WRITE_EVERY_S = 2.0
"""How often `search.json` is brought up to date while trials run."""

LOOK_EVERY_S = 0.5
"""How often a watcher is told."""


@dataclass(eq=False)
class Bulletin:
    """Writes and tells where a search is.

    Attributes:
        settled: The search.
        study: Its trials.
    """

    settled: Settled
    study: Study
    _moving: dict[int, Result] = field(default_factory=dict)
    _written: float = 0.0
    _looked: float = 0.0
    _began: float = field(default_factory=monotonic)

    def moved(self, id: int, result: Result) -> None:
        """A trial has news."""
        self._moving[id] = result
        self.changed()

    def changed(self) -> None:
        """Something has happened: tell it, unless that was done a moment ago."""
        now = monotonic()
        if now - self._looked <= LOOK_EVERY_S:
            return
        self._looked = now
        report = self.report("running")
        self.settled.options.watcher(View(report, self._moving))
        if now - self._written > WRITE_EVERY_S:
            self._written = now
            self._write(report)

    def publish(self, status: SearchStatus, winner: Winner | None = None) -> SearchReport:
        """Write where the search is, in any case."""
        report = self.report(status).model_copy(update={"winner": winner})
        self._write(report)
        return report

    def report(self, status: SearchStatus) -> SearchReport:
        """The search by now."""
        settled, study, compilation = self.settled, self.study, self.settled.compilation
        trials = list(study.trials.values())
        return SearchReport(
            name=compilation.name,
            status=status,
            spec=compilation.linked,
            point=dict(settled.fixed),
            seed=settled.seed,
            goals=tuple(map(str, settled.settings.goals)),
            vary=settled.settings.vary,
            sampler=settled.settings.sampler.word,
            scheduler=settled.settings.scheduler.word,
            wanted=study.wanted,
            limits=dict(settled.limits),
            resources={"cpus": settled.resources.cpus, "gpus": settled.resources.gpus},
            versions=self._versions,
            trials=trials,
            pareto=study.pareto(),
            best=study.best(),
            counts=study.counts(),
            teacher_passes=sum(trial.passes for trial in trials),
            seconds=self._earlier_s + monotonic() - self._began,
            folder=settled.folder,
        )

    @cached_property
    def _versions(self) -> dict[str, str]:
        """Looked up once: a report is made twice a second, and finding them reads files."""
        return versions()

    @property
    def _earlier_s(self) -> float:
        return self.settled.earlier.seconds if self.settled.earlier else 0.0

    def _write(self, report: SearchReport) -> None:
        with writing(self.settled.folder):
            write_text(self.settled.folder / "search.json", report.model_dump_json(indent=2) + "\n")
