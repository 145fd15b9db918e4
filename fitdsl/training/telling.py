"""What a run tells: to the log of its folder, to its observer and to loggers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import field

from ..dataclass import dataclass
from .events import Event, Observer, Warned
from .folder import RunFolder
from .loggers import Logger, Subject
from .logs import Log


@dataclass(frozen=True, eq=False)
class Telling:
    """Passes events on.

    Attributes:
        folder: Of the run.
        observer: Is told of every event.
    """

    folder: RunFolder
    observer: Observer
    _logs: list[Log] = field(default_factory=list)

    def tell(self, event: Event) -> None:
        """Pass an event on."""
        self.folder.log(event)
        self.observer(event)
        for log in self._logs:
            log(event)

    def warn(self, stage: str, message: str) -> None:
        """Tell what goes wrong in a stage and stops nothing."""
        self.tell(Warned(stage, message))

    @contextmanager
    def logging(self, loggers: Mapping[str, Logger], program: str, settings: Mapping[str, str]) -> Iterator[None]:
        """Within the block loggers are told, too.

        Args:
            loggers: By name.
            program: What the run is called.
            settings: Its seed and the values of its params, as texts.
        """
        for name, logger in loggers.items():
            subject = Subject(program, self.folder.path, settings, self.folder.log_folder(name))
            self._logs.append(Log(logger, subject, self.folder, self.warn))
        with ExitStack() as after:
            for log in self._logs:
                after.callback(log.close)
            yield
