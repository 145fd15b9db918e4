"""How a search proposes students and when it stops the weaker ones; declared here, run by the tuner."""

from pydantic import Field, NonNegativeInt, PositiveInt

from ..component import Component


class Sampler(Component, kind="sampler"):
    """Proposes points of the search space.

    Attributes:
        trials: How many students to train.
        seed: Same seed, same proposals for the same results.
    """

    trials: PositiveInt = Field(32, description="how many students to train")
    seed: NonNegativeInt = Field(0, description="same seed, same proposals for the same results")


class Random(Sampler, name="random"):
    """Draws uniformly from the students that meet every requirement."""


class Grid(Sampler, name="grid"):
    """Tries every student of a finite space in turn, up to `trials`."""


class Tpe(Sampler, name="tpe"):
    """Tree-structured Parzen estimator, for one objective.

    Source: Bergstra et al. 2011, Algorithms for hyper-parameter optimization, section 4.
    """


class Nsga2(Sampler, name="nsga2"):
    """Non-dominated sorting genetic algorithm II, for several objectives.

    Source: Deb et al. 2002, A fast and elitist multiobjective genetic algorithm.
    """

    population: PositiveInt = Field(24, description="students in a generation")


class Evolution(Sampler, name="evolution"):
    """Regularised evolution: mutates the best of a random sample and retires the oldest.

    Source: Real et al. 2019, Regularized evolution for image classifier architecture search.
    """

    population: PositiveInt = Field(24, description="students kept")
    sample: PositiveInt = Field(8, description="students of which the best is mutated")


class TrialScheduler(Component, kind="scheduler"):
    """Decides which students train on."""


class Asha(TrialScheduler, name="asha"):
    """Asynchronous successive halving: of each rung only the best share goes on.

    Source: Li et al. 2020, A system for massively parallel hyperparameter tuning.
    """

    max_epochs: PositiveInt = Field(100, description="epochs of a student that is never stopped")
    grace: PositiveInt = Field(1, description="epochs before a student can be stopped")
    reduction: PositiveInt = Field(3, ge=2, description="of this many students one goes on")


class Median(TrialScheduler, name="median"):
    """Stops a student that is worse than the median of the others at the same epoch.

    Source: Golovin et al. 2017, Google Vizier, section 3.2.1.
    """

    grace: PositiveInt = Field(1, description="epochs before a student can be stopped")


class HyperBand(TrialScheduler, name="hyperband"):
    """Successive halving over several trades of many short against few long trainings.

    Source: Li et al. 2018, Hyperband.
    """

    max_epochs: PositiveInt = Field(100, description="epochs of a student that is never stopped")
    reduction: PositiveInt = Field(3, ge=2, description="of this many students one goes on")
