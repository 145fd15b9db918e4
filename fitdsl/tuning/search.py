"""A whole search: its study, the cluster that runs its trials, what is written down, and the best student found."""

from __future__ import annotations

import shutil

from ..atomic import write_text
from ..backend.refusal import refusal
from ..compilation import Compilation
from ..diagnostics import FitError, Severity
from ..program.search import SearchSettings
from ..training.interrupts import Interrupted, listening
from ..work.hold import held
from .accord import check_accord
from .bulletin import Bulletin
from .cluster import LOCAL, chosen, connected
from .inputs import check_inputs
from .options import SearchOptions, View, choose_folder
from .ray_run import run_trials
from .ray_trials import Watch
from .report import SearchReport
from .resources import check_resources
from .settled import Settled
from .study import Study
from .winner import finish
from .writing import writing


def search(compilation: Compilation, options: SearchOptions) -> SearchReport:
    """Train students of a spec's space and find the best.

    Returns:
        What `search.json` in the search's folder holds.

    Raises:
        FitError: The spec has no search, no student meets its requirements, the cluster or the folder is not to be had,
            or what happens cannot be written down; what is finished is kept.
        Interrupted: Ctrl-C was pressed; all is saved to go on.
    """
    settings = _checked_settings(compilation)
    folder, earlier = choose_folder(options, compilation.name)
    settled = Settled(compilation, settings, options, folder.absolute(), earlier)
    if earlier is not None:
        settled.check_same(earlier)
    check_inputs(compilation.program, settled.base, allow_python=options.allow_python)
    with writing(settled.folder):
        settled.folder.mkdir(parents=True, exist_ok=True)
    with held(settled.folder) as is_had:
        if not is_had:
            helps = ["wait for it, or take another folder"]
            raise refusal("FIT5031", f"another process searches in `{settled.folder}`", helps=helps)
        study = settled.study()
        if earlier is not None and _is_over(earlier, study, options):
            return earlier
        return _searched(settled, study)


def _checked_settings(compilation: Compilation) -> SearchSettings:
    """The search block of a spec whose students can be trained."""
    settings = compilation.search
    if settings is None:
        helps = ["add one: `search { maximize = val.accuracy }`; `fit init` writes a spec that has one"]
        raise refusal("FIT5030", "this spec has no search", helps=helps)
    if not compilation.program.stages:
        helps = ["add one: `stage learn { … }`"]
        raise refusal("FIT4004", "this spec has no stage, so there is nothing to train", helps=helps)
    if given := [f"`{name}`" for name in settings.vary if name in compilation.point]:
        helps = ["leave it out of `vary` to hold it at one value"]
        raise refusal("FIT5039", f"a value is given to {' and '.join(given)}, which this search varies", helps=helps)
    wrong = [found for found in compilation.search_diagnostics if found.severity is Severity.ERROR]
    if wrong:
        raise FitError(wrong)
    return settings


def _is_over(earlier: SearchReport, study: Study, options: SearchOptions) -> bool:
    """Whether nothing is left to do of a search that was finished before."""
    if earlier.status != "done" or study.unfinished or study.wanted > earlier.wanted:
        return False
    return earlier.winner is None or earlier.winner.finished_live or not options.finish_live


def _searched(settled: Settled, study: Study) -> SearchReport:
    """Run what is left of the trials, in a folder that no other process has, and finish the best."""
    bulletin, address = Bulletin(settled, study), settled.options.address
    # Ray takes SIGTERM for itself as it starts, so it is listened to anew
    with listening() as was_asked, connected(address), listening() as is_asked_now:

        def is_asked() -> bool:
            return was_asked() or is_asked_now()

        if chosen(address) != LOCAL:
            check_accord()
        check_resources(settled.resources)
        with writing(settled.folder):
            write_text(settled.folder / "spec.fit", settled.spec_here)
        bulletin.publish("running")
        run_trials(study, settled, Watch(bulletin.moved, bulletin.changed), is_asked)
        if is_asked():
            bulletin.publish("interrupted")
            raise Interrupted(settled.folder)
    shutil.rmtree(settled.folder / "ray", ignore_errors=True)
    return _finished(settled, study, bulletin)


def _finished(settled: Settled, study: Study, bulletin: Bulletin) -> SearchReport:
    """The report of a search whose trials are over, with its best student trained to the end."""
    best, winner = study.best(), None
    if best is not None:
        try:
            winner = finish(study.trials[best], settled.subject, live=settled.options.finish_live)
        except Interrupted:
            bulletin.publish("interrupted")
            raise Interrupted(settled.folder) from None
    report = bulletin.publish("done", winner)
    settled.options.watcher(View(report, {}))
    return report
