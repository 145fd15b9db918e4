"""What one trial is given of a machine, and whether some machine of the cluster has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from time import monotonic
from typing import Any

import ray

from ..backend.refusal import refusal
from ..dataclass import dataclass
from ..view.terminal import counted

ASK_EVERY_S = 1.0
"""How often the cluster is asked which machines it has, while trials run."""


@dataclass(frozen=True)
class Resources:
    """What one trial is given of a machine.

    Attributes:
        cpus: Cores.
        gpus: GPUs; a fraction shares one, several train one student together.
        at_once: At most so many trials run at the same time.
        asked_device: A torch device, or `auto`.
    """

    cpus: float
    gpus: float
    at_once: int | None = None
    asked_device: str = "auto"

    @property
    def device(self) -> str:
        """Where a trial trains."""
        return self.asked_device if self.asked_device != "auto" or self.gpus else "cpu"

    @property
    def processes(self) -> int:
        """How many processes train one student."""
        return max(int(self.gpus), 1)

    @property
    def asked(self) -> dict[str, float]:
        """As Ray calls them."""
        return {"CPU": self.cpus, "GPU": self.gpus} if self.gpus else {"CPU": self.cpus}

    @property
    def room(self) -> int:
        """How many trials may run or wait for a worker at the moment: at most one waits, as it is chosen early."""
        return self.at_once or 1 + sum(self._fit(node) for node in _nodes())

    def _fit(self, node: Mapping[str, float]) -> int:
        """How many trials a machine runs at once."""
        return min(int(node.get(name, 0) / amount) for name, amount in self.asked.items())


def _nodes() -> list[dict[str, float]]:
    """What each machine of the cluster has."""
    every: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return [node["Resources"] for node in every if node["Alive"]]


def room_lately(resources: Resources) -> Callable[[], int]:
    """`resources.room` as it was a moment ago: Ray asks for it again and again, and its own answer takes a while."""

    @lru_cache(maxsize=1)
    def room_at(moment: int) -> int:
        return resources.room

    return lambda: room_at(int(monotonic() / ASK_EVERY_S))


def check_resources(resources: Resources) -> None:
    """Hold that some machine of the cluster can run a trial.

    Raises:
        FitError: None can (FIT5032).
    """
    nodes = _nodes()
    if any(all(node.get(name, 0) >= amount for name, amount in resources.asked.items()) for node in nodes):
        return
    wanted = _listed(resources.asked)
    best = _listed({name: max((node.get(name, 0) for node in nodes), default=0) for name in resources.asked})
    message = f"no machine of the cluster has {wanted} for a trial"
    helps = ["ask for less: `trial = {cpus: 1, gpus: 0}` in the search, or `--cpus` and `--gpus`"]
    notes = [f"{counted(len(nodes), 'machine')}; the most that one has is {best}"]
    raise refusal("FIT5032", message, notes=notes, helps=helps)


def _listed(amounts: dict[str, float]) -> str:
    return " and ".join(f"{amount:g} {name}" + "s" * (amount != 1) for name, amount in amounts.items())
