"""`fit train`: run the stages of a spec."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ..experiment import Experiment, load
from ..late import late
from ..training.events import Observer
from ..training.interrupts import Interrupted
from ..training.report import RunReport
from ..view.terminal import Display
from .gains import gains
from .progress import PlainProgress, print_json
from .session import IncludeOption, SetOption, SpecArgument, point_of, say, say_findings, write_result

FLAGS = {"run_dir": "--run"}
"""Options whose flag has another name."""

_SEED = "Decides everything random; 0 if left out, and with --resume what the run was begun with."
_LOG = "Send each epoch's numbers to tensorboard, wandb or mlflow too. Repeatable."
_EPOCHS = "At most so many epochs a stage; schedules that name their epochs keep them."
_REUSE = "Take stages that were trained before from the store, or train all anew."
_FORCE = "With --resume and a changed spec: a new run that takes along the finished stages that are the same."
_GPUS = "Train in N processes, each on a device of its own; on a CPU they share it."
_ADDRESS = "A Ray cluster that has these devices, such as `auto`, HOST:PORT or `local`."
_POINT = "A trial of a search, such as searches/digits/ID/search.json#17: its values, seed and epochs."
_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


def check_device(name: str) -> str:
    """The name of a device.

    Raises:
        typer.BadParameter: There is none of this name.
    """
    if not _DEVICE.fullmatch(name):
        raise typer.BadParameter(f"there is no device `{name}`; there are auto, cpu, mps, cuda and cuda:N")
    return name


def train(
    spec: SpecArgument,
    seed: Annotated[int | None, typer.Option(min=0, metavar="N", help=_SEED)] = None,
    device: Annotated[str, typer.Option(metavar="NAME", callback=check_device, help="auto, cpu, mps, cuda.")] = "auto",
    gpus: Annotated[int, typer.Option(min=1, metavar="N", help=_GPUS)] = 1,
    address: Annotated[str | None, typer.Option(metavar="ADDR", help=_ADDRESS)] = None,
    stage: Annotated[str | None, typer.Option(metavar="NAME", help="Only this stage and those before it.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, metavar="N", help=_EPOCHS)] = None,
    run: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the run; by default a new one.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an unfinished run.")] = False,
    reuse: Annotated[bool, typer.Option("--reuse/--no-reuse", help=_REUSE)] = True,
    force: Annotated[bool, typer.Option("--force", help=_FORCE)] = False,
    allow_python: Annotated[bool, typer.Option("--allow-python", help="Let `python(…)` run your own code.")] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print an event a line instead of tables.")] = False,
    log: Annotated[list[str] | None, typer.Option(metavar="NAME", help=_LOG)] = None,
    point: Annotated[str | None, typer.Option(metavar="FILE#N", help=_POINT)] = None,
    settings: SetOption = None,
    include: IncludeOption = None,
) -> None:
    """Run the stages and say what the student gained."""
    if force and not resume:
        raise typer.BadParameter("--force belongs to --resume: it says what to do where the spec has changed")
    values, limits = point_of(settings), {}
    if point is not None:
        search, trial = late("tuning.report").read_trial(point)
        values, limits = {**search.point, **trial.point, **values}, search.limits
        seed = trial.seed if seed is None else seed
    experiment = load(spec, set=values, include=include or ())
    if resume:
        begun = late("training.folder").earlier_run(run, experiment.compilation.name)
        seed, epochs = begun.seed if seed is None else seed, begun.epochs if epochs is None else epochs
        limits = limits or begun.limits
        experiment = experiment if force else as_begun(experiment, begun.point, values)
    options = {"seed": seed or 0, "device": device, "stage": stage, "epochs": epochs, "run_dir": run, "resume": resume}
    options |= {"allow_python": allow_python, "reuse": reuse, "force": force, "log": log or []}
    options |= {"gpus": gpus, "address": address, "limits": limits}
    say_findings(experiment.warnings)
    try:
        report = _observed(lambda observer: experiment.train(**options, observer=observer), is_json=is_json)
    except Interrupted as interruption:
        again = {**options, "run_dir": interruption.folder, "resume": True, "force": False, "json": is_json}
        again |= {"reuse": None, "no-reuse": not reuse}
        again |= {"set": settings, "include": include, "gpus": gpus if gpus > 1 else None}
        again |= {"limits": None, "point": point}
        say(f"interrupted; go on with: {command(spec, again)}")
        raise typer.Exit(130) from None
    if not is_json:
        write_result(gains(report, Display.of(sys.stdout)))


def as_begun(experiment: Experiment, begun: Mapping[str, str], named: Mapping[str, str]) -> Experiment:
    """The spec with the values of params that a run was begun with, but for those that are named; changes are said."""
    own = experiment.point
    changed = {name: value for name, value in begun.items() if name in own.keys() - named and own[name] != value}
    if changed:
        words = " ".join(f"--set {name}={value}" for name, value in changed.items())
        say(f"going on as the run was begun: {words}")
    return experiment.at(**changed) if changed else experiment


def _observed(run: Callable[[Observer], RunReport], *, is_json: bool) -> RunReport:
    """A run with the observer that fits the reader."""
    if is_json:
        return run(print_json)
    if not sys.stderr.isatty():
        return run(PlainProgress())
    with late("cli.bars").bars() as observer:
        return run(observer)


def command(spec: Path, options: Mapping[str, Any], *, verb: str = "train") -> str:
    """The command line for a spec with these options; those that are None or False are left out."""
    flags = (
        word for name, value in options.items() for word in _flag(FLAGS.get(name, f"--{name.replace('_', '-')}"), value)
    )
    return shlex.join(("fit", verb, str(spec), *flags))


def _flag(flag: str, value: Any) -> list[str]:
    match value:
        case None | False:
            return []
        case True:
            return [flag]
        case list():
            return [word for item in value for word in _flag(flag, item)]
        case _:
            return [flag, str(value)]
