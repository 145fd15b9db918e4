"""A network as a tree of the steps of its addresses, in which two networks are compared block by block."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256

from ...dataclass import dataclass
from ...graph.model import Layer, LayerGraph

Path = tuple[str, ...]
"""The steps of an address."""

_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
WHOLE = 100
"""Likeness of two branches that hold the same layers."""


@dataclass(frozen=True, eq=False)
class Branch:
    """An address and what continues it.

    Attributes:
        step: Its last step: a label, or a position in brackets; empty for a network, and for a layer that stands for
            itself among the steps below it.
        address: The whole of it.
        layer: The layer that stands there.
        children: The addresses one step longer, in running order.
    """

    step: str
    address: str
    layer: Layer | None = None
    children: tuple[Branch, ...] = ()

    @property
    def is_position(self) -> bool:
        """Whether it is known by its position alone, which moves when something is put before it."""
        return self.step.startswith("[") or not self.step

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers of the whole branch, in running order."""
        if self.layer is not None:
            return (self.layer,)
        return tuple(layer for child in self.children for layer in child.layers)

    @cached_property
    def calls(self) -> tuple[tuple[str, str], ...]:
        """Each op with its arguments, and how its weights start."""
        if self.layer is not None:
            return ((repr(self.layer.op), repr(self.layer.init)),)
        return tuple(call for child in self.children for call in child.calls)

    @cached_property
    def signature(self) -> str:
        """Equal for branches that hold the same ops with the same starts, whatever they are called."""
        return sha256(repr(self.calls).encode()).hexdigest()

    @cached_property
    def ops(self) -> Counter[str]:
        """How often each op is there with all its arguments."""
        return Counter(op for op, _ in self.calls)

    @cached_property
    def words(self) -> Counter[str]:
        """How often each op is there."""
        return Counter(layer.op.word for layer in self.layers)

    @cached_property
    def has_weights(self) -> bool:
        """Whether there is something to learn, so that it is more than a common shape."""
        return any(layer.cost.params for layer in self.layers)

    @property
    def parts(self) -> Sequence[Branch]:
        """Its children; a layer is its own only part."""
        return self.children if self.layer is None else (Branch("", self.address, self.layer),)

    def walk(self) -> Iterator[Branch]:
        """The branch and all below it, each before those below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def grow(graph: LayerGraph) -> Branch:
    """The tree of a network."""
    return _branch("", "", [(steps(address), layer) for address, layer in graph.layers.items()])


def steps(address: str) -> Path:
    """The steps of an address: `s1[2].main` -> `s1`, `[2]`, `main`."""
    return tuple(_STEP.findall(address))


def joined(path: Sequence[str]) -> str:
    """The address of some steps."""
    return "".join(step if step.startswith("[") else f".{step}" for step in path).lstrip(".")


def _branch(step: str, address: str, layers: Sequence[tuple[Path, Layer]]) -> Branch:
    below: dict[str, list[tuple[Path, Layer]]] = {}
    for path, layer in layers:
        below.setdefault(path[0] if path else "", []).append((path[1:], layer))
    if list(below) == [""]:
        return Branch(step, address, layers[0][1])
    return Branch(step, address, None, tuple(_child(address, word, found) for word, found in below.items()))


def _child(address: str, step: str, layers: Sequence[tuple[Path, Layer]]) -> Branch:
    return _branch(step, joined((address, step)) if address else step, layers)


def likeness(one: Branch, other: Branch) -> int:
    """How much two branches have in common: 0 to 100, half of it for the ops and half for their arguments."""
    size = len(one.layers) + len(other.layers)
    shared = (one.ops & other.ops).total() + (one.words & other.words).total()
    return WHOLE * shared // size if size else 0
