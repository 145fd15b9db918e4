"""One run on a Ray cluster: Ray Train starts the processes and joins them, on as many machines as it takes.

The processes do what those on one machine do. What they tell goes through an actor, as they are not children of this
process.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ray
from ray._private.ray_logging import stdout_deduplicator
from ray.train import RunConfig, ScalingConfig, get_context
from ray.train.torch import TorchConfig, TorchTrainer, get_device
from ray.train.v2.api.exceptions import TrainingFailedError

from ..backend.refusal import refusal
from ..diagnostics import FitError
from ..program.model import Program
from ..training.events import Event, Observer, ignore
from ..training.folder import choose_folder
from ..training.interrupts import Interrupted
from ..training.options import TrainOptions
from ..training.peers import Peers
from ..training.processes import Outcome, outcome_of, result_of
from ..training.report import RunReport
from ..training.run import train
from .accord import other_versions

CONNECT_S = 5.0
"""How long a cluster may take to answer."""
LOOK_EVERY_S = 0.5
"""How often this process asks what the others have told."""


def train_on_cluster(program: Program, options: TrainOptions) -> RunReport:
    """Train one run in `options.gpus` processes of the Ray cluster at `options.address`.

    The run's folder, the data and weights files are at the same path on every machine.

    Raises:
        FitError: As `train`; there is no such cluster (FIT4125), or a process has died (FIT4123).
        Interrupted: Ctrl-C was pressed; the last checkpoint holds what there is.
    """
    with connected(options.address):
        folder, _ = choose_folder(options, program.name)
        path = folder.path.absolute()
        use_gpu = _uses_gpus(options)
        settled = replace(options, run_dir=path, base=options.base.absolute(), observer=ignore)
        mailbox: Any = ray.remote(num_cpus=0)(_Mailbox).remote()
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent, prefix=".ray-") as storage, _told(mailbox, options.observer):
            trainer = TorchTrainer(
                _work,
                train_loop_config={"program": program, "options": settled, "mailbox": mailbox, "use_gpu": use_gpu},
                torch_config=TorchConfig(backend="cpu:gloo,cuda:nccl" if use_gpu else "gloo"),
                scaling_config=ScalingConfig(num_workers=options.gpus, use_gpu=use_gpu),
                run_config=RunConfig(storage_path=storage),
            )
            _fit(trainer, path)
        ends: dict[int, Outcome] = ray.get(mailbox.ends.remote())
        return result_of([ends.get(rank, Outcome("vanished", None)) for rank in range(options.gpus)], path)


def _fit(trainer: Any, folder: Path) -> None:
    try:
        trainer.fit()
    except KeyboardInterrupt:
        raise Interrupted(folder) from None
    except TrainingFailedError:
        # the workers have told what happened; one that could not has vanished
        return


LOCAL = "local"


def chosen(address: str | None) -> str:
    """The address of the cluster to take."""
    return address or os.environ.get("RAY_ADDRESS") or LOCAL


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Connected to a Ray cluster within the block.

    Args:
        address: `HOST:PORT`, `auto`, or `local` for one of this machine alone; without it that of `RAY_ADDRESS`, which
            a job on a cluster has, else `local`.

    Raises:
        FitError: Nothing answers there, or Ray does not start here (FIT4125); or what answers has another version of
            Ray or Python (FIT5037).
    """
    address = chosen(address)
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    try:
        _check_answers(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
    # where its own processes do not come up in time Ray raises a bare Exception, and leaves what did come up
    except Exception as error:
        ray.shutdown()
        raise _not_connected(address, str(error).strip().splitlines()) from error
    try:
        with _saying_nothing():
            yield
    finally:
        ray.shutdown()


def _not_connected(address: str, why: Sequence[str]) -> FitError:
    if why and why[0].startswith("Version mismatch"):
        return other_versions([line.strip() for line in why[1:]])
    if address == LOCAL:
        helps = ["try again once the machine is less busy; Ray's own logs are under `/tmp/ray/session_latest/logs`"]
        return refusal("FIT4125", "Ray does not start on this machine", notes=why[:1], helps=helps)
    helps = ["start one with `ray start --head`, or take `--address local`"]
    return refusal("FIT4125", f"there is no Ray cluster at `{address}`", notes=why[:1], helps=helps)


@contextmanager
def _saying_nothing() -> Iterator[None]:
    """Within the block Ray does not print what befalls its machines and processes: it would do so on stdout."""
    before, stdout_deduplicator.skip_re = stdout_deduplicator.skip_re, re.compile("")
    try:
        yield
    finally:
        stdout_deduplicator.skip_re = before


def _check_answers(address: str) -> None:
    """Raise OSError where nobody listens at `HOST:PORT`; Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), CONNECT_S).close()


def _uses_gpus(options: TrainOptions) -> bool:
    has_enough: bool = ray.cluster_resources().get("GPU", 0) >= options.gpus  # type: ignore[no-untyped-call]
    return options.device.startswith("cuda") or (options.device == "auto" and has_enough)


class _Mailbox:
    """What the workers tell, until the driver asks for it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.outcomes: dict[int, Outcome] = {}

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def end(self, rank: int, outcome: Outcome) -> None:
        self.outcomes[rank] = outcome

    def news(self) -> list[Event]:
        events, self.events = self.events, []
        return events

    def ends(self) -> dict[int, Outcome]:
        return self.outcomes


@contextmanager
def _told(mailbox: Any, observer: Observer) -> Iterator[None]:
    """Within the block an observer is told what reaches the mailbox."""
    over = threading.Event()

    def pass_on() -> None:
        while not over.wait(LOOK_EVERY_S):
            for event in ray.get(mailbox.news.remote()):
                observer(event)

    thread = threading.Thread(target=pass_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        for event in ray.get(mailbox.news.remote()):
            observer(event)


def _work(config: dict[str, Any]) -> None:
    """What a worker does; Ray has joined it with the others."""
    context, mailbox = get_context(), config["mailbox"]
    peers = Peers(context.get_world_rank(), context.get_world_size())
    observer = mailbox.tell.remote if peers.is_first else ignore
    device = str(get_device()) if config["use_gpu"] else "cpu"
    settled = replace(config["options"], observer=observer, device=device)
    ray.get(mailbox.end.remote(peers.rank, outcome_of(lambda: train(config["program"], settled, peers))))
