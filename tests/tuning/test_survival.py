"""A search loses nothing when machines, drivers and trials die, and ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster
from ray.exceptions import OutOfMemoryError
from searching import said, searched, text

from fitdsl.atomic import write_text
from fitdsl.diagnostics import FitError
from fitdsl.tuning import ray_run
from fitdsl.tuning.crashes import CRASHES
from fitdsl.tuning.ledger import Ledger
from fitdsl.tuning.ray_trials import DIED, OUT_OF_HOST_MEMORY, TrialActor
from fitdsl.tuning.report import SearchReport, TrialReport, read_search
from fitdsl.tuning.trainee import Result

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # Ray's own

EPOCHS = 150
LONG = (
    ("epochs    = 4\n  keep      = best(val.error)\n  stop      = patience(val.loss, 3)\n", f"epochs    = {EPOCHS}\n"),
    ("in {2, 4, 6}", "in {2, 4}"),
    ("in {1e-3, 1e-2}", "in {1e-3, 3e-3, 1e-2}"),
    ("random(trials=3, seed=0)", "random(trials=6, seed=0)"),
)
"""Six students that take some seconds each."""

WAIT_S = 240.0
NODES = 3


def begin(where: Path, *options: str) -> subprocess.Popen[bytes]:
    """`fit search` as a process in a group of its own."""
    (where / "small.fit").write_text(text(*LONG))
    command = [sys.executable, "-m", "fitdsl", "search", "small.fit", "--folder", "search", "--device", "cpu", *options]
    environment = {**os.environ, "FITDSL_STORE": str(where / "store"), "COLUMNS": "80"}
    with (where / "said").open("w") as file:
        return subprocess.Popen(command, cwd=where, env=environment, stdout=file, stderr=file, start_new_session=True)


def finish(where: Path, *options: str) -> SearchReport:
    """Run `fit search` to its end."""
    process = begin(where, *options)
    assert process.wait(WAIT_S) == 0, (where / "said").read_text()
    report = read_search(where / "search" / "search.json")
    assert report is not None
    return report


def trials(where: Path) -> list[TrialReport]:
    """What the ledger of a search that runs knows by now; nothing is mended in it."""
    path = where / "search" / "ledger.jsonl"
    if not path.exists():
        return []
    copy = where / "copy.jsonl"
    write_text(copy, path.read_text())
    return list(Ledger.read(copy).trials.values())


def until(is_so: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    """Wait for something while a process runs."""
    end = monotonic() + WAIT_S
    while not is_so():
        assert process.poll() is None
        assert monotonic() < end
        sleep(0.05)


def results(report: SearchReport) -> dict[int, tuple[object, ...]]:
    """All that must not depend on what happened on the way."""
    return {
        trial.id: (trial.point, trial.key, trial.status, trial.epoch, trial.metrics, trial.values, trial.history)
        for trial in report.trials
    }


def epochs(where: Path, trial: int) -> list[tuple[str, int]]:
    """The epochs that count, as the run of a trial has written them down."""
    return [(event["stage"], event["epoch"]) for event in _events(where, trial) if event["event"] == "epoch"]


def begun_at(where: Path, trial: int, stage: str) -> list[int]:
    """The epochs from which a trial has gone on in a stage, one for each attempt that got there."""
    events = _events(where, trial)
    return [event["epoch"] for event in events if (event["event"], event["stage"]) == ("stage", stage)]


def _events(where: Path, trial: int) -> list[dict[str, Any]]:
    lines = (where / "search" / "trials" / str(trial) / "events.jsonl").read_text().splitlines()
    return [{"stage": "", **event} for event in map(json.loads, lines)]


def stored(where: Path) -> dict[str, int]:
    """The finished stages in the store, each with its file's number on the disk: that of another one differs."""
    return {path.parent.name: path.stat().st_ino for path in (where / "store").glob("v1/stage/*/weights.safetensors")}


def with_checkpoint(where: Path) -> set[int]:
    """The trials whose last stage could go on from a checkpoint."""
    return {int(path.parts[-3]) for path in (where / "search").glob("trials/*/stages/distil.checkpoint.pt")}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Three nodes on this machine, each with one CPU."""
    os.environ["RAY_AUTH_MODE"] = "disabled"
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(NODES - 1):
        made.add_node(num_cpus=1)
    yield made
    made.shutdown()  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> dict[int, tuple[object, ...]]:
    return results(finish(tmp_path_factory.mktemp("undisturbed"), "--address", cluster.address))


def test_a_node_and_the_driver_are_killed(
    cluster: Cluster, undisturbed: dict[int, tuple[object, ...]], tmp_path: Path
) -> None:
    address = ("--address", cluster.address)
    driver = begin(tmp_path, *address)
    until(lambda: sum(trial.status == "running" and trial.epoch > 3 for trial in trials(tmp_path)) == NODES, driver)
    cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
    until(lambda: any(trial.attempts > 1 and trial.epoch > 3 for trial in trials(tmp_path)), driver)
    until(
        lambda: any(trial.status == "running" and trial.id in with_checkpoint(tmp_path) for trial in trials(tmp_path)),
        driver,
    )
    driver.kill()
    driver.wait()
    assert "raylet" not in (tmp_path / "said").read_text()
    cluster.add_node(num_cpus=1)
    kept, before = with_checkpoint(tmp_path), {trial.id: trial for trial in trials(tmp_path)}
    report = finish(tmp_path, *address, "--resume")
    assert results(report) == undisturbed
    ends = [json.loads(line) for line in (tmp_path / "search" / "ledger.jsonl").read_text().splitlines()]
    assert sorted(line["id"] for line in ends if line["event"] == "ended") == list(undisturbed)
    for trial in undisturbed:
        assert [epoch for stage, epoch in epochs(tmp_path, trial) if stage == "distil"] == [*range(1, EPOCHS + 1)]
    gone_on = [id for id in kept if before[id].status == "running"]
    assert gone_on
    assert all(begun_at(tmp_path, id, "distil")[-1] > 0 for id in gone_on)


def test_the_driver_is_killed_at_ten_random_moments(
    cluster: Cluster, undisturbed: dict[int, tuple[object, ...]], tmp_path: Path
) -> None:
    draw, finished, options = random.Random(0), dict[str, int](), ("--address", cluster.address)
    for _ in range(10):
        driver = begin(tmp_path, *options, *(["--resume"] * (tmp_path / "search" / "search.json").exists()))
        # some die while they begin, most while students are trained
        before, least = trials(tmp_path), draw.choice((0, 1, 1, 1))
        until(lambda: trials(tmp_path) != before and _advance(tmp_path, before) >= least, driver)  # noqa: B023
        sleep(draw.uniform(0, 4))
        driver.kill()
        driver.wait()
        assert finished.items() <= stored(tmp_path).items()
        finished = stored(tmp_path)
    report = finish(tmp_path, *options, "--resume")
    assert finished.items() <= stored(tmp_path).items()
    assert results(report) == undisturbed


def _advance(where: Path, before: list[TrialReport]) -> int:
    """How many stages and epochs have been finished since then."""
    return sum(trial.progress for trial in trials(where)) - sum(trial.progress for trial in before)


@pytest.mark.parametrize("address", ["cluster", "local"])
def test_whoever_is_asked_to_end_saves_and_says_how_to_go_on(
    cluster: Cluster, undisturbed: dict[int, tuple[object, ...]], tmp_path: Path, address: str
) -> None:
    options = ("--address", cluster.address if address == "cluster" else "local")
    for number, ask in enumerate((_interrupt_all, _interrupt_one, _terminate)):
        driver = begin(tmp_path, *options, *(["--resume"] * (number > 0)))
        reached = sum(trial.epoch for trial in trials(tmp_path))
        until(lambda: sum(trial.epoch for trial in trials(tmp_path)) > reached + 5, driver)  # noqa: B023
        asked = monotonic()
        ask(driver.pid)
        assert driver.wait(WAIT_S) == 130, (tmp_path / "said").read_text()
        assert monotonic() - asked < 60
        told = (tmp_path / "said").read_text().splitlines()
        assert len([line for line in told if not line.startswith("search: ")]) == 1, told
        assert told[-1].startswith("interrupted; go on with: fit search small.fit --address ")
        assert "--resume" in told[-1]
    assert results(finish(tmp_path, *options, "--resume")) == undisturbed


def _interrupt_all(pid: int) -> None:
    os.killpg(pid, signal.SIGINT)


def _interrupt_one(pid: int) -> None:
    os.kill(pid, signal.SIGINT)


def _terminate(pid: int) -> None:
    os.kill(pid, signal.SIGTERM)


def test_a_trial_of_several_gpus_trains_in_as_many_processes(cluster: Cluster, tmp_path: Path) -> None:
    few = ("random(trials=3, seed=0)", "random(trials=1, seed=0)")
    calm = (
        ("-> Dropout2d(0.1) ", ""),
        ("Adam(lr=1e-2)", "SGD(lr=5e-2, momentum=0.9)"),
        ("RMSpropFloor(lr=5e-3)", "SGD(lr=5e-3)"),
        ("Adam(lr=rate)", "SGD(lr=rate)"),
    )
    node = cluster.add_node(num_cpus=1, num_gpus=2)
    try:
        two = searched(tmp_path / "two", few, *calm, address=cluster.address, gpus=2)
    finally:
        cluster.remove_node(node)
    one = searched(tmp_path / "one", few, *calm, address=cluster.address)
    assert [trial.status for trial in (*two.trials, *one.trials)] == ["done", "done"]
    scores = [[score for _, score in report.trials[0].history] for report in (two, one)]
    assert scores[0] == pytest.approx(scores[1], abs=0.03)
    assert two.trials[0].metrics["loss"] == pytest.approx(one.trials[0].metrics["loss"], abs=1e-3)


def test_a_machine_with_another_version_is_found_before_any_trial(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    # processes of Ray look for packages in the driver's folder first, and an editable install leaves its version there
    monkeypatch.chdir(tmp_path)
    (other / "fitdsl-0.0.1.dist-info").mkdir(parents=True)
    (other / "fitdsl-0.0.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: fitdsl\nVersion: 0.0.1\n")
    node = cluster.add_node(num_cpus=1, env_vars={"PYTHONPATH": str(other)})
    try:
        with pytest.raises(FitError) as error:
            searched(tmp_path, address=cluster.address)
    finally:
        cluster.remove_node(node)
    (finding,) = error.value.diagnostics
    here, there = finding.notes
    assert (finding.code, finding.message) == (
        "FIT5037",
        "not all machines of the cluster have the same versions",
    )
    assert here == f"here: Python 3.{sys.version_info.minor}, ray {ray.__version__}, fitdsl {version('fitdsl')}"
    assert there.endswith(": fitdsl 0.0.1")
    assert not (tmp_path / "search" / "trials").exists()


# Trials that die ------------------------------------------------------------------------------------------------------


class Dying(TrialActor):
    """Dies after the second epoch of the last stage, in trials for which a file says how often."""

    def step(self) -> Result:
        result = super().step()
        often = self.subject.folder.parent / f"deaths-{result['trial']}"
        if result.get("epoch") == 2 and often.exists() and (left := int(often.read_text())):
            often.write_text(str(left - 1))
            os.kill(os.getpid(), signal.SIGKILL)
        return result


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # type: ignore[no-untyped-call]
    monkeypatch.setattr(ray_run, "TrialActor", Dying)
    yield
    ray.cloudpickle.unregister_pickle_by_value(sys.modules[__name__])  # type: ignore[no-untyped-call]


WILD = (
    ("optimizer = Adam(lr=rate)", "optimizer = SGD(lr=rate)"),
    ("in {1e-3, 1e-2}", "in {1e-3, 1e-2, 1e12}"),
    ("random(trials=3, seed=0)", "grid()"),
)
"""Six students, of which two cannot be trained."""


@pytest.mark.usefixtures("dying")
def test_trials_that_die_go_on_or_fail_and_never_end_the_search(tmp_path: Path) -> None:
    (tmp_path / "deaths-0").write_text("1")
    (tmp_path / "deaths-3").write_text("99")
    with said(tmp_path / "said"):
        report = searched(tmp_path, *WILD, cpus=1)
    assert (tmp_path / "said").read_text() == ""
    rates = {trial.point["rate"]: trial for trial in report.trials}
    assert [trial.status for trial in report.trials] == ["done", "done", "failed", "failed", "done", "failed"]
    wild = report.trials[2]
    assert wild.reason.startswith("FIT4102: stage `distil`, epoch 1")
    assert (wild.seed, wild.attempts, rates["1e12"].status) == (0, 1, "failed")
    died, dead = report.trials[0], report.trials[3]
    assert (died.attempts, [epoch for epoch, _ in died.history]) == (2, [1, 2, 3, 4])
    assert epochs(tmp_path, 0)[-4:] == [("distil", epoch) for epoch in (1, 2, 3, 4)]
    assert (dead.attempts, dead.reason) == (CRASHES + 1, DIED)
    assert (report.status, report.best in {0, 1, 4}) == ("done", True)


@pytest.mark.usefixtures("dying")
def test_a_machine_that_runs_out_of_memory_ends_no_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ray.air.execution._internal.actor_manager import RayActorManager

    usual = RayActorManager._actor_task_failed

    def killed(self: RayActorManager, tracked_actor_task: Any, exception: Exception) -> None:
        """As Ray's memory monitor has it: another exception, which names the actor."""
        actor = getattr(exception, "actor_id", None)
        if actor is not None:
            report = f"1 worker(s) were killed\nSelected to kill: (Actor({actor}): job ID=01)"
            exception = OutOfMemoryError(report)  # type: ignore[no-untyped-call]
        usual(self, tracked_actor_task, exception)

    monkeypatch.setattr(RayActorManager, "_actor_task_failed", killed)
    (tmp_path / "deaths-0").write_text("1")
    (tmp_path / "deaths-1").write_text("99")
    report = searched(tmp_path)
    assert [trial.status for trial in report.trials] == ["done", "failed", "done"]
    assert report.trials[1].reason == OUT_OF_HOST_MEMORY
    assert [epoch for epoch, _ in report.trials[0].history] == [1, 2, 3, 4]
