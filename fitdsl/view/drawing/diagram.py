"""A spec as nodes in nested groups and edges between them, for programs that lay out graphs themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count, pairwise

from ...dataclass import dataclass
from ...graph.model import LayerGraph
from ...program.model import Hint, Program
from ..spelling import spell, spell_call
from ..terminal import printable
from .folding import shorten
from .outline import Item, family_of
from .painting import name_of, what_of
from .picture import size_of, taps_of
from .training import pills


@dataclass(frozen=True)
class Node:
    """Something that is drawn as one box: lines of text, and a kind that gives it colours."""

    id: str
    lines: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class Group:
    """Nodes and further groups in a frame."""

    id: str
    label: str
    inside: tuple[Node | Group, ...]


@dataclass(frozen=True)
class Link:
    """An edge; one that leads to a hint is dashed."""

    tail: str
    head: str
    is_dashed: bool = False


@dataclass(frozen=True)
class Diagram:
    """A whole spec, and what was left out of it because it would have been too large."""

    inside: tuple[Node | Group, ...]
    links: tuple[Link, ...]
    notes: tuple[str, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of all groups."""
        return tuple(_groups(self.inside))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of node that occur."""
        return tuple(sorted({node.kind for node in _nodes(self.inside)}))


def _nodes(inside: tuple[Node | Group, ...]) -> Iterator[Node]:
    for each in inside:
        if isinstance(each, Node):
            yield each
        else:
            yield from _nodes(each.inside)


def _groups(inside: tuple[Node | Group, ...]) -> Iterator[str]:
    for each in inside:
        if isinstance(each, Group):
            yield each.id
            yield from _groups(each.inside)


def diagram(program: Program, depth: int | None = None) -> Diagram:
    """A spec at its point; blocks are open as far as `depth` says, or as far as can be looked at."""
    numbers = count(1)
    made: dict[str, dict[str, str]] = {}
    inside: list[Node | Group] = []
    links: list[Link] = []
    notes: list[str] = []
    for name, network in program.networks.items():
        short = shorten(network.graph, taps_of(program, network), depth)
        notes += [f"`{name}` {short.note}"] if short.note else []
        nodes: dict[str, str] = {}
        parts = tuple(_part(item, nodes, numbers) for item in short.item.parts)
        inside.append(Group(f"g{next(numbers)}", f"{network.role} {name}: {size_of(network)}", parts))
        links += _links(network.graph, nodes)
        made[name] = nodes
    for hint in program.hints.values():
        group, joined = _hint(program, hint, made, numbers)
        inside.append(group)
        links += joined
    for pill in pills(program):
        node = Node(f"n{next(numbers)}", (pill.text, f"stage {', '.join(pill.stages)}"), "loss")
        inside.append(node)
        links += [Link(made[name][program.networks[name].graph.output], node.id) for name in pill.networks]
    return Diagram(tuple(inside), tuple(links), tuple(notes))


def _part(item: Item, nodes: dict[str, str], numbers: Iterator[int]) -> Node | Group:
    """An item as a node or a group; notes which node shows each layer."""
    if item.is_block and item.is_open:
        label = " ".join(filter(None, (name_of(item), item.word)))
        parts = tuple(_part(part, nodes, numbers) for part in item.parts)
        # layers of like parts that are not drawn show as the result of the one that is
        nodes |= dict.fromkeys((layer for layer in item.layers if layer not in nodes), nodes[item.drawn_output])
        return Group(f"g{next(numbers)}", label, parts)
    node = Node(
        f"n{next(numbers)}",
        (" ".join(filter(None, (name_of(item), what_of(item)))), str(item.type)),
        "closed" if item.is_block else item.family,
    )
    nodes |= dict.fromkeys(item.layers, node.id)
    return node


def _links(graph: LayerGraph, nodes: Mapping[str, str]) -> list[Link]:
    read = ((source, layer.address) for layer in graph.layers.values() for source in layer.inputs)
    found = dict.fromkeys(Link(nodes[source], nodes[head]) for source, head in read)
    return [link for link in found if link.tail != link.head and Link(link.head, link.tail) not in found]


def _hint(
    program: Program, hint: Hint, made: Mapping[str, Mapping[str, str]], numbers: Iterator[int]
) -> tuple[Group, list[Link]]:
    layers = list(hint.regressor.layers.values())
    chain = [
        Node(f"n{next(numbers)}", (printable(spell_call(layer.op)), str(layer.type)), family_of(type(layer.op)))
        for layer in layers
    ]
    loss = Node(f"n{next(numbers)}", (printable(spell(hint.loss)),), "loss")
    steps = [*chain, loss]
    links = [Link(before.id, after.id) for before, after in pairwise(steps)]
    teacher, student = program.networks[hint.teacher].graph, program.networks[hint.student].graph
    links += [Link(made[hint.student][student.resolve(address)], steps[0].id, True) for address in hint.guided]
    links += [Link(made[hint.teacher][teacher.resolve(address)], loss.id, True) for address in hint.hint]
    return Group(f"g{next(numbers)}", f"hint {hint.name}", tuple(steps)), links
