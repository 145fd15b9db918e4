"""Which students are tried, which are refused before a trial exists, and which is best; without Ray."""

from __future__ import annotations

from collections.abc import Sequence
from errno import ENOSPC
from os import strerror
from pathlib import Path
from typing import Any, NoReturn

import pytest
from searching import compiled

from fitdsl.diagnostics import FitError
from fitdsl.tuning.candidates import Candidates
from fitdsl.tuning.ledger import Ledger
from fitdsl.tuning.points import Point
from fitdsl.tuning.report import Counts, TrialReport, front
from fitdsl.tuning.samplers import Proposer
from fitdsl.tuning.study import Study, metric_of
from fitdsl.work.key import Around


class Fixed(Proposer):
    """Proposes what it is given, and remembers what it is told."""

    def __init__(self, *points: Point) -> None:
        self.points = list(points)
        self.told: list[Any] = []

    def propose(self) -> Point | None:
        return self.points.pop(0) if self.points else None

    def refused(self, point: Point) -> None:
        self.told.append(("refused", point["width"]))

    def learned(self, point: Point, values: tuple[float, ...]) -> None:
        self.told.append((values, point["width"]))


def point(width: int, rate: str = "0.01") -> Point:
    return {"width": str(width), "rate": rate}


def study(folder: Path, proposer: Proposer, *changes: tuple[str, str], wanted: int = 10) -> Study:
    compilation = compiled(*changes)
    settings = compilation.search
    assert settings is not None
    candidates = Candidates(compilation, settings.vary)
    ledger = Ledger.read(folder / "ledger.jsonl")
    return Study(compilation, candidates, settings.goals, proposer, ledger, Around(Path()), wanted)


def everything(study: Study) -> Sequence[TrialReport]:
    found = []
    while (trial := study.next()) is not None:
        found.append(trial)
    return found


def end(study: Study, id: int, accuracy: float, **more: Any) -> None:
    study.began(id)
    metrics = {"loss": 1.0, "accuracy": accuracy, "error": 1 - accuracy}
    study.ended(id, {"status": "done", "metrics": metrics, "score": accuracy, "epoch": 4, **more})


def test_what_is_no_student_or_a_twin_never_becomes_a_trial(tmp_path: Path) -> None:
    proposer = Fixed(point(4), point(6), point(4, "1e-2"), point(2), point(2))
    made = study(tmp_path, proposer)
    # 6 has too many params for the requirement, 1e-2 is another spelling of 0.01
    assert [trial.point["width"] for trial in everything(made)] == ["4", "2"]
    assert proposer.told == [("refused", "6"), ("refused", "4"), ("refused", "2")]
    assert made.counts() == Counts(proposed=5, infeasible=1, duplicate=2)
    assert made.is_exhausted


def test_a_trial_knows_what_it_costs_before_it_starts(tmp_path: Path) -> None:
    (trial,) = everything(study(tmp_path, Fixed(point(4))))
    assert trial.cost["small"].params == compiled().program.networks["small"].graph.cost.params


def test_there_are_as_many_trials_as_are_wanted(tmp_path: Path) -> None:
    assert len(everything(study(tmp_path, Fixed(point(2), point(4)), wanted=1))) == 1


def test_the_best_is_best_in_the_first_goal_and_the_smallest_of_equals(tmp_path: Path) -> None:
    proposer = Fixed(point(4), point(2), point(2, "0.001"))
    made = study(tmp_path, proposer)
    everything(made)
    end(made, 0, 0.9)
    end(made, 1, 0.9)
    end(made, 2, 0.7)
    assert made.best() == 1
    assert proposer.told == [((0.9,), "4"), ((0.9,), "2"), ((0.7,), "2")]


def test_several_goals_have_a_front(tmp_path: Path) -> None:
    both = ("maximize  = val.accuracy", "maximize  = val.accuracy\n  minimize  = params(small)")
    made = study(tmp_path, Fixed(point(4), point(2), point(2, "0.001")), both)
    everything(made)
    for id, (accuracy, status) in enumerate(((0.9, "done"), (0.8, "stopped"), (0.7, "done"))):
        end(made, id, accuracy, status=status)
    # the smaller one was stopped early, and stands with what it had reached
    assert made.pareto() == (0, 1)
    assert made.best() == 0
    assert made.trials[1].values[0] == 0.8
    assert made.signs == (1, -1)


def test_a_trial_without_a_finite_score_has_failed(tmp_path: Path) -> None:
    proposer = Fixed(point(4))
    made = study(tmp_path, proposer)
    everything(made)
    end(made, 0, float("nan"))
    assert (made.trials[0].status, made.trials[0].reason) == ("failed", "it has no finite score")
    assert proposer.told == [("refused", "4")]
    assert made.best() is None


def test_a_failed_trial_keeps_its_reason(tmp_path: Path) -> None:
    made = study(tmp_path, Fixed(point(4)))
    everything(made)
    made.ended(0, {"status": "failed", "reason": "FIT4102: it became NaN"})
    assert (made.trials[0].status, made.trials[0].reason) == ("failed", "FIT4102: it became NaN")


def test_whoever_goes_on_knows_everything_and_teaches_the_sampler_anew(tmp_path: Path) -> None:
    points = [point(4), point(6), point(2), point(2, "0.001")]
    first = study(tmp_path, Fixed(*points), wanted=3)
    everything(first)
    end(first, 0, 0.9, seconds=2.0)
    first.began(1)
    first.reached(1, {"epoch": 1, "score": 0.5, "metrics": {"accuracy": 0.5}, "seconds": 1.0, "passes": 2.0})
    first.moved(1, "paused")
    proposer = Fixed(*points)
    second = study(tmp_path, proposer, wanted=3)
    assert second.trials == first.trials
    assert [trial.id for trial in second.unfinished] == [1, 2]
    assert second.trials[1].status == "paused"
    assert second.trials[1].history == [(1, 0.5)]
    assert proposer.told == [("refused", "6"), ((0.9,), "4")]
    assert second.next() is None
    assert second.counts() == first.counts()


def test_a_full_disk_is_one_finding_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> NoReturn:
        raise OSError(ENOSPC, strerror(ENOSPC))

    made = study(tmp_path, Fixed(point(4)))
    everything(made)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(FitError) as error:
        end(made, 0, 0.9)
    (finding,) = error.value.diagnostics
    assert finding.code == "FIT5038"
    assert finding.message == f"cannot write to the search's folder `{tmp_path}`: No space left on device"
    assert made.trials[0].status == "running"


def test_half_a_line_is_forgotten(tmp_path: Path) -> None:
    first = study(tmp_path, Fixed(point(4)))
    everything(first)
    end(first, 0, 0.9)
    path = tmp_path / "ledger.jsonl"
    text = path.read_text()
    path.write_text(text[:-20])
    assert [trial.status for trial in Ledger.read(path).trials.values()] == ["running"]
    assert path.read_text() == "".join(text.splitlines(keepends=True)[:-1])


def test_a_line_that_is_damaged_is_left_out_and_those_around_it_count(tmp_path: Path) -> None:
    first = study(tmp_path, Fixed(point(4), point(2)))
    everything(first)
    first.began(0)
    # `\u2028` ends a line for `str.splitlines`, and stands unescaped in a file
    first.ended(0, {"status": "failed", "reason": "one\u2028two"})
    end(first, 1, 0.9)
    path = tmp_path / "ledger.jsonl"
    *lines, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, b"\x00\xff\n", last]))
    again = Ledger.read(path).trials
    assert [(trial.status, trial.reason) for trial in again.values()] == [("failed", "one\u2028two"), ("done", "")]


@pytest.mark.parametrize(
    ("goals", "expected"),
    [
        ("maximize  = val.accuracy", ("accuracy", 1)),
        ("minimize  = val.error", ("error", -1)),
        ("minimize  = [params(small), val.loss]", ("loss", -1)),
        ("minimize  = params(small)", ("loss", -1)),
    ],
)
def test_trials_are_compared_by_the_first_metric_among_the_goals(goals: str, expected: tuple[str, int]) -> None:
    settings = compiled(("maximize  = val.accuracy", goals)).search
    assert settings is not None
    assert metric_of(settings.goals) == expected


def test_nobody_on_the_front_is_beaten() -> None:
    def trial(id: int, *values: float) -> TrialReport:
        return TrialReport(id=id, point={}, key=str(id), seed=0, cost={}, values=values)

    trials = [trial(0, 0.9, 10), trial(1, 0.9, 20), trial(2, 0.8, 5), trial(3, 0.7, 5), trial(4), trial(5, 0.9, 10)]
    assert front(trials, (1, -1)) == (0, 2, 5)
