"""Samplers of Optuna, asked and told: the only module that knows Optuna.

They begin with uniform draws from the feasible students. What they propose later is refused where it is infeasible or
the same network as an earlier one; after `PATIENCE` refusals in a row a uniform draw takes the place.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import defaultdict, deque

import optuna
from optuna.samplers import BaseSampler, NSGAIISampler, TPESampler
from optuna.trial import Trial, TrialState

from .axes import Axes, Axis, Between, Coordinate, Identity, Named, Stepped, axis_name
from .points import Point, Space
from .samplers import Draws, Proposer

PATIENCE = 8
"""Refusals in a row after which a uniform draw is proposed."""
FIRST_DRAWS = 10
"""Uniform draws that TPE begins with, as Optuna's does."""


class _Asked(Proposer):
    def __init__(self, space: Space, goals: int, seed: int, first_draws: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._axes = Axes(space, seed)
        self._draws = Draws(space, self._axes, seed)
        self._study = optuna.create_study(sampler=self._sampler(seed), directions=["maximize"] * goals)
        self._asked: defaultdict[Identity, deque[Trial]] = defaultdict(deque)
        self._first_draws = first_draws
        self._refusals = 0
        self._is_refused = False

    @abstractmethod
    def _sampler(self, seed: int) -> BaseSampler:
        """The sampler of Optuna's."""

    def propose(self) -> Point | None:
        if not self._is_refused:
            self._refusals = 0
        self._is_refused = False
        if self._first_draws or self._refusals >= PATIENCE:
            return self._drawn()
        trial = self._study.ask()
        return self._asked_for(trial)

    def refused(self, point: Point) -> None:
        self._refusals += 1
        self._is_refused = True
        self._tell(point, None)

    def learned(self, point: Point, values: tuple[float, ...]) -> None:
        self._tell(point, None if any(map(math.isnan, values)) else values)

    def _drawn(self) -> Point | None:
        point = self._draws.fresh()
        self._first_draws = max(0, self._first_draws - 1)
        return None if point is None else self._asked_for(self._fixed(point))

    def _asked_for(self, trial: Trial) -> Point:
        """The point of a trial, param by param: those are asked for that have a say beside the ones before."""
        point: dict[str, str] = {}
        while (name := self._axes.next_param(point)) is not None:
            point[name] = self._axes.text(name, self._suggested(trial, name))
        active = self._axes.active(point)
        point = {name: text for name, text in point.items() if name in active}
        self._draws.see(point)
        self._asked[self._axes.identity(point)].append(trial)
        return point

    def _suggested(self, trial: Trial, name: str) -> list[Coordinate]:
        return [_suggested(trial, axis_name(name, place), axis) for place, axis in enumerate(self._axes.of[name])]

    def _fixed(self, point: Point) -> Trial:
        """A trial that a point decides."""
        self._study.enqueue_trial(
            {
                axis_name(name, place): coordinate
                for name, text in point.items()
                for place, coordinate in enumerate(self._axes.coordinates(name, text))
            }
        )
        return self._study.ask()

    def _tell(self, point: Point, values: tuple[float, ...] | None) -> None:
        asked = self._asked[self._axes.identity(point)]
        if not asked:
            # a result of an earlier search
            self._asked_for(self._fixed(point))
        # of equal proposals the later ones are the refused ones
        trial = asked.pop() if values is None else asked.popleft()
        self._study.tell(trial, values, TrialState.FAIL if values is None else TrialState.COMPLETE)


def _suggested(trial: Trial, name: str, axis: Axis) -> Coordinate:
    """Where Optuna puts a trial on an axis; both ends of a range belong to it."""
    match axis:
        case Stepped():
            return trial.suggest_int(name, 0, axis.steps.size - 1)
        case Between():
            return trial.suggest_float(name, axis.domain.low, axis.domain.high, log=axis.domain.log)
        case Named():
            return trial.suggest_categorical(name, range(len(axis.texts)))
    raise TypeError(f"Optuna has no distribution for {axis!r}")


class Tpe(_Asked):
    """Tree-structured Parzen estimator."""

    def __init__(self, space: Space, goals: int, *, seed: int) -> None:
        super().__init__(space, goals, seed, FIRST_DRAWS)

    def _sampler(self, seed: int) -> BaseSampler:
        return TPESampler(seed=seed, n_startup_trials=FIRST_DRAWS, constant_liar=True)


class Nsga2(_Asked):
    """Non-dominated sorting genetic algorithm II."""

    def __init__(self, space: Space, goals: int, *, population: int, seed: int) -> None:
        self._population = population
        super().__init__(space, goals, seed, population)

    def _sampler(self, seed: int) -> BaseSampler:
        return NSGAIISampler(seed=seed, population_size=self._population)
