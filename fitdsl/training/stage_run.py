"""One stage of a run: taken from earlier work, or trained from its last checkpoint to its finished weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field

import torch

from ..backend.refusal import refusal
from ..backend.weights import load_tensors, save_tensors
from ..dataclass import dataclass
from ..diagnostics import FitError
from ..program.model import StagePlan
from ..work.key import StageKey
from .cache import Around, Kept, keep_outputs
from .chance import doubt, loaded
from .checkpoint import Progress
from .compiled import compiling, step_of
from .data import Walk
from .events import StageAwaited, StageStarted
from .folder import RunFolder
from .interrupts import Asked
from .loop import Course, run_epochs
from .materials import Materials
from .metrics import NotFinite
from .peers import Peers
from .precision import Overflow, overflow
from .report import StageReport
from .reuse import Finished
from .spacing import Spacing
from .stage import Stage
from .telling import Telling
from .updates import Updates, updates_of


@dataclass(frozen=True, eq=False, kw_only=True)
class StageRunner:
    """Brings one stage after the other to its finished weights, in the networks and in the run's folder.

    Attributes:
        materials: What the run works with.
        folder: Of the run.
        telling: Is told what happens.
        finished: Stages that were trained before, by whatever run.
        keys: Of the run's stages.
        is_asked_here: Whether this process was asked to end.
        looked_at: Networks trained elsewhere whose answers have been held against chance.
    """

    materials: Materials
    folder: RunFolder
    telling: Telling
    finished: Finished
    keys: Mapping[str, StageKey]
    is_asked_here: Callable[[], bool]
    looked_at: set[str] = field(default_factory=set)

    @property
    def peers(self) -> Peers:
        """The processes that train together."""
        return self.materials.peers

    def turn(self, plan: StagePlan) -> AbstractContextManager[None]:
        """Alone with a stage: another process that trains the same one is waited for."""
        if not self.peers.is_alone:
            # the other processes of this run would wait longer than they may
            return nullcontext()
        awaited = StageAwaited(plan.name)
        return self.finished.turn(self.keys[plan.name], lambda: self.telling.tell(awaited), self.is_asked_here)

    def taken(self, stage: Stage) -> StageReport | None:
        """What is known of a stage that was trained before; its weights are then in the run's folder."""
        taken = self.finished.take(stage, self.keys[stage.plan.name])
        if taken is not None:
            self._save(stage)
            if self.materials.options.is_measured:
                self._doubt_teachers(stage, {})
        return taken

    def put(self, stage: Stage) -> None:
        """Take a finished stage's weights from the run's folder."""
        file = self.folder.stage(stage.plan.name)
        self.materials.networks.put_stage_state(stage.plan, load_tensors(file, stage.plan.span), str(file))

    def trained(self, stage: Stage) -> StageReport:
        """Train a stage, from its last checkpoint if there is one.

        Raises:
            FitError: Its loss or its gradients are not finite (FIT4102), or its folder cannot be written (FIT4106).
            Asked: It was asked to end; where to go on is saved.
        """
        plan, name = stage.plan, stage.plan.name
        torch.manual_seed(self.materials.seed(plan, "stage"))
        updates = updates_of(stage, self.peers)
        progress = self._gone_on(stage, updates)
        course = self._course(stage, updates)
        self._doubt_teachers(stage, course.kept)
        moving = sum(weight.numel() for group in updates.optimizer.param_groups for weight in group["params"])
        self.telling.tell(StageStarted(name, progress.epoch, course.epochs, course.steps(), moving))
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
            self.finished.put(stage, self.keys[name], report, self.materials.program.name)
        return report

    def _doubt_teachers(self, stage: Stage, kept: Mapping[str, Kept]) -> None:
        """Warn of networks trained elsewhere that answer like chance, before the first stage that learns from them."""
        if not self.peers.is_first:
            return
        plan = stage.plan
        val, batch = self.materials.splits(plan.data).val, self.materials.walk(plan).batch
        for name in loaded(self.materials.program, plan):
            if name not in self.looked_at:
                self.looked_at.add(name)
                if said := doubt(stage, name, val, kept.get("val"), batch=batch):
                    self.telling.warn(plan.name, said)

    def _is_asked_to_end(self) -> bool:
        """Whether all processes end before the next step, as the first one was asked to."""
        return self.peers.agreed(self.is_asked_here)

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
            self.telling.warn(name, warning)
        return progress

    def _course(self, stage: Stage, updates: Updates) -> Course:
        plan, spacing = stage.plan, Spacing.begin()
        walk = self.materials.walk(plan)
        return Course(
            splits=self.materials.splits(plan.data),
            walk=walk,
            kept=self._kept(stage, walk),
            measure=step_of(stage, self.materials.device),
            epochs=self.materials.options.around.capped(plan),
            save=lambda progress: self._save_checkpoint(stage, updates, progress, spacing),
            is_due=lambda: self.peers.is_first and spacing.is_due(),
            observer=self.telling.tell,
            is_asked_to_end=self._is_asked_to_end,
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
            data=self.materials.program.data[stage.plan.data],
            base=self.materials.options.base,
            seed=self.materials.options.seed,
            spec=self.materials.program.name,
            store=self.finished.store,
            cannot_write=self.finished.cannot_write,
            splits=self.materials.splits(stage.plan.data),
            walk=walk,
            note=self.telling.warn,
            observer=self.telling.tell,
            is_asked_to_end=self.is_asked_here,
        )
        return keep_outputs(stage, self.materials.cachings[stage.plan.name], around)

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
            save_tensors(self.materials.networks.stage_state(stage.plan), self.folder.stage(name))
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


def _listed(names: tuple[str, ...]) -> str:
    """The terms that are not finite; the loss itself only if nothing else is."""
    terms = [name for name in names if name not in ("loss", "val.loss")] or list(names)
    return ", ".join(f"`{name}`" for name in terms)
