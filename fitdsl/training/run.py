"""A whole run: the stages of a program in order, each from what those before it left, then one measurement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace

import torch
from torch import nn

from ..backend.refusal import refusal
from ..backend.seeds import derived_seed
from ..backend.weights import load_tensors, save_tensors, save_weights
from ..diagnostics import FitError, did_you_mean
from ..program.model import Program, StagePlan
from ..source import NOWHERE
from ..work.caching import Caching, caching
from ..work.describe import digest, plain
from ..work.key import StageKey, stage_keys
from .cache import Around, Kept, keep_outputs
from .checkpoint import Progress
from .compiled import check_compiler, compiling, step_of
from .data import Splits, Walk, load_splits
from .events import Event, RunDone, RunStarted, StageAwaited, StageDone, StageStarted, Warned
from .folder import RunFolder, beside, choose_folder
from .interrupts import Asked, Interrupted, listening
from .loggers import Logger, Subject
from .logs import Log, chosen_loggers
from .loop import Course, run_epochs
from .metrics import NotFinite
from .networks import Networks, ancestors, build_networks, taught
from .norms import share_norms
from .options import TrainOptions
from .peers import ALONE, Peers
from .precision import Overflow, check_precision, overflow
from .report import NetworkReport, RunReport, StageReport, versions
from .resumption import check_same, is_another, take_along
from .reuse import Finished
from .sharing import check_sharing
from .spacing import Spacing
from .stage import Stage, prepare
from .surroundings import reproducible, within_memory
from .testing import classified, tested
from .updates import Updates, updates_of


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
    is_asked_here: Callable[[], bool] = field(init=False)
    networks: Networks = field(init=False)
    report: RunReport = field(init=False)
    keys: Mapping[str, StageKey] = field(init=False)
    finished: Finished = field(init=False)
    cachings: dict[str, Caching] = field(default_factory=dict)
    _logs: list[Log] = field(default_factory=list)

    def go(self, earlier: RunReport | None) -> RunReport:
        """Run what is not done yet; `earlier` is what an attempt before this one has reported."""
        self.finished = Finished(self.options.finished_work(), self.options.reuse, self._warn)
        names = chosen_stages(self.program, self.options.stage)
        self.networks = self._built()
        for name in names:
            self._splits(self.program.stages[name].data)
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
        stages = {name: self._prepared(self.program.stages[name]) for name in names}
        begun = self.folder.begun(self.report, is_new=is_new)
        with begun, self._logging(), listening() as is_interrupted:
            self.is_asked_here = lambda: is_interrupted() or self.options.is_asked_to_end()
            already = {**self.report.stages, **self.peers.agreed(taken)}
            self.report = self.report.model_copy(update={"stages": already})
            try:
                self._run(stages)
            except Asked:
                raise Interrupted(self.folder.path) from None
            return self._finish(names) if self.peers.is_first else self.report

    def _run(self, stages: Mapping[str, Stage]) -> None:
        self._tell(RunStarted(self.folder.path, tuple(stages), self.options.seed, str(self.device)))
        for name, stage in stages.items():
            self.networks.start(stage.plan)
            stage.freeze()
            stage.lay_out()
            self._load(stage) if name in self.report.stages else self._take_or_train(stage)
            self.networks.keep(stage)

    def _built(self) -> Networks:
        options = self.options
        networks = build_networks(
            self.program,
            seed=options.seed,
            base=options.base,
            device=self.device,
            allow_python=options.allow_python,
        )
        self._share_norms(networks.modules)
        return networks

    def _share_norms(self, modules: Mapping[str, nn.Module]) -> None:
        for module in () if self.peers.is_alone else modules.values():
            share_norms(module)

    def _splits(self, data: str) -> Splits:
        settings, opened = self.program.data[data], self.options.opened
        key = (digest(plain(settings)), self.options.base, self.options.seed, self.device)
        if key not in opened:
            opened[key] = load_splits(
                settings,
                base=self.options.base,
                seed=self.options.seed,
                device=self.device,
                span=self.program.places.get(data, NOWHERE),
            )
        splits: Splits = opened[key]
        return splits

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

    def _prepared(self, plan: StagePlan) -> Stage:
        """Data opened and networks cut before anything trains, so that what cannot work fails at once."""
        splits = self._splits(plan.data)
        check_precision(plan, self.device)
        check_compiler(plan, self.device)
        check_sharing(plan, self._walk(plan), len(splits.train))
        self.cachings[plan.name] = caching(self.program, plan, (len(splits.train), len(splits.val)))
        stage = prepare(
            self.program,
            plan,
            self.networks.modules,
            seed=self.options.seed,
            cut=self.cachings[plan.name].cut,
            examples=len(splits.train),
        )
        self._share_norms(stage.regressors)
        return stage

    def _warn(self, stage: str, message: str) -> None:
        self._tell(Warned(stage, message))

    def _tell(self, event: Event) -> None:
        self.folder.log(event)
        self.options.observer(event)
        for log in self._logs:
            log(event)

    @contextmanager
    def _logging(self) -> Iterator[None]:
        settings = {"seed": str(self.options.seed), **{name: str(value) for name, value in self.options.point.items()}}
        for name, logger in self.loggers.items() if self.peers.is_first else ():
            subject = Subject(self.program.name, self.folder.path, settings, self.folder.log_folder(name))
            self._logs.append(Log(logger, subject, self.folder, self._warn))
        with ExitStack() as after:
            for log in self._logs:
                after.callback(log.close)
            yield

    def _load(self, stage: Stage) -> None:
        """Go on from a stage that this run has finished."""
        name, done = stage.plan.name, self.report.stages[stage.plan.name]
        self._put(stage)
        if self.peers.is_first:
            self.folder.checkpoints(name).remove()
        self._tell(StageDone(name, done.epochs, done.kept_epoch, True, done.seconds, self.folder.stage(name)))

    def _take_or_train(self, stage: Stage) -> None:
        with self._turn(stage.plan):
            taken = self.peers.agreed(lambda: self._taken(stage))
            if taken is None:
                self._train(stage)
                return
        self._put(stage)
        self._note(stage.plan, taken)

    def _turn(self, plan: StagePlan) -> AbstractContextManager[None]:
        """Alone with a stage: another process that trains the same one is waited for."""
        if not self.peers.is_alone:
            # the other processes of this run would wait longer than they may
            return nullcontext()
        awaited = StageAwaited(plan.name)
        return self.finished.turn(self.keys[plan.name], lambda: self._tell(awaited), self.is_asked_here)

    def _taken(self, stage: Stage) -> StageReport | None:
        """What is known of a stage that was trained before; its weights are then in the run's folder."""
        taken = self.finished.take(stage, self.keys[stage.plan.name])
        if taken is not None:
            self._save(stage)
        return taken

    def _put(self, stage: Stage) -> None:
        """Take a finished stage's weights from the run's folder."""
        file = self.folder.stage(stage.plan.name)
        self.networks.put_stage_state(stage.plan, load_tensors(file, stage.plan.span), str(file))

    def _train(self, stage: Stage) -> None:
        plan, name = stage.plan, stage.plan.name
        torch.manual_seed(self._seed(plan, "stage"))
        updates = updates_of(stage, self.peers)
        progress = self._gone_on(stage, updates)
        course = self._course(stage, updates)
        moving = sum(weight.numel() for group in updates.optimizer.param_groups for weight in group["params"])
        self._tell(StageStarted(name, progress.epoch, course.epochs, course.steps(), moving))
        try:
            with compiling(plan):
                run_epochs(stage, updates, course, progress)
        except NotFinite as found:
            raise self._not_finite(stage, progress, found) from None
        except Overflow as found:
            raise overflow(plan, progress.epoch + 1, found) from None
        self._save(stage)
        report = self._stage_report(plan, progress)
        if self.peers.is_first:
            self.finished.put(stage, self.keys[name], report, self.program.name)
        self._note(plan, report)
        if self.peers.is_first:
            self.folder.checkpoints(name).remove()

    def _gone_on(self, stage: Stage, updates: Updates) -> Progress:
        """Bring a stage to its last checkpoint, if there is one, and the log of events with it."""
        # the first process mends the files before the others read them
        progress = self.peers.agreed(lambda: self._restored(stage, updates))
        if not self.peers.is_first:
            self.folder.checkpoints(stage.plan.name).load(stage, updates)
        return progress

    def _restored(self, stage: Stage, updates: Updates) -> Progress:
        name = stage.plan.name
        progress, warning = self.folder.checkpoints(name).load(stage, updates)
        self.folder.forget(name, progress.epoch)
        if warning:
            self._warn(name, warning)
        return progress

    def _course(self, stage: Stage, updates: Updates) -> Course:
        plan, spacing = stage.plan, Spacing.begin()
        walk = self._walk(plan)
        return Course(
            splits=self._splits(plan.data),
            walk=walk,
            kept=self._kept(stage, walk),
            measure=step_of(stage, self.device),
            epochs=self.options.around.capped(plan),
            save=lambda progress: self._save_checkpoint(stage, updates, progress, spacing),
            is_due=lambda: self.peers.is_first and spacing.is_due(),
            observer=self._tell,
            is_asked_to_end=self.is_asked_to_end,
        )

    def _walk(self, plan: StagePlan) -> Walk:
        data = self.program.data[plan.data]
        batch = plan.settings.batch or data.batch
        return Walk(
            batch=batch,
            seed=self._seed(plan, "order"),
            shuffle=True,
            # As the paper: a step always sees a full batch, unless there is no full one.
            drop_last=len(self._splits(plan.data).train) >= batch,
            augment=data.augment,
            draws=derived_seed(self.options.seed, "augmentation"),
            views=data.views,
            peers=self.peers,
        )

    def _kept(self, stage: Stage, walk: Walk) -> Mapping[str, Kept]:
        """What is kept of a stage's outputs; the first process computes what is missing before the others look."""
        found: list[Mapping[str, Kept]] = []

        def is_swept() -> bool:
            try:
                found.append(self._swept(stage, walk))
            except Asked:
                return False
            return True

        if not self.peers.agreed(is_swept):
            raise Asked
        return found[0] if found else self._swept(stage, walk)

    def _swept(self, stage: Stage, walk: Walk) -> Mapping[str, Kept]:
        around = Around(
            data=self.program.data[stage.plan.data],
            base=self.options.base,
            seed=self.options.seed,
            spec=self.program.name,
            store=self.finished.store,
            cannot_write=self.finished.cannot_write,
            splits=self._splits(stage.plan.data),
            walk=walk,
            note=self._warn,
            observer=self._tell,
            is_asked_to_end=self.is_asked_here,
        )
        return keep_outputs(stage, self.cachings[stage.plan.name], around)

    def _seed(self, plan: StagePlan, use: str) -> int:
        """A seed for one use in a stage, which is known by how many stages it starts from: its name has no say."""
        return derived_seed(self.options.seed, use, str(len(ancestors(self.program, [plan.name]))))

    def is_asked_to_end(self) -> bool:
        """Whether all processes end before the next step, as the first one was asked to."""
        return self.peers.agreed(self.is_asked_here)

    def _save_checkpoint(self, stage: Stage, updates: Updates, progress: Progress, spacing: Spacing) -> None:
        if not self.peers.is_first:
            return
        with self.folder.writing(), spacing.measured():
            self.folder.checkpoints(stage.plan.name).save(stage, updates, progress)

    def _save(self, stage: Stage) -> None:
        if not self.peers.is_first:
            return
        name = stage.plan.name
        regressors = {key: tensor for key, tensor in stage.tensors().items() if key.startswith("regressor.")}
        with self.folder.writing():
            save_tensors(self.networks.stage_state(stage.plan), self.folder.stage(name))
            if regressors:
                save_tensors(regressors, self.folder.regressors(name))

    def _stage_report(self, plan: StagePlan, progress: Progress) -> StageReport:
        return StageReport(
            key=self.keys[plan.name].digest,
            epochs=progress.epoch,
            kept_epoch=progress.kept_epoch,
            reused=False,
            seconds=progress.seconds,
            parts=progress.parts,
            metrics=progress.history[progress.kept_epoch - 1],
        )

    def _note(self, plan: StagePlan, done: StageReport) -> None:
        """Report a stage that is over."""
        self.report = self.report.model_copy(update={"stages": {**self.report.stages, plan.name: done}})
        self.folder.write(self.report)
        file = self.folder.stage(plan.name)
        self._tell(StageDone(plan.name, done.epochs, done.kept_epoch, done.reused, done.seconds, file))

    def _not_finite(self, stage: Stage, progress: Progress, found: NotFinite) -> FitError:
        """The finding for a loss that is not finite; the weights of the last finished epoch are saved."""
        name = stage.plan.name
        notes = ["no epoch was finished, so there are no weights to keep"]
        if progress.epoch and progress.last:
            stage.put(progress.last)
            self._save(stage)
            notes = [f"the weights of epoch {progress.epoch} are in `{self.folder.stage(name)}`"]
        elif progress.epoch:
            notes = [f"training went on from within epoch {progress.epoch + 1}, so there are no weights to keep"]
        step = "" if found.step is None else f", step {found.step}"
        return refusal(
            "FIT4102",
            f"stage `{name}`, epoch {progress.epoch + 1}{step}: {_listed(found.names)} became NaN or infinite",
            span=stage.plan.span,
            notes=notes,
            helps=["lower the learning rate, or start from other weights, such as `init = kaiming()`"],
        )

    def _finish(self, names: list[str]) -> RunReport:
        self.networks.finish(names)
        measured = {name: self._tested(name) for name in taught(self.program, names) if self.options.is_measured}
        networks = {name: report for name, report in measured.items() if report}
        trained = self._save_networks(names)
        self.report = self.report.model_copy(update={"status": "done", "networks": networks, "trained": trained})
        self.folder.write(self.report)
        self._tell(RunDone(self.folder.path, self.report.test))
        return self.report

    def _tested(self, name: str) -> NetworkReport | None:
        data = classified(self.program, name)
        if data is None:
            return None
        seconds = sum(
            stage.seconds for one, stage in self.report.stages.items() if name in self.program.stages[one].trains
        )
        return tested(self.program, name, self.networks.modules[name], self._splits(data).test, trained_s=seconds)

    def _save_networks(self, stages: list[str]) -> tuple[str, ...]:
        """Write the final weights of every network that these stages train, and say which these are."""
        trained = tuple(dict.fromkeys(network for stage in stages for network in self.program.stages[stage].trains))
        with self.folder.writing():
            for network in trained:
                save_weights(self.networks.modules[network], self.report.weights(network))
        return trained


def _listed(names: tuple[str, ...]) -> str:
    """The terms that are not finite; the loss itself only if nothing else is."""
    terms = [name for name in names if name not in ("loss", "val.loss")] or list(names)
    return ", ".join(f"`{name}`" for name in terms)
