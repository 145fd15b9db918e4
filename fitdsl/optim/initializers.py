"""How the weights of a network or a layer start."""

from abc import abstractmethod

from pydantic import Field, PositiveFloat

from ..component import Component
from ..values import Call


class Initializer(Component, kind="init"):
    """Fills the weights of every layer it is given to."""

    @abstractmethod
    def lower(self) -> Call:
        """The torch-side function `(module, generator) -> None`, and its keyword arguments."""


class Uniform(Initializer, name="uniform"):
    """Weights from U(-a, a), biases 0; norms start as the identity.

    Deep networks starve under a small `a`: activations shrink with every layer. `kaiming()` keeps those of ReLU
    networks, `xavier()` nearly those of maxout networks.

    Source: Romero et al. 2015, FitNets, with a = 0.005 for networks and 0.05 for regressors.
    """

    a: PositiveFloat = Field(0.005, description="largest size of a weight")

    def lower(self) -> Call:
        return Call("fitdsl.backend.init.uniform", {"a": self.a})


class Kaiming(Initializer, name="kaiming"):
    """Normal weights whose variance keeps the size of activations through ReLU, biases 0; norms start as the identity.

    A maxout layer of two pieces keeps twice the power that ReLU does, so its activations grow at every layer.

    Source: He et al. 2015, Delving deep into rectifiers, eq. 10: variance 2 / fan-in.
    """

    def lower(self) -> Call:
        return Call("fitdsl.backend.init.kaiming")


class Xavier(Initializer, name="xavier"):
    """Uniform weights whose variance balances activations and gradients, biases 0; norms start as the identity.

    Source: Glorot and Bengio 2010, eq. 16: bound sqrt(6 / (fan-in + fan-out)).
    """

    def lower(self) -> Call:
        return Call("fitdsl.backend.init.xavier")
