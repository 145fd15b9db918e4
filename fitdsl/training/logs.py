"""The logs of a run: opened before its first epoch, told each epoch once, and given up where they fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from ..backend.refusal import refusal
from ..component import components
from ..dataclass import dataclass
from ..diagnostics import did_you_mean
from .events import EpochDone, Event, RunDone, StageStarted
from .folder import RunFolder
from .loggers import Logger, Numbers, Sink, Subject

TOLD = "epochs.jsonl"
"""In a log's own folder, the epochs it has been told."""


def chosen_loggers(names: Sequence[str | Logger]) -> dict[str, Logger]:
    """The loggers of these names, each once, ready to be opened.

    Raises:
        FitError: There is none of a name, it takes arguments that have to be given, or its package is not installed
            (FIT4130).
    """
    found = {}
    for name in names:
        logger = name if isinstance(name, Logger) else _named(name)
        if not logger.is_installed():
            helps = [f"install it: `pip install fitdsl[{logger.extra}]`"] if logger.extra else []
            message = f"log `{logger.word}` needs the package `{logger.module}`, which is not installed"
            raise refusal("FIT4130", message, helps=helps)
        found[logger.word] = logger
    return found


def _named(name: str) -> Logger:
    known = components("logger")
    if name not in known:
        helps = did_you_mean(name, known) or [f"there are {', '.join(sorted(known))}"]
        raise refusal("FIT4130", f"there is no logger `{name}`", helps=helps)
    made = known[name]()
    assert isinstance(made, Logger)
    return made


@dataclass(eq=False)
class Log:
    """One log of a run, opened when its first stage begins to train.

    Attributes:
        logger: Where to.
        subject: What is logged.
        folder: The run's.
        warn: Is told, once, why a log is given up.
    """

    logger: Logger
    subject: Subject
    folder: RunFolder
    warn: Callable[[str, str], None]
    _sink: Sink | None = None
    _told: set[tuple[str, int]] = field(default_factory=set)
    _is_given_up: bool = False
    _is_done: bool = False

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case StageStarted() if self._sink is None:
                self._try(event.stage, self._open)
            case EpochDone():
                self._try(event.stage, lambda: self._take(json.loads(event.json())))
            case RunDone():
                self._is_done = True

    def close(self) -> None:
        """End the log where it was opened."""
        sink = self._sink
        if sink is not None:
            self._try("", lambda: sink.close(is_done=self._is_done))

    def _try(self, stage: str, act: Callable[[], None]) -> None:
        if self._is_given_up:
            return
        try:
            act()
        except Exception as error:  # whatever a service, a disk or a package has to complain of
            self._is_given_up = True
            reason = str(error).partition("\n")[0] or type(error).__name__
            self.warn(stage, f"log `{self.logger.word}` is given up: {reason}")

    def _open(self) -> None:
        self.subject.own.mkdir(parents=True, exist_ok=True)
        self._told = {(stage, epoch) for stage, epoch in _lines(self.subject.own / TOLD)}
        self._sink = self.logger.open(self.subject)
        for event in _lines(self.folder.path / "events.jsonl"):
            if event["event"] == EpochDone.event:
                self._take(event)

    def _take(self, event: Mapping[str, Any]) -> None:
        """Hand on an epoch that was not told yet; one comes again where a run goes on from before it."""
        place = (event["stage"], event["epoch"])
        if self._sink is None or place in self._told:
            return
        self._sink.write(*place, numbers_of(event))
        self._told.add(place)
        with (self.subject.own / TOLD).open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(place)}\n")


def _lines(path: Path) -> Iterator[Any]:
    """The whole lines of a file of JSON; a killed process may have left half a line."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return (json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n"))


def numbers_of(event: Mapping[str, Any]) -> Numbers:
    """The numbers of an `epoch` event, as `STAGE/FIELD` or `STAGE/FIELD/NAME`."""
    found: dict[str, float] = {}
    for name, value in event.items():
        if isinstance(value, Mapping):
            found |= {f"{event['stage']}/{name}/{key}": float(number) for key, number in value.items()}
        elif name in ("rate", "examples_per_s", "seconds"):
            found[f"{event['stage']}/{name}"] = float(value)
    return found
