"""What one trial is given of a machine, and what no machine has."""

from __future__ import annotations

import pytest

from fitdsl.diagnostics import FitError
from fitdsl.tuning import resources
from fitdsl.tuning.resources import Resources, check_resources


def test_more_than_any_machine_has_is_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_nodes", lambda: [{"CPU": 2.0}])
    check_resources(Resources(cpus=2, gpus=0))
    with pytest.raises(FitError) as error:
        check_resources(Resources(cpus=1, gpus=99))
    (finding,) = error.value.diagnostics
    assert (finding.code, finding.message, finding.notes, finding.helps) == (
        "FIT5032",
        "no machine of the cluster has 1 CPU and 99 GPUs for a trial",
        ("1 machine; the most that one has is 2 CPUs and 0 GPUs",),
        ("ask for less: `trial = {cpus: 1, gpus: 0}` in the search, or `--cpus` and `--gpus`",),
    )
