"""What does not learn in a stage runs once for each example: its outputs are kept, and every step takes them.

They are computed in one sweep before the first epoch, in chunks that are the same whoever computes them, so a row never
depends on the batch in which it happened to be wanted first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field, replace
from functools import cached_property
from math import prod
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor, nn

from ..data.base import DataSettings
from ..dataclass import dataclass
from ..graph.model import Network, state_key
from ..optim.caching import BUDGETS
from ..work.caching import Caching
from ..work.code import code_version
from ..work.content import data_key
from ..work.describe import digest, plain
from ..work.hold import held
from ..work.rows import Rows
from ..work.store import ROWS, Record, Store
from .data import Batch, Given, Part, Splits, Walk, batches, batches_of
from .events import Event, OutputsKept, SweepMoved
from .interrupts import Asked
from .kept import Array, DiskArray, MemoryArray
from .layout import laid_out
from .precision import lowered
from .stage import Part as StagePart
from .stage import Stage, part_of

LOOK_EVERY_S = 0.5
"""How often a sweep says how far it has come."""

CPU_BATCH = 32
"""Examples that a CPU computes at once: maps of more leave its caches, which takes a fifth longer at 32x32 pixels."""

Place = tuple[str, str]
"""A layer: its network and its address."""


@dataclass(frozen=True, eq=False)
class Kept:
    """Kept outputs of one part of the data.

    Attributes:
        views: By view, the outputs of all examples by layer, [n, ...] each.
        device: Where batches are.
    """

    views: tuple[Given, ...]
    device: torch.device

    def given(self, batch: Batch, view: int) -> Given:
        """The outputs for a batch, [n, ...] each, as float32."""
        found = {}
        for place, array in self.views[view].items():
            rows = array.index_select(0, batch.indices.to(array.device))
            found[place] = rows.to(self.device, torch.float32, non_blocking=True)
        return found


def passing(part: Part, walk: Walk, kept: Kept | None, *, start: int = 0) -> Iterator[Batch]:
    """The batches of one pass, with what is kept of them; see `batches`."""
    for batch in batches(part, walk, start=start):
        yield batch if kept is None else replace(batch, given=kept.given(batch, walk.view if walk.views else 0))


@dataclass(frozen=True, eq=False, kw_only=True)
class Around:
    """What a sweep works with beside its stage.

    Attributes:
        data: The stage's data declaration, `base` the spec's folder and `seed` the run's.
        spec: Name of the spec.
        store: Where outputs are kept on disk.
        cannot_write: Told that it cannot be written.
        splits: The data.
        walk: How the training split is passed through.
        note: Told in which stage what goes wrong and stops nothing.
        observer: Told how far the sweep has come.
        is_asked_to_end: Whether to stop before the next chunk.
    """

    data: DataSettings
    base: Path
    seed: int
    spec: str
    store: Store
    cannot_write: Callable[[str, OSError], None]
    splits: Splits
    walk: Walk
    note: Callable[[str, str], None]
    observer: Callable[[Event], None]
    is_asked_to_end: Callable[[], bool]

    def walk_of(self, part: str) -> Walk:
        """How a sweep passes through a part: without shuffling, and the validation part as it is."""
        plain_walk = Walk(batch=self.walk.batch)
        if part != "train" or not self.walk.augment:
            return plain_walk
        return replace(plain_walk, augment=self.walk.augment, draws=self.walk.draws, views=self.walk.views)

    def part(self, name: str) -> Part:
        """A part of the data."""
        return self.splits.train if name == "train" else self.splits.val


def keep_outputs(stage: Stage, caching: Caching, around: Around) -> dict[str, Kept]:
    """Compute what is to be kept and is not there yet.

    Returns:
        By part of the data; a part of which nothing is kept is left out.

    Raises:
        Asked: It was asked to end; what it has written stays.
    """
    if caching.place is None:
        return {}
    try:
        return _Sweep(stage, caching, around).run()
    except OSError as error:
        around.cannot_write(stage.plan.name, error)
    elsewhere = replace(caching, place="memory")
    return _Sweep(stage, elsewhere, around).run() if caching.bytes <= BUDGETS["memory"] else {}


@dataclass(eq=False)
class _Sweep:
    """All that is missing of a stage's outputs, part by part and view by view."""

    stage: Stage
    caching: Caching
    around: Around
    done: int = 0
    computed: int = 0
    told: float = field(default_factory=perf_counter)

    def run(self) -> dict[str, Kept]:
        begun = perf_counter()
        self.stage.evaluate()
        kept = {part: self._part(part) for part in self.caching.rows}
        if self.caching.place == "disk":
            # an array is made before it is filled, so only now the store knows what it takes
            self.around.store.shrink()
        self.around.observer(self._report(perf_counter() - begun))
        return kept

    def _part(self, name: str) -> Kept:
        part, walk = self.around.part(name), self.around.walk_of(name)
        views = [self._view(name, part, replace(walk, epoch=view + 1)) for view in range(walk.views or 1)]
        return Kept(tuple(views), part.targets.device)

    def _view(self, name: str, part: Part, walk: Walk) -> Given:
        arrays = {place: self._array(place, name, walk) for place in self._places()}
        self._fill(arrays, part, walk)
        return {place: array.values() for place, array in arrays.items()}

    def _places(self) -> Iterator[Place]:
        for network, addresses in self.caching.cut.outputs.items():
            yield from ((network, address) for address in addresses)

    def _fill(self, arrays: Mapping[Place, Array], part: Part, walk: Walk) -> None:
        missing = {place: array.missing() for place, array in arrays.items()}
        self._say_damaged(arrays)
        chunks = sorted(set().union(*missing.values()))
        first = next(iter(arrays.values()))
        self.done += len(part) - sum(len(first.rows.span(chunk)) for chunk in chunks)
        with _order(first, chunks) as ordered:
            batches = batches_of(part, [torch.tensor(first.rows.span(chunk)) for chunk in ordered], walk)
            for chunk, batch in zip(ordered, batches, strict=True):
                self._move(len(batch.indices))
                wanted = [place for place in arrays if chunk in missing[place] and not arrays[place].has(chunk)]
                # another process may have come to it from the other end
                outputs = self._outputs(batch) if wanted else {}
                self.computed += len(batch.indices) if wanted else 0
                for place in wanted:
                    arrays[place].write(chunk, outputs[place])

    def _move(self, rows: int) -> None:
        """Go on with the next rows, unless asked to end."""
        if self.around.is_asked_to_end():
            raise Asked
        now = perf_counter()
        if now - self.told > LOOK_EVERY_S:
            total = sum(self.caching.rows.values())
            self.around.observer(SweepMoved(self.stage.plan.name, self.done, total))
            self.told = now
        self.done += rows

    @torch.no_grad()
    def _outputs(self, batch: Batch) -> Given:
        found: dict[Place, Tensor] = {}
        inputs = laid_out(batch.inputs, channels_last=self.stage.channels_last)
        pieces = torch.split(inputs, CPU_BATCH) if inputs.device.type == "cpu" else (inputs,)
        for name, source in self.sources.items():
            count = len(self.stage.program.networks[name].graph.inputs)
            with lowered(self.stage.plan.settings.precision, inputs.device):
                values = map(torch.cat, zip(*(source.module(*[piece] * count) for piece in pieces), strict=True))
            found |= {(name, address): value for address, value in zip(source.gives, values, strict=True)}
        return found

    @cached_property
    def sources(self) -> Mapping[str, StagePart]:
        """What gives the outputs, by network."""
        networks = self.stage.program.networks
        return {
            name: part_of(networks[name], self.stage.networks[name], addresses)
            for name, addresses in self.caching.cut.outputs.items()
        }

    def _say_damaged(self, arrays: Mapping[Place, Array]) -> None:
        for (network, address), array in arrays.items():
            if isinstance(array, DiskArray) and array.damaged:
                count = len(array.damaged)
                places = "place" if count == 1 else "places"
                what = f"kept outputs of `{network}.{address}` were damaged in {count} {places}"
                self.around.note(self.stage.plan.name, f"{what}, which are computed anew")

    def _array(self, place: Place, name: str, walk: Walk) -> Array:
        network, address = place
        shape = self.stage.program.networks[network].graph.type_of(address).shape
        dtype: torch.dtype = getattr(torch, self.caching.number)
        part = self.around.part(name)
        rows = Rows(Path(), len(part), prod(shape) * dtype.itemsize)
        if self.caching.place == "memory":
            return MemoryArray(rows, torch.empty(len(part), *shape, dtype=dtype, device=part.targets.device))
        folder = self._entry(place, name, walk, rows)
        return DiskArray(replace(rows, folder=folder), shape, dtype)

    def _entry(self, place: Place, name: str, walk: Walk, rows: Rows) -> Path:
        """The folder of an array in the store, made if it is not there."""
        view = walk.view if walk.views else None
        described = [*self._origin(place), name, plain(walk.augment), walk.draws, view, self.caching.number]
        shown = ".".join(place) + f" for {name}" + ("" if view is None else f", view {view + 1}")
        record = Record(
            kind="outputs",
            key=digest(described),
            spec=self.around.spec,
            part=shown,
            result={"rows": rows.count, "row_bytes": rows.row_bytes},
        )
        store = self.around.store
        found = store.take("outputs", record.key)
        if found is not None and not replace(rows, folder=found.folder / ROWS).is_there():
            store.remove(found)
            found = None
        found = found or store.put(record, lambda folder: replace(rows, folder=folder / ROWS).create())
        return found.folder / ROWS

    def _origin(self, place: Place) -> list[object]:
        """What the outputs of a layer depend on, beside how the examples are shown."""
        name, address = place
        network, module = self.stage.program.networks[name], self.stage.networks[name]
        data = data_key(self.around.data, base=self.around.base, seed=self.around.seed)
        device, settings = self.around.splits.train.targets.device.type, self.stage.plan.settings
        how = [device, settings.precision, self.stage.channels_last, code_version()]
        return [network.graph.identities[address], _held(network, module, address), data, *how]

    def _report(self, seconds: float) -> OutputsKept:
        return OutputsKept(
            stage=self.stage.plan.name,
            outputs=tuple(".".join(place) for place in self._places()),
            place=str(self.caching.place),
            bytes=self.caching.bytes,
            rows=self.computed,
            total=sum(self.caching.rows.values()),
            seconds=seconds,
        )


@contextmanager
def _order(array: Array, chunks: list[int]) -> Iterator[list[int]]:
    """The order in which to fill: whoever comes second begins at the end, so that two processes meet in the middle."""
    if not isinstance(array, DiskArray):
        yield chunks
        return
    with held(array.rows.folder) as is_first:
        yield chunks if is_first else chunks[::-1]


def _held(network: Network, module: nn.Module, address: str) -> str:
    """A hash of all weights and statistics that lead to a layer's output."""
    state = module.state_dict()
    if network.source is None:
        prefixes = {f"{state_key(a)}.": network.graph.identities[a] for a in network.graph.ancestors([address])}
        named = {
            f"{identity}.{name.removeprefix(prefix)}": tensor
            for name, tensor in state.items()
            for prefix, identity in prefixes.items()
            if name.startswith(prefix)
        }
    else:
        named = {f"{plain(network.source)} {name}": tensor for name, tensor in state.items()}
    found = hashlib.sha256()
    for name in sorted(named):
        found.update(name.encode())
        found.update(named[name].detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
