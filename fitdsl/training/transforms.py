"""Augmentation in torch: each function changes a whole batch on its device, every example by its own draws.

Symbols: n examples, c channels, h height, w width.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, radians

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, pad

from ..data.base import Augmentation
from ..data.calls import target_of
from .draws import Draws


def augment(inputs: Tensor, indices: Tensor, steps: Sequence[Augmentation], *, seed: int, epoch: int) -> Tensor:
    """A batch after all augmentations, in order.

    Args:
        inputs: Prepared examples, [n, ...].
        indices: Which examples they are, [n]; with seed and epoch they alone determine the result.
        steps: What to do.
        seed: The run's seed.
        epoch: Counted from any number, as long as a resumed run goes on counting.
    """
    for place, step in enumerate(steps):
        call = step.lower()
        inputs = target_of(call)(inputs, Draws.of(indices, seed, epoch, place), **call.kwargs)
    return inputs


def random_crop(inputs: Tensor, draws: Draws, *, size: tuple[int, int], padding: int) -> Tensor:
    """A random window of each image, [n, c, h, w] -> [n, c, *size], after zeros are put around it."""
    padded = pad(inputs, (padding,) * 4)
    n, c, h, w = padded.shape
    room = torch.tensor([h - size[0] + 1, w - size[1] + 1], device=inputs.device)
    top, left = (draws.uniform(2) * room).long().unbind(dim=1)
    rows = top[:, None] + torch.arange(size[0], device=inputs.device)
    columns = left[:, None] + torch.arange(size[1], device=inputs.device)
    # One flat gather: several times as fast as indexing every axis.
    pixels = (rows[:, :, None] * w + columns[:, None, :]).flatten(1)[:, None]
    return padded.flatten(2).gather(2, pixels.expand(-1, c, -1)).reshape(n, c, *size)


def random_flip(inputs: Tensor, draws: Draws, *, p: float, axis: int) -> Tensor:
    """Images [n, c, h, w] mirrored along an axis with probability p."""
    return torch.where(draws.uniform(1, 1, 1) < p, inputs.flip(axis), inputs)


def random_rotation(inputs: Tensor, draws: Draws, *, degrees: float) -> Tensor:
    """Images [n, c, h, w] turned about their centre by -degrees..degrees, bilinear, zeros from outside."""
    angle = (2 * draws.uniform() - 1) * radians(degrees)
    h, w = inputs.shape[-2:]
    cos, sin, none = torch.cos(angle), torch.sin(angle), torch.zeros_like(angle)
    # The grid's axes both run over -1..1, so a turn of a non-square image stretches one into the other.
    matrix = torch.stack([cos, -sin * (h / w), none, sin * (w / h), cos, none], dim=1).reshape(-1, 2, 3)
    grid = affine_grid(matrix.to(inputs.dtype), list(inputs.shape), align_corners=False)
    return grid_sample(inputs, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def random_erasing(inputs: Tensor, draws: Draws, *, p: float) -> Tensor:
    """With probability p, a rectangle of 2 to 33 % of the area and aspect 0.3 to 3.3 of images [n, c, h, w] is zero.

    A rectangle longer than the image is cut to fit.
    """
    chance, area, aspect, row, column = draws.uniform(5).unbind(dim=1)
    h, w = inputs.shape[-2:]
    pixels = (0.02 + 0.31 * area) * h * w
    ratio = torch.exp(log(0.3) + aspect * (log(3.3) - log(0.3)))
    high = (pixels * ratio).sqrt().round().clamp(1, h)
    wide = (pixels / ratio).sqrt().round().clamp(1, w)
    top, left = (row * (h - high + 1)).floor(), (column * (w - wide + 1)).floor()
    inside = _inside(top, top + high, h)[:, None, :, None] & _inside(left, left + wide, w)[:, None, None, :]
    return inputs.masked_fill(inside & (chance < p)[:, None, None, None], 0.0)


def cutout(inputs: Tensor, draws: Draws, *, size: int) -> Tensor:
    """A square of zeros around a random pixel of images [n, c, h, w]."""
    row, column = draws.uniform(2).unbind(dim=1)
    h, w = inputs.shape[-2:]
    top, left = (row * h).floor() - size // 2, (column * w).floor() - size // 2
    inside = _inside(top, top + size, h)[:, None, :, None] & _inside(left, left + size, w)[:, None, None, :]
    return inputs.masked_fill(inside, 0.0)


def color_jitter(inputs: Tensor, draws: Draws, *, brightness: float, contrast: float) -> Tensor:
    """Images [n, c, h, w] times 1 ± brightness, then their distance to their own mean times 1 ± contrast."""
    lighter, starker = (2 * draws.uniform(2, 1, 1, 1) - 1).unbind(dim=1)
    inputs = inputs * (1 + brightness * lighter)
    mean = inputs.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (inputs - mean) * (1 + contrast * starker)


def gaussian_noise(inputs: Tensor, draws: Draws, *, std: float) -> Tensor:
    """Examples [n, ...] plus normal noise of this standard deviation."""
    return inputs + std * draws.normal(*inputs.shape[1:])


def _inside(low: Tensor, high: Tensor, length: int) -> Tensor:
    """For each example which of `length` positions lie in low..high, the end excluded, [n, length]."""
    positions = torch.arange(length, device=low.device)
    return (positions >= low[:, None]) & (positions < high[:, None])
