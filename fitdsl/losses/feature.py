"""Losses that compare a guided layer, after its regressor, with its hint; and the term that names a hint."""

from abc import abstractmethod
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import Field, PositiveFloat

from ..dataclass import dataclass
from ..values import Call, Cost, HintRef, TensorType
from .base import Loss, Reads


class Needs(StrEnum):
    """What two tensors must share to be compared. Maps are [C, H, W], tokens [L, D] with channels D."""

    SHAPE = "two of one shape"
    MAP = "maps or tokens of one shape"
    POSITIONS = "maps or tokens with the same positions"
    CHANNELS = "maps or tokens with the same channels"
    MAPS = "maps of any size"
    NOTHING = "any two shapes"

    def met_by(self, guided: TensorType, hint: TensorType) -> bool:
        """Whether outputs of these types, [n, ...] with the batch, can be compared."""
        have_positions = min(guided.rank, hint.rank) > 1
        match self:
            case Needs.SHAPE:
                return guided == hint
            case Needs.MAP:
                return guided == hint and have_positions
            case Needs.POSITIONS:
                return have_positions and positions_of(guided) == positions_of(hint)
            case Needs.CHANNELS:
                return have_positions and channels_of(guided) == channels_of(hint)
            case Needs.MAPS:
                return guided.rank == hint.rank == 3
        return True


def positions_of(type: TensorType) -> tuple[int, ...]:
    """Where channels are read: [H, W] of a map, [L] of tokens."""
    return type.shape[:-1] if type.rank == 2 else type.shape[1:]


def channels_of(type: TensorType) -> int:
    """How many numbers stand at each position: C of a map, D of tokens, all of a vector."""
    return type.shape[-1] if type.rank == 2 else type.shape[0]


class FeatureLoss(Loss):
    """A comparison that a hint can declare: `loss = mse()`. Both tensors are [n, ...].

    Attributes:
        needs: What they must share. A loss that needs neither one shape nor the same channels has no regressor unless
            the hint names one.
        takes_several: Whether it reads two or more layers of each network, as tuples, and not just one.
    """

    due: ClassVar[str] = "a loss of a hint, such as `mse()`"
    reads: ClassVar[tuple[Reads, ...]] = (Reads.GUIDED, Reads.HINT)
    needs: ClassVar[Needs] = Needs.SHAPE
    takes_several: ClassVar[bool] = False

    @classmethod
    def wants_regressor(cls) -> bool:
        """Whether its hint has a regressor unless it says otherwise; several layers have none."""
        return cls.needs not in (Needs.POSITIONS, Needs.NOTHING) and not cls.takes_several

    def _call(self, function: str) -> Call:
        return Call(function, {name: getattr(self, name) for name in type(self).model_fields})


@dataclass(frozen=True)
class Sides:
    """What a loss with weights of its own is built between.

    Attributes:
        guided: Types of the guided layers, behind the regressor where there is one.
        hint: Types of the hint layers.
        examples: How many the training split has; None where only opening the data tells.
    """

    guided: tuple[TensorType, ...]
    hint: tuple[TensorType, ...]
    examples: int | None = None


class LearnedLoss(FeatureLoss):
    """A comparison with weights or a memory of its own, which trains in its hint's stage and is dropped after it.

    `lower` names the class of a torch module and its settings, `sizes` what else it is built with. In `example`, which
    is in evaluation mode, all its matrices hold ones and its biases zeros.
    """

    @abstractmethod
    def sizes(self, sides: Sides) -> dict[str, Any]:
        """What its module is built with besides its settings."""

    @abstractmethod
    def cost(self, sides: Sides) -> Cost:
        """What it adds to the cost of one example."""

    def remembers(self, sides: Sides) -> int:
        """How many numbers it keeps that are no weights; 0 as long as the number of examples is not known."""
        return 0

    def lower_between(self, sides: Sides) -> Call:
        """The class of its module with all that it takes."""
        call = self.lower()
        return Call(call.target, {**call.kwargs, **self.sizes(sides)})


class MeanSquared(FeatureLoss, name="mse"):
    """Mean of squared differences over batch and features: [n, ...] twice -> scalar.

    Source: torch.nn.functional.mse_loss.
    """

    source: ClassVar = "torch.nn.functional.mse_loss"
    # (1 + 4 + 9 + 0) / 4
    example: ClassVar = ("mse()", {"guided": [[1.0, 2.0], [3.0, 0.0]], "hint": [[0.0, 0.0], [0.0, 0.0]]}, 3.5)

    def lower(self) -> Call:
        return Call("torch.nn.functional.mse_loss")


class HalfSquared(FeatureLoss, name="l2"):
    """Half the squared distance of each example, summed over features, mean over the batch: [n, ...] twice -> scalar.

    Source: Romero et al. 2015, FitNets, eq. 3.
    """

    source: ClassVar = "Romero et al. 2015, FitNets, eq. 3"
    # ((1 + 4 + 4) / 2 + (0 + 0 + 1) / 2) / 2
    example: ClassVar = ("l2()", {"guided": [[1.0, 2.0, 2.0], [0.0, 0.0, 1.0]], "hint": [[0.0] * 3] * 2}, 2.5)

    def lower(self) -> Call:
        return Call("fitdsl.backend.losses.l2")


class MeanAbsolute(FeatureLoss, name="l1"):
    """Mean of absolute differences over batch and features: [n, ...] twice -> scalar.

    Source: torch.nn.functional.l1_loss.
    """

    source: ClassVar = "torch.nn.functional.l1_loss"
    # (1 + 2 + 3 + 0) / 4
    example: ClassVar = ("l1()", {"guided": [[1.0, 2.0], [3.0, 0.0]], "hint": [[0.0, 0.0], [0.0, 0.0]]}, 1.5)

    def lower(self) -> Call:
        return Call("torch.nn.functional.l1_loss")


class SmoothAbsolute(FeatureLoss, name="smooth_l1"):
    """Mean of d**2 / (2 beta) where the difference d is below `beta`, of |d| - beta / 2 elsewhere: -> scalar.

    Source: Girshick 2015, Fast R-CNN, eq. 3; torch.nn.functional.smooth_l1_loss.
    """

    source: ClassVar = "Girshick 2015, Fast R-CNN, eq. 3"
    # differences 0.5, 2, 3, 0 with beta 1: (0.125 + 1.5 + 2.5 + 0) / 4
    example: ClassVar = (
        "smooth_l1()",
        {"guided": [[0.5, 2.0], [3.0, 0.0]], "hint": [[0.0, 0.0], [0.0, 0.0]]},
        1.03125,
    )

    beta: PositiveFloat = Field(1.0, description="difference at which squares turn into absolute values")

    def lower(self) -> Call:
        return Call("torch.nn.functional.smooth_l1_loss", {"beta": self.beta})


class HintLoss(Loss, name="hint"):
    """What a hint declared: its regressor and its loss between guided and hint layer, [n, ...] twice -> scalar.

    Source: Romero et al. 2015, FitNets, section 2.2.
    """

    reads: ClassVar = (Reads.GUIDED, Reads.HINT)
    source: ClassVar = "Romero et al. 2015, FitNets, section 2.2"
    # the hint declares mse(): (1 + 4 + 9 + 0) / 4
    example: ClassVar = ("hint(mid)", {"guided": [[1.0, 2.0], [3.0, 0.0]], "hint": [[0.0, 0.0], [0.0, 0.0]]}, 3.5)

    hint: HintRef = Field(description="name of a hint of this file")

    def lower(self) -> Call:
        """A call whose `compare`, a reference to the hint, is replaced by the hint's own loss when the stage starts."""
        return Call("fitdsl.backend.losses.hint", {"compare": self.hint})
