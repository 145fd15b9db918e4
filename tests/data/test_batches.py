"""Batches: the right order, the same after a resume, and the same whether held on the device or streamed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.testing import assert_close

from fitdsl.data.augmentation import RandomCrop, RandomHorizontalFlip
from fitdsl.data.base import DataSettings
from fitdsl.data.datasets import ImageFolder, Npz, Synthetic
from fitdsl.data.preparation import Standardize
from fitdsl.diagnostics import FitError
from fitdsl.source import Source
from fitdsl.training import data as training_data
from fitdsl.training.data import Batch, Splits, Stream, Tensors, Walk, batches, load_splits
from fitdsl.work.content import data_key

SETTINGS = DataSettings(
    source=Synthetic(shape=(2, 6, 6), classes=3, examples=50, test=11),
    split={"train": 37, "val": 13},
    prepare=(Standardize(),),
    augment=(RandomCrop(size=4), RandomHorizontalFlip()),
)


def load(settings: DataSettings = SETTINGS, *, seed: int = 0) -> Splits:
    """The splits on the CPU."""
    return load_splits(settings, base=Path(), seed=seed, device="cpu")


def test_parts_are_tensors_of_the_declared_shape() -> None:
    splits = load()
    assert isinstance(splits.train, Tensors)
    assert isinstance(splits.val, Tensors)
    assert [len(part) for part in (splits.train, splits.val, splits.test)] == [37, 13, 11]
    assert splits.train.inputs.shape == (37, 2, 6, 6)
    # What augmentation crops in training is cropped to its middle for validation.
    assert splits.val.inputs.shape == (13, *SETTINGS.input.shape) == (13, 2, 4, 4)
    assert (splits.train.inputs.dtype, splits.train.targets.dtype) == (torch.float32, torch.int64)
    assert splits.prepared.keys() == {"0.mean", "0.std"}


def test_nothing_held_out() -> None:
    splits = load(SETTINGS.model_copy(update={"split": {"train": 50, "val": 0}}))
    assert (len(splits.train), len(splits.val)) == (50, 0)
    assert list(batches(splits.val, Walk(batch=8))) == []


def test_in_order_without_shuffling_and_every_example_once_with_it() -> None:
    part = load().train
    plain = list(batches(part, Walk(batch=10)))
    assert [len(batch.targets) for batch in plain] == [10, 10, 10, 7]
    assert torch.cat([batch.indices for batch in plain]).tolist() == list(range(37))
    assert isinstance(part, Tensors)
    for batch in batches(part, Walk(batch=10, seed=3, epoch=4, shuffle=True)):
        assert torch.equal(batch.inputs, part.inputs[batch.indices])
        assert torch.equal(batch.targets, part.targets[batch.indices])


def test_shuffled_by_seed_and_epoch() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return Walk(batch=1, seed=seed, epoch=epoch, shuffle=True).order(37).tolist()

    assert sorted(order(0, 0)) == list(range(37))
    assert order(0, 0) == order(0, 0)
    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4


def test_the_last_batch_can_be_dropped() -> None:
    part = load().train
    walk = Walk(batch=10, drop_last=True)
    assert [len(batch.targets) for batch in batches(part, walk)] == [10] * walk.steps(37) == [10, 10, 10]
    assert (Walk(batch=10).steps(37), Walk(batch=10).steps(40), walk.steps(9)) == (4, 4, 0)


def _same(first: Batch, second: Batch) -> bool:
    return all(torch.equal(getattr(first, name), getattr(second, name)) for name in ("inputs", "targets", "indices"))


def test_going_on_from_a_step_gives_what_would_have_come() -> None:
    walk = Walk(batch=10, seed=1, epoch=2, shuffle=True, augment=SETTINGS.augment)
    part = load().train
    whole, rest = list(batches(part, walk)), list(batches(part, walk, start=2))
    assert len(rest) == 2
    assert all(map(_same, whole[2:], rest))


def test_streamed_is_the_same_as_held(monkeypatch: pytest.MonkeyPatch) -> None:
    held = load()
    monkeypatch.setattr(training_data, "MEMORY_LIMIT_BYTES", 100)
    streamed = load()
    assert isinstance(streamed.train, Stream)
    walk = Walk(batch=10, seed=1, epoch=2, shuffle=True, augment=SETTINGS.augment)
    state = torch.random.get_rng_state()
    for first, second in zip(batches(held.train, walk), batches(streamed.train, walk), strict=True):
        assert _same(first, second)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_same_seed_splits_alike() -> None:
    first, again, other = load(), load(), load(seed=1)
    assert isinstance(first.train, Tensors)
    assert isinstance(again.train, Tensors)
    assert isinstance(other.train, Tensors)
    assert torch.equal(first.train.inputs, again.train.inputs)
    assert not torch.equal(first.train.inputs, other.train.inputs)


def test_a_seed_of_the_data_holds_in_every_run() -> None:
    held = SETTINGS.model_copy(update={"seed": 1})
    first, other, plain = (splits.train for splits in (load(held, seed=0), load(held, seed=2), load(seed=1)))
    assert isinstance(first, Tensors)
    assert isinstance(other, Tensors)
    assert isinstance(plain, Tensors)
    assert torch.equal(first.inputs, plain.inputs)
    assert torch.equal(other.inputs, plain.inputs)
    keys = {
        data_key(held, base=Path(), seed=0),
        data_key(held, base=Path(), seed=2),
        data_key(SETTINGS, base=Path(), seed=1),
    }
    assert len(keys) == 1


def test_tokens_stay_integers() -> None:
    splits = load(DataSettings(source=Synthetic(shape=(5,), classes=2, vocab=9)))
    assert isinstance(splits.train, Tensors)
    assert splits.train.inputs.dtype == torch.int64


def test_findings_stand_at_the_declaration(tmp_path: Path) -> None:
    inputs, targets = np.zeros((6, 2)), np.arange(6) % 2
    np.savez(tmp_path / "a.npz", x_train=inputs, y_train=targets, x_test=inputs, y_test=targets)
    settings = DataSettings(source=Npz(path="a.npz", shape=(2,), classes=2), split={"train": 6, "val": 2})
    span = Source("net.fit", "fit 1\ndata d { }\n").span(6, 16)
    with pytest.raises(FitError) as refused:
        load_splits(settings, base=tmp_path, seed=0, device="cpu", span=span)
    assert str(refused.value) == (
        "net.fit:2:1: error[FIT6006]: the split asks for 6 + 2 = 8 examples, but the training part of `Npz` has 6"
    )


def test_a_spoilt_picture_in_a_stream_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("train/a", "test/a"):
        (tmp_path / place).mkdir(parents=True)
        for name in "0123":
            Image.new("L", (4, 4), 10).save(tmp_path / place / f"{name}.png")
    monkeypatch.setattr(training_data, "MEMORY_LIMIT_BYTES", 10)
    settings = DataSettings(source=ImageFolder(path=".", shape=(1, 4, 4), classes=1), split={"train": 4})
    part = load_splits(settings, base=tmp_path, seed=0, device="cpu").train
    first = next(batches(part, Walk(batch=2)))
    assert_close(first.inputs, torch.full((2, 1, 4, 4), 10 / 255))
    (tmp_path / "train/a/2.png").write_bytes(b"no picture")
    with pytest.raises(FitError, match=r"FIT6004.*2\.png` is no readable picture"):
        list(batches(part, Walk(batch=2)))
