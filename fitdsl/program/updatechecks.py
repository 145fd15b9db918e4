"""What must hold of the settings by which a stage moves its weights.

Each check is a function that yields what it found; `UPDATE_CHECKS` lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import floor

from ..component import components
from ..diagnostics import Diagnostic, Severity
from ..values import Selection
from .stagechecks import StageInContext, finding


def decays_what_can_decay(at: StageInContext) -> Iterator[Diagnostic]:
    """`decay` and `decay_vectors` stand beside an optimizer that knows weight decay."""
    settings = at.plan.settings
    if "weight_decay" in type(settings.optimizer).model_fields:
        return
    able = [word for word, cls in components("optimizer").items() if "weight_decay" in cls.model_fields]
    help = f"take the setting away, or another optimizer: {', '.join(f'`{word}`' for word in able)}"
    for setting in ("decay", "decay_vectors"):
        if setting in settings.model_fields_set:
            message = f"`{settings.optimizer.word}` has no weight decay, so `{setting}` means nothing to it"
            yield finding("FIT4021", at.span(setting), message, help)


def spares_something(at: StageInContext) -> Iterator[Diagnostic]:
    """`decay_vectors = false` has a weight decay to spare something from."""
    settings = at.plan.settings
    own = getattr(settings.optimizer, "weight_decay", None)
    if not settings.decay_vectors and own == 0 and not any(settings.decay.values()):
        message = f"nothing decays: `{settings.optimizer.word}` has `weight_decay=0`, so there is nothing to spare"
        help = "give the optimizer a `weight_decay`, or take `decay_vectors` away"
        yield finding("FIT4022", at.span("decay_vectors"), message, help, severity=Severity.WARNING)


def names_layers_that_learn(at: StageInContext) -> Iterator[Diagnostic]:
    """What is said layer by layer is said of layers that learn."""
    settings = at.plan.settings
    for setting, by_layer in (("rates", settings.rates), ("decay", settings.decay), ("max_norm", settings.max_norm)):
        for chosen in by_layer:
            if not _learns(at, chosen):
                message = f"`{setting}` names `{chosen}`, of which stage `{at.plan.name}` trains nothing"
                help = "name layers that `train` selects and the loss reaches, or take the entry away"
                yield finding("FIT4022", at.span(setting), message, help, severity=Severity.WARNING)


def _learns(at: StageInContext, chosen: Selection) -> bool:
    return bool(chosen.layers & at.plan.trains.get(chosen.network, frozenset()))


def accumulates_within_an_epoch(at: StageInContext) -> Iterator[Diagnostic]:
    """An update is made of batches of one epoch."""
    wanted, steps = at.plan.settings.accumulate, at.steps
    if steps is not None and wanted > steps:
        message = f"an epoch has {steps} batches, so no update is made of {wanted}: each takes all {steps} of its epoch"
        help = f"accumulate at most {steps}, or take a smaller `batch`"
        yield finding("FIT4022", at.span("accumulate"), message, help, severity=Severity.WARNING)


def averages_over_less_than_the_stage(at: StageInContext) -> Iterator[Diagnostic]:
    """A running average has forgotten where the stage began, at the latest when it ends."""
    settings, steps = at.plan.settings, at.steps
    if settings.ema is None or steps is None:
        return
    updates = settings.epochs * -(-steps // settings.accumulate)
    left = settings.ema**updates
    if left > LEFT_OF_THE_START:
        message = (
            f"an average that keeps {settings.ema:g} of itself goes back about {1 / (1 - settings.ema):,.0f} updates, "
            f"but the stage makes at most {updates:,}: {left:.0%} of it is still where the stage began"
        )
        help = f"take at most {floor(1000 * LEFT_OF_THE_START ** (1 / updates)) / 1000:g}, or more `epochs`"
        yield finding("FIT4022", at.span("ema"), message, help, severity=Severity.WARNING)


LEFT_OF_THE_START = 0.1
"""Share of a running average that may still be from its beginning when a stage ends."""

UPDATE_CHECKS: tuple[Callable[[StageInContext], Iterator[Diagnostic]], ...] = (
    decays_what_can_decay,
    spares_something,
    names_layers_that_learn,
    accumulates_within_an_epoch,
    averages_over_less_than_the_stage,
)
