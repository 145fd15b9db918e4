"""What remains of a search: `search.json`, one entry for each trial, and what can be read off them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..backend.refusal import refusal
from ..late import late
from ..training.report import CostReport, NetworkReport

Status = Literal["waiting", "running", "paused", "stopped", "done", "failed"]
ENDED: tuple[Status, ...] = ("stopped", "done", "failed")
"""The states that a trial does not leave."""

SearchStatus = Literal["running", "interrupted", "done"]


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrialStage(_Report):
    """A finished stage of a trial."""

    key: str = Field(description="hash of everything its result depends on")
    reused: bool = Field(description="whether its result was taken from earlier work")


class TrialReport(_Report):
    """One student that was tried."""

    id: int = Field(description="its number, from 0")
    point: dict[str, str] = Field(description="value of each varied param, as the language writes it")
    key: str = Field(description="hash of everything its result depends on: equal keys, equal students")
    status: Status = "waiting"
    seed: int
    cost: dict[str, CostReport] = Field(description="what one example costs, by network")
    epoch: int = Field(0, description="finished epochs of the last stage")
    metrics: dict[str, float] = Field({}, description="of the kept epoch of the last stage, on the validation split")
    values: tuple[float, ...] = Field((), description="one number for each goal of the search")
    history: list[tuple[int, float]] = Field([], description="epoch and score of each epoch of the last stage")
    stages: dict[str, TrialStage] = Field({}, description="finished stages by name")
    attempts: int = Field(0, description="how often it was started, or gone on with")
    seconds: float = Field(0.0, description="time in which it has trained")
    passes: float = Field(0.0, description="how often it ran what does not learn over all examples")
    reason: str = Field("", description="why it failed")
    warnings: tuple[str, ...] = Field((), description="what went on otherwise than one may think")

    @property
    def progress(self) -> int:
        """How far it is: stages and epochs of the last stage that it has finished, and whether it is over."""
        return len(self.stages) + self.epoch + (self.status in ENDED)


class Counts(_Report):
    """What became of the proposals."""

    proposed: int = Field(0, description="points that the sampler named")
    infeasible: int = Field(0, description="of these, unsound, or refused by a requirement; none was started")
    duplicate: int = Field(0, description="of these, the same student as an earlier one; none was started")
    trained: int = Field(0, description="students that were started")
    stages_trained: int = Field(0, description="stages that were trained")
    stages_reused: int = Field(0, description="stages that were taken from earlier work or from another trial")


class Winner(_Report):
    """The best student, trained to the end and measured once on the test split."""

    id: int
    networks: dict[str, NetworkReport]
    finished_live: bool = Field(False, description="whether its last stage was trained again with the teacher live")


class SearchReport(_Report):
    """One search, as `search.json` holds it."""

    format_version: Literal[1] = 1
    name: str = Field(description="name of the spec")
    status: SearchStatus
    spec: str = Field(description="text of the spec, with everything it uses written in")
    point: dict[str, Any] = Field(description="value of each param that does not vary")
    seed: int
    goals: tuple[str, ...] = Field(description="what was to be made large or small, such as `maximize val.accuracy`")
    vary: tuple[str, ...] = Field(description="the params that vary")
    sampler: str
    scheduler: str
    wanted: int = Field(description="how many students were to be trained, at most as many as there are")
    limits: dict[str, int] = Field({}, description="at most so many epochs in single stages, by name")
    resources: dict[str, float] = Field(description="what one trial was given of a machine")
    versions: dict[str, str] = Field(description="of everything that has a say in the numbers")
    trials: list[TrialReport] = Field([], description="in the order in which they were proposed")
    pareto: tuple[int, ...] = Field(
        (), description="trials of which none is better in every goal; one stopped early stands with what it had"
    )
    best: int | None = Field(None, description="the trial that is best in the first goal, of those trained to the end")
    counts: Counts = Counts()
    teacher_passes: float = Field(0.0, description="how often what does not learn ran over all examples, in all trials")
    seconds: float = Field(0.0, description="wall time of the search")
    winner: Winner | None = Field(None, description="the best student's final measurement")
    folder: Path = Field(Path(), exclude=True, description="where the search's files are")

    def trial(self, id: int) -> TrialReport:
        """A trial by its number.

        Raises:
            KeyError: There is none.
        """
        for trial in self.trials:
            if trial.id == id:
                return trial
        raise KeyError(id)

    def __repr__(self) -> str:
        text: str = late("tuning.notebook").search_text(self)
        return text

    __str__ = __repr__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """How it draws itself in a notebook, which picks from it."""
        bundle: dict[str, str] = late("tuning.notebook").search_bundle(self)
        return bundle


def read_search(path: Path) -> SearchReport | None:
    """What a search has reported; None if there is no report.

    Raises:
        FitError: It cannot be read, or is not a report that this version understands (FIT5035).
    """
    try:
        report = SearchReport.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise refusal("FIT5035", f"`{path}` cannot be read: {error.strerror or error}") from error
    except ValidationError as error:
        raise refusal("FIT5035", f"`{path}` is not a report that this version of fitdsl understands") from error
    return report.model_copy(update={"folder": path.parent})


def read_trial(place: str) -> tuple[SearchReport, TrialReport]:
    """A trial by its place, such as `searches/digits/ID/search.json#17`, and its search.

    Raises:
        FitError: There is none (FIT5035).
    """
    file, _, number = place.rpartition("#")
    path = Path(file) / "search.json" if Path(file).is_dir() else Path(file)
    helps = ["write the search's file and the number of the trial: `searches/digits/ID/search.json#17`"]
    if not file or not number.isdecimal():
        raise refusal("FIT5035", f"`{place}` names no trial", helps=helps)
    report = read_search(path)
    if report is None:
        raise refusal("FIT5035", f"there is no search at `{path}`", helps=helps)
    found = next((trial for trial in report.trials if trial.id == int(number)), None)
    if found is None:
        raise refusal("FIT5035", f"`{path}` has no trial {number}", helps=[f"it has {len(report.trials)}, from 0 on"])
    return report, found


def front(trials: Iterable[TrialReport], signs: Sequence[int]) -> tuple[int, ...]:
    """The trials of which no other is at least as good in every goal and better in one, by number.

    Args:
        trials: Those without values are left out.
        signs: For each goal 1 if large is good, else -1.
    """
    scored = {t.id: tuple(s * v for s, v in zip(signs, t.values, strict=True)) for t in trials if t.values}
    found: dict[int, tuple[float, ...]] = {}
    # what beats another one comes before it, and is itself beaten only by one of the front
    for id, own in sorted(scored.items(), key=lambda item: item[1], reverse=True):
        if not any(beats(other, own) for other in found.values()):
            found[id] = own
    return tuple(id for id in scored if id in found)


def beats(other: Sequence[float], own: Sequence[float]) -> bool:
    """Whether a result is at least as good as one's own in every goal and better in one; larger is better."""
    return other != own and all(theirs >= mine for theirs, mine in zip(other, own, strict=True))
