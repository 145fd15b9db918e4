"""What a search has decided before its first trial, and which choices are none; without Ray."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from searching import compiled

from fitdsl.compilation import Compilation
from fitdsl.diagnostics import FitError
from fitdsl.tuning.options import SearchOptions
from fitdsl.tuning.report import SearchReport
from fitdsl.tuning.settled import Settled


def settled(*changes: tuple[str, str], earlier: SearchReport | None = None, **options: Any) -> Settled:
    compilation = compiled(*changes)
    assert compilation.search is not None
    return Settled(compilation, compilation.search, SearchOptions(**options), Path("/s"), earlier)


def begun(**values: Any) -> SearchReport:
    """What an earlier attempt has reported."""
    known: dict[str, Any] = {"name": "small", "status": "interrupted", "spec": "", "point": {}, "goals": ()}
    known |= {"vary": (), "sampler": "random", "scheduler": "none", "resources": {}, "versions": {}}
    return SearchReport(**known | values)


def test_trials_and_seed_are_those_chosen_else_those_it_was_begun_with_else_the_specs() -> None:
    earlier = begun(wanted=9, seed=4)
    found = [settled(), settled(earlier=earlier), settled(earlier=earlier, trials=12, seed=0)]
    assert [(one.wanted, one.seed) for one in found] == [(3, 0), (9, 4), (12, 0)]


def test_what_a_search_leaves_of_its_spec_goes_on_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("big.safetensors").touch()
    folder = tmp_path / "searches" / "1"
    ends = "  logits = Linear(d.classes)\n}\n\nstudent"
    first = replace(settled((ends, ends.replace("}", '} from "big.safetensors"'))), folder=folder)
    earlier = begun(spec=first.compilation.linked, seed=0, wanted=3, point=first.fixed)
    folder.mkdir(parents=True)
    (folder / "spec.fit").write_text(first.spec_here)
    left = Compilation.open(folder / "spec.fit")
    assert left.search is not None
    again = replace(first, compilation=left, settings=left.search)
    assert 'from "../../big.safetensors"' in left.linked
    again.check_same(earlier)
    (folder / "spec.fit").unlink()
    with pytest.raises(FitError, match="was begun as another search"):
        again.check_same(earlier)


@pytest.mark.parametrize(
    ("scheduler", "limits"),
    [
        ("none()", {}),
        ("median()", {}),
        ("asha()", {}),
        ("asha(max_epochs=2)", {"distil": 2}),
        ("hyperband(max_epochs=4)", {}),
    ],
)
def test_a_scheduler_limits_the_epochs_of_the_last_stage(scheduler: str, limits: dict[str, int]) -> None:
    assert settled(("none()", scheduler)).limits == limits


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trials": 0}, "`trials` is a whole number of at least 1, got 0"),
        ({"trials": 2.5}, "`trials` is a whole number of at least 1, got 2.5"),
        ({"seed": -1}, "`seed` is a whole number of at least 0, got -1"),
        ({"at_once": 0}, "`at_once` is a whole number of at least 1, got 0"),
        ({"cpus": 0.0}, "`cpus` is a number above 0, got 0.0"),
        ({"gpus": -1.0}, "`gpus` is a number of at least 0, got -1.0"),
    ],
)
def test_a_number_outside_its_range_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="is a ") as error:
        SearchOptions(**options)
    assert str(error.value) == message
