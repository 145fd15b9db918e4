"""What is known of data without opening them: shapes, classes, splits, and what cannot be."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fitdsl.data.augmentation import RandomCrop, RandomHorizontalFlip
from fitdsl.data.base import Augmentation, Dataset, DataSettings, Preparation, Signature
from fitdsl.data.datasets import CIFAR10, CIFAR100, MNIST, SVHN, Digits, FashionMNIST, ImageFolder, Npz, Synthetic
from fitdsl.data.preparation import GCN, ZCA, CenterCrop, Normalize, Pad, Resize
from fitdsl.values import Rejected, TensorType

SMALL = Synthetic(shape=(3, 8, 8), classes=4, examples=100)


def test_checking_imports_no_array_library() -> None:
    loaded = "import fitdsl.data, sys; print({'numpy', 'torch', 'sklearn', 'pooch'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", loaded], text=True) == "set()\n"


@pytest.mark.parametrize(
    ("source", "shape", "classes", "train", "test"),
    [
        (Digits(), (1, 8, 8), 10, 1437, 360),
        (MNIST(), (1, 28, 28), 10, 60_000, 10_000),
        (FashionMNIST(root="x"), (1, 28, 28), 10, 60_000, 10_000),
        (CIFAR10(root="data"), (3, 32, 32), 10, 50_000, 10_000),
        (CIFAR100(), (3, 32, 32), 100, 50_000, 10_000),
        (SVHN(), (3, 32, 32), 10, 73_257, 26_032),
        (Npz(path="a.npz", shape=(2, 4, 4), classes=3), (2, 4, 4), 3, None, None),
        (ImageFolder(path="photos", shape=(3, 64, 64), classes=5), (3, 64, 64), 5, None, None),
        (SMALL, (3, 8, 8), 4, 100, 256),
    ],
)
def test_signature(source: Dataset, shape: tuple[int, ...], classes: int, train: int | None, test: int | None) -> None:
    assert source.signature == Signature(TensorType(shape), classes, train, test)


def test_input_goes_through_preparation_and_augmentation() -> None:
    settings = DataSettings(
        source=CIFAR10(),
        prepare=(GCN(), Resize(size=40), Pad(padding=2)),
        augment=(RandomCrop(size=(32, 36)), RandomHorizontalFlip()),
    )
    assert settings.input == TensorType((3, 32, 36))
    assert settings.classes == 10


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((CenterCrop(size=9),), "`CenterCrop` of 9 x 9 does not fit into [3, 8, 8]"),
        (
            (Normalize(mean=(0.5, 0.5), std=(1.0,)),),
            "`Normalize` has 2 numbers in `mean`, but [3, 8, 8] has 3 channels",
        ),
        ((RandomCrop(size=10, padding=4),), "`RandomCrop` of 10 x 10 does not fit into [3, 8, 8]"),
        (
            (Resize(size=100), ZCA()),
            "`ZCA` of [3, 100, 100] needs a covariance of 30,000 x 30,000 numbers",
        ),
    ],
)
def test_step_that_does_not_fit(steps: tuple[Preparation | Augmentation, ...], message: str) -> None:
    settings = DataSettings(
        source=SMALL,
        prepare=tuple(step for step in steps if isinstance(step, Preparation)),
        augment=tuple(step for step in steps if isinstance(step, Augmentation)),
    )
    with pytest.raises(Rejected) as refusal:
        _ = settings.input
    assert refusal.value.message == message


def test_image_steps_refuse_vectors_and_all_steps_refuse_tokens() -> None:
    vectors = Synthetic(shape=(16,), classes=2)
    with pytest.raises(Rejected, match=r"^`RandomHorizontalFlip` takes images \[C, H, W\], got \[16\]$"):
        _ = DataSettings(source=vectors, augment=(RandomHorizontalFlip(),)).input
    tokens = Synthetic(shape=(16,), classes=2, vocab=5)
    with pytest.raises(Rejected, match=r"^`GCN` takes real numbers, but `Synthetic` gives tokens$"):
        _ = DataSettings(source=tokens, prepare=(GCN(),)).input


@pytest.mark.parametrize(
    ("split", "sizes"),
    [
        ({"train": 0.9, "val": 0.1}, (90, 10)),
        ({"train": 0.7, "val": 0.2}, (70, 20)),
        ({"train": 1.0, "val": 0}, (100, 0)),
        ({"train": 80, "val": 20}, (80, 20)),
        ({"train": 80.0, "val": 5}, (80, 5)),
        ({"train": 100}, (100, 0)),
    ],
)
def test_sizes_of_a_split(split: dict[str, int | float], sizes: tuple[int, int]) -> None:
    assert DataSettings(source=SMALL, split=split).sizes(100) == sizes


@pytest.mark.parametrize(
    ("split", "message", "help"),
    [
        (
            {"train": 0.995, "val": 0.005},
            "the split leaves none of 100 examples to validate on",
            "take a larger `val`, or none: `split = {train: 1.0}`",
        ),
        (
            {"train": 0.8, "valid": 0.2},
            "`split` names `valid`, which is neither `train` nor `val`",
            "did you mean `val`?",
        ),
        (
            {"train": 0.8, "test": 0.2},
            "`split` names `test`, but the test part is the data set's own",
            "leave `test` out",
        ),
        ({"val": 0.2}, "`split` does not say how much is for `train`", None),
        ({"train": 0.8, "val": 20}, "`split` mixes counts and fractions", "give both as counts or both as fractions"),
        ({"train": 0.8, "val": 0.3}, "the fractions in `split` add up to 1.1, more than 1", None),
        ({"train": -5, "val": 5}, "`split` gives `train` a negative size, -5", None),
        ({"train": 0, "val": 5}, "the split leaves none of 100 examples to train on", None),
        (
            {"train": 90, "val": 20},
            "the split asks for 90 + 20 = 110 examples, but the training part of `Synthetic` has 100",
            None,
        ),
    ],
)
def test_split_that_cannot_be(split: dict[str, int | float], message: str, help: str | None) -> None:
    with pytest.raises(Rejected) as refusal:
        DataSettings(source=SMALL, split=split)
    assert (refusal.value.message, refusal.value.help) == (message, help)
