"""A whole search: its study, the cluster that runs its trials, what is written down, and the best student found."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import Any

from ..atomic import write_text
from ..backend.refusal import refusal
from ..compilation import Compilation
from ..dataclass import dataclass
from ..diagnostics import FitError, Reporter, Severity
from ..program.search import CostOf, SearchSettings
from ..source import Source
from ..syntax import nodes
from ..syntax.parser import parse
from ..training.interrupts import Interrupted as RunInterrupted
from ..training.interrupts import listening
from ..training.report import versions
from ..training.resumption import differences
from ..values import Metric
from ..work.hold import held
from ..work.key import Around
from .accord import check_accord
from .candidates import Candidates
from .cluster import LOCAL, chosen, connected
from .ledger import Ledger
from .options import SearchOptions, View, choose_folder
from .ray_run import Resources, Told, check_resources, run_trials
from .ray_trials import Watch
from .report import SearchReport
from .samplers import proposer
from .schedulers import scheduler
from .study import Study, metric_of
from .trainee import Result, Subject
from .winner import finish

WRITE_EVERY_S = 2.0
"""How often `search.json` is brought up to date while trials run."""


LOOK_EVERY_S = 0.5
"""How often a watcher is told."""


class Interrupted(Exception):
    """A search was asked to end; all is saved to go on with it.

    Args:
        folder: The search, to be resumed.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(f"interrupted; `{folder}` holds everything needed to go on")
        self.folder = folder


def search(compilation: Compilation, options: SearchOptions) -> SearchReport:
    """Train students of a spec's space and find the best.

    Returns:
        What `search.json` in the search's folder holds.

    Raises:
        FitError: The spec has no search, no student meets its requirements, the cluster or the folder is not to be had.
        Interrupted: Ctrl-C was pressed; all is saved to go on.
    """
    settings = compilation.search
    if settings is None:
        helps = ["add one: `search { maximize = val.accuracy }`; `fit init` writes a spec that has one"]
        raise refusal("FIT5030", "this spec has no search", helps=helps)
    if not compilation.program.stages:
        helps = ["add one: `stage learn { … }`"]
        raise refusal("FIT4004", "this spec has no stage, so there is nothing to train", helps=helps)
    wrong = [found for found in compilation.search_diagnostics if found.severity is Severity.ERROR]
    if wrong:
        raise FitError(wrong)
    folder, earlier = choose_folder(options, compilation.name)
    return _Search(compilation, settings, options, folder.absolute(), earlier).run()


@dataclass(eq=False)
class _Search:
    """One search from its first trial to its report."""

    compilation: Compilation
    settings: SearchSettings
    options: SearchOptions
    folder: Path
    earlier: SearchReport | None
    moving: dict[int, Result] = field(default_factory=dict)
    earlier_s: float = 0.0
    written: float = 0.0
    looked: float = 0.0
    began: float = field(default_factory=monotonic)

    @property
    def seed(self) -> int:
        """Of every student."""
        begun = self.earlier.seed if self.earlier else 0
        return begun if self.options.seed is None else self.options.seed

    def run(self) -> SearchReport:
        if self.earlier is not None:
            self._check_same(self.earlier)
            self.earlier_s = self.earlier.seconds
        self.folder.mkdir(parents=True, exist_ok=True)
        with held(self.folder) as is_had:
            if not is_had:
                helps = ["wait for it, or take another folder"]
                raise refusal("FIT5031", f"another process searches in `{self.folder}`", helps=helps)
            return self._held()

    def _held(self) -> SearchReport:
        self.study = self._study()
        if self.earlier is not None and self._is_over(self.earlier):
            return self.earlier
        write_text(self.folder / "spec.fit", self.compilation.linked)
        self._write(self._report("running"))
        with listening() as is_asked, connected(self.options.address):
            if chosen(self.options.address) != LOCAL:
                check_accord()
            check_resources(self._resources())
            run_trials(
                self.study,
                self.subject,
                self._resources(),
                Watch(self._moved, self._changed),
                self._scheduler,
                is_asked,
            )
            if is_asked():
                self._write(self._report("interrupted"))
                raise Interrupted(self.folder)
        shutil.rmtree(self.folder / "ray", ignore_errors=True)
        return self._finished()

    def _is_over(self, earlier: SearchReport) -> bool:
        """Whether nothing is left to do of a search that was finished before."""
        if earlier.status != "done" or self.study.unfinished or self.study.wanted > earlier.wanted:
            return False
        return earlier.winner is None or earlier.winner.finished_live or not self.options.finish_live

    def _finished(self) -> SearchReport:
        best = self.study.best()
        report = self._report("done")
        if best is not None:
            try:
                winner = finish(report.trial(best), self.subject, live=self.options.finish_live)
            except RunInterrupted:
                self._write(self._report("interrupted"))
                raise Interrupted(self.folder) from None
            report = report.model_copy(update={"winner": winner})
        self._write(report)
        self.options.watcher(View(report, {}))
        return report

    def _study(self) -> Study:
        candidates = Candidates(self.compilation, self.settings.vary)
        sampler = self.settings.sampler
        return Study(
            self.compilation,
            candidates,
            self.settings.goals,
            proposer(sampler, candidates, len(self.settings.goals)),
            Ledger.read(self.folder / "ledger.jsonl"),
            Around(self._base, self.seed, None, self._limits),
            self.options.trials or sampler.trials,
        )

    @property
    def subject(self) -> Subject:
        """What all trials have in common."""
        metric, sign = metric_of(self.settings.goals)
        resources = self._resources()
        return Subject(
            text=self.compilation.linked,
            name=self.compilation.name,
            base=self._base,
            point=self._fixed,
            metric=metric,
            sign=sign,
            folder=self.folder,
            store=self.options.finished_work(),
            options={
                "seed": self.seed,
                "device": resources.device,
                "gpus": resources.processes,
                "limits": dict(self._limits),
                "allow_python": self.options.allow_python,
            },
        )

    @cached_property
    def _versions(self) -> dict[str, str]:
        """Looked up once: a report is made twice a second, and finding them reads files."""
        return versions()

    @property
    def _base(self) -> Path:
        path = self.compilation.path
        return (path.parent if path else Path()).absolute()

    @property
    def _fixed(self) -> dict[str, str]:
        """Values of the params that do not vary."""
        infos = self.compilation.params
        return {name: info.spelling for name, info in infos.items() if name not in self.settings.vary}

    @property
    def _last(self) -> str:
        return list(self.compilation.program.stages)[-1]

    @property
    def _limits(self) -> Mapping[str, int]:
        most = getattr(self.settings.scheduler, "max_epochs", None)
        stage = self.compilation.program.stages[self._last]
        return {self._last: most} if most is not None and most < stage.settings.epochs else {}

    def _resources(self) -> Resources:
        trial, options = self.settings.trial, self.options
        return Resources(
            cpus=trial.cpus if options.cpus is None else options.cpus,
            gpus=trial.gpus if options.gpus is None else options.gpus,
            at_once=options.at_once,
            asked_device=options.device,
        )

    def _scheduler(self, told: Told) -> Any:
        stage = self.compilation.program.stages[self._last]
        epochs = self._limits.get(self._last, stage.settings.epochs)
        return scheduler(self.settings.scheduler, epochs, told)

    def _moved(self, id: int, result: Result) -> None:
        self.moving[id] = result
        self._changed()

    def _changed(self) -> None:
        now = monotonic()
        if now - self.looked > LOOK_EVERY_S:
            self.looked = now
            report = self._report("running")
            self.options.watcher(View(report, self.moving))
            if now - self.written > WRITE_EVERY_S:
                self.written = now
                self._write(report)

    def _write(self, report: SearchReport) -> None:
        write_text(self.folder / "search.json", report.model_dump_json(indent=2) + "\n")

    def _report(self, status: Any) -> SearchReport:
        study, settings = self.study, self.settings
        trials = list(study.trials.values())
        return SearchReport(
            name=self.compilation.name,
            status=status,
            spec=self.compilation.linked,
            point=self._fixed,
            seed=self.seed,
            goals=tuple(f"{goal.direction} {_named(goal.what)}" for goal in settings.goals),
            vary=settings.vary,
            sampler=settings.sampler.word,
            scheduler=settings.scheduler.word,
            wanted=study.wanted,
            limits=dict(self._limits),
            resources={"cpus": self._resources().cpus, "gpus": self._resources().gpus},
            versions=self._versions,
            trials=trials,
            pareto=study.pareto(),
            best=study.best(),
            counts=study.counts(),
            teacher_passes=sum(trial.passes for trial in trials),
            seconds=self.earlier_s + monotonic() - self.began,
            folder=self.folder,
        )

    def _check_same(self, earlier: SearchReport) -> None:
        """Hold that a search goes on as it was begun.

        Raises:
            FitError: Spec, seed or values of other params differ (FIT5034).
        """
        then = {"seed": earlier.seed, "point": earlier.point, "spec": _meaning(earlier.spec)}
        now = {"seed": self.seed, "point": self._fixed, "spec": _meaning(self.compilation.linked)}
        changed = [name for name, value in then.items() if value != now[name]]
        if changed:
            notes = list(differences(earlier.spec, self.compilation.linked)) if "spec" in changed else []
            notes += [f"`{name}`: {then[name]} -> {now[name]}" for name in changed if name != "spec"]
            helps = [
                "go on with the spec it was begun with, or leave `--resume` out: a new search takes what is finished "
                "and the same from the store",
            ]
            raise refusal("FIT5034", f"`{self.folder}` was begun as another search", notes=notes, helps=helps)


def _meaning(text: str) -> nodes.Spec:
    """A spec without its comments and blanks."""
    return parse(Source("spec", text), Reporter())


def _named(what: Metric | CostOf) -> str:
    return f"{what.kind}({what.network})" if isinstance(what, CostOf) else str(what)
