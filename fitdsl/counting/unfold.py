"""Students unfolded all at once: their bodies are walked once, with every state in which a student can be.

A state is what the rest of the walk can still see: values of params and types of flows that will be read again. All
else is forgotten, so that states merge. Each piece is made by the elaborator itself on the values of a state, so that
nothing here says a second time what a layer means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import product
from typing import Any, NamedTuple

from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..graph.elaborate import MERGES, Bundle, Elaboration, Numbering, TooLarge, Wire, is_one_call, makes_one_layer
from ..ops.base import Op
from ..program.declarations import Declarations
from ..semantics.bindings import BlockValue
from ..semantics.scope import UNKNOWN, Scope
from ..syntax import nodes
from ..syntax.walk import children
from ..values import Cost, TensorType
from .lattice import ANY, Edge, Lattice, Pick
from .reading import TOP, Binding, Deferred, Known, Names, Reader, Reads, Slot, Variable, combinations, is_safe

MOST_AT_ONCE = 24
"""A piece is made as a whole at so many values of what it reads; one with more is taken apart, where it has parts."""
MOST_EDGES = 300_000
MOST_STATES = 20_000
MOST_MADE = 15_000
"""So many different pieces are made, and no more."""
COST = ("params", "weights", "macs", "activations")


REACHED = "is reached by weights"


class TooMany(Exception):
    """There are more states than can be gone through."""


@dataclass(frozen=True)
class Flowing:
    """What a slot holds: one flow, or several.

    Attributes:
        types: Of each flow.
        learns: For each, whether there are weights among what leads to it.
        splitter: The op that splits, for parts that are still to be picked.
        is_single: Whether it is one flow and no list of one.
    """

    types: tuple[TensorType, ...]
    learns: tuple[bool, ...]
    splitter: Op | None = None
    is_single: bool = True


@dataclass(frozen=True)
class Line:
    """How far the numbering of a line has come; `count` stays 0 where no numbers are asked for."""

    address: str
    is_single: bool
    count: int = 0

    def next(self, is_counted: bool) -> tuple[str, Line]:
        """The next address, and the line after it."""
        if self.is_single:
            return self.address, self
        return f"{self.address}[{self.count}]", replace(self, count=self.count + is_counted)


class Sighting(NamedTuple):
    """Something that hints and stages see of a student.

    Attributes:
        network: Whose.
        address: Where, of the addresses that are asked for.
        what: A type; or that there are weights at the address, or among what leads to it.
    """

    network: str
    address: str
    what: TensorType | str


class State(NamedTuple):
    """What the rest of the walk can see of a student.

    Attributes:
        tag: Which of the cases of a structure that differs it is in, outermost first.
        chosen: Variables with the places of their values.
        slots: What slots hold.
        seen: What hints and stages will see.
    """

    tag: tuple[object, ...]
    chosen: tuple[Pick, ...]
    slots: tuple[tuple[int, Any], ...]
    seen: frozenset[Sighting]


class Made(NamedTuple):
    """What a piece adds to a student at one state."""

    slots: Mapping[Slot, Any]
    cost: Cost = Cost()
    seen: frozenset[Sighting] = frozenset()
    tag: tuple[object, ...] | None = None


Make = Callable[[Mapping[Variable, Any], Mapping[Slot, Any], State], Made | None]
"""Makes a piece from the values of variables and slots; None where it does not type-check."""


@dataclass(eq=False)
class Unfolding:
    """The walk.

    Attributes:
        reader: Knows what pieces read.
        fixed: Declarations at the values of what is not turned, and values of those that no variable reaches.
        watched: By network, the addresses that hints and stages ask for.
        students: Names of the students.
    """

    reader: Reader
    fixed: Declarations
    watched: Mapping[str, frozenset[str]]
    students: tuple[str, ...]
    network: str = ""
    states: list[State] = field(default_factory=lambda: [State((), (), (), frozenset())])
    layers: list[tuple[Edge, ...]] = field(default_factory=list)
    live: dict[tuple[object, ...], Reads] = field(default_factory=dict)
    slots: int = 0
    edges: int = 0
    _made: dict[Any, Made | None] = field(default_factory=dict)
    _kept: list[object] = field(default_factory=list)
    _values: dict[str, Any] = field(default_factory=dict)

    def lattice(self) -> Lattice:
        """What was walked so far."""
        return Lattice(tuple(self.layers), len(COST) * len(self.students))

    def slot(self) -> Slot:
        """A new slot."""
        self.slots += 1
        return Slot(self.slots)

    @property
    def is_counted(self) -> bool:
        """Whether numbers in addresses matter."""
        return any("[" in address for address in self.watched.get(self.network, ()))

    # States -----------------------------------------------------------------------------------------------------------

    def step(self, tag: tuple[object, ...], reads: Reads, after: Reads, make: Make) -> None:
        """One layer of edges: the states of a tag go through a piece, the others stay as they are.

        Args:
            reads: What the piece reads; variables among it are chosen where they are not yet.
            after: What will be read after it; all else is forgotten.
            make: Makes it.
            tag: Of the states that go through it.
        """
        variables = sorted((read for read in reads if isinstance(read, Variable)), key=lambda v: v.number)
        slots = {read.number: read for read in reads if isinstance(read, Slot)}
        gone = [read for read in self.live[tag] - after if isinstance(read, Variable)]
        keep = frozenset(read.number for read in after if isinstance(read, Variable))
        keep_slots = frozenset(read.number for read in after if isinstance(read, Slot))
        following: dict[State, int] = {}
        edges: list[Edge] = []
        width = len(COST) * len(self.students)
        offset = len(COST) * self.students.index(self.network) if self.network else 0
        for source, state in enumerate(self.states):
            if state.tag != tag:
                edges.append(Edge(source, following.setdefault(state, len(following)), (0,) * width))
                continue
            chosen = dict(state.chosen)
            held = {slots[number]: value for number, value in state.slots if number in slots}
            missing = [v for v in variables if v.number not in chosen]
            for places in product(*(range(len(v.values)) for v in missing)):
                new = {v.number: place for v, place in zip(missing, places, strict=True)}
                known = chosen | new
                made = make({v: v.values[known[v.number]] for v in variables}, held, state)
                if made is None:
                    continue
                free = [v for v in gone if v.number not in known]
                count = combinations(frozenset(free))
                picks = (*new.items(), *((v.number, ANY) for v in free))
                own = [getattr(made.cost, kind) for kind in COST]
                cost = (*(0,) * offset, *own, *(0,) * (width - offset - len(own)))
                contents = dict(state.slots) | {slot.number: value for slot, value in made.slots.items()}
                target = State(
                    tag if made.tag is None else made.tag,
                    tuple(sorted((n, p) for n, p in known.items() if n in keep)),
                    tuple(sorted(((n, v) for n, v in contents.items() if n in keep_slots), key=_number)),
                    state.seen | made.seen,
                )
                edges.append(Edge(source, following.setdefault(target, len(following)), cost, picks, count))
                if self.edges + len(edges) > MOST_EDGES:
                    raise TooMany
        self.edges += len(edges)
        if len(following) > MOST_STATES:
            raise TooMany
        self.states, self.live[tag] = list(following), after
        self.layers.append(tuple(edges))

    def fork(self, tag: tuple[object, ...], reads: Reads, after: Reads, value: Make) -> list[tuple[object, ...]]:
        """Sort the states of a tag by a value, whose `Made.tag` says what it is, and give the tags of the cases."""
        self.step(tag, reads, after, value)
        cases = list(dict.fromkeys(s.tag for s in self.states if s.tag[: len(tag)] == tag and len(s.tag) > len(tag)))
        for case in cases:
            self.live[case] = after
        return cases

    # Networks ---------------------------------------------------------------------------------------------------------

    def begin(self, variables: Reads, values: Iterable[nodes.Expr]) -> None:
        """Start with all variables open, and rule out where a value of the top level cannot be had."""
        self.live[()] = variables
        self.checked((), values, TOP, variables)

    def end(self, reads: Reads) -> None:
        """Choose what the rest of the spec reads, so that each state has one verdict."""
        self.step((), reads, reads, lambda values, held, state: Made({}))

    def student(self, network: nodes.Network, after: Reads) -> Slot:
        """Walk one student; its output is left in a slot."""
        self.network = network.name.text
        inputs = {item.name.text: self.slot() for item in network.inputs}
        names = Names(TOP, dict(inputs))
        line = self.slot()
        body = self.reader.reads(network.body, names)
        held = frozenset((*inputs.values(), line))
        reads = frozenset(r for item in network.inputs for r in self.reader.reads(item.type, TOP))
        self.step((), reads, after | body | held, self._inputs(network, inputs, line))
        start = next(iter(inputs.values())) if len(inputs) == 1 else None
        result = self.body((), network.body, names, start, line, after)
        self.network = ""
        return result

    def _inputs(self, network: nodes.Network, inputs: Mapping[str, Slot], line: Slot) -> Make:
        def make(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made | None:
            declarations = self.at(values)
            slots: dict[Slot, Any] = {line: Line("", False)}
            for item in network.inputs:
                type = declarations.input_type(item)
                if type is None:
                    return None
                slots[inputs[item.name.text]] = Flowing((type,), (False,))
            return Made(slots)

        return make

    def body(
        self, tag: tuple[object, ...], body: nodes.Body, names: Names, current: Slot | None, line: Slot, after: Reads
    ) -> Slot:
        """Walk the statements of a body."""
        pairs: list[tuple[nodes.Statement, Names, Slot | None]] = []
        for statement in body.statements:
            if isinstance(statement, nodes.Let):
                pairs.append((statement, names, None))
                names = names.inner(**{statement.name.text: Deferred(statement.value, names)})
                continue
            result = self.slot()
            pairs.append((statement, names, result))
            if statement.label is not None:
                names = names.inner(**{statement.label.text: result})
        rest: list[Reads] = [after]
        flows = [p for p in pairs if p[2] is not None]
        last = flows[-1][2] if flows else current
        for statement, around, _ in reversed(pairs):
            rest.append(rest[-1] | self.reader.reads(statement.value, around))
        rest.reverse()
        for (statement, around, gives), later in zip(pairs, rest[1:], strict=True):
            if isinstance(statement, nodes.Let):
                held = frozenset((line, *((current,) if current else ())))
                self.checked(tag, (statement.value,), around, later | held)
                continue
            assert gives is not None
            keep = later | ({line} if gives is not last else (later & {line})) | {gives}
            self.statement(tag, statement, around, current, line, gives, keep)
            current = gives
        if last is None:
            raise TooMany
        return last

    def checked(self, tag: tuple[object, ...], exprs: Iterable[nodes.Expr], names: Names, after: Reads) -> None:
        """Rule out the states at which a value cannot be had; nothing is done where it always can."""
        for expr in exprs:
            reads = self.reader.reads(expr, names)
            if any(isinstance(r, Variable) for r in reads) and not is_safe(expr, self.reader, names):
                self.step(tag, reads, after, self._value(expr, names))

    def _value(self, expr: nodes.Expr, names: Names) -> Make:
        def make(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made | None:
            declarations = self.at(values)
            self._evaluated(declarations, expr, names, values, held)
            return None if declarations.reporter.has_errors else Made({})

        return make

    def statement(
        self,
        tag: tuple[object, ...],
        statement: nodes.Flow,
        names: Names,
        current: Slot | None,
        line: Slot,
        result: Slot,
        after: Reads,
    ) -> None:
        """Walk one line of a body."""
        if statement.label is None:
            self.flow(tag, statement.value, names, current, line, result, after)
            return
        below, label = self.slot(), statement.label.text
        reads = self.reader.reads(statement.value, names)
        single = makes_one_layer(statement.value)

        def begin(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made:
            at = held[line].address
            return Made({below: Line(f"{at}.{label}" if at else label, single)})

        held: Reads = frozenset((below, *((current,) if current else ())))
        self.step(tag, frozenset((line,)), after - {result} | reads | held, begin)
        self.flow(tag, statement.value, names, current, below, result, after | {below})
        self.step(tag, frozenset((below, result)), after, self._group(below, result))

    def _group(self, line: Slot, result: Slot) -> Make:
        def make(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made:
            return Made({}, seen=self.sightings(held[line].address, held[result]))

        return make

    def sightings(self, address: str, flowing: Flowing) -> frozenset[Sighting]:
        """What is seen where an address stands for a result."""
        if not flowing.is_single or address not in self.watched.get(self.network, ()):
            return frozenset()
        whats: list[TensorType | str] = [flowing.types[0]]
        if flowing.learns[0]:
            whats.append(REACHED)
        return frozenset(Sighting(self.network, address, what) for what in whats)

    # Flows ------------------------------------------------------------------------------------------------------------

    def flow(
        self,
        tag: tuple[object, ...],
        expr: nodes.Expr,
        names: Names,
        current: Slot | None,
        line: Slot,
        result: Slot,
        after: Reads,
    ) -> None:
        """Walk an expression: as a whole where what it reads has few values, part by part otherwise."""
        at = _At(tag, names, current, line, result, after)
        is_small = combinations(self.reader.reads(expr, names)) <= MOST_AT_ONCE
        match expr:
            case _ if is_small:
                self.piece(expr, at)
            case nodes.Chain():
                self.chain(expr, at)
            case nodes.Call():
                self.call(expr, at)
            case nodes.Repeat():
                self.repeat(expr, at)
            case nodes.Binary() if expr.op in MERGES:
                self.joined(expr, (expr.left, expr.right), at)
            case nodes.List():
                self.joined(expr, expr.items, at)
            case nodes.Index() if not isinstance(expr.value, nodes.Name):
                self.joined(expr, (expr.value,), at)
            case _:
                self.piece(expr, at)

    def piece(self, expr: nodes.Expr, at: _At) -> None:
        """Make a piece as a whole."""
        held = frozenset(slot for slot in (at.current, at.line) if slot is not None)
        reads = self.reader.reads(expr, at.names) | held

        def make(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made | None:
            key = (
                id(expr),
                id(at.names),
                tuple(values.values()),
                tuple(held.values()),
                tuple(map(type, values.values())),
            )
            if key not in self._made:
                if len(self._made) >= MOST_MADE:
                    raise TooMany
                self._kept.append((expr, at.names))
                self._made[key] = self.elaborated(expr, at, values, held)
            return self._made[key]

        self.step(at.tag, reads, at.after, make)

    def elaborated(
        self, expr: nodes.Expr, at: _At, values: Mapping[Variable, Any], held: Mapping[Slot, Any]
    ) -> Made | None:
        """What the elaborator makes of a piece at some values."""
        declarations = self.at(values)
        elaboration = Elaboration(declarations.evaluator)
        wires = _Wires(held)
        line: Line = held[at.line]
        numbering = Numbering(line.address, line.is_single, line.count)
        scope = self.scope(declarations, expr, at.names, values, wires)
        current = None if at.current is None else wires.of(at.current)
        try:
            made = elaboration.flow(expr, scope, current, numbering)
        except TooLarge:
            return None
        if declarations.reporter.has_errors or not isinstance(made, Wire | Bundle):
            return None
        learns = dict(wires.learns)
        for address, layer in elaboration.layers.items():
            learns[address] = layer.cost.params > 0 or any(learns[source] for source in layer.inputs)
        several = made.wires if isinstance(made, Bundle) else (made,)
        types = tuple(wire.type for wire in several if wire.type is not None)
        splitter = made.splitter if isinstance(made, Bundle) else None
        flowing = Flowing(types, tuple(learns[w.address] for w in several), splitter, isinstance(made, Wire))
        cost = sum((layer.cost for layer in elaboration.layers.values()), Cost())
        count = numbering.count if self.is_counted else 0
        seen = frozenset(self._seen(elaboration, learns))
        return Made({at.result: flowing, at.line: replace(line, count=count)}, cost, seen)

    def _seen(self, elaboration: Elaboration, learns: Mapping[str, bool]) -> Iterator[Sighting]:
        for address in self.watched.get(self.network, ()):
            group = elaboration.groups.get(address)
            layer = elaboration.layers.get(group.output if group else address)
            if layer is not None:
                yield Sighting(self.network, address, layer.type)
                if learns[layer.address]:
                    yield Sighting(self.network, address, REACHED)
            below = (f"{address}.", f"{address}[")
            learning = (layer.address for layer in elaboration.layers.values() if layer.cost.params)
            if any(one == address or one.startswith(below) for one in learning):
                yield Sighting(self.network, address, "has weights")

    def chain(self, expr: nodes.Chain, at: _At) -> None:
        """Walk a chain step by step."""
        rest: list[Reads] = [at.after]
        for step in reversed(expr.steps[1:]):
            rest.append(rest[-1] - {at.result} | self.reader.reads(step, at.names))
        current = at.current
        for index, (step, later) in enumerate(zip(expr.steps, reversed(rest), strict=True)):
            is_last = index == len(expr.steps) - 1
            result = at.result if is_last else self.slot()
            after = later if is_last else later | {result, at.line}
            self.flow(at.tag, step, at.names, current, at.line, result, after)
            current = result

    def joined(self, expr: nodes.Expr, parts: tuple[nodes.Expr, ...], at: _At) -> None:
        """Walk the parts of an expression, then join what they give."""
        results = [self.slot() for _ in parts]
        names = [f"{position} of what is joined" for position in range(len(parts))]
        inner = at.names.inner(**dict(zip(names, results, strict=True)))
        stand_ins = tuple(nodes.Name(name, span=part.span) for name, part in zip(names, parts, strict=True))
        match expr:
            case nodes.Binary():
                whole: nodes.Expr = replace(expr, left=stand_ins[0], right=stand_ins[1])
            case nodes.List():
                whole = replace(expr, items=stand_ins)
            case _:
                assert isinstance(expr, nodes.Index)
                whole = replace(expr, value=stand_ins[0])
        last = self.reader.reads(whole, inner) - frozenset(results)
        for position, (part, result) in enumerate(zip(parts, results, strict=True)):
            later = [self.reader.reads(other, at.names) for other in parts[position + 1 :]]
            held = {at.line, *results[: position + 1], *((at.current,) if at.current else ())}
            after = (at.after - {at.result}).union(last, held, *later)
            self.flow(at.tag, part, at.names, at.current, at.line, result, after)
        self.piece(whole, replace(at, names=inner))

    def call(self, expr: nodes.Call, at: _At) -> None:
        """Walk the body of a block that is called; a call of an op is a piece."""
        reads = self.reader.reads(expr.function, at.names)
        held = frozenset(slot for slot in (at.current, at.line) if slot is not None)
        whole = self.reader.reads(expr, at.names) | held | (at.after - {at.result})

        def callee(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made | None:
            declarations = self.at(values)
            found = self._evaluated(declarations, expr.function, at.names, values, held)
            return None if found is UNKNOWN else Made({}, tag=(*state.tag, found))

        cases = self.fork(at.tag, reads, whole, callee)
        for case in cases:
            if isinstance(case[-1], BlockValue):
                self.block(case[-1].declaration, expr, replace(at, tag=case))
            else:
                self.piece(expr, replace(at, tag=case))
        self.together(at, cases)

    def together(self, at: _At, cases: Iterable[tuple[object, ...]]) -> None:
        """Let the cases of a fork go on as one."""
        for case in cases:
            self.step(case, frozenset(), at.after, lambda values, held, state: Made({}, tag=at.tag))
        self.live[at.tag] = at.after

    def block(self, block: nodes.Block, expr: nodes.Call, at: _At) -> None:
        """Walk the body of a block."""
        if len(at.tag) > MOST_NESTED:
            raise TooMany
        names = self.parameters(block, expr, at)
        if names is None:
            self.step(at.tag, frozenset(), at.after, lambda values, held, state: None)
            return
        self.checked(at.tag, [a.value for a in expr.arguments], at.names, self.live[at.tag])
        self.instance(block.body, names, at)

    def parameters(self, block: nodes.Block, expr: nodes.Call, at: _At) -> Names | None:
        """What the parameters of a block are bound to; None where they cannot be."""
        order = [parameter.name.text for parameter in block.parameters]
        given: dict[str, Binding] = {}
        for position, argument in enumerate(expr.arguments):
            name = argument.name.text if argument.name else order[position] if position < len(order) else None
            if name not in order or name in given:
                return None
            given[name] = Deferred(argument.value, at.names)
        names = TOP
        for parameter in block.parameters:
            default = None if parameter.default is None else Deferred(parameter.default, names)
            binding = given.get(parameter.name.text, default)
            if binding is None:
                return None
            names = names.inner(**{parameter.name.text: binding})
        return names.inner(input=at.current) if at.current else names

    def instance(self, body: nodes.Body, names: Names, at: _At) -> None:
        """Walk one unfolding of a body under an address of its own."""
        below = self.slot()
        is_counted, single = self.is_counted, is_one_call(body)
        reads = self.reader.reads(body, names)
        held = frozenset(slot for slot in (at.current, at.line, below) if slot is not None)

        def begin(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made:
            address, line = held[at.line].next(is_counted)
            return Made({at.line: line, below: Line(address, single)})

        self.step(at.tag, frozenset((at.line,)), at.after - {at.result} | reads | held, begin)
        inner = at.after - {at.result} | {below} | ({at.line} & at.after)
        result = self.body(at.tag, body, names, at.current, below, inner)

        def end(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made:
            return Made({at.result: held[result]}, seen=self.sightings(held[below].address, held[result]))

        self.step(at.tag, frozenset((below, result)), at.after, end)

    def repeat(self, expr: nodes.Repeat, at: _At) -> None:
        """Walk a repeat round by round."""
        items = self.reader.items(expr.over, at.names) if expr.variable else None
        if items is not None:
            self.checked(at.tag, (expr.over,), at.names, self.live[at.tag])
            self.rounds(expr, items, at)
            return
        reads = self.reader.reads(expr.over, at.names)
        if combinations(reads) > MOST_STATES:
            raise TooMany
        held = frozenset(slot for slot in (at.current, at.line) if slot is not None)
        whole = self.reader.reads(expr, at.names) | held | (at.after - {at.result})

        def over(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made | None:
            declarations = self.at(values)
            value = self._evaluated(declarations, expr.over, at.names, values, held)
            if value is UNKNOWN:
                return None
            found = Elaboration(declarations.evaluator).rounds(expr, value, Scope())
            return None if found is None else Made({}, tag=(*state.tag, tuple(found)))

        cases = self.fork(at.tag, reads, whole, over)
        for case in cases:
            found = case[-1]
            assert isinstance(found, tuple)
            self.rounds(expr, tuple(map(Known, found)), replace(at, tag=case))
        self.together(at, cases)

    def rounds(self, expr: nodes.Repeat, items: tuple[Binding, ...], at: _At) -> None:
        """Walk the body of a repeat once for each item."""
        variable = expr.variable.text if expr.variable else None
        bound = [at.names.inner(**({variable: item} if variable else {})) for item in items]
        later: list[Reads] = [at.after - {at.result}]
        for names in reversed(bound[1:]):
            later.append(later[-1] | self.reader.reads(expr.body, names))
        current = at.current
        for index, (names, rest) in enumerate(zip(bound, reversed(later), strict=False)):
            is_last = index == len(bound) - 1
            result = at.result if is_last else self.slot()
            after = rest | ({result} if is_last else {result, at.line}) | (at.after & {at.line})
            self.instance(expr.body, names, replace(at, names=names, current=current, result=result, after=after))
            current = result
        if not bound:
            self._pass_on(at)

    def _pass_on(self, at: _At) -> None:
        """Give on what flows in, where nothing is done with it."""
        current = at.current
        if current is None:
            raise TooMany
        self.step(at.tag, frozenset((current,)), at.after, lambda values, held, state: Made({at.result: held[current]}))

    # Values -----------------------------------------------------------------------------------------------------------

    def at(self, values: Mapping[Variable, Any]) -> Declarations:
        """The declarations where variables have these values, with a reporter of their own."""
        if not self._values:
            for name in self.fixed.names(nodes.Let, nodes.Param, nodes.Data, nodes.Block, nodes.Network):
                if not self.reader.top(name):
                    self._values[name] = self.fixed.value(name)
        known = dict(self._values)
        for variable, value in values.items():
            if variable.place is None:
                known[variable.param] = value
            else:
                length = len(self.reader.variables[variable.param])
                drawn = known.get(variable.param, (UNKNOWN,) * length)
                known[variable.param] = (*drawn[: variable.place], value, *drawn[variable.place + 1 :])
        return Declarations(self.fixed.named, Reporter(), _values=known)

    def scope(
        self, declarations: Declarations, node: nodes.Node, names: Names, values: Mapping[Variable, Any], wires: _Wires
    ) -> Scope:
        """A scope in which the names of an expression are bound to what they are at some values."""
        bound = ((name, names.find(name)) for name in free(node))
        return Scope(
            names={
                name: self._bound(declarations, binding, values, wires)
                for name, binding in bound
                if binding is not None
            }
        )

    def _bound(
        self, declarations: Declarations, binding: Binding, values: Mapping[Variable, Any], wires: _Wires
    ) -> Any:
        match binding:
            case Known():
                return binding.value
            case Variable():
                return values[binding]
            case Slot():
                return wires.of(binding)
        scope = self.scope(declarations, binding.expr, binding.names, values, wires)
        return declarations.evaluator.value(binding.expr, scope)

    def _evaluated(
        self,
        declarations: Declarations,
        expr: nodes.Expr,
        names: Names,
        values: Mapping[Variable, Any],
        held: Mapping[Slot, Any],
    ) -> Any:
        scope = self.scope(declarations, expr, names, values, _Wires(held))
        value = declarations.evaluator.value(expr, scope)
        return UNKNOWN if declarations.reporter.has_errors else value


MOST_NESTED = 60


@dataclass(frozen=True, eq=False)
class _At:
    """Where a flow stands: what is bound there, what flows in, and where its result goes."""

    tag: tuple[object, ...]
    names: Names
    current: Slot | None
    line: Slot
    result: Slot
    after: Reads


@dataclass(frozen=True, eq=False)
class _Wires:
    """What slots hold, as wires of the elaborator."""

    held: Mapping[Slot, Any]
    learns: dict[str, bool] = field(default_factory=dict)

    def of(self, slot: Slot) -> Wire | Bundle:
        """The wire, or the wires, of a slot."""
        flowing: Flowing = self.held[slot]
        wires = tuple(Wire(f"{slot.number}.{i}", type) for i, type in enumerate(flowing.types))
        self.learns.update(zip((wire.address for wire in wires), flowing.learns, strict=True))
        return wires[0] if flowing.is_single else Bundle(wires, flowing.splitter)


def _number(item: tuple[int, Any]) -> int:
    return item[0]


def free(node: nodes.Node) -> frozenset[str]:
    """The names in a node that are not bound inside it."""
    found: set[str] = set()
    match node:
        case nodes.Name():
            found.add(node.id)
        case nodes.Repeat():
            own = {node.variable.text} if node.variable else set()
            found |= free(node.over) | (free(node.body) - own)
        case nodes.Body():
            bound: set[str] = set()
            for statement in node.statements:
                found |= free(statement.value) - bound
                name = statement.name if isinstance(statement, nodes.Let) else statement.label
                bound |= {name.text} if name else set()
        case _:
            for child in children(node):
                found |= free(child)
    return frozenset(found)
