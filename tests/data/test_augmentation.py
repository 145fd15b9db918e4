"""Augmentation: each example by its own draws, whatever batch it comes in, and each transform doing what it says."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from fitdsl.component import components
from fitdsl.data.augmentation import (
    ColorJitter,
    Cutout,
    GaussianNoise,
    RandomCrop,
    RandomErasing,
    RandomHorizontalFlip,
    RandomRotation,
    RandomVerticalFlip,
)
from fitdsl.data.base import Augmentation
from fitdsl.training.draws import Draws, mix
from fitdsl.training.transforms import augment

IMAGES = torch.rand(64, 3, 8, 10, generator=torch.Generator().manual_seed(0)) + 0.5
EVERY = (
    RandomCrop(size=(8, 10), padding=2),
    RandomHorizontalFlip(),
    RandomVerticalFlip(p=0.3),
    RandomRotation(degrees=20),
    RandomErasing(p=0.5),
    Cutout(size=4),
    ColorJitter(brightness=0.2, contrast=0.3),
    GaussianNoise(std=0.1),
)


def run(*steps: Augmentation, chosen: Tensor | None = None, seed: int = 0, epoch: int = 1) -> Tensor:
    """The images at `chosen` (all, if left out) augmented in one batch."""
    indices = torch.arange(len(IMAGES)) if chosen is None else chosen
    return augment(IMAGES[indices], indices, steps, seed=seed, epoch=epoch)


def test_every_augmentation_is_tried_here() -> None:
    ours = {name for name, cls in components("augmentation").items() if cls.__module__.startswith("fitdsl.")}
    assert {step.word for step in EVERY} == ours


@pytest.mark.parametrize("step", EVERY, ids=lambda step: step.word)
def test_an_example_is_augmented_alike_in_any_batch(step: Augmentation) -> None:
    together = run(step)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(1))
    apart = torch.cat([run(step, chosen=part) for part in torch.split(order, 7)])
    assert_close(apart, together[order], rtol=0, atol=0)


@pytest.mark.parametrize("step", EVERY, ids=lambda step: step.word)
def test_seed_epoch_and_example_all_matter(step: Augmentation) -> None:
    first = run(step)
    assert first.shape == IMAGES.shape
    assert not torch.equal(first, run(step, epoch=2))
    assert not torch.equal(first, run(step, seed=1))
    same = IMAGES[:1].expand(64, -1, -1, -1)
    alike = augment(same, torch.arange(64), (step,), seed=0, epoch=1)
    assert not torch.equal(alike, alike[:1].expand_as(alike))


def test_two_of_a_kind_draw_differently() -> None:
    once = run(GaussianNoise(std=1.0)) - IMAGES
    twice = run(GaussianNoise(std=1.0), GaussianNoise(std=1.0)) - IMAGES
    assert abs(twice.std().item() - 2**0.5) < 0.02
    assert not torch.equal(twice, 2 * once)


def test_uniform_draws_are_uniform_and_repeatable() -> None:
    draws = Draws.of(torch.arange(10_000), 1, 2, 3)
    numbers = draws.uniform(4)
    assert torch.equal(numbers, draws.uniform(4))
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert_close(numbers.mean(dim=0), torch.full((4,), 0.5), rtol=0, atol=0.01)
    assert_close(numbers.var(dim=0), torch.full((4,), 1 / 12), rtol=0, atol=0.003)
    assert_close(torch.corrcoef(numbers.T), torch.eye(4), rtol=0, atol=0.04)
    neighbours = torch.stack([numbers[:-1, 0], numbers[1:, 0]])
    assert_close(torch.corrcoef(neighbours), torch.eye(2), rtol=0, atol=0.04)


def test_normal_draws_are_normal() -> None:
    numbers = Draws.of(torch.arange(10_000), 5).normal(3)
    assert numbers.isfinite().all()
    assert_close(numbers.mean(dim=0), torch.zeros(3), rtol=0, atol=0.04)
    assert_close(numbers.std(dim=0), torch.ones(3), rtol=0, atol=0.03)


def test_splitmix64_as_published() -> None:
    """The generator's first outputs from state 1234567, as its reference implementation prints them."""
    outputs = Draws(torch.tensor([1234567])).uniform(3)[0]
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert outputs.tolist() == [(number >> 40) / (1 << 24) for number in published]


def test_mix_depends_on_order() -> None:
    assert len({mix(1, 2), mix(2, 1), mix(1), mix(2), mix(1, 2, 0)}) == 5


def test_random_crop_gives_every_window_of_the_padded_image() -> None:
    image = torch.arange(1.0, 5.0).reshape(1, 1, 2, 2).expand(500, -1, -1, -1)
    crops = augment(image, torch.arange(500), (RandomCrop(size=2, padding=1),), seed=0, epoch=0)
    padded = torch.nn.functional.pad(image[0, 0], (1, 1, 1, 1))
    windows = {tuple(padded[r : r + 2, c : c + 2].flatten().tolist()) for r in range(3) for c in range(3)}
    assert {tuple(crop.flatten().tolist()) for crop in crops} == windows


def test_flips_mirror_with_their_probability() -> None:
    flipped = run(RandomHorizontalFlip(p=0.25))
    is_flipped = (flipped == IMAGES.flip(-1)).flatten(1).all(dim=1)
    is_kept = (flipped == IMAGES).flatten(1).all(dim=1)
    assert bool((is_flipped ^ is_kept).all())
    assert 5 <= int(is_flipped.sum()) <= 30
    assert torch.equal(run(RandomVerticalFlip(p=1.0)), IMAGES.flip(-2))
    assert torch.equal(run(RandomVerticalFlip(p=0.0)), IMAGES)


def test_rotation_turns_about_the_centre_without_stretching() -> None:
    """A smooth blob 5 pixels long and 2 wide stays so, in an image that is not square, and takes all directions."""
    rows, columns = torch.meshgrid(torch.arange(41.0) - 20, torch.arange(61.0) - 30, indexing="ij")
    blob = torch.exp(-(rows**2) / (2 * 2**2) - columns**2 / (2 * 5**2)).expand(200, 1, -1, -1)
    turned = augment(blob, torch.arange(200), (RandomRotation(degrees=180),), seed=0, epoch=0)
    weights = turned[:, 0] / turned.sum(dim=(1, 2, 3))[:, None, None]
    across = (weights * rows * columns).sum(dim=(1, 2))
    down, along = ((weights * axis**2).sum(dim=(1, 2)) for axis in (rows, columns))
    moments = torch.stack([torch.stack([down, across], dim=1), torch.stack([across, along], dim=1)], dim=1)
    assert_close(torch.linalg.eigvalsh(moments), torch.tensor([4.0, 25.0]).expand(200, 2), rtol=0.1, atol=0)
    assert float(down.min()) < 5 < 24 < float(down.max())
    assert_close(run(RandomRotation(degrees=0)), IMAGES, rtol=0, atol=1e-5)


def test_erasing_takes_one_rectangle_of_the_promised_area() -> None:
    erased = run(RandomErasing(p=1.0)) == 0
    assert torch.equal(erased[:, 0], erased[:, 2])
    for mask in erased[:, 0]:
        rows, columns = mask.any(dim=1).nonzero(), mask.any(dim=0).nonzero()
        box = (rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1)
        assert box == mask.sum()
        assert 1 <= box <= 0.45 * mask.numel()
    assert torch.equal(run(RandomErasing(p=0.0)), IMAGES)


def test_cutout_reaches_over_the_edge() -> None:
    areas = (run(Cutout(size=4)) == 0)[:, 0].sum(dim=(1, 2))
    assert int(areas.max()) == 16
    assert int(areas.min()) < 16


def test_jitter_scales_about_the_mean() -> None:
    brighter = run(ColorJitter(brightness=0.2)) / IMAGES
    assert_close(brighter, brighter[:, :1, :1, :1].expand_as(brighter))
    assert 0.8 <= float(brighter.min()) < 0.85 < 1.15 < float(brighter.max()) <= 1.2
    starker = run(ColorJitter(contrast=0.5))
    assert_close(starker.mean(dim=(1, 2, 3)), IMAGES.mean(dim=(1, 2, 3)))
    ratio = starker.std(dim=(1, 2, 3)) / IMAGES.std(dim=(1, 2, 3))
    assert 0.5 <= float(ratio.min()) < 0.6 < 1.4 < float(ratio.max()) <= 1.5
