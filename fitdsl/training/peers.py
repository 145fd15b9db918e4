"""Processes that train one run together: each computes a share of every batch, and all hold the same weights.

The networks see a share, the losses the whole batch: outputs are gathered before any loss reads them, so a loss that
relates examples is what it is in one process. Every process computes the whole loss and takes the gradient of its own
share alone; the sum over processes is then the gradient of the batch, however uneven the shares are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.autograd import Function

from ..dataclass import dataclass
from .draws import mix

T = TypeVar("T")


@dataclass(frozen=True)
class Peers:
    """This process among those that train a run.

    Attributes:
        rank: Its number, from 0; the first one writes files and speaks.
        count: How many there are.
    """

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether it is the one that writes."""
        return self.rank == 0

    @property
    def is_alone(self) -> bool:
        """Whether there are no others."""
        return self.count == 1

    def share(self, examples: Tensor) -> Tensor:
        """Its part of a batch, in order; all of a batch that has not one example for each process."""
        return examples if len(examples) < self.count else examples.tensor_split(self.count)[self.rank]

    @contextmanager
    def drawing_apart(self, seed: int) -> Iterator[None]:
        """Within the block each process draws random numbers of its own, afterwards all draw the same.

        Both follow from `seed` alone, so a resumed run draws what it would have drawn.
        """
        if self.is_alone:
            yield
            return
        torch.manual_seed(mix(seed, self.rank + 1))
        yield
        torch.manual_seed(seed)

    def whole(self, share: Tensor, examples: int) -> Tensor:
        """The outputs for a batch of some examples, [examples, ...], from the share of each process.

        The gradient of a share is that of its process alone.
        """
        if len(share) == examples:
            return share
        whole: Tensor = _Gathered.apply(share, examples, self)  # type: ignore[no-untyped-call]
        return whole

    def add_up(self, weights: Iterable[nn.Parameter]) -> None:
        """Replace the gradients of weights by their sum over processes."""
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        if self.is_alone or not gradients:
            return
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        sizes = [gradient.numel() for gradient in gradients]
        for gradient, total in zip(gradients, torch.split(flat, sizes), strict=True):
            gradient.copy_(total.view_as(gradient))

    def agreed(self, find: Callable[[], T]) -> T:
        """What the first process finds; the others do not look and are told."""
        if self.is_alone:
            return find()
        held: list[Any] = [find() if self.is_first else None]
        distributed.broadcast_object_list(held, device=torch.device("cpu"))
        agreed: T = held[0]
        return agreed


ALONE = Peers()
"""A process that trains a run by itself."""


class _Gathered(Function):
    """Shares of a batch joined in the order of processes."""

    @staticmethod
    def forward(ctx: Any, share: Tensor, examples: int, peers: Peers) -> Tensor:
        """Each share is filled up to the largest one, as processes exchange tensors of one size."""
        ctx.sizes = [len(part) for part in torch.empty(examples).tensor_split(peers.count)]
        ctx.rank = peers.rank
        filled = share.new_zeros(max(ctx.sizes), *share.shape[1:])
        filled[: len(share)] = share
        found = [torch.empty_like(filled) for _ in ctx.sizes]
        distributed.all_gather(found, filled)
        return torch.cat([part[:size] for part, size in zip(found, ctx.sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """The part of the gradient that belongs to the own share."""
        return gradients[0].split(ctx.sizes)[ctx.rank], None, None


def summed(tensor: Tensor) -> Tensor:
    """The sum of a tensor over processes; its gradient is the sum of theirs."""
    total: Tensor = _Summed.apply(tensor)  # type: ignore[no-untyped-call]
    return total


class _Summed(Function):
    """What `summed` does forwards and backwards."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        """All processes get the same."""
        total = tensor.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """What each process wants of the sum, added up."""
        total = gradients[0].contiguous().clone()
        distributed.all_reduce(total)
        return total
