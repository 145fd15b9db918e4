"""One run in several processes on this machine: started, listened to, and ended together.

This process trains nothing. It tells the caller what the first worker tells, passes on the wish to end, and when a
worker dies ends the others, which would wait for it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from traceback import format_exc
from typing import Any, NamedTuple

import torch
from torch import distributed

from ..backend.refusal import refusal
from ..diagnostics import FitError
from ..program.model import Program
from .events import Event, Observer, ignore
from .folder import choose_folder
from .interrupts import Interrupted, listening
from .options import TrainOptions, never
from .peers import Peers
from .report import RunReport
from .run import train

GRACE_S = 10.0
"""How long the others may take to end by themselves after one has failed."""
LOOK_EVERY_S = 0.2
"""How often the parent looks whether it was asked to end."""
START = "spawn"
"""How processes are started; CUDA allows no other way."""


class Failed(Exception):
    """A worker met an error that is no finding about the run.

    Args:
        trace: Where it happened.
    """


class Outcome(NamedTuple):
    """How a worker ended: with a report, a finding, an interruption or another error."""

    kind: str
    value: Any


def train_together(program: Program, options: TrainOptions) -> RunReport:
    """Train one run in `options.gpus` processes: one a GPU, or on the CPU as many as are asked for.

    Raises:
        FitError: As `train`; there are not so many devices, or a process has died (FIT4123).
        Interrupted: Ctrl-C was pressed; all is saved to go on.
        Failed: A worker failed for another reason.
    """
    device = check_devices(options)
    folder, _ = choose_folder(options, program.name)
    # what belongs to this process stays here: it passes on what it is told and what it is asked
    own: dict[str, Any] = {"observer": ignore, "is_asked_to_end": never, "opened": {}}
    settled = replace(options, run_dir=folder.path, device=device.type, **own)
    with TemporaryDirectory() as meeting, listening() as is_interrupted:
        context = get_context(START)
        with _ended(workers := [_start(context, rank, program, settled, meeting) for rank in range(options.gpus)]):
            outcomes = _Supervision(
                workers, options.observer, lambda: is_interrupted() or options.is_asked_to_end()
            ).outcomes()
    return result_of(outcomes, folder.path)


def check_devices(options: TrainOptions) -> torch.device:
    """The kind of device each process takes one of.

    Raises:
        FitError: There are not so many (FIT4123).
    """
    device = options.torch_device()
    there = {"cpu": options.gpus, "cuda": torch.cuda.device_count()}.get(device.type, 1)
    if there < options.gpus:
        message = f"`--gpus {options.gpus}` asks for more devices than there are: {there} of kind `{device.type}`"
        raise refusal("FIT4123", message, helps=[f"take at most `--gpus {there}`"])
    return device


# Parent ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Worker:
    """A process and the end of the pipe on which it speaks."""

    process: SpawnProcess
    pipe: Connection


def _start(context: Any, rank: int, program: Program, options: TrainOptions, meeting: str) -> _Worker:
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(rank, program, options, meeting, there), daemon=True)
    process.start()
    there.close()
    return _Worker(process, here)


@contextmanager
def _ended(workers: list[_Worker]) -> Iterator[None]:
    """No worker outlives the block."""
    try:
        yield
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()


@dataclass(eq=False)
class _Supervision:
    """Listens to workers until all have ended, or one has failed and the others had time to say why."""

    workers: list[_Worker]
    observer: Observer
    is_asked: Callable[[], bool]
    ends: list[Outcome | None] = field(init=False)
    is_passed_on: bool = False

    def outcomes(self) -> list[Outcome]:
        """How each worker ended; one that said nothing, by what the system says of it."""
        self.ends = [None] * len(self.workers)
        failed_at: float | None = None
        while any(end is None for end in self.ends):
            if failed_at is not None and monotonic() - failed_at > GRACE_S:
                break
            self._pass_on()
            silent = [rank for rank, end in enumerate(self.ends) if end is None]
            speaking = wait([self.workers[rank].pipe for rank in silent], LOOK_EVERY_S)
            for rank in silent:
                if self.workers[rank].pipe in speaking:
                    self._hear(rank)
            if failed_at is None and any(end and end.kind != "done" for end in self.ends):
                failed_at = monotonic()
        return [end or Outcome("waiting", None) for end in self.ends]

    def _pass_on(self) -> None:
        if self.is_asked() and not self.is_passed_on:
            self.is_passed_on = True
            self.workers[0].process.terminate()

    def _hear(self, rank: int) -> None:
        worker = self.workers[rank]
        try:
            said = worker.pipe.recv()
        except EOFError:
            worker.process.join()
            self.ends[rank] = Outcome("died", worker.process.exitcode)
            return
        if isinstance(said, Event):
            self.observer(said)
        else:
            self.ends[rank] = said


def result_of(outcomes: list[Outcome], folder: Path) -> RunReport:
    """What the run came to; the first worker knows best, and one that died explains why others failed."""
    first = outcomes[0]
    if first.kind == "done":
        report: RunReport = first.value
        return report
    for kind in ("refused", "interrupted", "died", "vanished", "failed"):
        for rank, outcome in enumerate(outcomes):
            if outcome.kind == kind:
                raise _error(kind, outcome.value, f"process {rank + 1} of {len(outcomes)}", folder)
    raise Failed("no process has said how it ended")


def _error(kind: str, value: Any, who: str, folder: Path) -> Exception:
    match kind:
        case "refused":
            return FitError(value)
        case "interrupted":
            return Interrupted(value or folder)
        case "failed":
            return Failed(f"{who} failed:\n{value}")
    how = "has vanished" if kind == "vanished" else _death(value)
    notes = ["the others were ended, as they cannot go on without it"]
    if not (folder / "run.json").exists():
        return refusal("FIT4123", f"{who} {how}", notes=[*notes, "nothing was saved yet"])
    notes.append("what was saved before is intact")
    return refusal("FIT4123", f"{who} {how}", notes=notes, helps=[f"go on with `--resume --run {folder}`"])


def _death(exit_code: int) -> str:
    return f"was killed by {signal.Signals(-exit_code).name}" if exit_code < 0 else f"ended with exit code {exit_code}"


# Worker ---------------------------------------------------------------------------------------------------------------


def _work(rank: int, program: Program, options: TrainOptions, meeting: str, pipe: Connection) -> None:
    """What a worker does from its start to its end."""
    # Ctrl-C reaches all processes of a terminal's group; only the parent passes it on.
    if sys.platform != "win32":
        os.setsid()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(max(1, torch.get_num_threads() // options.gpus))
    observer = pipe.send if rank == 0 else ignore
    device = f"{options.device}:{rank}" if options.device == "cuda" else options.device
    settled = replace(options, device=device, observer=observer)
    pipe.send(outcome_of(lambda: _join(program, settled, Peers(rank, options.gpus), meeting)))
    pipe.close()


def _join(program: Program, options: TrainOptions, peers: Peers, meeting: str) -> RunReport:
    # what is agreed on travels between CPUs, so that no GPU waits for it
    backend = "cpu:gloo,cuda:nccl" if options.device.startswith("cuda") else "gloo"
    distributed.init_process_group(
        backend, init_method=f"file://{meeting}/group", rank=peers.rank, world_size=peers.count
    )
    return train(program, options, peers)


def outcome_of(work: Callable[[], RunReport]) -> Outcome:
    """How a worker's training ended, in a form that reaches another process."""
    try:
        return Outcome("done", work())
    except FitError as error:
        return Outcome("refused", error.diagnostics)
    except Interrupted as end:
        return Outcome("interrupted", end.folder)
    except Exception:
        return Outcome("failed", format_exc())


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
