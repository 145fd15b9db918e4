"""A network as a graph of layers, and the program that joins all networks, regressors and losses of a spec.

A layer is known by its address inside its network: labels joined by points, positions in brackets (`s1[2].main[0]`).
Its `state_dict` key is the same path with points only (`s1.2.main.0`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from functools import cached_property
from hashlib import sha256
from typing import Literal

from ..dataclass import dataclass
from ..ops.base import Op
from ..optim.initializers import Initializer
from ..source import NOWHERE, Span
from ..values import Cost, Mode, TensorType
from .sources import Source


@dataclass(frozen=True)
class Layer:
    """One op in a network.

    Attributes:
        address: Where it stands in its network.
        op: What it does.
        inputs: What it reads, in order: addresses of layers, or names of the network's inputs.
        type: Shape of its output for one example.
        cost: What it costs for one example.
        span: The call in the text that made it.
        init: How its weights start; None takes the op's own default.
    """

    address: str
    op: Op
    inputs: tuple[str, ...]
    type: TensorType
    cost: Cost
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    init: Initializer | None = None

    @property
    def key(self) -> str:
        """Prefix of its tensors in a `state_dict`."""
        return state_key(self.address)


@dataclass(frozen=True)
class Group:
    """A label, a block or a repeat: several layers under one address, whose last result is `output`.

    Attributes:
        address: Where it stands; its layers' addresses begin with it.
        output: Address of the layer that gives its result.
        block: Name of the block it is an instance of, if it is one.
        doc: The comment above it in the text.
    """

    address: str
    output: str
    block: str | None = None
    doc: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)


def state_key(address: str) -> str:
    """The `state_dict` form of an address: `s1[2].main[0]` -> `s1.2.main.0`, `[3]` -> `3`."""
    return address.replace("[", ".").replace("]", "").lstrip(".")


def full_address(network: str, address: str) -> str:
    """An address as a spec writes it outside its network: `small.s1`, `small[2]`."""
    return f"{network}{address}" if address.startswith("[") else f"{network}.{address}"


def address_of(key: str) -> str:
    """The address whose `state_dict` form this is: `s1.2.main.0` -> `s1[2].main[0]`."""
    steps = (f"[{step}]" if step.isdecimal() else f".{step}" for step in key.split("."))
    return "".join(steps).lstrip(".")


@dataclass(frozen=True, eq=False)
class LayerGraph:
    """A network: its inputs, its layers in an order in which each comes after what it reads, and its output.

    Attributes:
        inputs: Type of each input, by name.
        layers: Layers by address, in topological order.
        output: Address of the layer (or name of the input) that gives the result.
        groups: Labels, block instances and repeats by address.
    """

    inputs: Mapping[str, TensorType]
    layers: Mapping[str, Layer]
    output: str
    groups: Mapping[str, Group] = field(default_factory=dict)

    def resolve(self, address: str) -> str:
        """The layer (or input) whose output an address means: a group stands for its last result.

        Raises:
            KeyError: There is no such address.
        """
        if address in self.groups:
            return self.groups[address].output
        if address in self.layers or address in self.inputs:
            return address
        raise KeyError(address)

    def type_of(self, address: str) -> TensorType:
        """Type of what an address gives.

        Raises:
            KeyError: There is no such address.
        """
        address = self.resolve(address)
        return self.layers[address].type if address in self.layers else self.inputs[address]

    @cached_property
    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """By layer and input, the layers that read it."""
        found: dict[str, tuple[str, ...]] = dict.fromkeys((*self.inputs, *self.layers), ())
        for layer in self.layers.values():
            for source in dict.fromkeys(layer.inputs):
                found[source] += (layer.address,)
        return found

    @cached_property
    def identities(self) -> Mapping[str, str]:
        """By layer and input, what tells it from all others by what it computes, whatever anything is called.

        It is a hash of the op, its start and the identities of what it reads, with a number for each of several layers
        that compute the same. So it depends on nothing that stands beside or above a layer, and the identity of an
        output is that of everything that leads to it.
        """
        found = {name: f"input{place} {self.inputs[name]}" for place, name in enumerate(self.inputs)}
        seen: Counter[str] = Counter()
        for layer in self.layers.values():
            read = [found[source] for source in layer.inputs]
            parts = (repr(layer.op), repr(layer.init), *(sorted(read) if layer.op.is_commutative else read))
            digest = sha256("\0".join(parts).encode()).hexdigest()[:24]
            found[layer.address] = f"{digest}.{seen[digest]}"
            seen[digest] += 1
        return found

    def ancestors(self, addresses: Iterable[str], *, known: Collection[str] = ()) -> frozenset[str]:
        """The layers that must run to give these addresses, themselves included; inputs are left out.

        Args:
            addresses: What is wanted.
            known: Layers whose output is at hand; they and what leads only to them are left out.
        """
        found: set[str] = set()
        pending = [self.resolve(address) for address in addresses]
        while pending:
            address = pending.pop()
            if address in self.layers and address not in found and address not in known:
                found.add(address)
                pending.extend(self.layers[address].inputs)
        return frozenset(found)

    def descendants(self, addresses: Iterable[str]) -> frozenset[str]:
        """The layers that read these layers, directly or not, themselves included."""
        found: set[str] = set()
        pending = list(addresses)
        while pending:
            address = pending.pop()
            if address not in found:
                found.add(address)
                pending.extend(self.readers[address])
        return frozenset(found)

    def members(self, address: str) -> frozenset[str]:
        """The layers an address stands for: one layer, or all layers of a group."""
        if address in self.layers:
            return frozenset({address})
        return frozenset(a for a in self.layers if a.startswith((f"{address}.", f"{address}[")))

    @cached_property
    def cost(self) -> Cost:
        """Sum over all layers, for one example."""
        return sum((layer.cost for layer in self.layers.values()), Cost())


@dataclass(frozen=True, eq=False)
class Network:
    """A teacher or student of a spec.

    Attributes:
        name: Its name in the spec.
        role: Teacher or student.
        graph: Its layers.
        data: Names of the data declarations that its inputs come from, by input name; None for a bare shape.
        weights: File it starts from, relative to the spec, if it names one.
        source: Where it comes from, if its layers are not written in the spec.
        number: Which of the networks of its role it is, in the order of the spec, from 0.
        mode: In which mode its layers run where they do not learn.
        weights_span: Where the spec names its weights file.
    """

    name: str
    role: Literal["teacher", "student"]
    graph: LayerGraph
    data: Mapping[str, str | None]
    weights: str | None = None
    doc: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)
    source: Source | None = None
    number: int = 0
    mode: Mode = "eval"
    weights_span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def slot(self) -> str:
        """What stands for it where its name must not matter: `teacher0`, `student1`."""
        return f"{self.role}{self.number}"

    @property
    def cost(self) -> Cost | None:
        """What one example costs; None for a network from outside, whose layers are not known."""
        return self.graph.cost if self.source is None else None

    @property
    def is_trained(self) -> bool:
        """Whether it has learned before any stage: its weights come from a file or from outside."""
        return self.weights is not None or self.source is not None
