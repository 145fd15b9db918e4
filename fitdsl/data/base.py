"""What a `data` declaration is made of, known without opening a file: shapes and classes follow from the declaration.

A data set, a preparation and an augmentation each name the function that does the work by a dotted path, so checking a
spec imports neither numpy nor torch.
"""

from abc import abstractmethod
from collections.abc import Mapping
from functools import reduce
from typing import Any, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from ..component import Component, Record
from ..dataclass import dataclass
from ..diagnostics import did_you_mean
from ..values import Call, Rejected, TensorType


@dataclass(frozen=True)
class Signature:
    """What is known of a data set before it is opened.

    Attributes:
        input: Shape of one example as it is stored.
        classes: How many labels there are; they run from 0.
        train: How many examples the training part has, where that is known.
        test: How many the test part has, where that is known.
        vocab: For sequences of integers, how many tokens there are; None for real-valued examples.
    """

    input: TensorType
    classes: int
    train: int | None = None
    test: int | None = None
    vocab: int | None = None


@dataclass(frozen=True)
class Download:
    """A published file: an archive that holds several of a data set's files, or one of them."""

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Files:
    """The files (or folders) of a data set and where they may lie.

    Attributes:
        names: Paths inside one of the folders; `x.gz` is found unpacked too, as `x`.
        root: Where the user says they are, relative to the spec.
        folders: Sub-folders of a root in which they may lie; a download goes to the first.
        standard: Further roots to search: where systems install the data set.
        downloads: What can be fetched; together they hold every name.
    """

    names: tuple[str, ...] = ()
    root: str = "."
    folders: tuple[str, ...] = (".",)
    standard: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()


class Dataset(Component, kind="dataset"):
    """Labelled examples in two parts: one for training, from which validation is split off, and a test part."""

    @property
    @abstractmethod
    def signature(self) -> Signature:
        """Shape, classes and size."""

    @property
    def files(self) -> Files:
        """What must lie on disk before it can be read."""
        return Files()

    @abstractmethod
    def lower(self) -> Call:
        """The reader: `(paths, **kwargs) -> Parts`, where `paths` maps each of `files.names` to where it was found."""


class Preparation(Component, kind="preparation"):
    """Changes examples once, before training; whatever it learns, it learns from the training part alone."""

    @abstractmethod
    def infer(self, input: TensorType) -> TensorType:
        """The shape it gives.

        Raises:
            Rejected: Examples of this shape cannot be prepared so.
        """

    @abstractmethod
    def lower(self) -> Call:
        """The class in numpy that does it, a `fitdsl.data.prepare.Transform`, and its arguments."""


class Augmentation(Component, kind="augmentation"):
    """Changes training examples anew in every epoch, by the run's seed, the epoch and the example alone."""

    @abstractmethod
    def infer(self, input: TensorType) -> TensorType:
        """The shape it gives.

        Raises:
            Rejected: Examples of this shape cannot be augmented so.
        """

    @abstractmethod
    def lower(self) -> Call:
        """The torch function `(inputs, draws, **kwargs) -> outputs` over a batch, and its arguments."""

    @property
    def still(self) -> Preparation | None:
        """What brings validation and test examples to the same shape, where the shape changes."""
        return None


def image_axes(step: Component, input: TensorType) -> tuple[int, int, int]:
    """Channels, height and width of an image.

    Raises:
        Rejected: The examples are no images.
    """
    if input.rank != 3:
        raise Rejected(f"`{step.word}` takes images [C, H, W], got {input}")
    channels, height, width = input.shape
    return channels, height, width


class DataSettings(Record):
    """One `data` declaration of a spec."""

    source: Dataset = Field(description="the data set")
    split: dict[str, int | float] = Field(
        {"train": 0.9, "val": 0.1}, description="how the training part is divided: counts, or fractions"
    )
    seed: NonNegativeInt | None = Field(
        None, description="decides which examples are for validation; the run's own seed if left out"
    )
    prepare: tuple[Preparation, ...] = Field((), description="done once, fitted on the training split")
    augment: tuple[Augmentation, ...] = Field((), description="done to training examples in every epoch")
    views: PositiveInt | None = Field(
        None, description="how many augmented views each example has, one an epoch in turn; a new one each if left out"
    )
    batch: PositiveInt = Field(128, description="examples in a step")

    @property
    def input(self) -> TensorType:
        """Shape of one example as a network is given it.

        Raises:
            Rejected: A preparation or an augmentation does not fit what it is given.
        """
        steps: tuple[Preparation | Augmentation, ...] = (*self.prepare, *self.augment)
        if steps and self.source.signature.vocab is not None:
            raise Rejected(f"`{steps[0].word}` takes real numbers, but `{self.source.word}` gives tokens")
        return reduce(lambda given, step: step.infer(given), steps, self.source.signature.input)

    @property
    def held_out_steps(self) -> tuple[Preparation, ...]:
        """What is done to examples that nothing learns from: the preparations, and what stands for augmentations."""
        return (*self.prepare, *(step.still for step in self.augment if step.still is not None))

    def split_seed(self, run: int) -> int:
        """What decides which examples are for validation in a run of this seed."""
        return run if self.seed is None else self.seed

    @property
    def classes(self) -> int:
        """How many classes the labels have."""
        return self.source.signature.classes

    @model_validator(mode="before")
    @classmethod
    def _whole_counts_are_integers(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or not isinstance(data.get("split"), dict):
            return data
        return {**data, "split": {name: _count_if_whole(size) for name, size in data["split"].items()}}

    @model_validator(mode="after")
    def _split_can_be_made(self) -> Self:
        try:
            _check_names(self.split)
            _check_sizes(self.split)
            if self.source.signature.train is not None:
                self.sizes(self.source.signature.train)
        except Rejected as rejected:
            raise Rejected(rejected.message, rejected.help, field="split") from None
        return self

    @model_validator(mode="after")
    def _views_differ(self) -> Self:
        if self.views is not None and not self.augment:
            message = f"`views = {self.views}` without `augment`: all views of an example would be the same"
            raise Rejected(
                message, "take `views` away, or say what differs: `augment = [RandomHorizontalFlip()]`", field="views"
            )
        return self

    @property
    def training_examples(self) -> int | None:
        """How many the training split has; None where only opening the data tells."""
        available = self.source.signature.train
        return None if available is None else self.sizes(available)[0]

    def sizes(self, available: int) -> tuple[int, int]:
        """How many of `available` examples go to train and to val.

        Raises:
            Rejected: The split asks for more, or leaves nothing to train on.
        """
        train, val = self.split["train"], self.split.get("val", 0)
        if isinstance(train, float) or isinstance(val, float):
            train, asked = round(train * available), val
            val = min(round(val * available), available - train)
            if asked and not val:
                message = f"the split leaves none of {available:,} examples to validate on"
                raise Rejected(message, "take a larger `val`, or none: `split = {train: 1.0}`")
        if train + val > available:
            raise Rejected(
                f"the split asks for {train:,} + {val:,} = {train + val:,} examples, "
                f"but the training part of `{self.source.word}` has {available:,}"
            )
        if train == 0:
            raise Rejected(f"the split leaves none of {available:,} examples to train on")
        return train, val


def _count_if_whole(size: Any) -> Any:
    return int(size) if isinstance(size, float) and size > 1 and size.is_integer() else size


def _check_names(split: Mapping[str, int | float]) -> None:
    for name in split:
        if name == "test":
            raise Rejected("`split` names `test`, but the test part is the data set's own", "leave `test` out")
        if name not in ("train", "val"):
            near = next(iter(did_you_mean(name, ("train", "val"))), None)
            raise Rejected(f"`split` names `{name}`, which is neither `train` nor `val`", near)
    if "train" not in split:
        raise Rejected("`split` does not say how much is for `train`")


def _check_sizes(split: Mapping[str, int | float]) -> None:
    for name, size in split.items():
        if size < 0:
            raise Rejected(f"`split` gives `{name}` a negative size, {size}")
    sizes = [size for size in split.values() if size != 0]
    fractions = [size for size in sizes if isinstance(size, float)]
    if fractions and len(fractions) < len(sizes):
        raise Rejected("`split` mixes counts and fractions", "give both as counts or both as fractions")
    # A hair of slack: 0.7 + 0.2 + 0.1 is not 1 in floating point.
    if sum(fractions) > 1 + 1e-9:
        raise Rejected(f"the fractions in `split` add up to {sum(fractions):g}, more than 1")
