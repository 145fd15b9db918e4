"""The store of finished work: whole entries or none, whoever writes them, within its limit."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest

from fitdsl.diagnostics import FitError
from fitdsl.work.store import ENTRY, LAYOUT, Damaged, Kind, Record, Store, read_size


def record(key: str, kind: Kind = "stage") -> Record:
    return Record(kind=kind, key=key, spec="small", part="hints", created="")


def writes(content: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "weights").write_bytes(content)

    return write


def test_an_entry_is_found_by_kind_and_key(store: Path) -> None:
    made = Store(store).put(record("k"), writes(b"abc"))
    found = Store(store).take("stage", "k")
    assert found == made
    assert (found.folder / "weights").read_bytes() == b"abc"
    assert found.record.files["weights"].bytes == 3
    assert Store(store).find("outputs", "k") is None
    assert Store(store).find("stage", "other") is None


def test_nothing_is_made_before_something_is_put_in(store: Path) -> None:
    assert Store(store).take("stage", "k") is None
    assert Store(store).entries() == []
    assert not store.exists()


def test_who_comes_second_finds_the_first(store: Path) -> None:
    Store(store).put(record("k"), writes(b"first"))
    entry = Store(store).put(record("k"), writes(b"other"))
    assert (entry.folder / "weights").read_bytes() == b"first"
    assert list((store / LAYOUT / "unfinished").iterdir()) == []


def test_a_writer_that_fails_leaves_nothing(store: Path) -> None:
    def write(folder: Path) -> None:
        (folder / "weights").write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        Store(store).put(record("k"), write)
    assert Store(store).entries() == []
    assert list((store / LAYOUT / "unfinished").iterdir()) == []


@pytest.mark.parametrize("content", [b"abd", b"ab", b"", None])
def test_damaged_files_are_not_believed(store: Path, content: bytes | None) -> None:
    entry = Store(store).put(record("k"), writes(b"abc"))
    file = entry.folder / "weights"
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(Damaged, match="made anew"):
        Store(store).take("stage", "k")
    assert Store(store).find("stage", "k") is None


@pytest.mark.parametrize("text", ["", "{", '{"format_version": 2}', "\x00"])
def test_an_entry_that_cannot_be_read_is_replaced(store: Path, text: str) -> None:
    entry = Store(store).put(record("k"), writes(b"old"))
    (entry.folder / ENTRY).write_text(text)
    assert Store(store).take("stage", "k") is None
    assert Store(store).entries() == []
    assert (Store(store).put(record("k"), writes(b"new")).folder / "weights").read_bytes() == b"new"


def test_other_versions_are_left_alone(store: Path) -> None:
    other = store / "v0" / "stage" / "k"
    other.mkdir(parents=True)
    Store(store).put(record("k"), writes(b"abc"))
    Store(store).shrink(0)
    assert other.is_dir()


def test_what_was_used_longest_ago_makes_room(store: Path) -> None:
    made = {key: Store(store).put(record(key), writes(b"x" * 10_000)) for key in "abc"}
    for age, key in enumerate("bac"):
        os.utime(made[key].folder / ENTRY, (1000 - age, 1000 - age))
    Store(store).take("stage", "c")
    room = sum(made[key].size for key in "bc")
    assert [entry.record.key for entry in Store(store).shrink(room)] == ["a"]
    assert [entry.record.key for entry in Store(store).entries()] == ["c", "b"]


def test_a_new_entry_stays_even_beyond_the_limit(store: Path) -> None:
    small = Store(store, limit_bytes=15_000)
    small.put(record("old"), writes(b"x" * 10_000))
    small.put(record("new"), writes(b"x" * 50_000))
    assert [entry.record.key for entry in small.entries()] == ["new"]


def test_what_killed_writers_left_is_swept_up_in_time(store: Path) -> None:
    left, fresh = (store / LAYOUT / "unfinished" / name for name in ("left", "fresh"))
    for folder in (left, fresh):
        folder.mkdir(parents=True)
    os.utime(left, (0, 0))
    Store(store).shrink()
    assert not left.exists()
    assert fresh.exists()


def _put_many(folder: Path) -> None:
    for key in range(20):
        Store(folder).put(record(f"k{key}"), writes(f"content {key}".encode() * 100))


def test_processes_that_put_the_same_at_once_leave_whole_entries(store: Path) -> None:
    context = get_context("spawn")
    processes = [context.Process(target=_put_many, args=(store,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(Store(store).entries()) == 20
    assert [entry.damage() for entry in Store(store).entries()] == [None] * 20


def test_a_reader_keeps_what_is_taken_away(store: Path) -> None:
    entry = Store(store).put(record("k"), writes(b"abc"))
    with (entry.folder / "weights").open("rb") as file:
        Store(store).remove(entry)
        assert file.read() == b"abc"
    Store(store).remove(entry)


def test_the_default_store_is_where_the_environment_says(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Store.default() == Store(store)
    monkeypatch.setenv("FITDSL_STORE_LIMIT", "1.5 GB")
    assert Store.default() == Store(store, 1_500_000_000)
    shutil.rmtree(store, ignore_errors=True)


@pytest.mark.parametrize(
    ("text", "size"), [("12", 12), ("3k", 3000), ("2MB", 2_000_000), (" 1.5T ", 1_500_000_000_000)]
)
def test_sizes(text: str, size: int) -> None:
    assert read_size(text, "X") == size


@pytest.mark.parametrize("text", ["", "G", "-1", "1e9", "2 X"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(FitError) as refused:
        read_size(text, "FITDSL_STORE_LIMIT")
    (finding,) = refused.value.diagnostics
    assert (finding.code, finding.message) == ("FIT4114", f"`FITDSL_STORE_LIMIT` is no size: `{text}`")
