"""Preparation against formulas written out directly, and fitted on nothing but the training split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch.nn.functional import interpolate

from fitdsl.data.base import DataSettings, Preparation
from fitdsl.data.datasets import Npz
from fitdsl.data.examples import CHUNK, Array, View
from fitdsl.data.opening import open_splits
from fitdsl.data.preparation import GCN, ZCA, CenterCrop, Normalize, Pad, Resize, Scale, Standardize
from fitdsl.data.prepare import fit, pack, unpack

IMAGES = np.random.default_rng(0).normal(2, 3, (50, 3, 4, 4)).astype(np.float32)


def prepare(*steps: Preparation, images: Array = IMAGES) -> Array:
    """All images after preparations fitted on all of them."""
    everything = View(images, np.arange(len(images)))
    return View(images, np.arange(len(images)), fit(steps, everything))[:]


def test_gcn() -> None:
    prepared = prepare(GCN(scale=55))
    flat = IMAGES[3].astype(np.float64).ravel()
    expected = 55 * (flat - flat.mean()) / np.sqrt(((flat - flat.mean()) ** 2).sum())
    assert prepared.dtype == np.float32
    assert_allclose(prepared[3].ravel(), expected, rtol=1e-5)


def test_gcn_leaves_an_even_image_unscaled() -> None:
    even = np.full((2, 1, 2, 2), 7, np.float32)
    assert_array_equal(prepare(GCN(), images=even), np.zeros_like(even))


def test_zca() -> None:
    flat = IMAGES.reshape(50, -1).astype(np.float64)
    centred = flat - flat.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / 50 + 0.1 * np.eye(48))
    expected = centred @ vectors @ np.diag(values**-0.5) @ vectors.T
    assert_allclose(prepare(ZCA(bias=0.1)).reshape(50, -1), expected, atol=1e-4)


def test_standardize_and_a_constant_channel() -> None:
    images = IMAGES.copy()
    images[:, 1] = 0.1
    prepared = prepare(Standardize(), images=images)
    assert_allclose(prepared.mean(axis=(0, 2, 3)), 0, atol=1e-6)
    assert_allclose(prepared.std(axis=(0, 2, 3)), [1, 0, 1], atol=1e-6)


def test_fitting_in_chunks_is_fitting_at_once() -> None:
    many = np.random.default_rng(1).normal(5, 2, (2 * CHUNK + 3, 2)).astype(np.float32)
    state = pack(fit((Standardize(),), View(many, np.arange(len(many)))))
    assert_allclose(state["0.mean"], many.astype(np.float64).mean(axis=0))
    assert_allclose(state["0.std"], many.astype(np.float64).std(axis=0))


def test_steps_without_fitting() -> None:
    assert_allclose(prepare(Scale(factor=2)), IMAGES * 2)
    mean, std = (1.0, 2.0, 3.0), (2.0,)
    expected = (IMAGES - np.array(mean)[:, None, None]) / 2
    assert_allclose(prepare(Normalize(mean=mean, std=std)), expected, rtol=1e-6)
    assert_array_equal(prepare(Pad(padding=1)), np.pad(IMAGES, ((0, 0), (0, 0), (1, 1), (1, 1))))
    assert_array_equal(prepare(CenterCrop(size=(2, 3))), IMAGES[:, :, 1:3, 0:3])


@pytest.mark.parametrize("size", [(2, 2), (3, 7), (4, 4), (9, 2)])
def test_resize_is_torchs_with_antialias(size: tuple[int, int]) -> None:
    expected = interpolate(torch.from_numpy(IMAGES), size, mode="bilinear", antialias=True)
    assert_allclose(prepare(Resize(size=size)), expected.numpy(), atol=1e-5)


def test_preparations_see_the_ones_before_them() -> None:
    steps = (Scale(factor=10), Standardize())
    state = pack(fit(steps, View(IMAGES, np.arange(50))))
    assert_allclose(state["1.mean"], 10 * IMAGES.astype(np.float64).mean(axis=(0, 2, 3)), rtol=1e-6)


def test_state_can_be_saved_and_applied_again() -> None:
    steps = (GCN(), ZCA(), Standardize())
    fitted = fit(steps, View(IMAGES, np.arange(50)))
    again = unpack(steps, pack(fitted))
    chosen = np.arange(50)
    assert_array_equal(View(IMAGES, chosen, again)[:], View(IMAGES, chosen, fitted)[:])


def test_fitted_on_the_training_split_alone(tmp_path: Path) -> None:
    """Every example is one-hot at its own place, so a leaked example shows as a mean that is not zero there."""
    inputs, targets = np.eye(20, dtype=np.float32), np.arange(20) % 2
    np.savez(tmp_path / "a.npz", x_train=inputs, y_train=targets, x_test=inputs, y_test=targets)
    source = Npz(path="a.npz", shape=(20,), classes=2)
    settings = DataSettings(source=source, split={"train": 14, "val": 6}, prepare=(Standardize(),))
    opened = open_splits(settings, base=tmp_path, seed=3)
    seen = np.zeros(20)
    seen[opened.views["train"].chosen] = 1 / 14
    assert_allclose(opened.prepared["0.mean"], seen)
    assert set(opened.views["val"].chosen).isdisjoint(opened.views["train"].chosen)


def test_pixels_become_fractions() -> None:
    pixels = np.array([[[[0, 51], [102, 255]]]], np.uint8)
    assert_allclose(View(pixels, np.arange(1))[:].ravel(), [0, 0.2, 0.4, 1])
