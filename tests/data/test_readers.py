"""Every format read back from tiny files, and what is said of files that are not what they should be."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from formats import pixels, write_cifar, write_idx, write_mnist
from numpy.testing import assert_array_equal
from PIL import Image
from scipy.io import savemat  # type: ignore[import-untyped]

from fitdsl.data.base import Dataset
from fitdsl.data.datasets import CIFAR10, CIFAR100, MNIST, SVHN, Digits, FashionMNIST, ImageFolder, Npz, Synthetic
from fitdsl.data.examples import Parts
from fitdsl.data.opening import read
from fitdsl.data.unusable import Unusable


def refusal(dataset: Dataset, base: Path) -> tuple[str, str]:
    """Code and message with which the data set is refused."""
    with pytest.raises(Unusable) as refused:
        read(dataset, base)
    return refused.value.code, refused.value.message.replace(f"{base}/", "")


def test_digits_are_scikit_learns() -> None:
    parts = read(Digits(), Path())
    inputs = np.concatenate([np.asarray(parts.train.inputs), np.asarray(parts.test.inputs)])
    assert inputs.shape == (1797, 1, 8, 8)
    assert inputs.dtype == np.float32
    assert (inputs.min(), inputs.max()) == (0, 1)
    assert np.bincount(parts.test.targets).tolist() == [36, 36, 35, 37, 36, 37, 36, 36, 35, 36]
    # The first image of the collection is a zero whose first row is 0 0 5 13 9 1 0 0.
    first = np.array([0, 0, 5, 13, 9, 1, 0, 0], np.float32) / 16
    assert (inputs[:, 0, 0] == first).all(axis=1).any()


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("folder", ["data", "data/MNIST/raw"])
def test_idx_packed_or_not_where_torchvision_puts_it_or_plain(tmp_path: Path, folder: str, suffix: str) -> None:
    train, test = write_mnist(tmp_path / folder, suffix=suffix)
    parts = read(MNIST(), tmp_path)
    assert_array_equal(parts.train.inputs[np.arange(20)], train[:, None])
    assert_array_equal(parts.test.inputs[np.arange(10)], test[:, None])
    assert parts.train.targets.tolist() == [*range(10), *range(10)]


def _cut_off(folder: Path) -> None:
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])


def _swapped(folder: Path) -> None:
    write_idx(folder / "train-images-idx3-ubyte", pixels(20))


def _cut_off_packed(folder: Path) -> None:
    write_idx(folder / "train-images-idx3-ubyte.gz", pixels(20, 28, 28))
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:100])


def _too_few_labels(folder: Path) -> None:
    write_idx(folder / "train-labels-idx1-ubyte", pixels(19) % 10)


def _label_ten(folder: Path) -> None:
    write_idx(folder / "train-labels-idx1-ubyte", np.arange(20, dtype=np.uint8) % 11)


def _other_size(folder: Path) -> None:
    write_idx(folder / "train-images-idx3-ubyte", pixels(20, 32, 32))


def _empty(folder: Path) -> None:
    write_mnist(folder, train=20, test=0, suffix="")


@pytest.mark.parametrize(
    ("spoil", "code", "message"),
    [
        (
            _cut_off,
            "FIT6004",
            "`data/train-images-idx3-ubyte` should hold [20, 28, 28] bytes = 15,680, but holds 15,679",
        ),
        (
            _swapped,
            "FIT6004",
            "`data/train-images-idx3-ubyte` is no IDX file of bytes with 3 axes: it begins with 00 00 08 01",
        ),
        (
            _cut_off_packed,
            "FIT6004",
            "`data/train-images-idx3-ubyte.gz` cannot be unpacked: "
            "Compressed file ended before the end-of-stream marker was reached",
        ),
        (_too_few_labels, "FIT6005", "the training part of `MNIST` has 20 examples but 19 labels"),
        (
            _label_ten,
            "FIT6005",
            "the training part of `MNIST` has labels from 0 to 10, but the spec expects 10, from 0 to 9",
        ),
        (
            _other_size,
            "FIT6005",
            "the training part of `MNIST` holds examples of shape [1, 32, 32], but the spec expects [1, 28, 28]",
        ),
        (_empty, "FIT6005", "the test part of `MNIST` is empty"),
    ],
)
def test_spoilt_idx(tmp_path: Path, spoil: Callable[[Path], None], code: str, message: str) -> None:
    write_mnist(tmp_path / "data", suffix="")
    spoil(tmp_path / "data")
    assert refusal(MNIST(), tmp_path) == (code, message)


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    write_mnist(tmp_path / "data", suffix="")
    (tmp_path / "data" / "train-images-idx3-ubyte.gz").mkdir()
    code, message = refusal(MNIST(), tmp_path)
    assert code == "FIT6004"
    assert message.startswith("`MNIST` cannot be read: [Errno 21] Is a directory")


def test_cifar10_joins_its_batches(tmp_path: Path) -> None:
    images = pixels(6, 3, 32, 32)
    labels = np.array([3, 1, 4, 1, 5, 9], np.uint8)
    for number in range(1, 6):
        write_cifar(
            tmp_path / "data/cifar-10-batches-bin" / f"data_batch_{number}.bin", [labels], images + np.uint8(number)
        )
    write_cifar(tmp_path / "data/cifar-10-batches-bin/test_batch.bin", [labels[:2]], images[:2])
    parts = read(CIFAR10(), tmp_path)
    assert parts.train.targets.tolist() == labels.tolist() * 5
    assert_array_equal(parts.train.inputs[np.arange(24, 30)], images + np.uint8(5))
    assert_array_equal(parts.test.inputs[np.arange(2)], images[:2])


def test_cifar100_takes_the_fine_label(tmp_path: Path) -> None:
    images, coarse, fine = pixels(3, 3, 32, 32), np.array([1, 2, 3], np.uint8), np.array([99, 0, 50], np.uint8)
    for name in ("train.bin", "test.bin"):
        write_cifar(tmp_path / "x" / name, [coarse, fine], images)
    parts = read(CIFAR100(root="x"), tmp_path)
    assert parts.train.targets.tolist() == [99, 0, 50]
    assert_array_equal(parts.train.inputs[np.arange(3)], images)


def test_cifar_with_half_a_record(tmp_path: Path) -> None:
    for name in ("train.bin", "test.bin"):
        (tmp_path / name).write_bytes(bytes(5000))
    assert refusal(CIFAR100(root="."), tmp_path) == (
        "FIT6004",
        "`train.bin` has 5,000 bytes, which is no whole number of records of 3,074",
    )


def test_svhn_turns_its_axes_and_label_ten(tmp_path: Path) -> None:
    images = pixels(4, 3, 32, 32)
    for name in ("train", "test"):
        content = {"X": images.transpose(2, 3, 1, 0), "y": np.array([[1], [10], [9], [10]], np.uint8)}
        savemat(tmp_path / f"{name}_32x32.mat", content)
    parts = read(SVHN(root="."), tmp_path)
    assert_array_equal(parts.train.inputs[np.arange(4)], images)
    assert parts.test.targets.tolist() == [1, 0, 9, 0]


def test_spoilt_svhn(tmp_path: Path) -> None:
    savemat(tmp_path / "train_32x32.mat", {"X": np.zeros((32, 32, 3, 1))})
    (tmp_path / "test_32x32.mat").write_bytes(b"no matlab here")
    assert refusal(SVHN(root="."), tmp_path) == ("FIT6004", "`train_32x32.mat` holds no array 'y'")
    (tmp_path / "train_32x32.mat").write_bytes(b"no matlab here" * 20)
    code, message = refusal(SVHN(root="."), tmp_path)
    assert (code, message.partition(":")[0]) == ("FIT6004", "`train_32x32.mat` is no readable MATLAB file")


def _save(path: Path, inputs: object, labels: object = (0, 1, 2, 1)) -> None:
    targets = np.asarray(labels)
    np.savez(path, x_train=np.asarray(inputs), y_train=targets, x_test=np.asarray(inputs), y_test=targets)


def _npz(tmp_path: Path, inputs: object, shape: tuple[int, ...], *, vocab: int | None = None) -> Parts:
    _save(tmp_path / "a.npz", inputs)
    return read(Npz(path="a.npz", shape=shape, classes=3, vocab=vocab), tmp_path)


def test_npz_brings_channels_to_the_front(tmp_path: Path) -> None:
    images = pixels(4, 3, 5, 6)
    for stored in (images, images.transpose(0, 2, 3, 1)):
        assert_array_equal(_npz(tmp_path, stored, (3, 5, 6)).train.inputs[np.arange(4)], images)
    assert_array_equal(_npz(tmp_path, images[:, 0], (1, 5, 6)).test.inputs[np.arange(4)], images[:, :1])


def test_npz_under_other_names_and_as_vectors_and_tokens(tmp_path: Path) -> None:
    values = np.arange(8.0).reshape(4, 2)
    labels = np.array([[0], [1], [2], [1]])
    np.savez(tmp_path / "a.npz", train_images=values, train_labels=labels, test_images=values, test_labels=labels)
    parts = read(Npz(path="a.npz", shape=(2,), classes=3), tmp_path)
    assert parts.train.inputs[np.arange(4)].dtype == np.float32
    assert parts.train.targets.tolist() == [0, 1, 2, 1]
    tokens = _npz(tmp_path, np.array([[1, 2], [0, 3], [3, 3], [2, 1]], np.int32), (2,), vocab=4)
    assert tokens.train.inputs[np.arange(4)].dtype == np.int64


@pytest.mark.parametrize(
    ("inputs", "labels", "vocab", "message"),
    [
        (
            np.zeros((4, 8, 8, 3)),
            (0, 1, 2, 1),
            None,
            "the training part of `Npz` holds examples of shape [8, 8, 3], but the spec expects [2]",
        ),
        (
            np.zeros((4, 2)),
            (0, 1, 2, 3),
            None,
            "the training part of `Npz` has labels from 0 to 3, but the spec expects 3, from 0 to 2",
        ),
        (
            np.zeros((4, 2)),
            (0.5, 1, 2, 1),
            None,
            "`Npz` holds labels of type float64 and shape [4], not one whole number for each example",
        ),
        (np.full((4, 2), "a"), (0, 1, 2, 1), None, "`Npz` holds examples of type <U1, not numbers"),
        (
            np.full((4, 2), 7),
            (0, 1, 2, 1),
            7,
            "the training part of `Npz` has tokens from 7 to 7, but the spec expects 7, from 0 to 6",
        ),
        (np.zeros((4, 2)), (0, 1, 2, 1), 7, "`Npz` holds tokens of type float64 and shape [4, 2], not whole numbers"),
    ],
)
def test_npz_that_contradicts_the_spec(
    tmp_path: Path, inputs: object, labels: object, vocab: int | None, message: str
) -> None:
    _save(tmp_path / "a.npz", inputs, labels)
    assert refusal(Npz(path="a.npz", shape=(2,), classes=3, vocab=vocab), tmp_path) == ("FIT6005", message)


def test_npz_that_is_none(tmp_path: Path) -> None:
    source = Npz(path="a.npz", shape=(2,), classes=3)
    np.savez(tmp_path / "a.npz", x=np.zeros(2))
    assert refusal(source, tmp_path) == (
        "FIT6004",
        "`a.npz` lacks the arrays x_train, y_train, x_test, y_test; it holds x",
    )
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, np.zeros(2))
    assert refusal(source, tmp_path) == ("FIT6004", "`a.npz` is no .npz file")
    _save(tmp_path / "a.npz", np.zeros((4, 2)))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[100] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    assert refusal(source, tmp_path) == (
        "FIT6004",
        "`a.npz` is no readable .npz file: Bad CRC-32 for file 'x_train.npy'",
    )
    _save(tmp_path / "a.npz", np.array([print] * 4), (0, 1, 2, 1))
    assert refusal(source, tmp_path) == (
        "FIT6004",
        "`a.npz` is no readable .npz file: Object arrays cannot be loaded when allow_pickle=False",
    )


def _pictures(folder: Path, *, size: tuple[int, int] = (6, 4)) -> None:
    for part in ("train", "test"):
        for name, colour in (("cat", (255, 0, 0)), ("dog", (0, 0, 255))):
            (folder / part / name).mkdir(parents=True, exist_ok=True)
            Image.new("RGB", size, colour).save(folder / part / name / "1.png")


def test_image_folder_numbers_classes_by_name_and_covers_the_shape(tmp_path: Path) -> None:
    _pictures(tmp_path / "photos")
    Image.new("RGB", (9, 9), (255, 255, 255)).save(tmp_path / "photos/train/dog/0.JPG", format="jpeg")
    (tmp_path / "photos/train/dog/notes.txt").write_text("no picture")
    parts = read(ImageFolder(path="photos", shape=(3, 4, 4), classes=2), tmp_path)
    assert parts.train.targets.tolist() == [0, 1, 1]
    images = parts.train.inputs[np.arange(3)]
    assert images.shape == (3, 3, 4, 4)
    assert images[:, :, 2, 2].tolist() == [[255, 0, 0], [255, 255, 255], [0, 0, 255]]


def test_spoilt_image_folder(tmp_path: Path) -> None:
    _pictures(tmp_path)
    assert refusal(ImageFolder(path=".", shape=(3, 4, 4), classes=3), tmp_path) == (
        "FIT6005",
        "`train` holds 2 class folders, but the spec expects 3",
    )
    (tmp_path / "train/cat/1.png").write_bytes(b"no picture")
    parts = read(ImageFolder(path=".", shape=(3, 4, 4), classes=2), tmp_path)
    with pytest.raises(Unusable) as refused:
        parts.train.inputs[np.arange(2)]
    assert refused.value.message.startswith(f"`{tmp_path}/train/cat/1.png` is no readable picture: ")
    assert refused.value.help == "put a sound picture there, or move the file elsewhere"
    (tmp_path / "test/owl").mkdir()
    assert refusal(ImageFolder(path=".", shape=(3, 4, 4), classes=2), tmp_path) == (
        "FIT6005",
        "`test` holds classes that are not in `train`: owl",
    )


def test_a_class_without_pictures_to_train_on(tmp_path: Path) -> None:
    _pictures(tmp_path)
    owls = tmp_path / "train/owl"
    for name in ("1.bmp", "2.bmp", "notes"):
        owls.mkdir(exist_ok=True)
        (owls / name).touch()
    with pytest.raises(Unusable) as refused:
        read(ImageFolder(path=".", shape=(3, 4, 4), classes=3), tmp_path)
    assert (refused.value.code, refused.value.message) == ("FIT6005", f"there is no picture to train on in `{owls}`")
    assert refused.value.notes == (
        "`owl` holds 2 .bmp, 1 without ending",
        "pictures are files that end in .png, .jpg, .jpeg",
    )
    assert refused.value.help == "save the pictures as PNG or JPEG, or take the folder away and count one class less"
    for path in owls.iterdir():
        path.unlink()
    with pytest.raises(Unusable) as refused:
        read(ImageFolder(path=".", shape=(3, 4, 4), classes=3), tmp_path)
    assert refused.value.notes[0] == "`owl` holds nothing"


def test_a_class_without_test_pictures_is_one_all_the_same(tmp_path: Path) -> None:
    _pictures(tmp_path)
    (tmp_path / "test/dog/1.png").unlink()
    parts = read(ImageFolder(path=".", shape=(3, 4, 4), classes=2), tmp_path)
    assert (parts.classes, parts.test.targets.tolist()) == (("cat", "dog"), [0])


def test_image_folder_without_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _pictures(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "fitdsl.data.readers.image_folder", raising=False)
    monkeypatch.delattr("fitdsl.data.readers.image_folder", raising=False)
    with pytest.raises(Unusable) as refused:
        read(ImageFolder(path=".", shape=(3, 4, 4), classes=2), tmp_path)
    assert (refused.value.code, refused.value.message) == ("FIT6007", "`ImageFolder` needs `pillow`")
    assert refused.value.help == "install it: pip install pillow"


def test_synthetic_can_be_learned_and_repeated() -> None:
    source = Synthetic(shape=(2, 3, 3), classes=5, examples=200, test=50, seed=1, noise=0.5)
    parts, again = read(source, Path()), read(source, Path())
    train, test = np.asarray(parts.train.inputs), np.asarray(parts.test.inputs)
    assert (train.shape, test.shape) == ((200, 2, 3, 3), (50, 2, 3, 3))
    assert train.dtype == np.float32
    assert_array_equal(train, np.asarray(again.train.inputs))
    assert np.bincount(np.concatenate([parts.train.targets, parts.test.targets])).tolist() == [50] * 5
    means = np.stack([train[parts.train.targets == label].mean(axis=0) for label in range(5)])
    nearest = ((test[:, None] - means) ** 2).sum(axis=(2, 3, 4)).argmin(axis=1)
    assert (nearest == parts.test.targets).mean() > 0.9


def test_synthetic_tokens_are_below_vocab() -> None:
    parts = read(Synthetic(shape=(12,), classes=3, vocab=7), Path())
    tokens = np.asarray(parts.train.inputs)
    assert tokens.dtype == np.int64
    assert (tokens.min(), tokens.max()) == (0, 6)
    first = tokens[parts.train.targets == 0]
    # Half of the tokens are the pattern's: its token at a position is far more frequent than one in seven.
    assert np.bincount(first[:, 0]).max() / len(first) > 0.4


def test_fashion_mnist_as_installed() -> None:
    source = FashionMNIST(root="nowhere")
    if not Path(*source.files.standard).is_dir():
        pytest.skip("Fashion-MNIST is not installed on this machine")
    parts = read(source, Path())
    assert (parts.train.inputs.shape, parts.test.inputs.shape) == ((60_000, 1, 28, 28), (10_000, 1, 28, 28))
    assert np.bincount(parts.train.targets).tolist() == [6000] * 10
