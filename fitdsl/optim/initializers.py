"""How the weights of a network or a layer start."""

from __future__ import annotations

from abc import abstractmethod

from ..component import Component
from ..values import Call


class Initializer(Component, kind="init"):
    """Fills the weights of every layer it is given to."""

    @abstractmethod
    def lower(self) -> Call:
        """The torch-side function `(module, generator) -> None`, and its keyword arguments."""
