"""What preparations have learned, in a file of its own: with it examples are prepared outside as they were in training.

Mean, deviation and the like depend on the split and so on the seed; weights alone are of no use without them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save
from torch import Tensor

from ..atomic import write_bytes
from ..backend.refusal import refusal
from ..data.base import DataSettings
from ..data.examples import Array, View
from ..data.prepare import learns, unpack
from ..work.describe import plain
from .data import in_memory

ORIGIN = "fitted"
"""Name in the file's metadata under which the shape of an example stands, and all steps, as JSON."""


def save_prepared(settings: DataSettings, learned: Mapping[str, Array], path: Path) -> None:
    """Write what preparations have learned, `PLACE.NAME` each, atomically; nothing where they have learned nothing.

    Raises:
        OSError: The folder cannot be written or the disk is full; an earlier file is intact.
    """
    if learned:
        write_bytes(path, save(dict(learned), {ORIGIN: _origin(settings)}))


def prepare(settings: DataSettings, examples: Any, file: Path | None) -> Tensor:
    """Examples as a network is given them when it is measured: prepared, and not augmented.

    Args:
        settings: The data declaration.
        examples: [n, ...] in the shape that its data set declares, images [n, C, H, W]: a tensor or whatever numpy
            takes for an array. Numbers of type uint8 are pixels and divided by 255; all others are taken as they are.
        file: What the preparations have learned; not looked at where they learn nothing.

    Returns:
        [n, ...] on the CPU; float32, or int64 for tokens.

    Raises:
        FitError: What they have learned is needed and not at hand, or was learned by others (FIT6008).
        ValueError: The examples have another shape, or are no numbers.
    """
    steps = settings.held_out_steps
    learned = _learned(settings, file) if any(map(learns, steps)) else {}
    if isinstance(examples, Tensor):
        examples = examples.detach().cpu()
        examples = examples.float() if examples.is_floating_point() else examples
    source = _as_stored(settings, np.asarray(examples))
    return in_memory(View(source, np.arange(len(source)), unpack(steps, learned)))


def _as_stored(settings: DataSettings, examples: Array) -> Array:
    """Examples in the type in which a reader would give them."""
    signature = settings.source.signature
    if examples.shape[1:] != signature.input.shape or examples.ndim == 0:
        expected = ", ".join(map(str, ("n", *signature.input.shape)))
        raise ValueError(f"examples of `{settings.source.word}` are [{expected}], got {list(examples.shape)}")
    if examples.dtype.kind not in ("iu" if signature.vocab else "fiub"):
        kind = "whole numbers" if signature.vocab else "numbers"
        raise ValueError(f"examples of `{settings.source.word}` are {kind}, got {examples.dtype}")
    if signature.vocab:
        return examples.astype(np.int64)
    return examples if examples.dtype == np.uint8 else examples.astype(np.float32)


def _learned(settings: DataSettings, file: Path | None) -> dict[str, Array]:
    words = ", ".join(f"`{step.word}`" for step in settings.held_out_steps if learns(step))
    if file is None or not file.is_file():
        where = "" if file is None else f": there is no `{file}`"
        helps = ["name the run whose network the examples are for; it keeps this in `data/NAME.safetensors`"]
        raise refusal("FIT6008", f"what {words} learned in training is not at hand{where}", helps=helps)
    try:
        with safe_open(file, "numpy") as content:
            origin = (content.metadata() or {}).get(ORIGIN)
            learned = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118 - it is no mapping
    except (OSError, SafetensorError) as error:
        raise refusal("FIT6008", f"`{file}` cannot be read: {error}") from error
    if origin != _origin(settings):
        notes = [f"fitted: {origin}", f"here: {_origin(settings)}"]
        raise refusal("FIT6008", f"`{file}` was learned by other preparations or of other data", notes=notes)
    return learned


def _origin(settings: DataSettings) -> str:
    return json.dumps(plain([settings.source.signature.input.shape, settings.held_out_steps]))
