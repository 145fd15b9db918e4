"""Arrays of users that hold what no network can learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitdsl.data.datasets import Npz
from fitdsl.data.examples import Array
from fitdsl.data.opening import read
from fitdsl.data.unusable import Unusable
from fitdsl.source import NOWHERE

LABELS = np.array([0, 1, 2, 1])


def refusal(folder: Path, inputs: Array) -> str:
    """What reading these training examples is refused with."""
    np.savez(folder / "a.npz", x_train=inputs, y_train=LABELS, x_test=np.zeros((4, 2)), y_test=LABELS)
    (finding,) = refused(folder).at(NOWHERE).diagnostics
    return f"{finding.code} {finding.message}"


def refused(folder: Path) -> Unusable:
    """What reading the file is refused with."""
    with pytest.raises(Unusable) as error:
        read(Npz(path="a.npz", shape=(2,), classes=3), folder)
    return error.value


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e300])
def test_numbers_that_are_none(tmp_path: Path, number: float) -> None:
    assert refusal(tmp_path, np.full((4, 2), number)) == (
        "FIT6005 `Npz` holds examples with NaN, infinite numbers or some that float32 cannot hold"
    )


def test_a_number_in_place_of_examples(tmp_path: Path) -> None:
    assert refusal(tmp_path, np.array(3.0)) == "FIT6005 the training part of `Npz` is a single number, not examples"


def test_arrays_larger_than_any_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*arguments: object, **options: object) -> None:
        raise MemoryError("Unable to allocate 13.1 TiB")

    monkeypatch.setattr(np, "load", too_large)
    assert refusal(tmp_path, np.zeros((4, 2))) == (
        "FIT6004 `Npz` does not fit into memory: Unable to allocate 13.1 TiB"
    )


@pytest.mark.parametrize(
    ("names", "message", "save"),
    [
        ("X y", "lacks the arrays x_train, y_train, x_test, y_test; it holds X, y", "x_train=…, y_train=…"),
        ("x_train y_train", "lacks the arrays x_test, y_test; it holds x_train, y_train", "x_train=…, y_train=…"),
        (
            "train_images train_labels test_images",
            "lacks the array test_labels; it holds train_images, train_labels, test_images",
            "train_images=…, train_labels=…",
        ),
    ],
)
def test_missing_arrays_are_named_and_never_cost_the_file(tmp_path: Path, names: str, message: str, save: str) -> None:
    np.savez(tmp_path / "a.npz", allow_pickle=False, **dict.fromkeys(names.split(), LABELS))
    error = refused(tmp_path)
    assert error.message.partition("` ")[2] == message
    assert (error.help or "").startswith(f"save the four arrays with `np.savez(path, {save}")
    assert "delete" not in (error.help or "")


def test_a_file_of_another_kind_is_saved_once_more(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"no archive")
    assert (
        refused(tmp_path).help == "save the four arrays with `np.savez(path, x_train=…, y_train=…, x_test=…, y_test=…)`"
    )


def test_parts_in_two_units(tmp_path: Path) -> None:
    inputs = np.zeros((4, 2), np.float32)
    np.savez(tmp_path / "a.npz", x_train=inputs, y_train=LABELS, x_test=inputs.astype(np.uint8), y_test=LABELS)
    error = refused(tmp_path)
    assert error.message == "`Npz` holds training examples of type float32 and test examples of type uint8"
    assert error.help == "save both as uint8, or both as floats of one unit, such as `x / 255`"
    np.savez(tmp_path / "a.npz", x_train=inputs, y_train=LABELS, x_test=inputs.astype(np.int64), y_test=LABELS)
    assert len(read(Npz(path="a.npz", shape=(2,), classes=3), tmp_path).test.targets) == 4
