"""Schedulers on a real Ray of this machine: trials that count epochs, with scores that are known beforehand."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

import pytest
import ray
from ray import tune

from fitdsl.space import samplers as declared
from fitdsl.tuning.ledger import Ended, Moved, Reached
from fitdsl.tuning.schedulers import scheduler

EPOCHS = 9
HINT_EPOCHS = 2
QUALITIES = [0.3, 0.8, 0.1, 0.9, 0.5, 0.2, 0.7, 0.4, 0.6]

pytestmark = pytest.mark.filterwarnings("default")  # Ray's own


class Counting(tune.Trainable):
    """Two hint epochs, then those of the last stage, whose score is a constant; `fails_at` is an epoch."""

    def setup(self, config: dict[str, Any]) -> None:
        self.quality, self.fails_at = config["student"]["quality"], config["student"].get("fails_at")
        self.done_epochs = 0

    def step(self) -> dict[str, Any]:
        self.done_epochs += 1
        epoch = self.done_epochs - HINT_EPOCHS
        if epoch <= 0:
            return {"hint_epoch": self.done_epochs}
        marker = self.config["student"].get("failed_before")
        if epoch == self.fails_at and not (marker and Path(marker).exists()):
            if marker:
                Path(marker).touch()
            raise ValueError("as told")
        return {"epoch": epoch, "score": self.quality, "done": epoch == EPOCHS, "total": self.done_epochs}

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.setup(new_config)
        return True

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        (Path(checkpoint_dir) / "epochs.json").write_text(json.dumps(self.done_epochs))

    def load_checkpoint(self, checkpoint: str | dict[str, Any] | None) -> None:
        self.done_epochs = json.loads((Path(str(checkpoint)) / "epochs.json").read_text())


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Two cores of Ray, which says nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AIR_NEW_OUTPUT", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("PYTHONPATH", f"{Path(__file__).parent}:{os.environ.get('PYTHONPATH', '')}")
        # `local`: without an address Ray joins a cluster of this machine that others may have started
        ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        yield
        ray.shutdown()


def searched(
    declaration: declared.TrialScheduler, folder: Path, trials: list[Mapping[str, Any]], retries: int = 0
) -> tuple[dict[float, int], list[tuple[float, str, int]]]:
    """The last epoch of each trial by its quality, and what was told, in order."""
    told: list[tuple[str, str, int]] = []
    made = scheduler(declaration, EPOCHS, lambda trial, decision, epoch: told.append((trial, decision, epoch)))
    tuner = tune.Tuner(
        Counting,
        param_space={"student": tune.grid_search([dict(trial) for trial in trials])},
        tune_config=tune.TuneConfig(scheduler=made, reuse_actors=True),
        run_config=tune.RunConfig(
            storage_path=str(folder), verbose=0, failure_config=tune.FailureConfig(max_failures=retries)
        ),
    )
    grid: Any = tuner.fit()
    results = list(grid)
    assert all(result.metrics["total"] == result.metrics["epoch"] + HINT_EPOCHS for result in results)
    names = {result.metrics["trial_id"]: result.config["student"]["quality"] for result in results}
    epochs = {result.config["student"]["quality"]: result.metrics["epoch"] for result in results}
    return epochs, [(names[trial], decision, epoch) for trial, decision, epoch in told]


def of(*qualities: float) -> list[Mapping[str, Any]]:
    """Trials by their qualities."""
    return [{"quality": quality} for quality in qualities]


@pytest.mark.usefixtures("cluster")
class TestOnRay:
    def test_promotion_pauses_every_trial_and_the_best_go_on(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        epochs, told = searched(declared.Asha(), tmp_path, of(*QUALITIES))
        assert capfd.readouterr() == ("", "")
        assert set(epochs.values()) == {1, 3, EPOCHS}
        assert epochs[0.9] == EPOCHS
        assert 3 <= sum(epoch > 1 for epoch in epochs.values()) <= 4
        for quality, epoch in epochs.items():
            decisions = [(decision, at) for name, decision, at in told if name == quality]
            assert [at for decision, at in decisions if decision == "promoted"] == [r for r in (1, 3) if r < epoch]
            assert (decisions[-1] == ("stopped", epoch)) == (epoch < EPOCHS)

    @pytest.mark.slow
    def test_of_two_trials_one_reaches_the_end(self, tmp_path: Path) -> None:
        epochs, told = searched(declared.Asha(), tmp_path, of(0.4, 0.6))
        assert epochs == {0.4: 1, 0.6: EPOCHS}
        assert told[-1] == (0.4, "stopped", 1)

    @pytest.mark.slow
    def test_a_trial_that_fails_leaves_its_place(self, tmp_path: Path) -> None:
        failing = [*of(0.4, 0.6), {"quality": 0.9, "fails_at": 2}]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(logging.getLogger("ray.tune"), "disabled", True)
            epochs, _ = searched(declared.Asha(), tmp_path, failing)
        assert epochs == {0.4: 1, 0.6: EPOCHS, 0.9: 1}

    @pytest.mark.slow
    def test_a_trial_that_is_retried_keeps_its_place(self, tmp_path: Path) -> None:
        failing = {"quality": 0.9, "fails_at": 2, "failed_before": str(tmp_path / "failed")}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(logging.getLogger("ray.tune"), "disabled", True)
            epochs, _ = searched(declared.Asha(), tmp_path, [*of(0.4, 0.6), failing], retries=1)
        assert epochs == {0.4: 1, 0.6: 1, 0.9: EPOCHS}

    @pytest.mark.slow
    def test_a_nan_never_goes_on(self, tmp_path: Path) -> None:
        epochs, _ = searched(declared.Asha(), tmp_path, of(nan, 0.1, 0.2))
        assert [epoch for quality, epoch in epochs.items() if quality != quality] == [1]
        assert epochs[0.2] == EPOCHS

    @pytest.mark.slow
    def test_trials_end_where_the_search_says(self, tmp_path: Path) -> None:
        epochs, told = searched(declared.Asha(max_epochs=4), tmp_path, of(0.4, 0.6))
        assert epochs == {0.4: 1, 0.6: 4}
        assert (0.6, "stopped", 4) not in told

    @pytest.mark.slow
    def test_stopping_stops_what_is_worse_than_those_before(self, tmp_path: Path) -> None:
        epochs, told = searched(declared.Stopping(), tmp_path, of(0.9, 0.8, 0.1, 0.2, nan))
        assert epochs.pop(0.9) == EPOCHS
        assert [epoch for quality, epoch in epochs.items() if quality != 0.8] == [1, 1, 1]
        assert all(decision == "stopped" for _, decision, _ in told)
        assert {name for name, _, _ in told} >= {0.1, 0.2}

    @pytest.mark.slow
    def test_the_median_rule_stops_the_worst(self, tmp_path: Path) -> None:
        epochs, told = searched(declared.Median(grace=2), tmp_path, of(0.9, 0.8, 0.7, 0.6, 0.1))
        assert {epochs[quality] for quality in (0.9, 0.8)} == {EPOCHS}
        assert epochs[0.1] < EPOCHS
        assert (0.1, "stopped", epochs[0.1]) in told

    @pytest.mark.slow
    def test_hyperband_brings_one_of_each_bracket_to_the_end(self, tmp_path: Path) -> None:
        epochs, told = searched(declared.HyperBand(), tmp_path, of(*QUALITIES))
        assert epochs[0.9] == EPOCHS
        assert min(epochs.values()) == 3
        for quality, epoch in epochs.items():
            is_stopped = any(name == quality and decision == "stopped" for name, decision, _ in told)
            assert is_stopped == (epoch < EPOCHS)

    @pytest.mark.slow
    def test_hyperband_does_not_wait_for_a_trial_that_failed(self, tmp_path: Path) -> None:
        # brackets of 3, 5 and 9 trials; of the last, 0.97 and 0.98 wait at epoch 3 while 0.99 fails on its way there
        failing = {"quality": 0.99, "fails_at": 2}
        last = [*of(0.97, 0.98, 0.01, 0.02, 0.03), failing, *of(0.04, 0.05, 0.06)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(logging.getLogger("ray.tune"), "disabled", True)
            epochs, _ = searched(declared.HyperBand(), tmp_path, [*of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8), *last])
        assert (epochs[0.99], epochs[0.97], epochs[0.98]) == (1, 3, EPOCHS)

    @pytest.mark.slow
    def test_without_a_scheduler_all_come_to_their_end(self, tmp_path: Path) -> None:
        assert searched(declared.NoScheduler(), tmp_path, of(0.1, nan))[1] == []


def test_a_search_that_is_gone_on_with_has_its_rungs_and_waits_where_it_did() -> None:
    told: list[tuple[str, str, int]] = []
    made: Any = scheduler(declared.Asha(), EPOCHS, lambda *decision: told.append(decision))
    made.remember(
        [
            reached(0, 1, 0.5),
            reached(1, 1, 0.9),
            reached(2, 1, 0.8),
            Moved(id=1, to="promoted"),
            reached(1, 3, 0.9),
            reached(2, 2, 0.8),
            Moved(id=2, to="promoted"),
            Ended(id=3, status="done"),
            reached(4, 1, 0.99),
            Ended(id=4, status="failed"),
        ]
    )
    controller: Any = Controller(made)
    for number in (0, 1, 2, 5):
        controller.trials.append(StubTrial(f"ray{number}", "PENDING", {"trial": number}))
        made.on_trial_add(controller, controller.trials[-1])
    # 2 was promoted from the first rung, and 5 is new
    assert [trial.status for trial in controller.trials] == ["PAUSED", "PAUSED", "PENDING", "PENDING"]
    chosen: Any = made.choose_trial_to_run(controller)
    assert chosen is controller.trials[2]
    # with one through already, those that wait are stopped in the end
    for trial in controller.trials[2:]:
        trial.status = "TERMINATED"
    assert made.choose_trial_to_run(controller) is None
    assert told == [("0", "stopped", 1), ("1", "stopped", 3)]


def reached(id: int, epoch: int, score: float) -> Reached:
    return Reached(id=id, epoch=epoch, score=score, metrics={}, seconds=0.0, passes=0.0)


@dataclass
class StubTrial:
    """As much of a trial of Ray's as is looked at."""

    trial_id: str
    status: str
    config: dict[str, Any]
    PENDING, PAUSED, RUNNING = "PENDING", "PAUSED", "RUNNING"

    def set_status(self, status: str) -> None:
        self.status = status


class Controller:
    """As much of Ray's controller."""

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        self.trials: list[StubTrial] = []

    def get_trials(self) -> list[StubTrial]:
        return self.trials

    def stop_trial(self, trial: StubTrial) -> None:
        trial.status = "TERMINATED"
        self.scheduler.on_trial_remove(self, trial)
