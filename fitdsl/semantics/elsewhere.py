"""What people who come from Python and PyTorch write out of habit, and what this language writes instead."""

from __future__ import annotations

from collections.abc import Mapping

PACKAGES = frozenset({"torch", "nn", "F", "optim", "transforms"})
"""Packages whose names stand alone here."""

WORDS: Mapping[str, str] = {
    "True": "write `true`",
    "False": "write `false`",
    "None": "leave it out: what is not written keeps its default",
    "CrossEntropyLoss": "write `ce()`",
    "cross_entropy": "write `ce()`",
    "KLDivLoss": "write `kd()`",
    "MSELoss": "write `mse()`",
    "L1Loss": "write `l1()`",
    "SmoothL1Loss": "write `smooth_l1()`",
    "CosineAnnealingLR": "write `cosine()`",
    "MultiStepLR": "write `steps([…])`",
    "EarlyStopping": "write `patience(…)`",
    "StepLR": "write `steps([…])`",
    "ExponentialLR": "write `exponential(…)`",
    "OneCycleLR": "write `one_cycle()`",
    "fp32": 'write it in quotes: `"fp32"`',
    "bf16": 'write it in quotes: `"bf16"`',
    "fp16": 'write it in quotes: `"fp16"`',
}
"""What to do about a word that is something else here."""

AIMS: Mapping[str, str] = {
    "accuracy": "write `val.accuracy`",
    "acc": "write `val.accuracy`",
    "error": "write `val.error`",
    "latency": "bound `params`, `weights`, `macs` or `activations`: how long a student takes depends on the machine",
}
"""What to do about a word where a metric or a cost is due."""

DOMAIN = "a domain stands behind `in`: `param lr = 1e-3 in log(1e-4 .. 1e-2)`"
"""What to do about `log` of a range where a value is due."""

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "linear": ("fc",),
    "dense": ("fc", "Linear"),
    "conv2d": ("conv",),
    "crossentropy": ("ce",),
    "flops": ("macs",),
    "flop": ("macs",),
    "parameters": ("params",),
    "num_params": ("params",),
    "size": ("params",),
    "learning_rate": ("lr",),
    "t": ("temperature",),
    "tau": ("temperature",),
    "batch_size": ("batch",),
    "filters": ("out_channels",),
    "units": ("out_features",),
    "lr_scheduler": ("schedule",),
    "max_epochs": ("epochs",),
    "num_epochs": ("epochs",),
}
"""What may be meant by a word, in whatever case; which of them, the place decides."""


def synonyms(name: str) -> tuple[str, ...]:
    """Names of this language for what a name means elsewhere, likeliest first."""
    return _SYNONYMS.get(name.casefold(), ())


_OPTIMIZER = "give it to the optimizer: `optimizer = SGD({}=…)`"
_RUN = "choose it when training: `fit train SPEC --{}`"
_SETTINGS: Mapping[str, str] = {
    "learning_rate": _OPTIMIZER.format("lr"),
    **{name: _OPTIMIZER.format(name) for name in ("lr", "momentum", "weight_decay")},
    "temperature": "give it to the loss: `kd(temperature=…)`",
    "seed": _RUN.format("seed 1"),
    "trials": "give it to the sampler: `sampler = random(trials=…)`",
}
"""Settings that are arguments of something else."""
_ANYWHERE: Mapping[str, str] = {
    "device": _RUN.format("device cuda"),
    "inplace": "leave it out: it changes nothing in what is computed",
}


def misplaced(name: str, noun: str) -> str | None:
    """What to do with an argument or a setting that belongs elsewhere; None where nothing is known of it."""
    return _ANYWHERE.get(name) or (_SETTINGS.get(name) if noun == "setting" else None)


def instead(name: str, *, is_package: bool) -> str | None:
    """What to write for a name of Python's or PyTorch's; None for any other.

    Args:
        name: The name.
        is_package: Whether it stands where a package would, before a point.
    """
    if name in PACKAGES and is_package:
        return f"leave `{name}.` out: names stand alone, such as `Conv2d(…)`"
    return WORDS.get(name)
