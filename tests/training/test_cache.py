"""Kept outputs: the same training without running the teacher again, and never an entry that is not the right one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
import torch
from small_spec import Watch, run, same, weights
from torch import nn

from fitdsl.training.events import OutputsKept, Warned
from fitdsl.work.rows import CHECKS, CHUNK, VALUES
from fitdsl.work.store import Entry, Store

STILL = ("  augment = [RandomHorizontalFlip()]\n", "")
VIEWS = ("augment = [", "views = 2\n  augment = [")
OFF = tuple((f"epochs    = {n}", f"epochs    = {n}\n  cache     = off") for n in (3, 4))


# without division by the size of a gradient, which makes much of the rounding of one that is 0
PLAIN = (("RMSpropFloor(lr=5e-3)", "SGD(lr=0.05)"), ("Adam(lr=1e-2)", "SGD(lr=0.05)"))


def kept(where: Path, *changes: tuple[str, str], **options: object) -> dict[str, int]:
    """Train, and say how many rows were computed to be kept in each stage that keeps some."""
    watch = Watch()
    run(where, *changes, observer=watch, **options)
    return {event.stage: event.rows for event in watch.events if isinstance(event, OutputsKept)}


def entries(store: Path) -> list[Entry]:
    return [entry for entry in Store(store).entries() if entry.record.kind == "outputs"]


def close(left: Path, right: Path) -> bool:
    """Whether two runs ended with the same students, but for the order of sums."""
    one, other = (weights(where, "distil") for where in (left, right))
    return all(torch.allclose(one[name], other[name], atol=1e-6) for name in one)


def test_training_is_the_same_with_and_without(tmp_path: Path) -> None:
    assert kept(tmp_path / "on", STILL, *PLAIN) == {"hints": 200, "distil": 200}
    assert kept(tmp_path / "off", STILL, *PLAIN, *OFF) == {}
    assert close(tmp_path / "on", tmp_path / "off")


def test_training_is_the_same_with_views(tmp_path: Path) -> None:
    assert kept(tmp_path / "on", VIEWS, *PLAIN) == {"hints": 2 * 160 + 40, "distil": 2 * 160 + 40}
    assert kept(tmp_path / "off", VIEWS, *PLAIN, *OFF) == {}
    assert close(tmp_path / "on", tmp_path / "off")


def test_random_augmentation_is_recomputed(tmp_path: Path) -> None:
    assert kept(tmp_path / "on") == {"hints": 40, "distil": 40}


def test_memory_gives_the_same_weights_to_the_bit(tmp_path: Path, store: Path) -> None:
    kept(tmp_path / "disk", STILL)
    assert len(entries(store)) == 4
    memory = tuple((old, new.replace("off", "memory")) for old, new in OFF)
    kept(tmp_path / "memory", STILL, *memory)
    assert same(weights(tmp_path / "disk", "distil"), weights(tmp_path / "memory", "distil"))
    assert len(entries(store)) == 4


def test_a_second_run_computes_nothing(tmp_path: Path) -> None:
    kept(tmp_path / "1", STILL)
    assert kept(tmp_path / "2", STILL) == {"hints": 0, "distil": 0}
    assert same(weights(tmp_path / "1", "distil"), weights(tmp_path / "2", "distil"))


def test_the_teacher_does_not_run_in_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path / "1", STILL)
    ran: list[int] = []
    forward = nn.Conv2d.forward

    def counted(self: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
        ran.append(self.out_channels)
        return forward(self, x)

    monkeypatch.setattr(nn.Conv2d, "forward", counted)
    run(tmp_path / "2", STILL, ("lr=5e-3", "lr=4e-3"), reuse=True)
    # 60 test examples are two batches; no other layer has six channels
    assert ran.count(6) == 2
    assert ran.count(4) > 50


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ([], {"seed": 1}),
        ([("split   = {train: 160, val: 40}", "split   = {train: 150, val: 50}")], {}),
        ([("noise=0.5", "noise=0.4")], {}),
        ([("split   =", "prepare = [GCN()]\n  split   =")], {}),
        ([("stage teach {", "stage teach {\n  batch = 16")], {}),
    ],
    ids=["seed", "split", "data", "preparation", "retrained teacher"],
)
def test_an_entry_is_of_one_teacher_and_one_view_of_the_data(
    tmp_path: Path, changes: list[tuple[str, str]], options: dict[str, object]
) -> None:
    kept(tmp_path / "1", STILL)
    assert kept(tmp_path / "2", STILL, *changes, **options) == {"hints": 200, "distil": 200}


def test_another_augmentation_has_views_of_its_own(tmp_path: Path) -> None:
    kept(tmp_path / "1", VIEWS)
    assert kept(tmp_path / "2", VIEWS, ("RandomHorizontalFlip()", "RandomHorizontalFlip(p=0.3)"))["hints"] >= 320


def test_more_views_find_the_first_ones(tmp_path: Path) -> None:
    # one epoch, so that the teacher is the same whatever the number of views
    kept(tmp_path / "1", VIEWS, epochs=1)
    assert kept(tmp_path / "2", (VIEWS[0], VIEWS[1].replace("2", "3")), epochs=1) == {"hints": 160, "distil": 160}


def test_halves_take_half_the_room(tmp_path: Path, store: Path) -> None:
    half = tuple((old, new.replace("off", 'disk(dtype="float16")')) for old, new in OFF)
    kept(tmp_path / "half", STILL, *half)
    (entry, *_) = (entry for entry in entries(store) if entry.record.part == "big.c2[3] for train")
    assert entry.record.result["row_bytes"] == 2 * 8 * 3 * 3
    kept(tmp_path / "whole", STILL)
    for name, tensor in weights(tmp_path / "half", "distil").items():
        torch.testing.assert_close(tensor, weights(tmp_path / "whole", "distil")[name], atol=0.05, rtol=0.1)


def flip_a_bit(folder: Path) -> None:
    values = bytearray((folder / VALUES).read_bytes())
    values[5] ^= 1
    (folder / VALUES).write_bytes(bytes(values))


def truncate(folder: Path) -> None:
    os.truncate(folder / VALUES, 100)


def forget(folder: Path) -> None:
    (folder / CHECKS).write_bytes(b"")


@pytest.mark.parametrize("name", [VALUES, CHECKS])
def test_an_entry_that_lacks_a_file_is_made_anew(tmp_path: Path, store: Path, name: str) -> None:
    kept(tmp_path / "1", STILL)
    for entry in entries(store):
        (entry.folder / "rows" / name).unlink()
    assert kept(tmp_path / "2", STILL) == {"hints": 200, "distil": 200}
    assert kept(tmp_path / "3", STILL) == {"hints": 0, "distil": 0}


@pytest.mark.parametrize(
    ("harm", "note"),
    [(flip_a_bit, "1 place"), (truncate, "2 places"), (forget, "")],
)
def test_a_damaged_entry_is_mended_and_said_once(
    tmp_path: Path, store: Path, harm: Callable[[Path], None], note: str
) -> None:
    kept(tmp_path / "1", STILL)
    (entry,) = (entry for entry in entries(store) if entry.record.part == "big.c2[3] for train")
    harm(entry.folder / "rows")
    watch = Watch()
    run(tmp_path / "2", STILL, observer=watch)
    notes = [event.message for event in watch.events if isinstance(event, Warned)]
    what = "kept outputs of `big.c2[3]` were damaged in"
    assert notes == ([f"{what} {note}, which are computed anew"] if note else [])
    assert same(weights(tmp_path / "1", "distil"), weights(tmp_path / "2", "distil"))
    assert kept(tmp_path / "3", STILL)["hints"] == 0


def test_a_store_that_cannot_be_written_leaves_memory(tmp_path: Path, store: Path) -> None:
    kept(tmp_path / "1", STILL)
    reference = weights(tmp_path / "1", "distil")
    for entry in Store(store).entries():
        Store(store).remove(entry)
    store.rename(store.with_name("elsewhere"))
    store.write_text("no folder")
    watch = Watch()
    run(tmp_path / "2", STILL, observer=watch)
    assert [event.place for event in watch.events if isinstance(event, OutputsKept)] == ["memory", "memory"]
    assert len([event for event in watch.events if isinstance(event, Warned)]) == 1
    assert same(reference, weights(tmp_path / "2", "distil"))


def _train(where: Path) -> None:
    run(where, STILL)


def test_two_processes_fill_one_entry_and_one_may_be_killed(
    tmp_path: Path, store: Path, forkserver: ForkServerContext
) -> None:
    first, second = (forkserver.Process(target=_train, args=(tmp_path / name,)) for name in "12")
    first.start()
    second.start()
    while first.is_alive() and not entries(store):
        first.join(0.01)
    first.kill()
    first.join()
    second.join()
    assert second.exitcode == 0
    assert all(_is_whole(entry) for entry in entries(store))
    _train(tmp_path / "3")
    assert same(weights(tmp_path / "2", "distil"), weights(tmp_path / "3", "distil"))


def _is_whole(entry: Entry) -> bool:
    chunks = -(-entry.record.result["rows"] // CHUNK)
    checks = (entry.folder / "rows" / CHECKS).read_bytes()
    return len(checks) == 4 * chunks and all(checks[4 * n : 4 * n + 4] != bytes(4) for n in range(chunks))


def test_what_was_kept_is_logged(tmp_path: Path) -> None:
    kept(tmp_path / "1", STILL)
    lines = map(json.loads, (tmp_path / "1" / "events.jsonl").read_text().splitlines())
    (first, _) = (line for line in lines if line["event"] == "outputs")
    assert first.pop("seconds") >= 0
    assert first == {
        "event": "outputs",
        "stage": "hints",
        "outputs": ["big.c2[3]"],
        "place": "disk",
        "bytes": 200 * 8 * 3 * 3 * 4,
        "rows": 200,
        "total": 200,
    }
