"""How weights are updated: torch's optimizers under their own names and arguments, and the one of the FitNets paper."""

from abc import abstractmethod
from typing import Annotated, Any, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator

from ..component import Component
from ..values import Call

Decay = Annotated[float, Field(ge=0, lt=1)]
"""How much of a running average is kept at each step."""


class Optimizer(Component, kind="optimizer"):
    """An update rule; a stage begins with a fresh one."""

    lr: PositiveFloat = Field(description="learning rate")

    @abstractmethod
    def lower(self) -> Call:
        """The torch optimizer class and its keyword arguments, without the parameters it updates."""

    def _as(self, target: str) -> Call:
        """A call whose keyword arguments are the fields."""
        values: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        return Call(target, values)


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for.

    Source: torch.optim.SGD.
    """

    momentum: NonNegativeFloat = Field(0.0, description="how much of the last step is added to this one")
    nesterov: bool = Field(False, description="look ahead along the momentum")
    weight_decay: NonNegativeFloat = Field(0.0, description="factor of the weights added to their gradients")

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")
        return self

    def lower(self) -> Call:
        return self._as("torch.optim.SGD")


class Adam(Optimizer):
    """Steps scaled by running averages of the gradient and of its square.

    Source: Kingma and Ba 2015, algorithm 1; torch.optim.Adam.
    """

    lr: PositiveFloat = Field(1e-3, description="learning rate")
    betas: tuple[Decay, Decay] = Field((0.9, 0.999), description="decay of the two averages")
    eps: PositiveFloat = Field(1e-8, description="added to the divisor")
    weight_decay: NonNegativeFloat = Field(0.0, description="factor of the weights added to their gradients")

    def lower(self) -> Call:
        return self._as("torch.optim.Adam")


class AdamW(Optimizer):
    """Adam with weight decay applied to the weights themselves.

    Source: Loshchilov and Hutter 2019, algorithm 2; torch.optim.AdamW.
    """

    lr: PositiveFloat = Field(1e-3, description="learning rate")
    betas: tuple[Decay, Decay] = Field((0.9, 0.999), description="decay of the two averages")
    eps: PositiveFloat = Field(1e-8, description="added to the divisor")
    weight_decay: NonNegativeFloat = Field(1e-2, description="share of the weights removed each step, times the rate")

    def lower(self) -> Call:
        return self._as("torch.optim.AdamW")


class NAdam(Optimizer):
    """Adam with Nesterov's look ahead along the average of gradients.

    Source: Dozat 2016, algorithm 2; torch.optim.NAdam.
    """

    lr: PositiveFloat = Field(2e-3, description="learning rate")
    betas: tuple[Decay, Decay] = Field((0.9, 0.999), description="decay of the two averages")
    eps: PositiveFloat = Field(1e-8, description="added to the divisor")
    weight_decay: NonNegativeFloat = Field(0.0, description="factor of the weights added to their gradients")
    momentum_decay: NonNegativeFloat = Field(4e-3, description="how fast the first decay rises to its value")
    decoupled_weight_decay: bool = Field(False, description="decay the weights themselves, as AdamW")

    def lower(self) -> Call:
        return self._as("torch.optim.NAdam")


class RAdam(Optimizer):
    """Adam that steps along the plain average until the average of squares is known well enough.

    Source: Liu et al. 2020, algorithm 2; torch.optim.RAdam.
    """

    lr: PositiveFloat = Field(1e-3, description="learning rate")
    betas: tuple[Decay, Decay] = Field((0.9, 0.999), description="decay of the two averages")
    eps: PositiveFloat = Field(1e-8, description="added to the divisor")
    weight_decay: NonNegativeFloat = Field(0.0, description="factor of the weights added to their gradients")
    decoupled_weight_decay: bool = Field(False, description="decay the weights themselves, as AdamW")

    def lower(self) -> Call:
        return self._as("torch.optim.RAdam")


class Adamax(Optimizer):
    """Steps scaled by the average of the gradient and by the largest gradient of late.

    Source: Kingma and Ba 2015, algorithm 2; torch.optim.Adamax.
    """

    lr: PositiveFloat = Field(2e-3, description="learning rate")
    betas: tuple[Decay, Decay] = Field((0.9, 0.999), description="decay of the average and of the largest")
    eps: PositiveFloat = Field(1e-8, description="added to the divisor")
    weight_decay: NonNegativeFloat = Field(0.0, description="factor of the weights added to their gradients")

    def lower(self) -> Call:
        return self._as("torch.optim.Adamax")


class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients so far.

    Source: Duchi et al. 2011, figure 1; torch.optim.Adagrad.
    """

    lr: PositiveFloat = Field(1e-2, description="learning rate")
    lr_decay: NonNegativeFloat = Field(0.0, description="the rate is divided by 1 plus this times the steps done")
    weight_decay: NonNegativeFloat = Field(0.0, description="factor of the weights added to their gradients")
    initial_accumulator_value: NonNegativeFloat = Field(0.0, description="where the sum of squares begins")
    eps: PositiveFloat = Field(1e-10, description="added to the divisor")

    def lower(self) -> Call:
        return self._as("torch.optim.Adagrad")


class Adadelta(Optimizer):
    """Steps as large as the steps of late, by the ratio of running averages of squares.

    Source: Zeiler 2012, algorithm 1; torch.optim.Adadelta.
    """

    lr: PositiveFloat = Field(1.0, description="factor of the step")
    rho: Decay = Field(0.9, description="decay of the averages of squares")
    eps: PositiveFloat = Field(1e-6, description="added to both averages")
    weight_decay: NonNegativeFloat = Field(0.0, description="factor of the weights added to their gradients")

    def lower(self) -> Call:
        return self._as("torch.optim.Adadelta")


class RMSprop(Optimizer):
    """Steps divided by the root of a running average of squared gradients, plus `eps`.

    Source: torch.optim.RMSprop. The FitNets authors' own, with a floor instead, is `RMSpropFloor`.
    """

    lr: PositiveFloat = Field(1e-2, description="learning rate")
    alpha: Decay = Field(0.99, description="decay of the average of squares")
    eps: PositiveFloat = Field(1e-8, description="added to the divisor")
    weight_decay: NonNegativeFloat = Field(0.0, description="factor of the weights added to their gradients")
    momentum: NonNegativeFloat = Field(0.0, description="how much of the last step is added to this one")
    centered: bool = Field(False, description="divide by the running standard deviation instead")

    def lower(self) -> Call:
        return self._as("torch.optim.RMSprop")


class RMSpropFloor(Optimizer):
    """Steps divided by the root of a running average of squared gradients, at least `floor`.

    Each step is lr * g / max(sqrt(m), floor), with m the average after this step's gradient g.

    Source: the released FitNets configuration, on pylearn2's RMSProp.
    """

    alpha: Decay = Field(0.9, description="decay of the average of squares")
    floor: PositiveFloat = Field(1e-5, description="smallest divisor")

    def lower(self) -> Call:
        return self._as("fitdsl.backend.optimizers.RMSpropFloor")
