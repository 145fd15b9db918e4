"""What happened in a search, line by line on disk, so that whoever goes on with it knows everything.

Each line is written before anything follows from it, so that it outlives its process; how a trial ended, which could
not be found out again, is synced to the disk, too. A line that was cut off by a crash is left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ..atomic import cut_half_a_line
from ..dataclass import dataclass
from .report import Counts, Status, TrialReport, TrialStage
from .writing import writing

Flaw = Literal["infeasible", "duplicate"]
Move = Literal["paused", "promoted"]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Refused(_Line):
    """A point that the sampler named and that was not started: it is no student, or an earlier one's twin."""

    event: Literal["refused"] = "refused"
    point: dict[str, str]
    why: Flaw


class Proposed(_Line):
    """A new trial."""

    event: Literal["proposed"] = "proposed"
    trial: TrialReport


class Began(_Line):
    """A trial was started, or gone on with."""

    event: Literal["began"] = "began"
    id: int


class Reached(_Line):
    """A trial has finished an epoch of the last stage; time and passes are those of this attempt.

    `missed` are epochs and scores before it of which nobody heard, as whoever listened had died.
    """

    event: Literal["reached"] = "reached"
    id: int
    epoch: int
    score: float
    metrics: dict[str, float]
    seconds: float
    passes: float
    missed: list[tuple[int, float]] = []


class Staged(_Line):
    """A trial has finished a stage, or taken it from earlier work."""

    event: Literal["staged"] = "staged"
    id: int
    stages: dict[str, TrialStage]


class Moved(_Line):
    """A trial was paused at a rung, or promoted beyond it."""

    event: Literal["moved"] = "moved"
    id: int
    to: Move


class Ended(_Line):
    """A trial is over."""

    event: Literal["ended"] = "ended"
    id: int
    status: Status
    reason: str = ""
    metrics: dict[str, float] = {}
    values: tuple[float, ...] = ()
    epoch: int = 0
    seconds: float | None = None
    passes: float | None = None
    warnings: tuple[str, ...] = ()
    missed: list[tuple[int, float]] = []


Line = Annotated[Refused | Proposed | Began | Staged | Reached | Moved | Ended, Field(discriminator="event")]
_LINE: TypeAdapter[Line] = TypeAdapter(Line)


@dataclass(eq=False)
class Ledger:
    """The lines of a search, and where its trials stand.

    Attributes:
        path: The file.
        lines: All lines so far.
        trials: By number.
    """

    path: Path
    lines: list[Line] = field(default_factory=list)
    trials: dict[int, TrialReport] = field(default_factory=dict)
    _before: dict[int, TrialReport] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """The ledger in a file, to go on with; an empty one if there is no file."""
        cut_half_a_line(path)
        return cls.seen(path)

    @classmethod
    def seen(cls, path: Path) -> Ledger:
        """The same for someone who only looks: the file stays as it is."""
        ledger = cls(path)
        for line in _whole_lines(path):
            ledger._take(line)
        return ledger

    @property
    def counts(self) -> Counts:
        """What became of the proposals."""
        refused = [line.why for line in self.lines if isinstance(line, Refused)]
        stages = [stage for trial in self.trials.values() for stage in trial.stages.values()]
        return Counts(
            proposed=len(refused) + len(self.trials),
            infeasible=refused.count("infeasible"),
            duplicate=refused.count("duplicate"),
            trained=sum(trial.attempts > 0 for trial in self.trials.values()),
            stages_trained=sum(not stage.reused for stage in stages),
            stages_reused=sum(stage.reused for stage in stages),
        )

    def add(self, line: Line) -> None:
        """Write a line, and take it to heart.

        Raises:
            FitError: It cannot be written (FIT5038).
        """
        with writing(self.path.parent), self.path.open("a", encoding="utf-8") as file:
            file.write(line.model_dump_json() + "\n")
            file.flush()
            if isinstance(line, Ended):
                os.fsync(file.fileno())
        self._take(line)

    def _take(self, line: Line) -> None:
        if not isinstance(line, Refused | Proposed) and line.id not in self.trials:
            # the line that has proposed it was damaged
            return
        self.lines.append(line)
        match line:
            case Proposed(trial=trial):
                self.trials[trial.id] = trial
            case Began(id=id):
                self._before[id] = self.trials[id]
                self._update(id, status="running", attempts=self.trials[id].attempts + 1)
            case Reached():
                known = [*self.trials[line.id].history, *line.missed]
                history = [*sorted(at for at in known if at[0] < line.epoch), (line.epoch, line.score)]
                self._update(line.id, epoch=line.epoch, metrics=line.metrics, history=history, **self._spent(line))
            case Staged(id=id, stages=stages):
                # one that was trained in an earlier attempt is told as taken in a later one
                self._update(id, stages={**stages, **self.trials[id].stages})
            case Moved(id=id, to=to):
                self._update(id, status="paused" if to == "paused" else "running")
            case Ended():
                told = line.model_dump(
                    include={"status", "reason", "metrics", "values", "epoch", "warnings"}, exclude_defaults=True
                )
                history = sorted([*self.trials[line.id].history, *line.missed])
                self._update(line.id, **told, history=history, **self._spent(line))

    def _spent(self, line: Reached | Ended) -> dict[str, object]:
        """What a trial has taken in all its attempts."""
        trial = self.trials[line.id]
        before = self._before.get(line.id, trial)
        return {
            "seconds": trial.seconds if line.seconds is None else before.seconds + line.seconds,
            "passes": trial.passes if line.passes is None else before.passes + line.passes,
        }

    def _update(self, id: int, **values: object) -> None:
        self.trials[id] = self.trials[id].model_copy(update=values)


def _whole_lines(path: Path) -> Iterator[Line]:
    if not path.exists():
        return
    for text in path.read_bytes().split(b"\n"):
        try:
            yield _LINE.validate_python(json.loads(text))
        except (ValueError, ValidationError):
            # a full disk has left half of it, and more was written behind
            continue
