"""How to train, as opposed to what: the choices that stand on the command line and not in a spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import torch

from ..backend.refusal import refusal
from ..dataclass import dataclass
from ..work.key import Around
from ..work.store import Store
from .events import Observer, ignore
from .loggers import Logger

PATHS = ("runs", "run_dir", "base")


def never() -> bool:
    """No."""
    return False


def whole(name: str, value: Any, least: int) -> int:
    """A whole number of at least `least`.

    Raises:
        ValueError: It is something else.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
        raise ValueError(f"`{name}` is a whole number of at least {least}, got {value!r}")
    return int(value)


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """Choices for one run.

    Attributes:
        seed: Decides split, weights, order, augmentation and dropout.
        device: A torch device, or `auto`: CUDA, else MPS, else the CPU.
        gpus: How many devices train one run together; on a CPU, how many processes.
        address: The Ray cluster that has these devices, or `local`; this machine without Ray if left out.
        runs: Folder of all runs; a new run goes to `runs/NAME/ID`.
        run_dir: Folder of this run instead.
        stage: Train only this stage and those it starts from.
        epochs: At most so many epochs in each stage.
        limits: At most so many epochs in single stages, by name.
        resume: Go on with the run in `run_dir`, or with the newest unfinished one of the spec.
        reuse: Whether finished stages are taken from the store; they are put there either way.
        store: That store; the user's own if left out.
        force: If that run was begun as another one, begin anew in a fresh folder from the first stage that differs.
        allow_python: Whether a network from outside may run the user's own code.
        log: Where the numbers of each epoch go beside the run's folder, by name or with their own settings.
        base: Folder of the spec; paths in it are relative to this one.
        spec: Its text, to be stored.
        point: Value of each param, to be stored.
        opened: Data that runs of this process have opened; given to several runs, they open it once.
        is_measured: Whether networks are measured on the test split at the end, and what preparations have learned is
            kept with the run; a search does both for its best student alone.
        is_asked_to_end: Asked between steps, beside Ctrl-C, whether to save and end.
        observer: Is told what happens.
    """

    seed: int = 0
    device: str = "auto"
    gpus: int = 1
    address: str | None = None
    runs: Path = Path("runs")
    run_dir: Path | None = None
    stage: str | None = None
    epochs: int | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    resume: bool = False
    reuse: bool = True
    store: Store | None = None
    force: bool = False
    allow_python: bool = False
    log: Sequence[str | Logger] = ()
    base: Path = Path()
    spec: str = ""
    point: Mapping[str, Any] = field(default_factory=dict)
    opened: dict[Any, Any] = field(default_factory=dict)
    is_measured: bool = True
    is_asked_to_end: Callable[[], bool] = never
    observer: Observer = ignore

    def __post_init__(self) -> None:
        """Take texts for paths, and hold numbers to their range.

        Raises:
            ValueError: `seed` or `epochs` is no whole number of its range.
        """
        paths = {name: Path(value) for name in PATHS if (value := getattr(self, name)) is not None}
        seed = whole("seed", self.seed, 0)
        epochs = None if self.epochs is None else whole("epochs", self.epochs, 1)
        vars(self).update(paths, seed=seed, epochs=epochs)

    def torch_device(self) -> torch.device:
        """The device meant.

        Raises:
            FitError: This machine has none of that name (FIT4112).
        """
        if self.device == "auto" and torch.cuda.is_available():
            return torch.device("cuda")
        if self.device == "auto":
            return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
        try:
            return torch.empty(0, device=self.device).device
        # A build without CUDA raises AssertionError, one without the backend RuntimeError or NotImplementedError.
        except (AssertionError, RuntimeError) as error:
            helps = ["leave `--device` out to take the best there is"]
            raise refusal("FIT4112", f"device `{self.device}` cannot be used on this machine", helps=helps) from error

    def finished_work(self) -> Store:
        """The store of finished work.

        Raises:
            FitError: The environment gives it a limit that is no size (FIT4114).
        """
        return Store.default() if self.store is None else self.store

    @property
    def around(self) -> Around:
        """What of them has a say in a stage's result."""
        return Around(self.base, self.seed, self.epochs, self.limits)
