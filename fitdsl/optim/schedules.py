"""How a weight, a temperature or a learning rate moves over the epochs of a stage.

A schedule is a function of the epoch, counted from 1 and fractional inside an epoch, so it can be drawn and tested
without training.
"""

from abc import abstractmethod
from math import cos, inf, pi
from typing import Annotated, Self

from pydantic import AfterValidator, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from ..component import Component
from ..values import Interval


class Schedule(Component, kind="schedule"):
    """A number that depends on the epoch."""

    @abstractmethod
    def at(self, epoch: float, epochs: int) -> float:
        """The value at an epoch counted from 1 (the first), in a stage of `epochs` epochs."""

    @abstractmethod
    def extremes(self) -> tuple[float, float]:
        """Bounds on its values, lowest first, whatever the length of the stage."""

    def never_applies(self, epochs: int) -> str | None:
        """Why part of it can have no effect in a stage of `epochs` epochs; None if all of it has."""
        del epochs
        return None

    def begun_at(self, epoch: float) -> Self:
        """The same schedule, over the epochs from this one on where it says nothing of when it begins."""
        match getattr(self, "epochs", self):
            case None:
                return self.model_copy(update={"epochs": Interval(epoch, None)})
            case Interval(low=None, high=high):
                return self.model_copy(update={"epochs": Interval(epoch, high)})
        return self


def _ordered(interval: Interval) -> Interval:
    if interval.step is not None:
        raise ValueError("a range of epochs has no step")
    low = 1 if interval.low is None else interval.low
    if low < 1:
        raise ValueError(f"epochs are counted from 1, this range begins at {low:g}")
    if interval.high is not None and interval.high <= low:
        raise ValueError(f"this range ends at epoch {interval.high:g}, not after it begins, at epoch {low:g}")
    return interval


EpochRange = Annotated[Interval, AfterValidator(_ordered)]
"""`5..400`: an end left out is the very beginning or the very end of the stage."""


def _begins(interval: Interval | None) -> float:
    return 1.0 if interval is None or interval.low is None else interval.low


def _ends(interval: Interval | None, epochs: int) -> float:
    return epochs + 1.0 if interval is None or interval.high is None else interval.high


def _progress(epoch: float, begin: float, end: float) -> float:
    """How much of begin..end has passed, from 0 to 1; a range that ends before it begins passes at once."""
    if end <= begin:
        return float(epoch >= end)
    return min(max((epoch - begin) / (end - begin), 0.0), 1.0)


def _begins_too_late(interval: Interval | None, epochs: int) -> str | None:
    begin = _begins(interval)
    return f"it begins at epoch {begin:g}, but the stage ends after epoch {epochs}" if begin > epochs else None


class Constant(Schedule, name="constant"):
    """The same value all the time; the neutral choice where a search varies the schedule."""

    value: float = Field(1.0, description="the value")

    def at(self, epoch: float, epochs: int) -> float:
        return self.value

    def extremes(self) -> tuple[float, float]:
        return self.value, self.value


class Ramp(Schedule, name="ramp"):
    """A straight line from `start` to `stop`, constant before and after.

    `ramp(4, 1, epochs=5..400)` is 4 until epoch 5 begins and 1 from the moment epoch 400 begins.

    Source: the weight of the distillation term in Romero et al. 2015, FitNets, section 3.1.
    """

    start: float = Field(description="value before the range of epochs")
    stop: float = Field(description="value after it")
    epochs: EpochRange | None = Field(None, description="epochs over which it moves; the whole stage if left out")

    def at(self, epoch: float, epochs: int) -> float:
        passed = _progress(epoch, _begins(self.epochs), _ends(self.epochs, epochs))
        return self.start * (1 - passed) + self.stop * passed

    def extremes(self) -> tuple[float, float]:
        return min(self.start, self.stop), max(self.start, self.stop)

    def never_applies(self, epochs: int) -> str | None:
        return _begins_too_late(self.epochs, epochs)


class Cosine(Schedule, name="cosine"):
    """Half a cosine wave from `start` to `stop`, after a linear warm-up from 0.

    Source: Loshchilov and Hutter 2017, SGDR, eq. 5, without restarts.
    """

    start: float = Field(1.0, description="value after the warm-up")
    stop: float = Field(0.0, description="value at the end of the range of epochs")
    epochs: EpochRange | None = Field(None, description="epochs over which it moves; the whole stage if left out")
    warmup: NonNegativeFloat = Field(0.0, description="epochs over which it first rises from 0 to `start`")

    def at(self, epoch: float, epochs: int) -> float:
        begin, end = _begins(self.epochs), _ends(self.epochs, epochs)
        warm = begin + self.warmup
        if self.warmup and epoch < warm:
            return self.start * _progress(epoch, begin, warm)
        passed = _progress(epoch, warm, end)
        return _wave(self.start, self.stop, passed)

    def extremes(self) -> tuple[float, float]:
        values = [self.start, self.stop, *([0.0] if self.warmup else [])]
        return min(values), max(values)

    def never_applies(self, epochs: int) -> str | None:
        warm = _begins(self.epochs) + self.warmup
        end = min(_ends(self.epochs, epochs), epochs + 1)
        if warm >= end and self.warmup:
            return f"its warm-up lasts until epoch {warm:g} begins, but it ends as epoch {end:g} begins"
        return _begins_too_late(self.epochs, epochs)


class Steps(Schedule, name="steps"):
    """Multiplied by `factor` once for each of the `milestones` that is over, as torch's MultiStepLR.

    `steps([60, 80])` is 1 in the first 60 epochs, 0.1 in the next 20, then 0.01.
    """

    milestones: tuple[PositiveInt, ...] = Field(
        min_length=1, description="numbers of finished epochs at which it changes"
    )
    factor: NonNegativeFloat = Field(0.1, description="what it is multiplied by each time")
    start: float = Field(1.0, description="value in the first epochs")

    def at(self, epoch: float, epochs: int) -> float:
        return self._after(sum(epoch >= milestone + 1 for milestone in self.milestones))

    def extremes(self) -> tuple[float, float]:
        values = [self._after(count) for count in range(len(self.milestones) + 1)]
        return min(values), max(values)

    def never_applies(self, epochs: int) -> str | None:
        late = [milestone for milestone in self.milestones if milestone >= epochs]
        return f"it changes after epoch {late[0]}, but the stage ends after epoch {epochs}" if late else None

    def _after(self, changes: int) -> float:
        return self.start * self.factor**changes


class Exponential(Schedule, name="exponential"):
    """Multiplied by `gamma` over each epoch, evenly within it, as torch's ExponentialLR where epochs begin.

    `exponential(0.9)` is 1 as epoch 1 begins, 0.9 as epoch 2 begins, then 0.81.
    """

    gamma: PositiveFloat = Field(description="what it is multiplied by over an epoch")
    start: PositiveFloat = Field(1.0, description="value before the range of epochs")
    epochs: EpochRange | None = Field(None, description="epochs over which it moves; the whole stage if left out")

    def at(self, epoch: float, epochs: int) -> float:
        begin = _begins(self.epochs)
        passed = max(min(epoch, _ends(self.epochs, epochs)) - begin, 0.0)
        return self.start * float(self.gamma**passed)

    def extremes(self) -> tuple[float, float]:
        return (0.0 if self.gamma < 1 else self.start), (inf if self.gamma > 1 else self.start)

    def never_applies(self, epochs: int) -> str | None:
        return _begins_too_late(self.epochs, epochs)


class Polynomial(Schedule, name="polynomial"):
    """From `start` to `stop` as a power of what is left of the epochs, as torch's PolynomialLR; a line by itself.

    Source: Chen et al. 2018, DeepLab, section 4.1, with power 0.9.
    """

    power: PositiveFloat = Field(1.0, description="power of the share of epochs that is left")
    start: float = Field(1.0, description="value before the range of epochs")
    stop: float = Field(0.0, description="value after it")
    epochs: EpochRange | None = Field(None, description="epochs over which it moves; the whole stage if left out")

    def at(self, epoch: float, epochs: int) -> float:
        left = 1 - _progress(epoch, _begins(self.epochs), _ends(self.epochs, epochs))
        return self.stop + (self.start - self.stop) * float(left**self.power)

    def extremes(self) -> tuple[float, float]:
        return min(self.start, self.stop), max(self.start, self.stop)

    def never_applies(self, epochs: int) -> str | None:
        return _begins_too_late(self.epochs, epochs)


class OneCycle(Schedule, name="one_cycle"):
    """Up to 1 and down to nearly 0 in half cosine waves, as torch's OneCycleLR; momentum does not move.

    Source: Smith and Topin 2018, Super-convergence, with the cosine of torch.optim.lr_scheduler.OneCycleLR.
    """

    pct_start: float = Field(0.3, gt=0, lt=1, description="share of the stage in which it rises")
    div_factor: PositiveFloat = Field(25.0, description="how many times smaller than 1 it begins")
    final_div_factor: PositiveFloat = Field(1e4, description="how many times smaller than it began it ends")

    def at(self, epoch: float, epochs: int) -> float:
        first, last = self._ends()
        top = 1 + self.pct_start * epochs
        if epoch < top:
            return _wave(first, 1.0, _progress(epoch, 1.0, top))
        return _wave(1.0, last, _progress(epoch, top, epochs + 1.0))

    def extremes(self) -> tuple[float, float]:
        values = (*self._ends(), 1.0)
        return min(values), max(values)

    def _ends(self) -> tuple[float, float]:
        return 1 / self.div_factor, 1 / (self.div_factor * self.final_div_factor)


class Warmup(Schedule, name="warmup"):
    """A line up to where another schedule begins, then that one: `warmup(5, then=cosine())`.

    A schedule over the whole stage, such as `cosine()`, moves over the epochs that are left; one that names its epochs,
    such as `steps([60, 80])`, counts them from the beginning of the stage. `warmup(5)` by itself stays at 1.

    Source: Goyal et al. 2017, Accurate, large minibatch SGD, section 2.2.
    """

    epochs: PositiveFloat = Field(description="over how many epochs it rises")
    then: Schedule = Field(default_factory=Constant, description="what comes after")
    start: NonNegativeFloat = Field(0.0, description="where it begins, as a share of where it rises to")

    def at(self, epoch: float, epochs: int) -> float:
        warm = 1 + self.epochs
        passed = _progress(epoch, 1.0, warm)
        return self._rest().at(max(epoch, warm), epochs) * (self.start * (1 - passed) + passed)

    def extremes(self) -> tuple[float, float]:
        low, high = self.then.extremes()
        return min(low, low * self.start), max(high, high * self.start)

    def never_applies(self, epochs: int) -> str | None:
        if self.epochs >= epochs:
            return f"its warm-up lasts until epoch {1 + self.epochs:g} begins, but the stage ends after epoch {epochs}"
        return self._rest().never_applies(epochs)

    def _rest(self) -> Schedule:
        return self.then.begun_at(1 + self.epochs)


def _wave(start: float, stop: float, passed: float) -> float:
    """Half a cosine wave from one value to another."""
    return stop + (start - stop) * (1 + cos(pi * passed)) / 2
