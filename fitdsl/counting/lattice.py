"""Students as paths through layers of states: what is common to many is there once.

A path from the first state to the last one is a student, or as many as the product of the counts on its edges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import add
from typing import NamedTuple

from ..dataclass import dataclass

ANY = -1
"""Stands for all values of a variable that does not matter on a path."""
Pick = tuple[int, int]
"""A variable, and which of its values."""


class Edge(NamedTuple):
    """A step from a state to one of the next layer.

    Attributes:
        source, target: States, by their places in their layers.
        cost: What the step adds to each sum.
        picks: The values that are chosen with it.
        times: How many students take this step where one takes the step before: more than one where `picks` has `ANY`.
    """

    source: int
    target: int
    cost: tuple[int, ...]
    picks: tuple[Pick, ...] = ()
    times: int = 1


@dataclass(frozen=True)
class Lattice:
    """Layers of edges. It starts at state 0; every state of the last layer is an end.

    Attributes:
        layers: The edges between one layer of states and the next.
        width: How many sums a cost has.
    """

    layers: tuple[tuple[Edge, ...], ...]
    width: int

    def sizes(self) -> list[int]:
        """How many states each layer has, from the first."""
        ends = (max((edge.target for edge in layer), default=-1) for layer in self.layers)
        begins = (max((edge.source for edge in layer), default=-1) for layer in (*self.layers[1:], ()))
        return [1, *(1 + max(pair) for pair in zip(ends, begins, strict=True))]

    def paths(self) -> int:
        """How many students it holds."""
        counts = [1]
        for layer, size in zip(self.layers, self.sizes()[1:], strict=True):
            following = [0] * size
            for edge in layer:
                following[edge.target] += counts[edge.source] * edge.times
            counts = following
        return sum(counts)

    def kept(self, is_kept: Callable[[Edge], bool]) -> Lattice:
        """Without some edges."""
        return Lattice(tuple(tuple(filter(is_kept, layer)) for layer in self.layers), self.width)

    def with_costs(self, cost: Callable[[tuple[int, ...]], tuple[int, ...]], width: int) -> Lattice:
        """With other sums; `cost` is linear."""
        layers = tuple(tuple(edge._replace(cost=cost(edge.cost)) for edge in layer) for layer in self.layers)
        return Lattice(layers, width)

    def ended(self, ends: Sequence[tuple[int, ...] | None]) -> Lattice:
        """With one end: a last step from every state that has a cost for it, and none from the others."""
        last = tuple(Edge(state, 0, cost) for state, cost in enumerate(ends) if cost is not None)
        return Lattice((*self.layers, last), self.width)

    def reduced(self) -> Lattice:
        """The same students with fewer states: those that go on alike are one, and those that lead nowhere are gone."""
        if not self.layers:
            return self
        alike: list[int | None] = list(range(self.sizes()[-1]))
        layers: list[tuple[Edge, ...]] = []
        for layer, size in zip(reversed(self.layers), reversed(self.sizes()[:-1]), strict=True):
            onward: list[set[Edge]] = [set() for _ in range(size)]
            for edge in layer:
                target = alike[edge.target]
                if target is not None:
                    onward[edge.source].add(edge._replace(source=0, target=target))
            known: dict[frozenset[Edge], int] = {}
            alike = [known.setdefault(frozenset(edges), len(known)) if edges else None for edges in onward]
            layers.append(tuple(e._replace(source=state) for edges, state in known.items() for e in sorted(edges)))
        return Lattice(tuple(reversed(layers)), self.width)._from_start(alike[0])

    def _from_start(self, start: int | None) -> Lattice:
        """What can be reached, with states numbered anew."""
        numbers: dict[int, int] = {} if start is None else {start: 0}
        layers: list[tuple[Edge, ...]] = []
        for layer in self.layers:
            following: dict[int, int] = {}
            layers.append(
                tuple(
                    edge._replace(source=numbers[edge.source], target=following.setdefault(edge.target, len(following)))
                    for edge in layer
                    if edge.source in numbers
                )
            )
            numbers = following
        return Lattice(tuple(layers), self.width)

    def least(self, sum: int, sign: int = 1) -> list[list[int | None]]:
        """For each state of each layer, the least that is still to come of a sum; None where no end can be reached.

        Args:
            sum: Which one.
            sign: -1 for the negative of the largest.
        """
        following: list[int | None] = [0] * self.sizes()[-1]
        found = [following]
        for layer, size in zip(reversed(self.layers), reversed(self.sizes()[:-1]), strict=True):
            here: list[int | None] = [None] * size
            for edge in layer:
                rest, known = following[edge.target], here[edge.source]
                if rest is not None and (known is None or sign * edge.cost[sum] + rest < known):
                    here[edge.source] = sign * edge.cost[sum] + rest
            following = here
            found.append(here)
        return found[::-1]

    def range(self, sum: int) -> tuple[int, int] | None:
        """Least and most of a sum over all students; None if there are none."""
        low, high = self.least(sum)[0][0], self.least(sum, -1)[0][0]
        return None if low is None or high is None else (low, -high)

    def smallest(self, sum: int) -> list[Edge] | None:
        """The steps of a student with the least of a sum."""
        rest, state, steps = self.least(sum), 0, []
        if rest[0][0] is None:
            return None
        for layer, here, after in zip(self.layers, rest, rest[1:], strict=False):
            step = next(edge for edge in layer if edge.source == state and _leads(edge, sum, here[state], after))
            steps.append(step)
            state = step.target
        return steps

    def steps(self) -> Iterator[tuple[Edge, ...]]:
        """The steps of every path, in the order of the edges."""
        return self.within([(None, None)] * self.width)

    def within(self, limits: Sequence[tuple[int | None, int | None]]) -> Iterator[tuple[Edge, ...]]:
        """The steps of every path whose sums keep within limits, in the order of the edges."""
        bounds = [(low, high, self.least(n), self.least(n, -1)) for n, (low, high) in enumerate(limits)]

        def can_keep(place: int, state: int, sums: Sequence[int]) -> bool:
            return all(
                (high is None or sum + (least[place][state] or 0) <= high)
                and (low is None or sum - (most[place][state] or 0) >= low)
                for sum, (low, high, least, most) in zip(sums, bounds, strict=True)
            )

        onward: list[dict[int, list[Edge]]] = [{} for _ in self.layers]
        for found, layer in zip(onward, self.layers, strict=True):
            for edge in layer:
                found.setdefault(edge.source, []).append(edge)
        pending: list[tuple[tuple[Edge, ...], tuple[int, ...]]] = [((), (0,) * self.width)]
        while pending:
            steps, sums = pending.pop()
            if len(steps) == len(onward):
                yield steps
                continue
            for edge in reversed(onward[len(steps)].get(steps[-1].target if steps else 0, ())):
                following = tuple(map(add, sums, edge.cost))
                if can_keep(len(steps) + 1, edge.target, following):
                    pending.append(((*steps, edge), following))


def _leads(edge: Edge, sum: int, due: int | None, after: Sequence[int | None]) -> bool:
    rest = after[edge.target]
    return rest is not None and edge.cost[sum] + rest == due
