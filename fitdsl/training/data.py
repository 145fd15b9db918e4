"""Batches for training: data sets as tensors on the device, or streamed through workers where they do not fit.

The order of examples and their augmentation follow from seed and epoch alone, either way, so a run can be repeated and
resumed at any step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from ..data.base import Augmentation, DataSettings
from ..data.examples import Array, View
from ..data.opening import Opened, open_splits
from ..data.unusable import Unusable
from ..dataclass import dataclass
from ..source import NOWHERE, Span
from .draws import mix
from .peers import ALONE, Peers
from .transforms import augment

MEMORY_LIMIT_BYTES = 2 * 2**30
"""Data sets up to this size, all parts together as they are after preparation, are held as tensors on the device."""

WORKERS = 2
"""Processes that read and prepare the batches of a streamed data set."""


@dataclass(frozen=True, eq=False)
class Tensors:
    """A part of a data set held on the device.

    Attributes:
        inputs: Prepared examples, [n, ...]; float32, or int64 for tokens.
        targets: Class indices, [n], int64.
    """

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, eq=False)
class Stream:
    """A part of a data set that is read and prepared batch by batch.

    Attributes:
        examples: What to read.
        targets: Class indices on the device, [n], int64.
        span: The declaration, to which an unreadable file is reported.
    """

    examples: View
    targets: Tensor
    span: Span

    def __len__(self) -> int:
        return len(self.targets)


Part = Tensors | Stream


@dataclass(frozen=True, eq=False)
class Splits:
    """The three parts of a data declaration.

    Attributes:
        train: What weights are fitted to.
        val: What decides when to stop and which epoch to keep; may be empty.
        test: What is measured once, at the end.
        prepared: What the preparations have learned from `train`, by name.
        doubts: What about the data is hardly meant, a sentence each.
    """

    train: Part
    val: Part
    test: Part
    prepared: Mapping[str, Array]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Walk:
    """One pass over a part.

    Attributes:
        batch: Examples in a step.
        seed: The run's seed.
        epoch: Which pass it is.
        shuffle: Whether the order is random (by seed and epoch) or as stored.
        drop_last: Whether a last batch that is not full is left out.
        augment: What to do to the examples.
        draws: Seed of the augmentation, by which it is the same in all stages.
        views: How many different ones an example has, taken in turn; a new one in every epoch if None.
        peers: The processes that have a share of each batch.
    """

    batch: int
    seed: int = 0
    epoch: int = 0
    shuffle: bool = False
    drop_last: bool = False
    augment: tuple[Augmentation, ...] = ()
    draws: int = 0
    views: int | None = None
    peers: Peers = ALONE

    @property
    def view(self) -> int:
        """Which augmented view of its examples this pass sees, from 0; the first epoch is number 1."""
        return self.epoch if self.views is None else (self.epoch - 1) % self.views

    def steps(self, examples: int) -> int:
        """How many batches a part of this many examples gives."""
        return examples // self.batch if self.drop_last else -(-examples // self.batch)

    def order(self, examples: int) -> Tensor:
        """The positions of the examples in the order in which they come, [examples], on the CPU."""
        if not self.shuffle:
            return torch.arange(examples)
        generator = torch.Generator().manual_seed(mix(self.seed, self.epoch))
        return torch.randperm(examples, generator=generator)


Given = Mapping[tuple[str, str], Tensor]
"""Outputs of layers by network and address."""


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step is given, on the device.

    Attributes:
        inputs: Prepared and augmented examples, [n, ...], or this process's share of them.
        targets: Class indices, [n].
        indices: Positions of the examples in their part, [n].
        given: Outputs of frozen layers that are known already, [n, ...], by network and address.
        peers: The processes that have a share of the inputs.
        seed: Decides what these draw while they compute, such as dropout.
    """

    inputs: Tensor
    targets: Tensor
    indices: Tensor
    given: Given = field(default_factory=dict)
    peers: Peers = ALONE
    seed: int = 0


def load_splits(
    settings: DataSettings, *, base: Path, seed: int, device: torch.device | str, span: Span = NOWHERE
) -> Splits:
    """Open a data declaration: read, check, split and prepare.

    Args:
        settings: The declaration.
        base: Folder of the spec; paths are relative to it.
        seed: Of the run; picks which examples are for validation where the declaration does not.
        device: Where tensors go.
        span: Where the declaration stands, for findings.

    Raises:
        FitError: The data cannot be had, or are not what the declaration says (FIT6003 to FIT6007).
    """
    try:
        opened = open_splits(settings, base=base, seed=seed)
        return _splits(opened, torch.device(device), span)
    except Unusable as refusal:
        raise refusal.at(span) from None


def _splits(opened: Opened, device: torch.device, span: Span) -> Splits:
    fits = sum(_bytes(view) for view in opened.views.values()) <= MEMORY_LIMIT_BYTES

    def part(name: str) -> Part:
        view, targets = opened.views[name], torch.from_numpy(opened.targets[name]).to(device)
        return Tensors(in_memory(view).to(device), targets) if fits else Stream(view, targets, span)

    return Splits(part("train"), part("val"), part("test"), opened.prepared, opened.doubts)


def _bytes(view: View) -> int:
    return len(view) * view[:1].nbytes if len(view) else 0


def in_memory(view: View) -> Tensor:
    """All examples of a view, [n, ...] on the CPU, computed chunk by chunk."""
    like = view[:1]
    held = np.empty((len(view), *like.shape[1:]), like.dtype)
    filled = 0
    for chunk in view.chunks():
        held[filled : filled + len(chunk)] = chunk
        filled += len(chunk)
    return torch.from_numpy(held)


def batches(part: Part, walk: Walk, *, start: int = 0) -> Iterator[Batch]:
    """The batches of one pass.

    Args:
        part: Where examples come from.
        walk: Their order, how many at once, and how they are augmented.
        start: How many batches to skip, to go on where a run was stopped.

    Raises:
        FitError: A file of a streamed part cannot be read (FIT6004).
    """
    steps = slice(start, walk.steps(len(part)))
    yield from batches_of(part, torch.split(walk.order(len(part)), walk.batch)[steps], walk, start=start)


def batches_of(part: Part, chosen: Sequence[Tensor], walk: Walk, *, start: int = 0) -> Iterator[Batch]:
    """A batch for each of some sets of positions, [n] each on the CPU, augmented as the walk says.

    `start` is the number of the first one in its pass.

    Raises:
        FitError: A file of a streamed part cannot be read (FIT6004).
    """
    inputs: Iterator[Tensor]
    on_device = [indices.to(part.targets.device) for indices in chosen]
    if isinstance(part, Tensors):
        inputs = (part.inputs[walk.peers.share(indices)] for indices in on_device)
    else:
        inputs = _streamed(part, tuple(map(walk.peers.share, chosen)))
    for step, (indices, examples) in enumerate(zip(on_device, inputs, strict=True), start):
        share = walk.peers.share(indices)
        augmented = augment(examples, share, walk.augment, seed=walk.draws, epoch=walk.view)
        seed = mix(walk.seed, walk.epoch, step)
        yield Batch(augmented, part.targets[indices], indices, peers=walk.peers, seed=seed)


class _Reader(TorchDataset[Array | Unusable]):
    """What a worker does: read and prepare the batch whose positions it is given."""

    def __init__(self, examples: View) -> None:
        self.examples = examples

    def __getitem__(self, indices: Tensor) -> Array | Unusable:
        try:
            return self.examples[indices.numpy()]
        # An exception would reach the main process as a text; as a value it keeps its code.
        except Unusable as refusal:
            return refusal


def _streamed(part: Stream, order: tuple[Tensor, ...]) -> Iterator[Tensor]:
    device = part.targets.device
    loader = DataLoader(
        _Reader(part.examples),
        sampler=order,
        batch_size=None,
        num_workers=WORKERS,
        pin_memory=device.type == "cuda",
        # Its own generator: the loader draws a number even where nothing in it is random.
        generator=torch.Generator(),
    )
    for found in loader:
        if isinstance(found, Unusable):
            raise found.at(part.span)
        yield torch.as_tensor(found).to(device, non_blocking=True)
