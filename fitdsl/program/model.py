"""A whole spec at one point of its search space, checked: what there is to train, and what each stage runs.

A stage runs the ancestors of what its losses read and nothing else; what no weight trained in it can reach is frozen.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from ..component import ByName, Record
from ..data.base import DataSettings
from ..dataclass import dataclass
from ..graph.model import LayerGraph, Network
from ..losses.feature import FeatureLoss, LearnedLoss, Sides
from ..losses.objective import Objective, Term
from ..optim.caching import AutoCache, Cache
from ..optim.clipping import Clip
from ..optim.optimizers import Optimizer
from ..optim.schedules import Schedule
from ..optim.stopping import Keep, Stop
from ..source import NOWHERE, Span
from ..values import Cost, Selection

Precision = Literal["fp32", "bf16", "fp16"]
"""The floating-point numbers that networks compute in: of 32 bits, or of 16 bits with a wide range or fine steps."""


class StageSettings(Record):
    """What stands between the braces of a stage."""

    train: tuple[Selection, ...] = Field(description="what this stage trains: a network, some of its layers, or a list")
    loss: Objective = Field(description="what it minimises: a weighted sum of losses")
    optimizer: Optimizer = Field(description="how weights are updated")
    epochs: NonNegativeInt = Field(description="passes over the training split, at most; with 0 the stage is left out")
    schedule: Schedule | None = Field(None, description="factor on the learning rate over the epochs")
    batch: PositiveInt | None = Field(None, description="examples a step; the data's own batch if left out")
    stop: Stop | None = Field(None, description="when to stop before the last epoch")
    keep: Keep | None = Field(None, description="which epoch's weights to keep; the last one's if left out")
    rates: Mapping[Selection, PositiveFloat] = Field({}, description="factor on the learning rate of some layers")
    max_norm: Mapping[Selection, PositiveFloat] = Field(
        {}, description="largest norm of the weights into one output of these layers, enforced after each step"
    )
    cache: Annotated[Cache, ByName] = Field(
        default_factory=AutoCache,
        description="where outputs of what does not learn are kept, so that they are computed once",
    )
    decay: Mapping[Selection, NonNegativeFloat] = Field(
        {}, description="weight decay of some layers, in place of the optimizer's"
    )
    decay_vectors: bool = Field(
        True, description="whether norms, biases and other weights with one axis decay, too, as in PyTorch"
    )
    clip: PositiveFloat | Clip | None = Field(None, description="bound on the gradients; a number is the largest norm")
    accumulate: PositiveInt = Field(1, description="batches whose gradients make one update")
    ema: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="share of a running average of the weights that each update keeps; the average is the result",
    )
    precision: Precision = Field(
        "fp32", description="numbers that networks compute in; losses and weights stay in fp32"
    )
    compile: bool = Field(False, description="compile the step of training as a whole")
    channels_last: bool | None = Field(
        None, description="keep the channels of a pixel side by side in memory; where left out, on CPUs only"
    )


@dataclass(frozen=True, eq=False)
class Hint:
    """A teacher layer that guides a student layer through a regressor (Romero et al. 2015, eq. 3), or several layers.

    Attributes:
        teacher, student: Network names.
        hint, guided: Addresses of the layers whose outputs are compared, inside their networks, pair by pair.
        regressor: Maps the guided output to what the loss can compare; its one input is called `guided`. Without layers
            where the outputs are compared as they are, as those of several always are; it then has an input for each.
        loss: Compares the regressed output with the hint.
    """

    name: str
    teacher: str
    hint: tuple[str, ...]
    student: str
    guided: tuple[str, ...]
    regressor: LayerGraph
    loss: FeatureLoss
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def compared(self) -> tuple[str, ...]:
        """What the loss reads of the regressor: its output, or the inputs where several layers pass as they are."""
        return (self.regressor.output,) if len(self.guided) == 1 else tuple(self.regressor.inputs)


@dataclass(frozen=True, eq=False)
class StageTerm:
    """A term of a stage's loss with the networks it reads.

    Attributes:
        name: Unique in its stage, as shown in reports: `ce`, `kd`, `hint(mid)`.
        student: The network it teaches.
        teachers: The networks it learns from; several form an ensemble by the mean of their logits.
        shares: What each of these has in the mean; all have the same if empty.
        hint: The hint it compares, for a hint term.
    """

    name: str
    term: Term
    student: str
    teachers: tuple[str, ...] = ()
    hint: str | None = None
    shares: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class StagePlan:
    """What one stage runs and trains, fallen out of the program graph.

    Attributes:
        after: The stages it starts from, by name.
        data: Name of the data declaration that feeds it.
        taps: By network, the layers whose outputs its losses read.
        runs: By network, the layers that must run to give the taps.
        trains: By network, the layers among these whose weights move.
        frozen: By network, the layers among these that stay as they are: their own weights are not trained, or they
            have none and no trained weight reaches them.
        hints: The hints whose regressors it trains.
    """

    name: str
    after: tuple[str, ...]
    data: str
    settings: StageSettings
    terms: tuple[StageTerm, ...]
    taps: Mapping[str, tuple[str, ...]]
    runs: Mapping[str, frozenset[str]]
    trains: Mapping[str, frozenset[str]]
    frozen: Mapping[str, frozenset[str]]
    hints: tuple[str, ...] = ()
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    def learning(self, network: str) -> frozenset[str]:
        """What runs in training mode: what is trained, and what is chosen with it although it has no weights."""
        chosen = [choice.layers for choice in self.settings.train if choice.network == network]
        trained = self.trains.get(network)
        return trained.union(*chosen) & self.runs[network] if trained else frozenset()


def steps_per_epoch(data: DataSettings, settings: StageSettings) -> int | None:
    """How many batches an epoch of a stage has; None where the size of the data is known only when they are opened."""
    available = data.source.signature.train
    # the last batch of an epoch is left out unless it is the only one
    return None if available is None else max(data.sizes(available)[0] // (settings.batch or data.batch), 1)


@dataclass(frozen=True, eq=False)
class Program:
    """Everything a spec says at one point of its search space.

    Attributes:
        name: The spec's file name without its ending.
        data: Settings of each data declaration, by name.
        networks: Teachers and students, by name.
        hints: By name.
        stages: By name, each after the stages it starts from.
        places: Where each data declaration says what its data set is, by name.
        left_out: Names of the stages that have no epochs at this point.
    """

    name: str
    data: Mapping[str, DataSettings]
    networks: Mapping[str, Network]
    hints: Mapping[str, Hint]
    stages: Mapping[str, StagePlan]
    places: Mapping[str, Span] = field(default_factory=dict, compare=False, repr=False)
    left_out: tuple[str, ...] = ()

    @property
    def runs_own_code(self) -> bool:
        """Whether the user's own code makes one of the networks, which only `--allow-python` lets it do."""
        return any(network.source is not None and network.source.factory for network in self.networks.values())

    def learned_loss(self, hint: str) -> LearnedLoss | None:
        """The loss of a hint if it has weights or a memory of its own."""
        loss = self.hints[hint].loss
        return loss if isinstance(loss, LearnedLoss) else None

    def learned_cost(self, hint: str, examples: int | None = None) -> Cost:
        """What the loss of a hint adds to the cost of one example by weights of its own."""
        loss = self.learned_loss(hint)
        return Cost() if loss is None else loss.cost(self.sides(hint, examples))

    def sides(self, hint: str, examples: int | None = None) -> Sides:
        """What the loss of a hint stands between.

        Args:
            hint: Its name.
            examples: How many the training split has, where that is known.
        """
        named = self.hints[hint]
        teacher = self.networks[named.teacher].graph
        guided = tuple(map(named.regressor.type_of, named.compared))
        return Sides(guided, tuple(map(teacher.type_of, named.hint)), examples)
