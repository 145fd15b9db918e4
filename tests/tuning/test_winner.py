"""The best student as a spec of its own: other defaults, the same comments, paths as seen from where it lies."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from searching import text

import fitdsl as fit
from fitdsl.compilation import Compilation
from fitdsl.source import Source
from fitdsl.tuning.report import TrialReport
from fitdsl.tuning.trainee import Subject, Trainee
from fitdsl.tuning.winner import best_spec, finish, rewritten
from fitdsl.work.store import Store


def subject(base: Path, written: str) -> Subject:
    return Subject(
        text=written,
        name="small",
        base=base,
        point={"tau": "3.5"},
        metric="accuracy",
        sign=1,
        folder=base / "searches" / "small" / "1",
        store=Store(base / "store"),
        options={},
    )


def test_its_defaults_are_the_best_point_and_its_comments_stay(tmp_path: Path) -> None:
    written = text(("param width = 4 ", "# how wide\nparam width = 4 "))
    best = best_spec(subject(tmp_path, written), {"width": "2", "rate": "0.001"}, tmp_path)
    found = Compilation(Source("best.fit", best))
    assert {name: param.spelling for name, param in found.params.items()} == {
        "width": "2",
        "rate": "0.001",
        "tau": "3.5",
    }
    assert "# how wide\nparam width = 2     in {2, 4, 6}\n" in best
    assert found.search is not None


def test_files_are_named_as_seen_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "big.safetensors").touch()
    here = (
        "  logits = Linear(d.classes)\n}\n\nstudent",
        '  logits = Linear(d.classes)\n} from "weights/big.safetensors"\n\nstudent',
    )
    there = subject(tmp_path, text(here))
    best = best_spec(there, {}, there.folder)
    assert '} from "../../../weights/big.safetensors"\n' in best


def test_params_of_files_that_are_used_stay_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "shared.fit").write_text("fit 1\n\nparam depth = 1 in 1..3\n")
    (tmp_path / "net.fit").write_text('fit 1\n\nuse "shared.fit"\n\nparam width = 1 in 1..3\n')
    written, elsewhere = rewritten(Compilation.open(tmp_path / "net.fit"), {"width": "3", "depth": "2"})
    assert written == 'fit 1\n\nuse "shared.fit"\n\nparam width = 3 in 1..3\n'
    assert elsewhere == ["depth"]


def test_the_best_can_be_finished_with_its_teacher_live(tmp_path: Path) -> None:
    calm = ("  augment = [RandomHorizontalFlip()]\n", "  prepare = [Standardize()]\n")
    there = replace(subject(tmp_path, text(calm)), options={"device": "cpu"})
    point, trainee = {"width": "4", "rate": "0.01"}, Trainee(there, 0, {"width": "4", "rate": "0.01"})
    while not (result := trainee.advance()).get("done"):
        pass
    trial = TrialReport(id=0, point=point, key="0", seed=0, cost={}, status=result["status"])
    kept, live = finish(trial, there, live=False), finish(trial, there, live=True)
    run = json.loads((there.folder / "best" / "run.json").read_text())
    assert [stage["reused"] for stage in run["stages"].values()] == [True, True, False]
    assert (kept.finished_live, live.finished_live) == (False, True)
    lines = (there.folder / "best" / "events.jsonl").read_text().splitlines()
    assert "outputs" not in [json.loads(line)["event"] for line in lines]
    assert [path.relative_to(there.folder).parts[0] for path in there.folder.rglob("d.safetensors")] == ["best"]
    assert fit.load(there.folder / "best.fit").prepare(np.zeros((2, 1, 6, 6)), there.folder / "best").shape[0] == 2
    assert live.networks["small"].test["accuracy"] == pytest.approx(kept.networks["small"].test["accuracy"], abs=0.05)
