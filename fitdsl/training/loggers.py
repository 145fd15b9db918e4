"""Where a run's numbers can go beside its own folder: TensorBoard, Weights & Biases, MLflow.

A logger is no part of a spec: it says nothing about what a stage computes. `fit train --log NAME` and
`TrainOptions.log` name them. Its package is loaded when a run that uses it begins.
"""

import importlib
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from ..component import Component
from ..dataclass import dataclass

Numbers = Mapping[str, float]
"""What an epoch has measured, by name such as `hints/val/loss`."""


@dataclass(frozen=True)
class Subject:
    """The run that is logged.

    Attributes:
        name: Name of the spec.
        folder: The run's folder.
        settings: Its seed and the value of each param.
        own: A folder for what the logger has to keep; it is there, and what it holds is there when the run goes on.
    """

    name: str
    folder: Path
    settings: Mapping[str, str]
    own: Path

    @property
    def title(self) -> str:
        """What to call the run among others."""
        return f"{self.name}/{self.folder.resolve().name}"


class Sink(ABC):
    """An open log. Whatever it raises ends the log and not the training."""

    @abstractmethod
    def write(self, stage: str, epoch: int, numbers: Numbers) -> None:
        """Take what an epoch of a stage, counted from 1, has measured; each epoch comes once."""

    @abstractmethod
    def close(self, *, is_done: bool) -> None:
        """End the log: the run is over, or was broken off."""


class Logger(Component, kind="logger"):
    """A place where numbers of epochs go while a run trains.

    Attributes:
        module: What must be importable for it.
        extra: What installs that: `pip install fitdsl[EXTRA]`; none where it comes with the logger.
    """

    module: ClassVar[str]
    extra: ClassVar[str | None] = None

    @classmethod
    def is_installed(cls) -> bool:
        """Whether its package is there; does not load it."""
        return find_spec(cls.module) is not None

    @abstractmethod
    def open(self, subject: Subject) -> Sink:
        """A log for a run that begins, or the same log again where the run goes on."""


class TensorBoard(Logger, name="tensorboard"):
    """Event files for TensorBoard in `logs/tensorboard` of the run's folder: `tensorboard --logdir runs`."""

    module = "tensorboardX"
    extra = "tensorboard"

    def open(self, subject: Subject) -> Sink:
        return _EventFile(subject.own)


class _EventFile(Sink):
    def __init__(self, folder: Path) -> None:
        writers = importlib.import_module("tensorboardX.event_file_writer")
        self._proto: Any = importlib.import_module("tensorboardX.proto")
        importlib.import_module("tensorboardX.proto.event_pb2")
        number = len(list(folder.glob("events.*")))
        # its `SummaryWriter` writes in a thread, which a full disk would end, and with it whoever waits for the thread
        self._file: Any = writers.EventsWriter(str(folder / "events"), f".{number}")

    def write(self, stage: str, epoch: int, numbers: Numbers) -> None:
        summary = self._proto.summary_pb2.Summary()
        for name, value in numbers.items():
            summary.value.add(tag=name, simple_value=value)
        self._file.write_event(self._proto.event_pb2.Event(wall_time=time.time(), step=epoch, summary=summary))
        self._file.flush()

    def close(self, *, is_done: bool) -> None:
        self._file.close()


class Wandb(Logger, name="wandb"):
    """A run in Weights & Biases; its environment variables say where, such as WANDB_PROJECT and WANDB_MODE=offline."""

    module = "wandb"
    extra = "wandb"

    def open(self, subject: Subject) -> Sink:
        return _WandbRun(subject)


class _WandbRun(Sink):
    def __init__(self, subject: Subject) -> None:
        wandb: Any = importlib.import_module(Wandb.module)
        kept = subject.own / "run_id"
        known = kept.read_text() if kept.exists() else uuid4().hex
        kept.write_text(known)
        self._run: Any = wandb.init(
            id=known, resume="allow", name=subject.title, dir=str(subject.own), config=dict(subject.settings)
        )

    def write(self, stage: str, epoch: int, numbers: Numbers) -> None:
        axis = f"{stage}/epoch"
        self._run.define_metric(f"{stage}/*", step_metric=axis)
        self._run.log({**numbers, axis: epoch})

    def close(self, *, is_done: bool) -> None:
        self._run.finish(exit_code=0 if is_done else 1)


class Mlflow(Logger, name="mlflow"):
    """A run in MLflow; its environment variables say where: MLFLOW_TRACKING_URI and MLFLOW_EXPERIMENT_NAME."""

    module = "mlflow"
    extra = "mlflow"

    def open(self, subject: Subject) -> Sink:
        return _MlflowRun(subject)


class _MlflowRun(Sink):
    def __init__(self, subject: Subject) -> None:
        mlflow: Any = importlib.import_module(Mlflow.module)
        self._entities: Any = mlflow.entities
        self._client: Any = mlflow.MlflowClient()
        kept = subject.own / "run_id"
        self._id = kept.read_text() if kept.exists() else self._begun(subject)
        kept.write_text(self._id)
        self._client.update_run(self._id, "RUNNING")

    def _begun(self, subject: Subject) -> str:
        run = self._client.create_run(self._experiment(), run_name=subject.title)
        params = [self._entities.Param(name, value) for name, value in subject.settings.items()]
        known: str = run.info.run_id
        self._client.log_batch(known, params=params)
        return known

    def _experiment(self) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", "Default")
        found = self._client.get_experiment_by_name(name)
        known: str = found.experiment_id if found else self._client.create_experiment(name)
        return known

    def write(self, stage: str, epoch: int, numbers: Numbers) -> None:
        milliseconds = int(time.time() * 1000)
        # MLflow takes fewer characters in names than the terms of a loss have
        metrics = [
            self._entities.Metric(name.replace("(", " ").replace(")", ""), value, milliseconds, epoch)
            for name, value in numbers.items()
        ]
        self._client.log_batch(self._id, metrics=metrics)

    def close(self, *, is_done: bool) -> None:
        self._client.set_terminated(self._id, "FINISHED" if is_done else "KILLED")
