"""A study's trials on a Ray cluster: what they are given, how Ray is kept quiet, and what is done where it breaks."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import ray
from ray import tune
from ray.tune.error import TuneError

from ..backend.refusal import refusal
from ..dataclass import dataclass
from .crashes import CRASHES, Crashes
from .ray_trials import Chronicle, StudySearcher, TrialActor, Until, Watch
from .schedulers import Promotion
from .study import Study
from .trainee import Subject

MOST_STARTING = 64
"""How many workers start at the same time."""

QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_WARN_THRESHOLD_S": "1e9",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "1e9",
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
    "TUNE_WARN_SLOW_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "1e9",
    "TUNE_GLOBAL_CHECKPOINT_S": "1e9",
    "TUNE_MAX_PENDING_TRIALS_PG": str(MOST_STARTING),
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
}
"""Ray says nothing, catches no Ctrl-C, and keeps no state of its own: the ledger has it. Workers start
at the same time, and not one after the other as is usual for a searcher that it does not know."""

ATTEMPTS = 5
"""How often in a row Ray may break down as a whole, without any trial coming further, before a search is given up."""


Told = Callable[[str, str, int], None]
"""Told by a scheduler that it has paused a trial, or promoted or stopped one, by its number, and after which epoch."""


@dataclass(frozen=True)
class Resources:
    """What one trial is given of a machine.

    Attributes:
        cpus: Cores.
        gpus: GPUs; a fraction shares one, several train one student together.
        at_once: At most so many trials run at the same time.
        asked_device: A torch device, or `auto`.
    """

    cpus: float
    gpus: float
    at_once: int | None = None
    asked_device: str = "auto"

    @property
    def device(self) -> str:
        """Where a trial trains."""
        return self.asked_device if self.asked_device != "auto" or self.gpus else "cpu"

    @property
    def processes(self) -> int:
        """How many processes train one student."""
        return max(int(self.gpus), 1)

    @property
    def asked(self) -> dict[str, float]:
        """As Ray calls them."""
        return {"CPU": self.cpus, "GPU": self.gpus} if self.gpus else {"CPU": self.cpus}

    @property
    def room(self) -> int:
        """How many trials may run or wait for a worker at the moment: at most one waits, as it is chosen early."""
        return self.at_once or 1 + sum(self._fit(node) for node in _nodes())

    def _fit(self, node: Mapping[str, float]) -> int:
        """How many trials a machine runs at once."""
        return min(int(node.get(name, 0) / amount) for name, amount in self.asked.items())


def _nodes() -> list[dict[str, float]]:
    """What each machine of the cluster has."""
    every: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return [node["Resources"] for node in every if node["Alive"]]


def check_resources(resources: Resources) -> None:
    """Hold that some machine of the cluster can run a trial.

    Raises:
        FitError: None can (FIT5032).
    """
    nodes = _nodes()
    if any(all(node.get(name, 0) >= amount for name, amount in resources.asked.items()) for node in nodes):
        return
    wanted = _listed(resources.asked)
    best = _listed({name: max((node.get(name, 0) for node in nodes), default=0) for name in resources.asked})
    message = f"no machine of the cluster has {wanted} for a trial"
    helps = ["ask for less: `trial = {cpus: 1, gpus: 0}` in the search, or `--cpus` and `--gpus`"]
    raise refusal("FIT5032", message, notes=[f"{len(nodes)} machines; the most that one has is {best}"], helps=helps)


def run_trials(
    study: Study,
    subject: Subject,
    resources: Resources,
    watch: Watch,
    scheduler: Callable[[Told], Any],
    is_asked_to_end: Callable[[], bool],
) -> None:
    """Run trials until the study has no more, or it is asked to end.

    Raises:
        FitError: Ray breaks down again and again (FIT5033).
    """
    crashes, idle = Crashes(study), 0
    while idle < ATTEMPTS:
        before, chronicle = study.progress, Chronicle(study, watch, crashes, is_asked_to_end)
        why = _broken(partial(_run, study, subject, resources, chronicle, scheduler))
        if is_asked_to_end() or not (why or study.unfinished):
            return
        chronicle.broke(why)
        idle = idle + 1 if study.progress == before else 0
    raise refusal("FIT5033", "Ray has broken down again and again", notes=[why.strip().rpartition("\n")[2]])


def _broken(run: Callable[[], None]) -> str:
    """Run trials, and say why Ray has broken down; nothing if it has not."""
    try:
        run()
    except (TuneError, ray.exceptions.RayError, RuntimeError) as error:
        # Ray hides in its own errors what our code has raised; a RuntimeError over one of Ray's is a process that Ray
        # itself has ended, as the machine ran out of memory
        chain = list(_chain(error))
        if not any(isinstance(one, ray.exceptions.RayError) for one in chain) and not isinstance(chain[-1], TuneError):
            raise
        return str(error) or type(error).__name__
    return ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, what it came from, and so on."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _run(
    study: Study,
    subject: Subject,
    resources: Resources,
    chronicle: Chronicle,
    scheduler: Callable[[Told], Any],
) -> None:
    storage = subject.folder / "ray"
    shutil.rmtree(storage, ignore_errors=True)
    decides = scheduler(lambda name, to, epoch: chronicle.told(int(name), to))
    searcher = StudySearcher(study, lambda: resources.room, lambda: getattr(decides, "is_waiting", False))
    if isinstance(decides, Promotion):
        decides.at_once = resources.at_once
        decides.remember(study.ledger.lines)
    trainable = tune.with_resources(tune.with_parameters(TrialActor, subject=subject), resources.asked)
    with quiet():
        tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=searcher,
                scheduler=decides,
                num_samples=-1,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name="tune",
                storage_path=str(storage),
                stop=Until(chronicle.is_asked_to_end),
                callbacks=[chronicle],
                failure_config=tune.FailureConfig(max_failures=CRASHES),
                verbose=0,
            ),
        ).fit()


@contextmanager
def quiet() -> Iterator[None]:
    """Within the block Ray Tune prints nothing."""
    before = {name: os.environ.get(name) for name in QUIET}
    os.environ.update(QUIET)
    loggers = [logging.getLogger(name) for name in ("ray", "ray.tune", "ray.train", "ray.air")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _listed(amounts: dict[str, float]) -> str:
    return " and ".join(f"{amount:g} {name}s" for name, amount in amounts.items())
