"""Which trial starts next, and which is given up."""

from __future__ import annotations

from pathlib import Path

from test_study import Fixed, end, point, study

from fitdsl.tuning.crashes import CRASHES, Crashes
from fitdsl.tuning.queue import AHEAD, Queue
from fitdsl.tuning.study import Study


class Ready(Fixed):
    """Proposes what it is given, whatever the results."""

    is_learning = False


POINTS = [point(4), point(4, "0.001"), point(2), point(2, "0.001")]


def ready(folder: Path) -> Study:
    return study(folder, Ready(*POINTS))


def test_a_student_whose_hint_stage_is_being_trained_waits_for_another_one(tmp_path: Path) -> None:
    made = ready(tmp_path)
    queue = Queue(made)
    ids = [trial.id for _ in range(4) if (trial := queue.next())]
    # 1 has the hint stage of 0, 2 has another; then each left shares one with a trial that runs
    assert ids == [0, 2, 1, 3]
    assert [dict(trial.point) for trial in made.trials.values()] == POINTS
    assert queue.next() is None


def test_once_stages_are_finished_the_order_is_that_of_the_proposals(tmp_path: Path) -> None:
    made = ready(tmp_path)
    queue = Queue(made)
    first = queue.next()
    assert first is not None
    keys = made.stage_keys(0)
    assert len(keys) == 3
    made.staged(0, {"teach": {"key": keys[0], "reused": False}, "hints": {"key": keys[1], "reused": False}})
    assert [trial.id for _ in range(3) if (trial := queue.next())] == [1, 2, 3]


def test_nobody_is_passed_over_for_ever(tmp_path: Path) -> None:
    made = ready(tmp_path)
    queue = Queue(made)
    queue.next()
    queue._look_ahead(2)
    queue._passed[1] = AHEAD
    trial = queue.next()
    assert trial is not None
    assert trial.id == 1


def test_a_sampler_that_learns_is_asked_as_late_as_possible(tmp_path: Path) -> None:
    made = study(tmp_path, Fixed(*POINTS))
    queue = Queue(made)
    assert [trial.id for _ in range(2) if (trial := queue.next())] == [0, 1]
    assert len(made.trials) == 2


def test_whoever_goes_on_begins_with_what_was_begun(tmp_path: Path) -> None:
    first = ready(tmp_path)
    queue = Queue(first)
    for _ in range(2):
        queue.next()
    first.began(0)
    end(first, 0, 0.9)
    first.began(2)
    again = Queue(ready(tmp_path))
    assert [trial.id for _ in range(3) if (trial := again.next())] == [2, 1, 3]
    assert again.running == 3


def test_a_trial_is_given_up_when_it_dies_at_the_same_place_again_and_again(tmp_path: Path) -> None:
    made = ready(tmp_path)
    made.next()
    crashes = Crashes(made)
    assert [crashes.died(0) for _ in range(CRASHES)] == [False] * CRASHES
    made.reached(0, {"epoch": 1, "score": 0.5, "metrics": {"accuracy": 0.5}, "seconds": 1.0, "passes": 0.0})
    assert crashes.moved(0)
    assert [crashes.died(0) for _ in range(CRASHES)] == [False] * CRASHES
    # what it does once more is no progress
    made.reached(0, {"epoch": 1, "score": 0.5, "metrics": {"accuracy": 0.5}, "seconds": 1.0, "passes": 0.0})
    assert not crashes.moved(0)
    assert crashes.died(0)


def test_epochs_of_which_nobody_heard_are_told_later(tmp_path: Path) -> None:
    made = ready(tmp_path)
    made.next()
    told = {"metrics": {"accuracy": 0.5}, "seconds": 1.0, "passes": 0.0}
    made.reached(0, {"epoch": 1, "score": 0.1, "history": [(1, 0.1)], **told})
    made.reached(0, {"epoch": 3, "score": 0.3, "history": [(1, 0.1), (2, 0.2), (3, 0.3)], **told})
    assert made.trials[0].history == [(1, 0.1), (2, 0.2), (3, 0.3)]
    end(made, 0, 0.5, history=[(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.5)])
    assert made.trials[0].history[-1] == (4, 0.5)
    assert study(tmp_path, Ready(*POINTS)).trials == made.trials


def test_a_damaged_line_loses_one_trial_and_no_other(tmp_path: Path) -> None:
    made = ready(tmp_path)
    for _ in range(3):
        made.next()
    end(made, 1, 0.9)
    path = tmp_path / "ledger.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1][:40], *lines[2:]]) + "\n")
    again = study(tmp_path, Ready(*POINTS))
    assert list(again.trials) == [0, 2]
    trial = again.next()
    assert trial is not None
    assert (trial.id, dict(trial.point)) == (3, POINTS[2 + 1])
