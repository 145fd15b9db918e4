"""The small values that all phases share: tensor types, costs, and calls that a backend can make.

None of them knows torch: shapes and costs are arithmetic, and a call names its target by a dotted path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from math import prod
from typing import Any, Literal

from pydantic_core import CoreSchema, core_schema

from .dataclass import dataclass

Mode = Literal["eval", "train"]
"""Of layers that do not learn: in `eval` their norms use and keep the statistics they have, in `train` the batch's."""


class ByInstance:
    """A value that a component's field accepts as it is, instead of having pydantic look into it."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return core_schema.is_instance_schema(cls)


@dataclass(frozen=True)
class TensorType:
    """The shape of one example, without the batch axis: [C, H, W] for images, [L, D] for tokens, [F] for vectors."""

    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers one example holds."""
        return prod(self.shape)

    @property
    def rank(self) -> int:
        """How many axes one example has."""
        return len(self.shape)

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True)
class Cost:
    """What one example costs.

    Attributes:
        params: All learnable numbers.
        weights: Learnable numbers without biases and norm parameters, as papers print them.
        macs: Multiply-accumulates of convolutions and linear maps.
        activations: Numbers stored by layers.
    """

    params: int = 0
    weights: int = 0
    macs: int = 0
    activations: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.params + other.params,
            self.weights + other.weights,
            self.macs + other.macs,
            self.activations + other.activations,
        )


@dataclass(frozen=True)
class Call:
    """A call a backend can make: the dotted path of a class or function, and keyword arguments."""

    target: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Interval(ByInstance):
    """`low .. high`, inclusive at both ends; an end left out is open: epochs 5..400, student[..s2]."""

    low: float | None
    high: float | None
    step: float | None = None


@dataclass(frozen=True)
class Metric(ByInstance):
    """A number measured after each epoch, such as `val.error`: the split it is measured on and its name."""

    split: str
    name: str

    def __str__(self) -> str:
        return f"{self.split}.{self.name}"


class Rejected(Exception):
    """A component refuses its surroundings; whoever asked it turns this into a diagnostic at the right place.

    Args:
        message: What is wrong, with the actual numbers.
        help: What the user can do about it, if there is one clear remedy.
        field: The component's own field that is at fault, if it is one.
    """

    def __init__(self, message: str, help: str | None = None, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.field = field


@dataclass(frozen=True)
class NetworkRef(ByInstance):
    """A teacher or student, by name, where a component takes one: `kd(teacher=big)`."""

    name: str


@dataclass(frozen=True)
class HintRef(ByInstance):
    """A hint, by name: `hint(mid)`."""

    name: str


@dataclass(frozen=True)
class Selection(ByInstance):
    """Some layers of one network: `student`, `student.s1`, `student[..s2]`.

    Attributes:
        network: Name of the network.
        layers: Addresses of the layers meant.
        text: How the user wrote it.
    """

    network: str
    layers: frozenset[str]
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text
