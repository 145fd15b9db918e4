"""`fit store` and what `fit plan` says of work that is done: kept, found again, checked, and taken away."""

from __future__ import annotations

from pathlib import Path

from command_line import Fit
from small_spec import TEXT

from fitdsl.work.store import Store


def trained(fit: Fit) -> None:
    Path("small.fit").write_text(TEXT)
    assert fit("train", "small.fit", "--epochs", "1", "--device", "cpu").code == 0


def done(fit: Fit, *options: str) -> list[str]:
    """What a plan says of each stage."""
    return [
        line.split("done", 1)[1].strip()
        for line in fit("plan", "small.fit", *options).out.splitlines()
        if " done " in line
    ]


def test_an_empty_store(fit: Fit, store: Path) -> None:
    listed = fit("store", "ls")
    assert (listed.code, listed.out) == (0, "the store is empty\n")
    assert fit("store", "verify").out == "0 of 0 entries are as they were written\n"
    assert fit("store", "gc").out == "took away 0 entries, 0.0 MB\n"
    assert not store.exists()


def test_what_was_trained_is_listed_and_sound(fit: Fit) -> None:
    trained(fit)
    lines = fit("store", "ls").out.splitlines()
    assert lines[0].split() == ["kind", "key", "of", "what", "size", "last", "used"]
    assert sorted(line.split()[3] for line in lines[1:-1] if line.startswith("stage")) == ["distil", "hints", "teach"]
    assert [line.split()[3] for line in lines[1:-1] if line.startswith("outputs")] == ["big.logits", "big.c2[3]"]
    assert lines[-1].startswith("5 entries, ")
    assert fit("store", "verify").out == "5 of 5 entries are as they were written\n"


def test_a_list_of_checks_that_is_cut_off_ends_nothing(fit: Fit, store: Path) -> None:
    trained(fit)
    for checks in store.rglob("checks"):
        checks.write_bytes(checks.read_bytes()[:-1])
    assert fit("store", "verify").out == "5 of 5 entries are as they were written\n"


def test_what_is_damaged_is_taken_away(fit: Fit, store: Path) -> None:
    trained(fit)
    for entry in Store(store).entries():
        name = "rows/values" if entry.record.kind == "outputs" else "weights.safetensors"
        file = entry.folder / name
        file.write_bytes(b"\x07" + file.read_bytes()[1:])
    found = fit("store", "verify")
    assert (found.code, found.out) == (1, "0 of 5 entries are as they were written\n")
    assert found.err.count("taken away, so that it is made anew") == 5
    assert fit("store", "ls").out == "the store is empty\n"


def test_room_is_made(fit: Fit) -> None:
    trained(fit)
    assert fit("store", "gc", "--limit", "1G").out == "took away 0 entries, 0.0 MB\n"
    assert fit("store", "gc", "--limit", "0").out.startswith("took away 5 entries, ")
    refused = fit("store", "gc", "--limit", "much")
    assert refused.code == 1
    assert "`--limit` is no size: `much`" in refused.err


def test_a_plan_says_what_is_done_and_why_something_is_not(fit: Fit) -> None:
    Path("small.fit").write_text(TEXT)
    assert done(fit) == ["never trained before"] * 3
    trained(fit)
    assert [text.split(" (")[0] for text in done(fit, "--epochs", "1")] == ["trained before"] * 3
    differs = "not trained like this before; the nearest differs in"
    assert done(fit, "--epochs", "1", "--seed", "1") == [
        f"{differs} data, seed",
        # the rest of the line is wrapped
        f"{differs} data, seed,",
        f"{differs} data, seed,",
    ]
    Path("small.fit").write_text(TEXT.replace("kd(temperature=3)", "kd(temperature=4)"))
    assert done(fit, "--epochs", "1")[2] == f"{differs} losses"


def test_a_plan_without_the_data_does_not_know(fit: Fit) -> None:
    source = "Synthetic(shape=[1, 6, 6], classes=3, examples=200, test=60, noise=0.5)"
    text = TEXT.replace(source, 'Npz("absent.npz", shape=[1, 6, 6], classes=3)')
    Path("small.fit").write_text(text)
    assert done(fit) == ["not known before its data and weights are here"] * 3
