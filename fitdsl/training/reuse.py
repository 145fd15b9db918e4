"""Finished stages put into the store of work, and taken from it, whatever anything is called there and here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from safetensors import SafetensorError
from safetensors.torch import load_file

from ..backend.weights import save_tensors
from ..dataclass import dataclass
from ..graph.model import LayerGraph, state_key
from ..work.key import StageKey
from ..work.store import Damaged, Record, Store
from .interrupts import Asked
from .report import StageReport
from .stage import Stage

WEIGHTS = "weights.safetensors"

LOOK_EVERY_S = 0.1
"""How often a process that waits for another looks whether it is its turn."""


@dataclass
class Finished:
    """The finished stages of a store.

    Attributes:
        store: Where they lie.
        is_taken: Whether they are taken from there; they are put there either way.
        note: Told in which stage what goes wrong; a run never fails over its store.
        has_failed: Whether the store could not be written.
    """

    store: Store
    is_taken: bool
    note: Callable[[str, str], None]
    has_failed: bool = False

    def take(self, stage: Stage, key: StageKey) -> StageReport | None:
        """Put a finished stage's weights into its networks, and say how it was trained; None if there is none."""
        if not self.is_taken:
            return None
        try:
            entry = self.store.take("stage", key.digest)
            if entry is None:
                return None
            stored = load_file(entry.folder / WEIGHTS)
            stage.put({name: stored[common] for name, common in _common_names(stage)})
        except (Damaged, OSError, KeyError, ValueError, SafetensorError) as reason:
            self.note(stage.plan.name, f"stage `{stage.plan.name}` is not taken from the store: {reason}")
            return None
        report = StageReport.model_validate({**entry.record.result, "key": key.digest, "reused": True})
        return report.model_copy(update={"metrics": _renamed(report.metrics, _own_metrics(stage))})

    @contextmanager
    def turn(self, key: StageKey, awaited: Callable[[], None], is_asked_to_end: Callable[[], bool]) -> Iterator[None]:
        """Be the only process that trains a stage within the block, if finished ones are taken at all.

        Args:
            key: Of the stage.
            awaited: Told once if another process has to be waited for.
            is_asked_to_end: Whether to wait no longer.

        Raises:
            Asked: It was asked to end.
        """
        if not self.is_taken:
            yield
            return
        with self.store.locked(key.digest) as is_had:
            if not is_had():
                awaited()
            while not is_had():
                if is_asked_to_end():
                    raise Asked
                sleep(LOOK_EVERY_S)
            yield

    def put(self, stage: Stage, key: StageKey, report: StageReport, spec: str) -> None:
        """Add a stage that has just been trained."""
        own = _own_metrics(stage)
        common = report.model_copy(update={"metrics": _renamed(report.metrics, {o: c for c, o in own.items()})})
        record = Record(
            kind="stage",
            key=key.digest,
            spec=spec,
            part=stage.plan.name,
            parts=dict(key.parts),
            result=common.model_dump(mode="json", exclude={"key", "reused"}),
        )
        try:
            self.store.put(record, lambda folder: _write(stage, folder))
        except OSError as error:
            self.cannot_write(stage.plan.name, error)

    def cannot_write(self, stage: str, error: OSError) -> None:
        """Say, the first time, that the store is not to be had."""
        if not self.has_failed:
            message = f"the store `{self.store.folder}` cannot be written: {error.strerror or error}"
            self.note(stage, f"{message}; nothing is kept for later runs")
        self.has_failed = True


def _write(stage: Stage, folder: Path) -> None:
    tensors = stage.tensors()
    save_tensors({common: tensors[name] for name, common in _common_names(stage)}, folder / WEIGHTS)


def _common_names(stage: Stage) -> Iterator[tuple[str, str]]:
    """The names of what a stage moves, each with one that depends only on what is computed."""
    for network, address, layer in (*stage.learners(), *stage.lively()):
        made = stage.program.networks[network]
        for name in layer.state_dict():
            yield (
                f"network.{network}.{state_key(address)}.{name}",
                f"{made.slot}.{made.graph.identities[address]}.{name}",
            )
    for place, (hint, regressor) in enumerate(stage.regressors.items()):
        graph = stage.program.hints[hint].regressor
        for name in regressor.state_dict():
            yield f"regressor.{hint}.{name}", f"regressor{place}.{_common_name(graph, name)}"
    for place, (hint, loss) in enumerate(stage.losses.items()):
        yield from ((f"loss.{hint}.{name}", f"loss{place}.{name}") for name in loss.state_dict())


def _common_name(graph: LayerGraph, name: str) -> str:
    """A `state_dict` key of a graph's module with the identity of its layer in place of its address."""
    address = next(address for address in graph.layers if name.startswith(f"{state_key(address)}."))
    return f"{graph.identities[address]}.{name.removeprefix(state_key(address) + '.')}"


def _own_metrics(stage: Stage) -> dict[str, str]:
    """Names of what a stage measures of its terms and hints, by place."""
    terms = {f"term{place}": term.name for place, term in enumerate(stage.terms)}
    return terms | {f"fit{place}": f"fit({hint})" for place, hint in enumerate(stage.plan.hints)}


def _renamed(metrics: dict[str, dict[str, float]], names: dict[str, str]) -> dict[str, dict[str, float]]:
    return {split: {names.get(name, name): value for name, value in found.items()} for split, found in metrics.items()}
