"""Whether the data and weights that a search reads are here, so that not every trial finds out for itself."""

from __future__ import annotations

from pathlib import Path

import torch

from ..data.files import locate
from ..data.unusable import Unusable
from ..program.model import Program
from ..source import NOWHERE
from ..training.networks import build_networks


def check_inputs(program: Program, base: Path, *, allow_python: bool) -> None:
    """Hold that data files are here, fetching those that can be had, and that weights fit.

    Args:
        program: Of the spec at its own values.
        base: Folder of the spec, to which paths in it are relative.
        allow_python: Whether a network from outside may run the user's own code.

    Raises:
        FitError: Files are missing (FIT6003, FIT4103) or do not fit (FIT4101, FIT4104), or a network from outside
            cannot be had.
    """
    for name, settings in program.data.items():
        try:
            locate(settings.source.files, base, owner=settings.source.word)
        except Unusable as refusal:
            raise refusal.at(program.places.get(name, NOWHERE)) from None
    build_networks(program, seed=0, base=base, device=torch.device("cpu"), allow_python=allow_python)
