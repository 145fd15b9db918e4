"""Losses with weights or a memory of their own: what `fitdsl.losses.learned` lowers to.

Each is a module from a guided layer and its hint to a scalar. Layers are maps [n, c, h, w], tokens [n, l, c] or vectors
[n, c]; no gradient reaches the hint, which is detached before.

Legend: n examples in a batch, c channels, p positions, m examples in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import expm1, log

import torch
from torch import Tensor, nn
from torch.nn import functional

from .losses_maps import as_map, by_channel


class VariationalInformation(nn.Module):
    """Negative log-likelihood of the hint under a Gaussian with a learned mean and variance.

    Source: Ahn et al. 2019, Variational Information Distillation, eq. 5 and 6.
    """

    LEAST = 1e-5
    """What a variance cannot fall below."""

    def __init__(self, channels: int, hint_channels: int, *, variance: float) -> None:
        super().__init__()
        self.mean = nn.Sequential(
            nn.Conv1d(channels, hint_channels, 1, bias=False),
            nn.ReLU(),
            nn.Conv1d(hint_channels, hint_channels, 1, bias=False),
            nn.ReLU(),
            nn.Conv1d(hint_channels, hint_channels, 1, bias=False),
        )
        # softplus makes the variance of it
        self.scale = nn.Parameter(torch.full((hint_channels,), log(expm1(variance - self.LEAST))))

    def forward(self, guided: Tensor, hint: Tensor) -> Tensor:
        variance = (functional.softplus(self.scale) + self.LEAST).unsqueeze(1)
        apart: Tensor = self.mean(by_channel(guided)) - by_channel(hint)
        return (apart.square() / variance + variance.log()).mean() / 2


class FactorTransfer(nn.Module):
    """Mean absolute difference of normed factors, plus how far the paraphraser is from rebuilding the hint.

    Source: Kim et al. 2018, Paraphrasing Complex Network, eq. 3 and 4.
    """

    def __init__(
        self,
        channels: int,
        hint_channels: int,
        *,
        factors: int,
        kernel: int,
        paraphrase: bool,
        by_position: bool,
    ) -> None:
        super().__init__()
        self.by_position = by_position
        self.translator = _chain(channels, channels, factors, factors, kernel=kernel, has_norms=True)
        self.paraphraser: nn.Module | None = None
        self.rebuilder: nn.Module | None = None
        if paraphrase:
            self.paraphraser = _chain(hint_channels, hint_channels, factors, factors, kernel=kernel)
            self.rebuilder = _chain(factors, factors, hint_channels, hint_channels, kernel=kernel)

    def forward(self, guided: Tensor, hint: Tensor) -> Tensor:
        target = as_map(hint)
        own = self.translator(as_map(guided))
        if self.paraphraser is None or self.rebuilder is None:
            return self._apart(own, target)
        factor = self.paraphraser(target)
        return self._apart(own, factor.detach()) + functional.mse_loss(self.rebuilder(factor), target)

    def _apart(self, own: Tensor, other: Tensor) -> Tensor:
        if self.by_position:
            own, other = own.square().mean(dim=1), other.square().mean(dim=1)
        return functional.l1_loss(_unit(own), _unit(other))


def _chain(*widths: int, kernel: int, has_norms: bool = False) -> nn.Sequential:
    return nn.Sequential(*_layers(widths, kernel, has_norms))


def _layers(widths: tuple[int, ...], kernel: int, has_norms: bool) -> Iterator[nn.Module]:
    for before, after in pairwise(widths):
        yield nn.Conv2d(before, after, kernel, padding=kernel // 2)
        if has_norms:
            yield nn.BatchNorm2d(after)
        yield nn.LeakyReLU(0.1)


def _unit(features: Tensor) -> Tensor:
    """Each example as a vector of norm 1."""
    return functional.normalize(features.flatten(1), dim=1)


class MaskedGeneration(nn.Module):
    """Squared distance between the hint and what is generated of a masked guided layer, mean over the batch.

    Source: Yang et al. 2022, Masked Generative Distillation, eq. 3 to 5.
    """

    def __init__(self, guided: int, hint: int, *, kernel: int, share: float, channels: bool) -> None:
        super().__init__()
        self.share, self.channels = share, channels
        self.align = nn.Identity() if guided == hint else nn.Conv2d(guided, hint, 1)
        self.generation = nn.Sequential(
            nn.Conv2d(hint, hint, kernel, padding=kernel // 2),
            nn.ReLU(),
            nn.Conv2d(hint, hint, kernel, padding=kernel // 2),
        )

    def forward(self, guided: Tensor, hint: Tensor) -> Tensor:
        made: Tensor = self.generation(self._masked(self.align(as_map(guided))))
        return (made - as_map(hint)).square().sum() / len(hint)

    def _masked(self, features: Tensor) -> Tensor:
        if not self.training:
            return features
        n, c, h, w = features.shape
        drawn = torch.rand((n, c, 1, 1) if self.channels else (n, 1, h, w), device=features.device)
        return features * (drawn >= self.share)


class ContrastiveRepresentation(nn.Module):
    """Noise-contrastive loss against a memory of all examples, both ways.

    Source: Tian et al. 2020, Contrastive Representation Distillation, eq. 17 to 19, and its released code.
    """

    guided_memory: Tensor
    hint_memory: Tensor
    guided_scale: Tensor
    hint_scale: Tensor
    classes: Tensor

    def __init__(
        self,
        guided: int,
        hint: int,
        *,
        examples: int,
        width: int,
        negatives: int,
        temperature: float,
        momentum: float,
    ) -> None:
        super().__init__()
        self.negatives, self.temperature, self.momentum = negatives, temperature, momentum
        self.guided_map = nn.Linear(guided, width)
        self.hint_map = nn.Linear(hint, width)
        bound = (3 / width) ** 0.5
        for side in ("guided", "hint"):
            self.register_buffer(f"{side}_memory", torch.empty(examples, width).uniform_(-bound, bound))
            # the mean of the scores in the first step, by which all scores are divided; 0 before there is one
            self.register_buffer(f"{side}_scale", torch.zeros(()))
        # -1: not seen yet, so that what its memory holds is noise, and of no class
        self.register_buffer("classes", torch.full((examples,), -1))

    def forward(self, guided: Tensor, hint: Tensor, targets: Tensor, indices: Tensor) -> Tensor:
        own, other = _unit(self.guided_map(guided.flatten(1))), _unit(self.hint_map(hint.flatten(1)))
        positives = (other, own)
        # copies: the memory itself moves before the way back
        memories = (self.hint_memory.clone(), self.guided_memory.clone())
        if self.training:
            positives = (memories[0][indices], memories[1][indices])
        is_other = self.classes != targets.unsqueeze(1)
        values = [
            self._told_apart(vectors, positive, memory, is_other, scale)
            for vectors, positive, memory, scale in zip(
                (own, other), positives, memories, (self.guided_scale, self.hint_scale), strict=True
            )
        ]
        if self.training:
            self._remember(own.detach(), other.detach(), targets, indices)
        return torch.stack(values).sum()

    def _told_apart(self, vectors: Tensor, positive: Tensor, memory: Tensor, is_other: Tensor, scale: Tensor) -> Tensor:
        """The loss of one network's vectors, [n, width], against the other's, [n, width] and [m, width]."""
        raw = (vectors @ memory.T / self.temperature).exp()
        share = is_other / is_other.sum(dim=1, keepdim=True).clamp(min=1)
        mean = self._scale(scale, (raw * share).sum(dim=1).detach().mean())
        noise = self.negatives / len(memory)
        likely = ((vectors * positive).sum(dim=1) / self.temperature).exp() / (mean * len(memory))
        others = raw / (mean * len(memory))
        is_positive = (likely / (likely + noise + 1e-7)).log()
        is_noise = (noise / (others + noise + 1e-7)).log()
        return -(is_positive + self.negatives * (is_noise * share).sum(dim=1)).mean()

    def _scale(self, scale: Tensor, mean: Tensor) -> Tensor:
        """The mean score of the first step of training, or of this one where there was none."""
        found = torch.where(scale > 0, scale, mean.clamp(min=torch.finfo(mean.dtype).tiny))
        if self.training:
            scale.copy_(found)
        return found

    @torch.no_grad()
    def _remember(self, own: Tensor, other: Tensor, targets: Tensor, indices: Tensor) -> None:
        for memory, vectors in ((self.guided_memory, own), (self.hint_memory, other)):
            moved = self.momentum * memory[indices] + (1 - self.momentum) * vectors
            memory[indices] = functional.normalize(moved, dim=1)
        self.classes[indices] = targets
