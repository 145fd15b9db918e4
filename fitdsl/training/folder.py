"""The folder of a run: where each file lies, and that none is ever overwritten or left half-written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..atomic import PART, cut_half_a_line, write_text
from ..backend.refusal import refusal
from ..dataclass import dataclass
from ..work.hold import held
from .checkpoint import Checkpoints
from .events import Event
from .options import TrainOptions
from .report import RunReport

_NEW_FOLDER = "name another folder, or leave `--run` out, so that a new one is made"


@dataclass(frozen=True)
class RunFolder:
    """The files of one run.

    Attributes:
        is_written: Whether this process is the one that writes them.
    """

    path: Path
    is_written: bool = True

    def stage(self, name: str) -> Path:
        """Weights of a finished stage."""
        return self.path / "stages" / f"{name}.safetensors"

    def regressors(self, name: str) -> Path:
        """Regressors of a finished stage, which are no part of any network."""
        return self.path / "stages" / f"{name}.regressors.safetensors"

    def checkpoints(self, name: str) -> Checkpoints:
        """What an unfinished stage goes on from."""
        return Checkpoints(self.path / "stages" / f"{name}.checkpoint.pt")

    def log_folder(self, name: str) -> Path:
        """What a logger keeps."""
        return self.path / "logs" / name

    @contextmanager
    def begun(self, report: RunReport, spec: str, *, is_new: bool) -> Iterator[None]:
        """Make the folder, write what is known at the start, and keep other processes out within the block.

        Args:
            report: Of the run, which begins or goes on.
            spec: Its text, as it can be trained from here.
            is_new: Whether nothing may be here.

        Raises:
            FitError: It cannot be written (FIT4106), or another run has come first (FIT4107).
        """
        if not self.is_written:
            yield
            return
        with self.writing():
            self.path.mkdir(parents=True, exist_ok=True)
        with held(self.path) as is_had:
            if not is_had:
                raise refusal("FIT4107", f"another process is training in `{self.path}`", helps=[_NEW_FOLDER])
            if is_new:
                self.check_free()
            self.write(report)
            with self.writing():
                write_text(self.path / "spec.fit", spec)
                cut_half_a_line(self.path / "events.jsonl")
                _remove_parts(self.path)
            yield

    def check_free(self) -> None:
        """Hold that a new run finds nothing here that it would overwrite.

        Raises:
            FitError: A run or something else is here (FIT4107).
        """
        if (self.path / "run.json").exists():
            helps = ["`--resume` goes on with it; without `--run` a new folder is made"]
            raise refusal("FIT4107", f"`{self.path}` holds a run already", helps=helps)
        if self.path.exists() and not self.path.is_dir():
            raise refusal("FIT4107", f"`{self.path}` is a file, not a folder for a run", helps=[_NEW_FOLDER])
        if self.path.exists() and not all(entry.suffix == PART for entry in self.path.iterdir()):
            raise refusal("FIT4107", f"`{self.path}` holds other files already", helps=[_NEW_FOLDER])

    def write(self, report: RunReport) -> None:
        """Replace `run.json`.

        Raises:
            FitError: It cannot be written (FIT4106).
        """
        if not self.is_written:
            return
        with self.writing():
            write_text(self.path / "run.json", report.model_dump_json(indent=2) + "\n")

    def log(self, event: Event) -> None:
        """Append an event to `events.jsonl`.

        Raises:
            FitError: It cannot be written (FIT4106).
        """
        if event.is_logged and self.is_written:
            with self.writing(), (self.path / "events.jsonl").open("a", encoding="utf-8") as file:
                file.write(f"{event.json()}\n")

    def forget(self, stage: str, epoch: int) -> None:
        """Take away what `events.jsonl` says of a stage after an epoch: it is lost and will be trained again.

        Raises:
            FitError: It cannot be written (FIT4106).
        """
        path = self.path / "events.jsonl"
        if not path.exists():
            return
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not _is_of_later_epoch(json.loads(line), stage, epoch)]
        if len(kept) < len(lines):
            with self.writing():
                write_text(path, "".join(kept))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turns a full disk or a forbidden folder into a finding (FIT4106)."""
        try:
            yield
        except OSError as error:
            message = f"cannot write to the run's folder `{self.path}`: {error.strerror or error}"
            notes = ["all files written before are intact"]
            helps = ["make room or pick another folder, then go on with `--resume`"]
            raise refusal("FIT4106", message, notes=notes, helps=helps) from error


def choose_folder(options: TrainOptions, name: str) -> tuple[RunFolder, RunReport | None]:
    """The folder of a run, and what an earlier attempt in it has reported, if this one goes on with it.

    Raises:
        FitError: The folder is not free (FIT4107), or there is nothing to go on with (FIT4108).
    """
    if options.resume:
        folder = options.run_dir or _newest_unfinished(options.runs / name)
        return RunFolder(folder), read_report(folder)
    new = RunFolder(fresh(options.runs / name) if options.run_dir is None else options.run_dir)
    new.check_free()
    return new, None


def earlier_run(run_dir: Path | None, name: str) -> RunReport:
    """What the run that `--resume` goes on with has reported: the newest unfinished one of a spec if none is named.

    Raises:
        FitError: There is none (FIT4108).
    """
    return read_report(run_dir or _newest_unfinished(TrainOptions().runs / name))


def beside(folder: Path) -> RunFolder:
    """A new folder next to that of another run."""
    return RunFolder(fresh(folder.parent))


def read_report(folder: Path) -> RunReport:
    """What a run has reported.

    Raises:
        FitError: There is no report, or it is not one that this version understands (FIT4108).
    """
    path = folder / "run.json"
    try:
        report = RunReport.model_validate_json(path.read_bytes())
    except OSError as error:
        raise refusal("FIT4108", f"`{folder}` holds no run to go on with: there is no `run.json` in it") from error
    except ValidationError as error:
        raise refusal("FIT4108", f"`{path}` is not a report that this version of fitdsl understands") from error
    return report.model_copy(update={"folder": folder})


def _newest_unfinished(runs: Path) -> Path:
    for folder in sorted(runs.glob("*/run.json"), reverse=True):
        if read_report(folder.parent).status != "done":
            return folder.parent
    raise refusal("FIT4108", f"there is no unfinished run in `{runs}`", helps=["leave `--resume` out to begin one"])


def fresh(runs: Path) -> Path:
    """A folder that does not exist yet, named by the time, so that names sort by age, and by the process."""
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}"
    names = (f"{stamp}-{number:02}" for number in count(1))
    return next(runs / name for name in names if not (runs / name).exists())


def _is_of_later_epoch(event: Mapping[str, Any], stage: str, epoch: int) -> bool:
    return event.get("stage") == stage and event.get("epoch", 0) > epoch


def _remove_parts(path: Path) -> None:
    """Take away what a killed process was about to write."""
    for part in path.rglob(f".*{PART}"):
        part.unlink(missing_ok=True)
