"""How a search proposes students and when it stops the weaker ones; declared here, run by the tuner."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from ..component import Component
from ..values import Call, Rejected
from .domains import Domain


class Sampler(Component, kind="sampler"):
    """Proposes points of the search space.

    Attributes:
        trials: How many students to train.
        seed: Same seed, same proposals for the same results.
    """

    trials: PositiveInt = Field(32, description="how many students to train")
    seed: NonNegativeInt = Field(0, description="same seed, same proposals for the same results")

    @abstractmethod
    def lower(self) -> Call:
        """The class that proposes, a `fitdsl.tuning.samplers.Proposer`, and its arguments after space and goals."""

    def check(self, varied: Mapping[str, Domain], goals: int) -> None:
        """Accept what a search varies and how many goals it has.

        Raises:
            Rejected: This sampler cannot search that.
        """
        return

    def _as(self, target: str) -> Call:
        """A call whose keyword arguments are the fields; how many to propose is the search's own affair."""
        values: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields if name != "trials"}
        return Call(target, values)


class Random(Sampler, name="random"):
    """Draws uniformly from the students that meet every requirement."""

    def lower(self) -> Call:
        return self._as("fitdsl.tuning.samplers.Random")


class Grid(Sampler, name="grid"):
    """Tries every student of a finite space in turn, up to `trials`."""

    def lower(self) -> Call:
        return Call("fitdsl.tuning.samplers.Grid")

    def check(self, varied: Mapping[str, Domain], goals: int) -> None:
        endless = [name for name, domain in varied.items() if domain.size is None]
        if endless:
            message = f"`grid` tries every value in turn, and `{endless[0]}` has too many to list"
            raise Rejected(message, "list some of them in braces: `{a, b}`, or take `random()`")


class Tpe(Sampler, name="tpe"):
    """Tree-structured Parzen estimator, for one goal.

    Source: Bergstra et al. 2011, Algorithms for hyper-parameter optimization, section 4; optuna.samplers.TPESampler.
    """

    def lower(self) -> Call:
        return self._as("fitdsl.tuning.optuna_samplers.Tpe")

    def check(self, varied: Mapping[str, Domain], goals: int) -> None:
        if goals > 1:
            message = f"`tpe` pursues one goal, and this search has {goals}"
            raise Rejected(message, "take `nsga2()` or `evolution()`, or `require` a bound instead of a goal")


class Nsga2(Sampler, name="nsga2"):
    """Non-dominated sorting genetic algorithm II, for several goals.

    Source: Deb et al. 2002, A fast and elitist multiobjective genetic algorithm; optuna.samplers.NSGAIISampler.
    """

    population: PositiveInt = Field(24, ge=2, description="students in a generation")

    def lower(self) -> Call:
        return self._as("fitdsl.tuning.optuna_samplers.Nsga2")


class Evolution(Sampler, name="evolution"):
    """Regularised evolution: mutates the best of a random sample and retires the oldest.

    Source: Real et al. 2019, Regularized evolution for image classifier architecture search, algorithm 1.
    """

    population: PositiveInt = Field(24, description="students kept")
    sample: PositiveInt = Field(8, description="students of which the best is mutated")

    def lower(self) -> Call:
        return self._as("fitdsl.tuning.evolution.Evolution")


class TrialScheduler(Component, kind="scheduler"):
    """Decides which students train on."""

    @abstractmethod
    def lower(self) -> Call:
        """The function that makes Ray's scheduler, and its arguments beside `epochs` and `told`."""

    @property
    def most_epochs(self) -> int | None:
        """Epochs of the last stage after which every student ends; None for as many as the stage has."""
        return None

    def _as(self, target: str) -> Call:
        """A call whose keyword arguments are the fields."""
        return Call(target, {name: getattr(self, name) for name in type(self).model_fields})


class _Capped(TrialScheduler):
    max_epochs: PositiveInt | None = Field(
        None, description="epochs of the last stage after which every student ends; as many as it has if left out"
    )

    @property
    def most_epochs(self) -> int | None:
        return self.max_epochs


class _Rungs(_Capped):
    grace: PositiveInt = Field(1, description="epochs of the last stage before students are compared")
    reduction: PositiveInt = Field(3, ge=2, description="of this many students one goes on")

    @model_validator(mode="after")
    def _grace_is_within(self) -> Self:
        if self.max_epochs is not None and self.grace > self.max_epochs:
            raise ValueError(f"no student is compared before it ends: grace {self.grace} of {self.max_epochs} epochs")
        return self


class Asha(_Rungs, name="asha"):
    """Successive halving that promotes: students pause at a rung, and the best of it go on whenever they are known.

    Source: Li et al. 2020, A system for massively parallel hyperparameter tuning, algorithm 2.
    """

    def lower(self) -> Call:
        return self._as("fitdsl.tuning.schedulers.promotion")


class Stopping(_Rungs, name="stopping"):
    """Successive halving that only stops: a student outside the best share of a rung, as known then, ends there.

    Source: ray.tune.schedulers.ASHAScheduler, after Li et al. 2020.
    """

    def lower(self) -> Call:
        return self._as("fitdsl.tuning.schedulers.stopping")


class Median(TrialScheduler, name="median"):
    """Stops a student that is worse than the median of the others at the same epoch.

    Source: Golovin et al. 2017, Google Vizier, section 3.2.1; ray.tune.schedulers.MedianStoppingRule.
    """

    grace: PositiveInt = Field(1, description="epochs of the last stage before a student can be stopped")

    def lower(self) -> Call:
        return self._as("fitdsl.tuning.schedulers.median")


class HyperBand(_Capped, name="hyperband"):
    """Successive halving over several trades of many short against few long trainings.

    Source: Li et al. 2018, Hyperband, algorithm 1; ray.tune.schedulers.HyperBandScheduler.
    """

    reduction: PositiveInt = Field(3, ge=2, description="of this many students one goes on")

    def lower(self) -> Call:
        return self._as("fitdsl.tuning.schedulers.hyperband")


class NoScheduler(TrialScheduler, name="none"):
    """Trains every student to its end."""

    def lower(self) -> Call:
        return self._as("fitdsl.tuning.schedulers.none")
