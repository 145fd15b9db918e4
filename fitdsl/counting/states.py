"""States in which students can be while they are walked all at once, and the edges between them.

A state is what the rest of the walk can still see: values of params and types of flows that will be read again, and
what hints and stages will see. All else is forgotten, so that states merge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from itertools import product
from typing import Any, NamedTuple

from ..dataclass import dataclass
from ..ops.base import Op
from ..values import Cost, TensorType
from .lattice import ANY, Edge, Lattice, Pick
from .reading import Reads, Slot, Variable, combinations
from .sights import NO_TRACE, Mark, Sighting, Trace, carried

MOST_EDGES = 300_000
MOST_STATES = 20_000
COST = ("params", "weights", "macs", "activations")
Tag = tuple[object, ...]
"""Which of the cases of a structure that differs a state is in, outermost first."""


class TooMany(Exception):
    """There are more states than can be gone through, or what decides on a student is not in its state."""


class Flowing(NamedTuple):
    """What a slot holds: one flow, or several.

    Attributes:
        types: Of each flow.
        after: For each, the addresses that are watched and below which a layer stands that leads to it.
        splitter: The op that splits, for parts that are still to be picked.
        is_single: Whether it is one flow and no list of one.
    """

    types: tuple[TensorType, ...]
    after: tuple[frozenset[str], ...]
    splitter: Op | None = None
    is_single: bool = True


class Line(NamedTuple):
    """How far the numbering of a line has come; `counted` stays 0 where no numbers are asked for."""

    address: str
    is_single: bool
    counted: int = 0

    def next(self, is_counted: bool) -> tuple[str, Line]:
        """The next address, and the line after it."""
        if self.is_single:
            return self.address, self
        return f"{self.address}[{self.counted}]", self._replace(counted=self.counted + is_counted)


class State(NamedTuple):
    """What the rest of the walk can see of a student.

    Attributes:
        chosen: Variables with the places of their values.
        slots: What slots hold.
        seen, marks: What hints and stages will see.
    """

    tag: Tag
    chosen: tuple[Pick, ...]
    slots: tuple[tuple[int, Any], ...]
    seen: frozenset[Sighting]
    marks: frozenset[Mark]


class Made(NamedTuple):
    """What a piece adds to a student at one state."""

    slots: Mapping[Slot, Any] = {}
    cost: Cost = Cost()
    seen: frozenset[Sighting] = frozenset()
    trace: Trace = NO_TRACE
    tag: Tag | None = None


Make = Callable[[Mapping[Variable, Any], Mapping[Slot, Any], State], Made | None]
"""Makes a piece from the values of variables and slots; None where it does not type-check."""


@dataclass(eq=False)
class States:
    """The states of the last layer, and all edges that lead there.

    Attributes:
        students: How many students a cost is made of.
        place: Which of them is walked.
        live: What will be read of the states of each tag.
    """

    students: int
    place: int = 0
    now: list[State] = field(default_factory=lambda: [State((), (), (), frozenset(), frozenset())])
    layers: list[tuple[Edge, ...]] = field(default_factory=list)
    live: dict[Tag, Reads] = field(default_factory=dict)
    slots: int = 0
    edges: int = 0

    @property
    def width(self) -> int:
        """How many sums a cost has."""
        return len(COST) * self.students

    def lattice(self) -> Lattice:
        """What was walked so far."""
        return Lattice(tuple(self.layers), self.width)

    def slot(self) -> Slot:
        """A new slot."""
        self.slots += 1
        return Slot(self.slots)

    def cost(self, cost: Cost) -> tuple[int, ...]:
        """A cost of the student that is walked, beside those of the others."""
        own = [getattr(cost, kind) for kind in COST]
        return (*(0,) * len(COST) * self.place, *own, *(0,) * len(COST) * (self.students - self.place - 1))

    def step(self, tag: Tag, reads: Reads, after: Reads, make: Make) -> None:
        """One layer of edges: the states of a tag go through a piece, the others stay as they are.

        Args:
            reads: What the piece reads; variables among it are chosen where they are not yet.
            after: What will be read after it; all else is forgotten.
            make: Makes it.
            tag: Of the states that go through it.
        """
        step = _Step(self, reads, after, self.live[tag] - after)
        if self.edges + sum(step.combinations(state) for state in self.now if state.tag == tag) > MOST_EDGES:
            raise TooMany
        following: dict[State, int] = {}
        edges: list[Edge] = []
        nothing = (0,) * self.width
        for source, state in enumerate(self.now):
            ways = step.ways(state, make) if state.tag == tag else [(state, nothing, (), 1)]
            edges += (
                Edge(source, following.setdefault(target, len(following)), cost, picks, times)
                for target, cost, picks, times in ways
            )
        self.edges += len(edges)
        if self.edges > MOST_EDGES or len(following) > MOST_STATES:
            raise TooMany
        self.now, self.live[tag] = list(following), after
        self.layers.append(tuple(edges))

    def different(self, tag: Tag, reads: Reads) -> int:
        """At how many different values of what it reads a piece would be made."""
        step = _Step(self, reads, frozenset(), frozenset())
        return sum({step.read_of(s): step.combinations(s) for s in self.now if s.tag == tag}.values())

    def fork(self, tag: Tag, reads: Reads, after: Reads, value: Make) -> list[Tag]:
        """Sort the states of a tag by a value, whose `Made.tag` says what it is, and give the tags of the cases."""
        self.step(tag, reads, after, value)
        cases = list(dict.fromkeys(s.tag for s in self.now if s.tag[: len(tag)] == tag and len(s.tag) > len(tag)))
        for case in cases:
            self.live[case] = after
        return cases

    def together(self, tag: Tag, cases: list[Tag], after: Reads) -> None:
        """Let the cases of a fork go on as one."""
        for case in cases:
            self.step(case, frozenset(), after, lambda values, held, state: Made(tag=tag))
        self.live[tag] = after


Way = tuple[State, tuple[int, ...], tuple[Pick, ...], int]
"""A state that follows, what it costs to come there, what is chosen on the way, and how many students go it."""


class _Step:
    """The ways that lead through one piece."""

    def __init__(self, states: States, reads: Reads, after: Reads, gone: Reads) -> None:
        self.states = states
        self.variables = sorted((r for r in reads if isinstance(r, Variable)), key=lambda v: v.number)
        self.slots = {read.number: read for read in reads if isinstance(read, Slot)}
        self.gone = [read for read in gone if isinstance(read, Variable)]
        self.keep = frozenset(read.number for read in after if isinstance(read, Variable))
        self.keep_slots = frozenset(read.number for read in after if isinstance(read, Slot))
        self._carried: dict[tuple[frozenset[Mark], Trace], frozenset[Mark]] = {}

    def missing(self, state: State) -> list[Variable]:
        """The variables that are chosen now."""
        chosen = {number for number, _ in state.chosen}
        return [variable for variable in self.variables if variable.number not in chosen]

    def read_of(self, state: State) -> tuple[tuple[Pick, ...], tuple[Any, ...]]:
        """What is read of a state."""
        numbers = {variable.number for variable in self.variables}
        chosen = tuple(pick for pick in state.chosen if pick[0] in numbers)
        return chosen, tuple(item for item in state.slots if item[0] in self.slots)

    def combinations(self, state: State) -> int:
        """How many ways lead on, at most."""
        return combinations(frozenset(self.missing(state)))

    def ways(self, state: State, make: Make) -> Iterator[Way]:
        """The ways that lead on from a state."""
        chosen, missing = dict(state.chosen), self.missing(state)
        held = {self.slots[number]: value for number, value in state.slots if number in self.slots}
        for places in product(*(range(len(v.values)) for v in missing)):
            new = {v.number: place for v, place in zip(missing, places, strict=True)}
            known = chosen | new
            made = make({v: v.values[known[v.number]] for v in self.variables}, held, state)
            if made is not None:
                free = [v for v in self.gone if v.number not in known]
                picks = (*new.items(), *((v.number, ANY) for v in free))
                times = combinations(frozenset(free))
                yield self._following(state, known, made), self.states.cost(made.cost), picks, times

    def _following(self, state: State, known: Mapping[int, int], made: Made) -> State:
        contents = dict(state.slots) | {slot.number: value for slot, value in made.slots.items()}
        key = (state.marks, made.trace)
        if key not in self._carried:
            self._carried[key] = carried(*key, self.keep_slots)
        return State(
            state.tag if made.tag is None else made.tag,
            tuple(sorted((n, p) for n, p in known.items() if n in self.keep)),
            tuple(sorted(((n, v) for n, v in contents.items() if n in self.keep_slots), key=lambda item: item[0])),
            state.seen | made.seen,
            self._carried[key],
        )
