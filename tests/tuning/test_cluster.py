"""A run on a Ray cluster: the one of this machine alone, or one that is not there."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
import ray
import torch
from small_spec import TEXT, Watch, run, weights

import fitdsl as fit
from fitdsl.diagnostics import FitError
from fitdsl.tuning.cluster import connected

CALM = (("-> Dropout2d(0.1) ", ""), ("Adam(lr=1e-2)", "SGD(lr=5e-2, momentum=0.9)"))


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # Ray's own
def test_two_workers_of_a_cluster_end_with_the_weights_of_one_process(tmp_path: Path) -> None:
    text, watch = TEXT, Watch()
    for old, new in CALM:
        text = text.replace(old, new)
    one = run(tmp_path / "one", *CALM, stage="teach")
    two = fit.loads(text, name="small.fit").train(
        device="cpu", gpus=2, address="local", run_dir=tmp_path / "two", stage="teach", reuse=False, observer=watch
    )
    found, expected = weights(tmp_path / "two", "teach"), weights(tmp_path / "one", "teach")
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    assert [done.epoch for done in watch.epochs("teach")] == [1, 2, 3]
    assert two.test["big"] == pytest.approx(one.test["big"], abs=1e-5)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_a_cluster_that_does_not_answer_is_one_finding(tmp_path: Path) -> None:
    with pytest.raises(FitError) as error:
        # nobody listens at port 1
        fit.loads(TEXT).train(gpus=2, address="127.0.0.1:1", run_dir=tmp_path / "run")
    (finding,) = error.value.diagnostics
    assert (finding.code, finding.message, finding.notes, finding.helps) == (
        "FIT4125",
        "there is no Ray cluster at `127.0.0.1:1`",
        ("[Errno 111] Connection refused",),
        ("start one with `ray start --head`, or take `--address local`",),
    )
    assert not (tmp_path / "run").exists()


def test_a_ray_that_does_not_come_up_is_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(**_: object) -> NoReturn:
        raise Exception("The current node timed out during startup.\nMore of it.")

    monkeypatch.setattr(ray, "init", slow)
    with pytest.raises(FitError) as error, connected("local"):
        pass
    (finding,) = error.value.diagnostics
    assert (finding.code, finding.message, finding.notes) == (
        "FIT4125",
        "Ray does not start on this machine",
        ("The current node timed out during startup.",),
    )
