"""What a loss is: a class that says which tensors it compares, with its paper as source and a value worked by hand."""

from abc import abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from ..component import Component
from ..values import Call, NetworkRef


class Reads(StrEnum):
    """What a loss is handed, in the order of its function's arguments."""

    LOGITS = "logits"  # output of the student in training, [n, classes]
    TEACHER_LOGITS = "teacher"  # output of the teacher (the mean over an ensemble), [n, classes]
    TARGETS = "targets"  # class indices, [n]
    INDICES = "indices"  # positions of the examples in their split, [n]
    GUIDED = "guided"  # guided layer after the regressor, [n, ...]; a tuple of several layers
    HINT = "hint"  # hint layer, [n, ...]; a tuple of several layers


class Loss(Component, kind="loss"):
    """One term of a stage's objective.

    Attributes:
        reads: Which tensors its function takes, in order.
        source: The paper and equation it comes from.
        example: Inputs by `Reads` name and the value they give, worked by hand.
    """

    reads: ClassVar[tuple[Reads, ...]]
    source: ClassVar[str]
    example: ClassVar[tuple[str, dict[str, object], float]]

    @abstractmethod
    def lower(self) -> Call:
        """The torch function, and its keyword arguments; a schedule among them is resolved at every step."""

    @property
    def taught(self) -> NetworkRef | None:
        """The network this term trains, where the spec says so."""
        return None

    @property
    def learned_from(self) -> Mapping[str, float]:
        """The networks this term learns from with their shares, where the spec says so."""
        return {}
