"""A whole spec at one point of its search space, checked: what there is to train, and what each stage runs.

A stage runs the ancestors of what its losses read and nothing else; what no weight trained in it can reach is frozen.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from ..component import Record
from ..data.base import DataSettings
from ..dataclass import dataclass
from ..graph.model import LayerGraph, Network
from ..losses.feature import FeatureLoss
from ..losses.objective import Objective, Term
from ..optim.optimizers import Optimizer
from ..optim.schedules import Schedule
from ..optim.stopping import Keep, Stop
from ..source import NOWHERE, Span
from ..values import Selection

Precision = Literal["fp32", "bf16", "fp16"]
"""The floating-point numbers that networks compute in: of 32 bits, or of 16 bits with a wide range or fine steps."""


class StageSettings(Record):
    """What stands between the braces of a stage."""

    train: tuple[Selection, ...] = Field(description="what this stage trains: a network, some of its layers, or a list")
    loss: Objective = Field(description="what it minimises: a weighted sum of losses")
    optimizer: Optimizer = Field(description="how weights are updated")
    epochs: PositiveInt = Field(description="passes over the training split, at most")
    schedule: Schedule | None = Field(None, description="factor on the learning rate over the epochs")
    batch: PositiveInt | None = Field(None, description="examples a step; the data's own batch if left out")
    stop: Stop | None = Field(None, description="when to stop before the last epoch")
    keep: Keep | None = Field(None, description="which epoch's weights to keep; the last one's if left out")
    rates: Mapping[Selection, PositiveFloat] = Field({}, description="factor on the learning rate of some layers")
    max_norm: Mapping[Selection, PositiveFloat] = Field(
        {}, description="largest norm of the weights into one output of these layers, enforced after each step"
    )
    precision: Precision = Field(
        "fp32", description="numbers that networks compute in; losses and weights stay in fp32"
    )
    compile: bool = Field(False, description="compile the step of training as a whole")
    channels_last: bool = Field(False, description="keep the channels of a pixel side by side in memory")


@dataclass(frozen=True, eq=False)
class Hint:
    """A teacher layer that guides a student layer through a regressor (Romero et al. 2015, eq. 3).

    Attributes:
        teacher, student: Network names.
        hint, guided: Addresses of the layers whose outputs are compared, inside their networks.
        regressor: Maps the guided output to what the loss can compare; its one input is called `guided`. Without layers
            where the outputs are compared as they are.
        loss: Compares the regressed output with the hint.
    """

    name: str
    teacher: str
    hint: str
    student: str
    guided: str
    regressor: LayerGraph
    loss: FeatureLoss
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, eq=False)
class StageTerm:
    """A term of a stage's loss with the networks it reads.

    Attributes:
        name: Unique in its stage, as shown in reports: `ce`, `kd`, `hint(mid)`.
        student: The network it teaches.
        teachers: The networks it learns from; several form an ensemble by the mean of their logits.
        hint: The hint it compares, for a hint term.
    """

    name: str
    term: Term
    student: str
    teachers: tuple[str, ...] = ()
    hint: str | None = None


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


@dataclass(frozen=True, eq=False)
class Program:
    """Everything a spec says at one point of its search space.

    Attributes:
        name: The spec's file name without its ending.
        data: Settings of each data declaration, by name.
        networks: Teachers and students, by name.
        hints: By name.
        stages: By name, each after the stages it starts from.
    """

    name: str
    data: Mapping[str, DataSettings]
    networks: Mapping[str, Network]
    hints: Mapping[str, Hint]
    stages: Mapping[str, StagePlan]
