"""`fit search`: find the best student of a spec's space, on this machine or on a Ray cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..atomic import write_text
from ..compilation import Compilation
from ..diagnostics import Severity
from ..late import late
from ..training.interrupts import Interrupted
from .session import IncludeOption, SetOption, SpecArgument, open_spec, say, say_findings, write_result
from .train import check_device, command

if TYPE_CHECKING:
    from ..tuning.report import SearchReport

_TRIALS = "How many students to train; if left out as begun, or as many as the sampler's declaration says."
_SEED = "Decides weights and order of every student; 0 if left out."
_ADDRESS = "A Ray cluster, such as `auto`, HOST:PORT; Ray is started on this machine if left out."
_STORAGE = "Folder of all searches and their finished work; on a cluster one that all machines see."
_FOLDER = "Folder of the search; by default a new one."
_WRITE = "Write the spec with the best student's values as defaults into FILE; SPEC itself is allowed."
_AT_ONCE = "At most N trials at the same time."
_LIVE = "Train the best student's last stage again with its teacher live: nothing kept."
_GPUS = "GPUs of a trial; a fraction shares one, several train one student together."


def search(
    spec: SpecArgument,
    trials: Annotated[int | None, typer.Option(min=1, metavar="N", help=_TRIALS)] = None,
    address: Annotated[str | None, typer.Option(metavar="ADDR", help=_ADDRESS)] = None,
    storage: Annotated[str | None, typer.Option(metavar="DIR", help=_STORAGE)] = None,
    folder: Annotated[Path | None, typer.Option(metavar="DIR", help=_FOLDER)] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an unfinished search.")] = False,
    seed: Annotated[int | None, typer.Option(min=0, metavar="N", help=_SEED)] = None,
    device: Annotated[str, typer.Option(metavar="NAME", callback=check_device, help="auto, cpu, mps, cuda.")] = "auto",
    cpus: Annotated[float | None, typer.Option(min=0.01, metavar="N", help="CPU cores of a trial.")] = None,
    gpus: Annotated[float | None, typer.Option(min=0, metavar="N", help=_GPUS)] = None,
    at_once: Annotated[int | None, typer.Option(min=1, metavar="N", help=_AT_ONCE)] = None,
    write: Annotated[Path | None, typer.Option(metavar="FILE", help=_WRITE)] = None,
    finish_live: Annotated[bool, typer.Option("--finish-live", help=_LIVE)] = False,
    allow_python: Annotated[bool, typer.Option("--allow-python", help="Let `python(…)` run your own code.")] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON instead of tables.")] = False,
    settings: SetOption = None,
    include: IncludeOption = None,
) -> None:
    """Train students of the search space and find the best."""
    compilation = open_spec(spec, settings, include)
    if write is not None:
        _check_writable(write)
    say_findings([found for found in compilation.search_diagnostics if found.severity is Severity.WARNING])
    searching, options = late("tuning.search"), late("tuning.options").SearchOptions
    asked: dict[str, Any] = {"trials": trials, "seed": seed, "address": address, "storage": storage, "folder": folder}
    asked |= {"device": device, "cpus": cpus, "gpus": gpus, "at_once": at_once}
    asked |= {"finish_live": finish_live, "allow_python": allow_python}
    try:
        with late("cli.searching").watching(is_quiet=is_json) as watcher:
            report = searching.search(compilation, options(**asked, resume=resume, watcher=watcher))
    except Interrupted as interruption:
        again = {**asked, "folder": interruption.folder, "resume": True, "write": write, "json": is_json}
        again |= {"device": None if device == "auto" else device, "set": settings, "include": include}
        say(f"interrupted; go on with: {command(spec, again, verb='search')}")
        raise typer.Exit(130) from None
    summary = late("cli.searching").summary
    write_result(report.model_dump_json(indent=2) if is_json else summary(report, allow_python=allow_python))
    late("cli.report").write_search_page(report)
    if write is not None:
        _write(compilation, report, write)
    if report.best is None:
        say("no student was trained to the end")
        raise typer.Exit(1)


def _check_writable(file: Path) -> None:
    """Hold that a file can be written, before hours are spent on what is to stand in it.

    Raises:
        typer.BadParameter: It cannot.
    """
    nearest = next(folder for folder in file.absolute().parents if folder.exists())
    if file.is_dir() or not nearest.is_dir() or not os.access(file if file.exists() else nearest, os.W_OK):
        raise typer.BadParameter(f"`{file}` cannot be written")


def _write(compilation: Compilation, report: SearchReport, file: Path) -> None:
    """Put the best student's values into a copy of the spec, or into the spec itself."""
    if report.best is None:
        return
    text, elsewhere = late("tuning.winner").rewritten(compilation, report.trial(report.best).point)
    try:
        write_text(file, text)
    except OSError as error:
        raise typer.BadParameter(f"`{file}` cannot be written: {error.strerror or error}") from None
    say(f"the best student's values are the defaults of {file}")
    for name in elsewhere:
        say(f"but for `{name}`, which stands in a file that the spec uses: {report.trial(report.best).point[name]}")
