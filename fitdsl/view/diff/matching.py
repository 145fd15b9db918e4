"""Which layer of one network is which of another: by address, then by structure, then by what it computes.

Both are compared block by block from the outside in. Within a block the lines are laid side by side: equal labels
belong together unless what they name fits another line better. What is left over is looked for elsewhere, so that a
block that is renamed, moved or taken apart is found again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain

from ...dataclass import dataclass
from ...graph.model import LayerGraph
from ...values import Selection
from .alignment import align
from .branches import WHOLE, Branch, grow, likeness, steps

SAME_LABEL = WHOLE * 5 // 4
"""What an equal label counts beside likeness: more than the whole of it, as names are kept for a reason."""
SAME_POSITION = WHOLE // 10
"""What an equal position counts: just enough to decide between equals."""
ALIKE = WHOLE // 2
"""Likeness from which on two branches with different names may be the same: layers with the same op have as much."""


@dataclass(frozen=True, eq=False)
class Matching:
    """Layers that belong together.

    Attributes:
        before, after: The two networks.
        layers: Addresses after by addresses before.
    """

    before: LayerGraph
    after: LayerGraph
    layers: Mapping[str, str]

    def is_same_place(self, before: str, after: str) -> bool:
        """Whether two addresses, one of each network, mean the same layer."""
        one, other = self.before.resolve(before), self.after.resolve(after)
        is_known = one in self.layers or other in self.layers.values()
        return self.layers.get(one) == other if is_known else before == after

    def is_same_choice(self, before: Selection, after: Selection) -> bool:
        """Whether two selections agree on all layers that both networks have; new layers follow the words."""
        known = frozenset(self.layers[address] for address in before.layers & self.layers.keys())
        if known != after.layers & frozenset(self.layers.values()):
            return False
        is_whole = len(known) == len(before.layers) == len(after.layers)
        return is_whole or _words(before) == _words(after)


def _words(selection: Selection) -> str:
    """How layers are chosen, without the network's name."""
    return selection.text.removeprefix(selection.text.split(".")[0].split("[")[0]).replace(" ", "")


def match(before: LayerGraph, after: LayerGraph) -> Matching:
    """What belongs together in two networks."""
    one, other = before.identities, after.identities
    places = {identity: address for address, identity in other.items() if address in after.layers}
    same = {address: places[one[address]] for address in before.layers if one[address] in places}
    if len(same) == len(before.layers) == len(after.layers):
        return Matching(before, after, same)
    pairing = _Pairing()
    pairing.descend(grow(before), grow(after))
    pairing.look_elsewhere()
    pairing.take((address, place) for address, place in same.items() if pairing.is_free(address, place))
    pairing.fill_gaps(before, after, _score)
    pairing.fill_gaps(before, after, _exchange)
    return Matching(before, after, pairing.layers)


@dataclass
class _Pairing:
    """A matching in the making.

    Attributes:
        layers: What belongs together so far.
        taken: Addresses after that have found their layer.
        left: What of the two networks has found nothing where it stands.
    """

    layers: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    left: tuple[list[Branch], list[Branch]] = field(default_factory=lambda: ([], []))

    def take(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Note layers that belong together."""
        for before, after in pairs:
            self.layers[before] = after
            self.taken.add(after)

    def descend(self, before: Branch, after: Branch) -> None:
        """Match two branches that belong together, and what is below them."""
        if before.layer is not None and after.layer is not None:
            self.take([(before.address, after.address)])
            return
        one, other = before.parts, after.parts
        pairs = align(one, other, _key, _score)
        for here, there in pairs:
            self.descend(one[here], other[there])
        paired_here, paired_there = {here for here, _ in pairs}, {there for _, there in pairs}
        self.left[0].extend(branch for place, branch in enumerate(one) if place not in paired_here)
        self.left[1].extend(branch for place, branch in enumerate(other) if place not in paired_there)

    def look_elsewhere(self) -> None:
        """Match what has moved: first what holds the same layers, the largest first, then what has the same label."""
        one, other = ([*chain.from_iterable(branch.walk() for branch in side)] for side in self.left)
        for before, after in _moved(one, other):
            if self._are_free(before, after):
                addresses = zip(before.layers, after.layers, strict=True)
                self.take((here.address, there.address) for here, there in addresses)
        for before, after in _relabelled(one, other):
            if self._are_free(before, after):
                self.descend(before, after)

    def fill_gaps(self, before: LayerGraph, after: LayerGraph, score: Callable[[Branch, Branch], int]) -> None:
        """Match layers that are left behind the same neighbour, however deep they stand."""
        one = _gaps(before, self.layers)
        other = _gaps(after, {address: address for address in self.taken})
        for neighbour in one.keys() & other.keys():
            here, there = one[neighbour], other[neighbour]
            self.take((here[a].address, there[b].address) for a, b in align(here, there, _key, score))

    def is_free(self, before: str, after: str) -> bool:
        """Whether neither layer has been found yet."""
        return before not in self.layers and after not in self.taken

    def _are_free(self, before: Branch, after: Branch) -> bool:
        """Whether nothing in either branch has been found yet."""
        is_found = any(layer.address in self.layers for layer in before.layers)
        return not is_found and not any(layer.address in self.taken for layer in after.layers)


def _gaps(graph: LayerGraph, known: Mapping[str, str]) -> Mapping[str, list[Branch]]:
    """The layers that are left, by what stands for the nearest one before them that is not."""
    found: defaultdict[str, list[Branch]] = defaultdict(list)
    neighbour = ""
    for layer in graph.layers.values():
        if layer.address in known:
            neighbour = known[layer.address]
        else:
            found[neighbour].append(Branch(steps(layer.address)[-1], layer.address, layer))
    return found


def _key(branch: Branch) -> tuple[str, str]:
    return "" if branch.is_position else branch.step, branch.signature


def _score(before: Branch, after: Branch) -> int:
    alike = likeness(before, after)
    if before.step == after.step and not before.is_position:
        return SAME_LABEL + alike
    return alike + SAME_POSITION * (before.step == after.step) if alike >= ALIKE else 0


def _exchange(before: Branch, after: Branch) -> int:
    """1 for a layer that stands where another one stood, which is as little as two can have in common."""
    return int(before.address == after.address and before.has_weights == after.has_weights)


def _moved(one: Sequence[Branch], other: Sequence[Branch]) -> Iterator[tuple[Branch, Branch]]:
    """Branches with weights that hold the same layers, the largest first; equal labels come first among equals."""
    places = _by(other, "signature")
    found = {s: (branches, places[s]) for s, branches in _by(one, "signature").items() if s in places}
    for signature in sorted(found, key=lambda signature: (-len(found[signature][0][0].layers), signature)):
        before, after = found[signature]
        if before[0].has_weights:
            yield from ((a, b) for a in before for b in after if a.step == b.step and not a.is_position)
            # a single layer that is there more than once may look like any other
            if len(before[0].layers) > 1 or len(before) == len(after) == 1:
                yield from zip(before, after, strict=False)


def _relabelled(one: Sequence[Branch], other: Sequence[Branch]) -> Iterator[tuple[Branch, Branch]]:
    """Branches that have the same label and are alike."""
    places = _by(other, "step")
    for step, branches in sorted(_by(one, "step").items()):
        if not branches[0].is_position and step in places:
            yield from ((a, b) for a in branches for b in places[step] if likeness(a, b) >= ALIKE)


def _by(branches: Sequence[Branch], attribute: str) -> Mapping[str, list[Branch]]:
    found: defaultdict[str, list[Branch]] = defaultdict(list)
    for branch in branches:
        found[getattr(branch, attribute)].append(branch)
    return found
