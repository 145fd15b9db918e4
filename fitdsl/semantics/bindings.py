"""What names can be bound to beside plain values: blocks, data, splits and places inside networks.

A place is what stages and hints name: `student.s2`, `student.s1[2].main`, `student[..s2]`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ..data.base import DataSettings
from ..dataclass import dataclass
from ..syntax import nodes
from ..values import ByInstance, Metric, NetworkRef, Rejected

SPLITS = ("train", "val", "test")
METRICS = ("loss", "accuracy", "error")


class HasMembers(ABC):
    """A value of which `value.name` can be asked."""

    @abstractmethod
    def member(self, name: str) -> Any:
        """The part called `name`.

        Raises:
            Rejected: It has no such part.
        """


@dataclass(frozen=True)
class Place(HasMembers):
    """An address in a network; whether there is such a layer is for its reader to find out."""

    network: NetworkRef
    address: str

    def member(self, name: str) -> Place:
        """The label `name` below this place."""
        return Place(self.network, f"{self.address}.{name}" if self.address else name)

    def item(self, index: object) -> Place:
        """The layer or part at a position below this place."""
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            raise Rejected("a position is a whole number from 0")
        return Place(self.network, f"{self.address}[{index}]")


@dataclass(frozen=True)
class PlaceRange:
    """`network[first .. last]`: the layers between two addresses; an end left out is open."""

    network: NetworkRef
    first: str | None
    last: str | None


@dataclass(frozen=True)
class SplitMetrics(HasMembers):
    """A split whose metrics can be named: `val`."""

    split: str

    def member(self, name: str) -> Metric:
        """A metric of this split."""
        if name not in METRICS:
            raise Rejected(f"`{self.split}` has no metric `{name}`", f"it has {', '.join(METRICS)}")
        return Metric(self.split, name)


@dataclass(frozen=True)
class DataValue(HasMembers):
    """A data declaration, of which networks ask the shape of an example and the number of classes."""

    name: str
    settings: DataSettings

    def member(self, name: str) -> Any:
        """`input`: the type of one example after preparation and augmentation; `classes`: how many there are."""
        match name:
            case "input":
                return InputOf(self.name, self.settings)
            case "classes":
                return self.settings.classes
        raise Rejected(f"data have no `{name}`", "they have `input` and `classes`")


@dataclass(frozen=True)
class InputOf:
    """`data.input`: the examples of a data declaration as the input of a network."""

    data: str
    settings: DataSettings


@dataclass(frozen=True)
class BlockValue(ByInstance):
    """A block as a value; calling it inside a network makes its layers."""

    declaration: nodes.Block
    kind = "block"

    @property
    def word(self) -> str:
        """Its name."""
        return self.declaration.name.text
