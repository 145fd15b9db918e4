"""Data that can be learned from but are hardly meant, and that the others pass without a word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitdsl.data.base import DataSettings, Preparation
from fitdsl.data.datasets import Npz, Synthetic
from fitdsl.data.doubts import doubts
from fitdsl.data.examples import Array, Labelled, Parts
from fitdsl.data.opening import open_splits
from fitdsl.data.preparation import Scale

LABELS = np.array([0, 1, 2, 1])
UNIT = np.linspace(-1, 1, 8, dtype=np.float32).reshape(4, 2)


def said(
    inputs: Array = UNIT,
    *,
    train: Array = LABELS,
    test: Array = LABELS,
    classes: tuple[str, ...] = (),
    prepare: tuple[Preparation, ...] = (),
    vocab: int | None = None,
) -> list[str]:
    """What is strange about examples and labels."""
    settings = DataSettings(source=Npz(path="a.npz", shape=(2,), classes=3, vocab=vocab), prepare=prepare)
    return list(doubts(settings, Parts(Labelled(inputs, train), Labelled(inputs, test), classes)))


def test_nothing_is_said_of_sound_data() -> None:
    assert said() == []
    assert said((UNIT * 127 + 128).astype(np.uint8)) == []


def test_classes_without_examples() -> None:
    assert said(test=np.array([0, 1, 1, 0])) == ["the test part has no example of class 2"]
    assert said(train=np.array([1, 1, 1, 1])) == ["the training part has no example of classes 0, 2"]
    named = said(test=np.array([1, 1, 1, 1]), classes=("cat", "dog", "owl"))
    assert named == ["the test part has no example of classes `cat`, `owl`"]


def test_of_many_classes_without_examples_the_first_are_shown() -> None:
    settings = DataSettings(source=Npz(path="a.npz", shape=(2,), classes=1000))
    sound = Labelled(np.zeros((1000, 2), np.float32), np.arange(1000))
    lacking = Labelled(UNIT, np.array([0, 1, 2, 5]))
    assert list(doubts(settings, Parts(sound, lacking))) == [
        "the test part has no example of classes 3, 4, 6 and 993 more"
    ]


@pytest.mark.parametrize("inputs", [np.float32(256) * np.abs(UNIT), (255 * np.abs(UNIT)).astype(np.int64)])
def test_pixels_that_are_not_told_as_such(inputs: Array) -> None:
    (doubt,) = said(inputs)
    assert doubt == (
        f"numbers from {inputs.min():g} to {inputs.max():g} that nothing prepares, while networks learn from numbers "
        "near 1: say `prepare = [Standardize()]`, or save pixels as uint8, which are divided by 255"
    )
    assert said(inputs, prepare=(Scale(factor=1 / 256),)) == []
    assert said(inputs, vocab=300) == []


def test_published_and_synthetic_data_are_what_they_are_known_to_be(tmp_path: Path) -> None:
    few = DataSettings(source=Synthetic(shape=(2,), classes=9, examples=20, test=3, noise=100))
    assert open_splits(few, base=tmp_path, seed=0).doubts == ()
