"""How gradients are bounded before a step."""

from abc import abstractmethod
from typing import Any

from pydantic import Field, PositiveFloat

from ..component import Component
from ..values import Call


class Clip(Component, kind="clip"):
    """Bounds the gradients of all that a stage trains, after the last batch of an update."""

    @abstractmethod
    def lower(self) -> Call:
        """The torch function, and its keyword arguments beside the parameters."""


class Norm(Clip, name="norm"):
    """All gradients are scaled down together where their norm, as of one vector, is above `max_norm`.

    Source: Pascanu et al. 2013, algorithm 1; torch.nn.utils.clip_grad_norm_.
    """

    max_norm: PositiveFloat = Field(description="largest norm")
    norm_type: PositiveFloat = Field(2.0, description="which norm: the root of this power's sum")

    def lower(self) -> Call:
        return Call("torch.nn.utils.clip_grad_norm_", {"max_norm": self.max_norm, "norm_type": self.norm_type})


class Value(Clip, name="value"):
    """Every number of a gradient is brought into `-clip_value .. clip_value`.

    Source: torch.nn.utils.clip_grad_value_.
    """

    clip_value: PositiveFloat = Field(description="largest size of a number")

    def lower(self) -> Call:
        return Call("torch.nn.utils.clip_grad_value_", {"clip_value": self.clip_value})


def clip_of(setting: Any) -> Clip | None:
    """What a setting `clip` means: a number is the largest norm."""
    return Norm(max_norm=setting) if isinstance(setting, int | float) else setting
