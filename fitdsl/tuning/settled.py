"""What a search has decided before its first trial: by its spec, its options, and how it was begun."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from ray.tune.schedulers import TrialScheduler

from ..backend.refusal import refusal
from ..compilation import Compilation
from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..program.model import StagePlan
from ..program.search import SearchSettings
from ..source import Source
from ..syntax import nodes
from ..syntax.parser import parse
from ..training.resumption import differences
from ..work.key import Around
from ..work.paths import moved
from .candidates import Candidates
from .ledger import Ledger
from .options import SearchOptions
from .report import SearchReport
from .resources import Resources
from .samplers import proposer
from .schedulers import Told, scheduler
from .study import Study, metric_of
from .trainee import Subject


@dataclass(frozen=True, eq=False)
class Settled:
    """One search as it is going to run.

    Attributes:
        compilation: The spec.
        settings: Its search block.
        options: What was chosen beside it.
        folder: Of the search, absolute.
        earlier: What an earlier attempt has reported, if this one goes on with it.
    """

    compilation: Compilation
    settings: SearchSettings
    options: SearchOptions
    folder: Path
    earlier: SearchReport | None

    @property
    def seed(self) -> int:
        """Of every student."""
        begun = self.earlier.seed if self.earlier else 0
        return begun if self.options.seed is None else self.options.seed

    @property
    def wanted(self) -> int:
        """How many students to train."""
        begun = self.earlier.wanted if self.earlier else self.settings.sampler.trials
        return begun if self.options.trials is None else self.options.trials

    @cached_property
    def fixed(self) -> Mapping[str, str]:
        """Values of the params that do not vary."""
        infos = self.compilation.params
        return {name: info.spelling for name, info in infos.items() if name not in self.settings.vary}

    @cached_property
    def limits(self) -> Mapping[str, int]:
        """At most so many epochs in single stages, by name."""
        most = self.settings.scheduler.most_epochs
        return {} if most is None or most >= self._last.settings.epochs else {self._last.name: most}

    @property
    def around(self) -> Around:
        """What has a say in results and does not stand in the spec."""
        return Around(self.base, self.seed, None, self.limits)

    @cached_property
    def resources(self) -> Resources:
        """What one trial is given of a machine."""
        trial, options = self.settings.trial, self.options
        return Resources(
            cpus=trial.cpus if options.cpus is None else options.cpus,
            gpus=trial.gpus if options.gpus is None else options.gpus,
            at_once=options.at_once,
            asked_device=options.device,
        )

    @cached_property
    def subject(self) -> Subject:
        """What all trials have in common."""
        metric, sign = metric_of(self.settings.goals)
        return Subject(
            text=self.compilation.linked,
            name=self.compilation.name,
            base=self.base,
            point=self.fixed,
            metric=metric,
            sign=sign,
            folder=self.folder,
            store=self.options.finished_work(),
            options={
                "seed": self.seed,
                "device": self.resources.device,
                "gpus": self.resources.processes,
                "limits": dict(self.limits),
                "allow_python": self.options.allow_python,
            },
        )

    def study(self) -> Study:
        """The trials, as far as earlier attempts have come with them."""
        candidates, goals = Candidates(self.compilation, self.settings.vary), self.settings.goals
        return Study(
            compilation=self.compilation,
            candidates=candidates,
            goals=goals,
            proposer=proposer(self.settings.sampler, candidates, len(goals)),
            ledger=Ledger.read(self.folder / "ledger.jsonl"),
            around=self.around,
            wanted=self.wanted if candidates.size is None else min(self.wanted, candidates.size),
        )

    def scheduler(self, told: Told) -> TrialScheduler:
        """Who decides which trials train on; `told` hears of it."""
        return scheduler(self.settings.scheduler, self.around.capped(self._last), told)

    def check_same(self, earlier: SearchReport) -> None:
        """Hold that a search goes on as it was begun.

        Raises:
            FitError: Spec, seed or values of other params differ (FIT5034).
        """
        then, now = {"seed": earlier.seed, "point": earlier.point}, {"seed": self.seed, "point": self.fixed}
        is_of = self._is_of(earlier)
        if not is_of or then != now:
            notes = [] if is_of else list(differences(earlier.spec, self.compilation.linked))
            notes += [f"`{name}`: {value} -> {now[name]}" for name, value in then.items() if value != now[name]]
            helps = [
                "go on with the spec it was begun with, or leave `--resume` out: a new search takes what is finished "
                "and the same from the store",
            ]
            raise refusal("FIT5034", f"`{self.folder}` was begun as another search", notes=notes, helps=helps)

    def _is_of(self, earlier: SearchReport) -> bool:
        """Whether the spec is that of an earlier search in this folder, or what it has left here of its spec."""
        file = self.folder / "spec.fit"
        if _meaning(self.compilation.linked) == _meaning(earlier.spec):
            return True
        return file.exists() and _meaning(self.spec_here) == _meaning(file.read_text(encoding="utf-8"))

    @cached_property
    def spec_here(self) -> str:
        """The spec with everything that it uses written in, such that it can be read from the search's folder."""
        return moved(self.compilation.linked, self.base, self.folder)

    @property
    def base(self) -> Path:
        """Folder of the spec, to which paths in it are relative."""
        path = self.compilation.path
        return (path.parent if path else Path()).absolute()

    @property
    def _last(self) -> StagePlan:
        return list(self.compilation.program.stages.values())[-1]


def _meaning(text: str) -> nodes.Spec:
    """A spec without its comments and blanks."""
    return parse(Source("spec", text), Reporter())
