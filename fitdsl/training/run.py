"""A whole run: the stages of a program in order, each from what those before it left, then one measurement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import field, replace

import torch

from ..backend.refusal import refusal
from ..backend.weights import save_weights
from ..dataclass import dataclass
from ..diagnostics import did_you_mean
from ..program.model import Program, StagePlan
from ..work.key import StageKey, stage_keys
from ..work.paths import moved
from ..work.store import Store
from .events import RunDone, RunStarted, StageDone
from .folder import RunFolder, beside, choose_folder
from .interrupts import Asked, Interrupted, listening
from .loggers import Logger
from .logs import chosen_loggers
from .materials import Materials
from .networks import ancestors, taught
from .options import TrainOptions
from .peers import ALONE, Peers
from .prepared import save_prepared
from .report import NetworkReport, RunReport, StageReport, versions
from .resumption import check_same, is_another, take_along
from .reuse import Finished
from .stage import Stage
from .stage_run import StageRunner
from .surroundings import reproducible, within_memory
from .telling import Telling
from .testing import classified, tested


def train(program: Program, options: TrainOptions | None = None, peers: Peers = ALONE) -> RunReport:
    """Run the stages of a program and measure its networks once on the test split.

    Args:
        program: A checked program.
        options: Seed, device, folders and the like.
        peers: The processes that train this run with this one; all are given the same folder, and a process group of
            torch's joins them.

    Returns:
        What `run.json` in the run's folder holds.

    Raises:
        FitError: Data or weights cannot be read, a loss is not finite, or the folder cannot be used or written;
            what was finished before is kept.
        Interrupted: Ctrl-C was pressed; all is saved to go on.
    """
    options = options or TrainOptions()
    loggers = chosen_loggers(options.log)
    device = options.torch_device()
    folder, earlier = peers.agreed(lambda: choose_folder(options, program.name))
    folder = replace(folder, is_written=peers.is_first)
    with reproducible(device), within_memory(device):
        return _Run(program, options, device, folder, loggers, peers).go(earlier)


def chosen_stages(program: Program, stage: str | None) -> list[str]:
    """The stages to run, in order: all, or one with those it starts from.

    Raises:
        FitError: There is no such stage, or none at all (FIT4004).
    """
    if not program.stages:
        helps = ["add one: `stage learn { … }`; `fit init` writes a spec that has some"]
        raise refusal("FIT4004", "this spec has no stage, so there is nothing to train", helps=helps)
    if stage is None:
        return list(program.stages)
    if stage in program.left_out:
        raise refusal("FIT4004", f"stage `{stage}` has no epochs here, so it is left out", helps=["give it some"])
    if stage not in program.stages:
        raise refusal("FIT4004", f"there is no stage `{stage}`", helps=did_you_mean(stage, program.stages))
    return ancestors(program, [stage])


@dataclass(eq=False)
class _Run:
    """One run from its first stage to its report."""

    program: Program
    options: TrainOptions
    device: torch.device
    folder: RunFolder
    loggers: Mapping[str, Logger]
    peers: Peers
    materials: Materials = field(init=False)
    report: RunReport = field(init=False)
    keys: Mapping[str, StageKey] = field(init=False)
    store: Store = field(init=False)
    telling: Telling = field(init=False)

    def go(self, earlier: RunReport | None) -> RunReport:
        """Run what is not done yet; `earlier` is what an attempt before this one has reported."""
        self.store = self.options.finished_work()
        names = chosen_stages(self.program, self.options.stage)
        self.materials = Materials.gathered(self.program, self.options, self.device, self.peers)
        self.materials.open(names)
        self.keys = self.peers.agreed(lambda: self._keys(names))
        keys = {name: key.in_files for name, key in self.keys.items()}
        if earlier and self.options.force and is_another(earlier, keys):
            return self._anew(earlier, names, keys)
        if earlier:
            check_same(earlier, self.options, keys)
        if earlier and earlier.status == "done" and set(names) <= earlier.stages.keys():
            return earlier
        self.report = self._begun(earlier, keys)
        return self._held(names, is_new=earlier is None)

    def _anew(self, earlier: RunReport, names: list[str], keys: Mapping[str, str]) -> RunReport:
        """Begin a run of its own, with what an earlier one has finished that is the same."""
        self.folder = replace(self.peers.agreed(lambda: beside(earlier.folder)), is_written=self.peers.is_first)
        self.report = self._begun(None, keys)
        return self._held(names, is_new=True, taken=lambda: take_along(earlier, keys, self.folder))

    def _held(
        self, names: list[str], *, is_new: bool, taken: Callable[[], Mapping[str, StageReport]] = dict
    ) -> RunReport:
        """Run in the folder while nobody else may; `taken` fills a new one with stages that are finished."""
        stages = {name: self.materials.prepared(self.program.stages[name]) for name in names}
        self.telling = Telling(self.folder, self.options.observer)
        spec = moved(self.options.spec, self.options.base, self.folder.path)
        begun = self.folder.begun(self.report, spec, is_new=is_new)
        with begun, self._logging(), listening() as is_interrupted:
            already = {**self.report.stages, **self.peers.agreed(taken)}
            self.report = self.report.model_copy(update={"stages": already})
            self._save_prepared(names)
            try:
                self._run(stages, self._runner(is_interrupted))
            except Asked:
                raise Interrupted(self.folder.path) from None
            return self._finish(names) if self.peers.is_first else self.report

    def _run(self, stages: Mapping[str, Stage], runner: StageRunner) -> None:
        self.telling.tell(RunStarted(self.folder.path, tuple(stages), self.options.seed, str(self.device)))
        self._doubt_data(stages)
        for name, stage in stages.items():
            self.materials.networks.start(stage.plan)
            stage.freeze()
            stage.lay_out()
            self._load(stage, runner) if name in self.report.stages else self._take_or_train(stage, runner)
            self.materials.networks.keep(stage)

    def _doubt_data(self, stages: Iterable[str]) -> None:
        """Warn of what is hardly meant of the data, with the first stage that is fed by them."""
        told = set[str]()
        for stage in stages:
            data = self.program.stages[stage].data
            for doubt in () if data in told else self.materials.splits(data).doubts:
                self.telling.warn(stage, f"data `{data}`: {doubt}")
            told.add(data)

    def _keys(self, names: list[str]) -> dict[str, StageKey]:
        keys = stage_keys(self.program, names, self.options.around)
        return {name: key for name, key in keys.items() if key is not None}

    def _begun(self, earlier: RunReport | None, keys: Mapping[str, str]) -> RunReport:
        if earlier is not None:
            return earlier.model_copy(update={"status": "running", "plan": {**earlier.plan, **keys}})
        return RunReport(
            name=self.program.name,
            status="running",
            spec=self.options.spec,
            point=dict(self.options.point),
            seed=self.options.seed,
            epochs=self.options.epochs,
            limits=dict(self.options.limits),
            device=str(self.device),
            versions=versions(),
            plan=dict(keys),
            folder=self.folder.path,
        )

    def _runner(self, is_interrupted: Callable[[], bool]) -> StageRunner:
        return StageRunner(
            materials=self.materials,
            folder=self.folder,
            telling=self.telling,
            finished=Finished(self.store, self.options.reuse, self.telling.warn),
            keys=self.keys,
            is_asked_here=lambda: is_interrupted() or self.options.is_asked_to_end(),
        )

    def _logging(self) -> AbstractContextManager[None]:
        settings = {"seed": str(self.options.seed), **{name: str(value) for name, value in self.options.point.items()}}
        return self.telling.logging(self.loggers if self.peers.is_first else {}, self.program.name, settings)

    def _load(self, stage: Stage, runner: StageRunner) -> None:
        """Go on from a stage that this run has finished."""
        name, done = stage.plan.name, self.report.stages[stage.plan.name]
        runner.put(stage)
        if self.peers.is_first:
            self.folder.checkpoints(name).remove()
        self.telling.tell(StageDone(name, done.epochs, done.kept_epoch, True, done.seconds, self.folder.stage(name)))

    def _take_or_train(self, stage: Stage, runner: StageRunner) -> None:
        with runner.turn(stage.plan):
            taken = self.peers.agreed(lambda: runner.taken(stage))
            if taken is None:
                self._note(stage.plan, runner.trained(stage))
                if self.peers.is_first:
                    self.folder.checkpoints(stage.plan.name).remove()
                return
        runner.put(stage)
        self._note(stage.plan, taken)

    def _note(self, plan: StagePlan, done: StageReport) -> None:
        """Report a stage that is over."""
        self.report = self.report.model_copy(update={"stages": {**self.report.stages, plan.name: done}})
        self.folder.write(self.report)
        file = self.folder.stage(plan.name)
        self.telling.tell(StageDone(plan.name, done.epochs, done.kept_epoch, done.reused, done.seconds, file))

    def _finish(self, names: list[str]) -> RunReport:
        self.materials.networks.finish(names)
        measured = {name: self._tested(name) for name in taught(self.program, names) if self.options.is_measured}
        networks = {name: report for name, report in measured.items() if report}
        trained = self._save_networks(names)
        self.report = self.report.model_copy(update={"status": "done", "networks": networks, "trained": trained})
        self.folder.write(self.report)
        self.telling.tell(RunDone(self.folder.path, self.report.test))
        return self.report

    def _tested(self, name: str) -> NetworkReport | None:
        data = classified(self.program, name)
        if data is None:
            return None
        seconds = sum(
            stage.seconds for one, stage in self.report.stages.items() if name in self.program.stages[one].trains
        )
        return tested(
            self.program,
            name,
            self.materials.networks.modules[name],
            self.materials.splits(data).test,
            trained_s=seconds,
        )

    def _save_prepared(self, stages: Iterable[str]) -> None:
        """Write what the preparations of the stages' data have learned, without which weights are of little use."""
        if not (self.peers.is_first and self.options.is_measured):
            return
        with self.folder.writing():
            for data in dict.fromkeys(self.program.stages[stage].data for stage in stages):
                learned = self.materials.splits(data).prepared
                save_prepared(self.program.data[data], learned, self.report.prepared(data))

    def _save_networks(self, stages: list[str]) -> tuple[str, ...]:
        """Write the final weights of every network that these stages train, and say which these are."""
        trained = tuple(dict.fromkeys(network for stage in stages for network in self.program.stages[stage].trains))
        with self.folder.writing():
            for network in trained:
                save_weights(self.materials.networks.modules[network], self.report.weights(network))
        return trained
