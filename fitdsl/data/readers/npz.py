"""Arrays that users saved themselves with `numpy.savez`."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from ..examples import Array, Indices, Labelled, Parts
from ..unusable import Unusable
from .damaged import damaged

NAMES = (("x_train", "y_train", "x_test", "y_test"), ("train_images", "train_labels", "test_images", "test_labels"))


def read_npz(paths: Mapping[str, Path], *, shape: tuple[int, ...], is_tokens: bool) -> Parts:
    """The four arrays, images brought to [n, C, H, W]. Nothing is unpickled.

    Args:
        paths: Where the one file was found, by its name in the spec.
        shape: Declared shape of one example.
        is_tokens: Whether examples are sequences of whole numbers.

    Raises:
        Unusable: FIT6004, the file is no such archive; FIT6005, it holds other shapes or kinds of numbers.
    """
    (path,) = paths.values()
    train, train_labels, test, test_labels = _arrays(path)
    if not is_tokens and (train.dtype == np.uint8) != (test.dtype == np.uint8):
        raise _two_units(train, test)
    return Parts(
        Labelled(_inputs(train, shape, is_tokens), _labels(train_labels)),
        Labelled(_inputs(test, shape, is_tokens), _labels(test_labels)),
    )


def _two_units(train: Array, test: Array) -> Unusable:
    return Unusable(
        "FIT6005",
        f"`Npz` holds training examples of type {train.dtype} and test examples of type {test.dtype}",
        "save both as uint8, or both as floats of one unit, such as `x / 255`",
        notes=("uint8 are pixels and divided by 255, numbers of other types are taken as they are",),
    )


def _arrays(path: Path) -> list[Array]:
    if not zipfile.is_zipfile(path):
        raise damaged(path, "is no .npz file", _save(NAMES[0]))
    try:
        with np.load(path, allow_pickle=False) as archive:
            return [archive[name] for name in _names(path, archive.files)]
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise damaged(path, f"is no readable .npz file: {error}", _save(NAMES[0])) from None


def _names(path: Path, found: list[str]) -> tuple[str, ...]:
    """The names under which the four arrays lie; those of which the file has more, if it has not all."""
    names = max(NAMES, key=lambda names: len(set(names) & set(found)))
    missing = [name for name in names if name not in found]
    if not missing:
        return names
    arrays = "array" if len(missing) == 1 else "arrays"
    holds = ", ".join(found) or "none"
    raise damaged(path, f"lacks the {arrays} {', '.join(missing)}; it holds {holds}", _save(names))


def _save(names: Iterable[str]) -> str:
    """How to write a sound file."""
    return f"save the four arrays with `np.savez(path, {', '.join(f'{name}=…' for name in names)})`"


def _inputs(values: Array, shape: tuple[int, ...], is_tokens: bool) -> Array:
    """[n, *shape], from another order of axes if need be; float32, or int64 for tokens, or uint8 for pixels."""
    if is_tokens:
        return _whole_numbers(values, "tokens")
    if values.dtype.kind not in "fiub":
        raise Unusable("FIT6005", f"`Npz` holds examples of type {values.dtype}, not numbers")
    numbers = values if values.dtype == np.uint8 else _floats(values)
    if values.shape[1:] == shape or len(shape) != 3:
        return numbers
    if values.shape[1:] == (*shape[1:], shape[0]):
        return np.ascontiguousarray(np.moveaxis(numbers, -1, 1))
    return numbers[:, None] if values.shape[1:] == shape[1:] and shape[0] == 1 else numbers


def _floats(values: Array) -> Array:
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise Unusable("FIT6005", "`Npz` holds examples with NaN, infinite numbers or some that float32 cannot hold")
    return numbers


def _labels(values: Array) -> Indices:
    return _whole_numbers(values.reshape(-1) if values.ndim == 2 and values.shape[1] == 1 else values, "labels")


def _whole_numbers(values: Array, what: str) -> Indices:
    if values.dtype.kind not in "iu" or (what == "labels" and values.ndim != 1):
        expected = "one whole number for each example" if what == "labels" else "whole numbers"
        raise Unusable(
            "FIT6005", f"`Npz` holds {what} of type {values.dtype} and shape {list(values.shape)}, not {expected}"
        )
    return values.astype(np.int64)
