"""A study's trials on a Ray cluster: how Ray is kept quiet, and what is done where it breaks."""

from __future__ import annotations

import gc
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import ray
from ray import tune
from ray.tune.error import TuneError

from ..backend.refusal import refusal
from ..diagnostics import FitError
from .crashes import CRASHES, Crashes
from .ray_trials import Chronicle, StudySearcher, TrialActor, Until, Watch
from .resources import room_lately
from .schedulers import Promotion
from .settled import Settled
from .study import Study

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


def run_trials(
    study: Study,
    settled: Settled,
    watch: Watch,
    is_asked_to_end: Callable[[], bool],
) -> None:
    """Run trials until the study has no more, or it is asked to end.

    Raises:
        FitError: Ray breaks down again and again (FIT5033), or what happens cannot be written down (FIT5038).
    """
    # what is loaded by now stays, so that Python need not look through it for garbage again and again
    gc.freeze()
    crashes, idle = Crashes(study), 0
    while idle < ATTEMPTS:
        before, chronicle = study.progress, Chronicle(study, watch, crashes, is_asked_to_end)
        why = _broken(partial(_run, study, settled, chronicle))
        if is_asked_to_end() or not (why or study.unfinished):
            return
        chronicle.broke(why)
        idle = idle + 1 if study.progress == before else 0
    raise refusal("FIT5033", "Ray has broken down again and again", notes=[why.strip().rpartition("\n")[2]])


def _broken(run: Callable[[], None]) -> str:
    """Run trials, and say why Ray has broken down; nothing if it has not. A finding of ours is no breakdown."""
    try:
        run()
    except (TuneError, ray.exceptions.RayError, RuntimeError) as error:
        # Ray hides in its own errors what our code has raised; a RuntimeError over one of Ray's is a process that Ray
        # itself has ended, as the machine ran out of memory
        chain = list(_chain(error))
        for finding in chain:
            if isinstance(finding, FitError):
                raise finding from None
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


def _run(study: Study, settled: Settled, chronicle: Chronicle) -> None:
    resources, storage = settled.resources, settled.folder / "ray"
    shutil.rmtree(storage, ignore_errors=True)
    decides = settled.scheduler(lambda name, to, epoch: chronicle.told(int(name), to))
    searcher = StudySearcher(study, room_lately(resources), lambda: getattr(decides, "is_waiting", False))
    if isinstance(decides, Promotion):
        decides.at_once = resources.at_once
        decides.remember(study.ledger.lines)
    trainable = tune.with_resources(tune.with_parameters(TrialActor, subject=settled.subject), resources.asked)
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
