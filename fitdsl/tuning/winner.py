"""The best student of a search: trained to the end, measured once, and written down as a spec and as weights."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..atomic import replacing, write_text
from ..compilation import Compilation
from ..diagnostics import Reporter
from ..optim.caching import NoCache
from ..program.model import Program
from ..source import Source
from ..space.params import read_point
from ..syntax import nodes
from ..syntax.parser import parse
from ..syntax.printer import print_spec
from ..training.options import TrainOptions
from ..training.run import train
from ..work.paths import moved
from .report import TrialReport, Winner
from .trainee import Subject


def finish(trial: TrialReport, subject: Subject, *, live: bool) -> Winner:
    """Train the best student to the end, measure it on the test split and write `best.fit` and `best.safetensors`.

    What its trial has trained is taken from the store of finished work.

    Args:
        trial: The best one.
        subject: What it has in common with the others.
        live: Whether its last stage is trained again with its teacher live: nothing kept, every view new.
    """
    compilation, folder = subject.compilation(trial.point), subject.folder / "best"
    shutil.rmtree(folder, ignore_errors=True)
    options = TrainOptions(
        base=subject.base,
        spec=compilation.resolved,
        point={name: info.spelling for name, info in compilation.params.items()},
        run_dir=folder,
        store=subject.store,
        **subject.options,
    )
    program = compilation.program
    report = train(_with_live_teacher(program) if live else program, options)
    write_text(subject.folder / "best.fit", best_spec(subject, trial.point, subject.folder))
    students = [name for name in report.trained if program.networks[name].role == "student"]
    for name in students:
        target = "best.safetensors" if len(students) == 1 else f"best.{name}.safetensors"
        with replacing(subject.folder / target) as part:
            shutil.copyfile(report.weights(name), part)
    return Winner(id=trial.id, networks=report.networks, finished_live=live)


def _with_live_teacher(program: Program) -> Program:
    *_, last = program.stages
    plan = program.stages[last]
    settings = plan.settings.model_copy(update={"cache": NoCache()})
    data = {**program.data, plan.data: program.data[plan.data].model_copy(update={"views": None})}
    return replace(program, data=data, stages={**program.stages, last: replace(plan, settings=settings)})


def best_spec(subject: Subject, point: Mapping[str, str], folder: Path) -> str:
    """The spec with a point as its defaults, everything it uses written in, and its paths as seen from a folder."""
    spec = with_defaults(parse(Source(subject.name, subject.text), Reporter()), {**subject.point, **point})
    return moved(print_spec(spec), subject.base, folder)


def rewritten(compilation: Compilation, point: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text of a spec with a point as its defaults, and the params that stand in files it uses, which stay."""
    tree = compilation.tree
    own = {d.name.text for d in tree.declarations if isinstance(d, nodes.Param)}
    return print_spec(with_defaults(tree, point)), [name for name in point if name not in own]


def with_defaults(spec: nodes.Spec, point: Mapping[str, str]) -> nodes.Spec:
    """A spec in which params have other defaults; its comments stay."""
    known = {d.name.text: d for d in spec.declarations if isinstance(d, nodes.Param)}
    values = read_point({name: value for name, value in point.items() if name in known}, known, Reporter())

    def changed(declaration: nodes.Declaration) -> nodes.Declaration:
        if isinstance(declaration, nodes.Param) and declaration.name.text in values:
            return replace(declaration, default=values[declaration.name.text])
        return declaration

    return replace(spec, declarations=tuple(map(changed, spec.declarations)))
