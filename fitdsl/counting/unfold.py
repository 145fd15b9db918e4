"""Students unfolded all at once: their bodies are walked once, with every state in which a student can be.

What is small is made as a whole, what is not is taken apart as the elaborator would do it: chains step by step, blocks
line by line, repeats round by round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..dataclass import dataclass
from ..graph.elaborate import MAX_BLOCK_DEPTH, MAX_LAYERS, MERGES, is_one_call, makes_one_layer
from ..semantics.bindings import BlockValue
from ..semantics.scope import UNKNOWN
from ..syntax import nodes
from .pieces import At, Pieces
from .reading import TOP, Binding, Deferred, Known, Names, Reader, Reads, Slot, Variable, combinations, parameters
from .safety import is_safe
from .sights import Addresses, Sights
from .states import Line, Made, State, States, Tag, TooMany

MOST_AT_ONCE = 24
"""A piece is made as a whole at so many values of what it reads; one with more is taken apart, where it has parts."""


@dataclass(eq=False)
class Unfolding:
    """The walk.

    Attributes:
        reader: Knows what pieces read.
        pieces: Makes them.
        states: Where the walk has come.
        watched: By network, the addresses that hints and stages ask for.
        students: Names of the students.
        steps: Of unfolding one student, at most so far.
    """

    reader: Reader
    pieces: Pieces
    states: States
    watched: Mapping[str, Addresses]
    students: tuple[str, ...]
    steps: int = 0

    # Networks ---------------------------------------------------------------------------------------------------------

    def begin(self, variables: Reads, values: Iterable[nodes.Expr]) -> None:
        """Start with all variables open, and rule out where a value of the top level cannot be had."""
        self.states.live[()] = variables
        for value in values:
            self.checked(value, TOP, (), variables)

    def end(self, reads: Reads) -> None:
        """Choose what the rest of the spec reads, so that each state has one verdict."""
        self.states.step((), reads, reads, lambda values, held, state: Made())

    def student(self, network: nodes.Network, after: Reads) -> Slot:
        """Walk one student; its output is left in a slot.

        Raises:
            TooMany: Among other things, where there may be more layers than a network may have.
        """
        name, self.steps = network.name.text, 0
        self.states.place = self.students.index(name)
        self.pieces.sights = Sights(name, self.watched.get(name, frozenset()))
        inputs = {item.name.text: self.states.slot() for item in network.inputs}
        names, line = Names(TOP, dict(inputs)), self.states.slot()
        held = frozenset((*inputs.values(), line))
        reads = frozenset(r for item in network.inputs for r in self.reader.reads(item.type, TOP))
        later = after | self.reader.reads(network.body, names) | held
        self.states.step((), reads, later, self.pieces.inputs(network, inputs, line))
        start = next(iter(inputs.values())) if len(inputs) == 1 else None
        # the slot of the result is not known yet, but nothing before the last line reads it
        result = self.body(network.body, At((), names, start, line, line, after))
        if self.steps > MAX_LAYERS:
            raise TooMany
        return result

    def body(self, body: nodes.Body, at: At) -> Slot:
        """Walk the statements of a body; what it gives is in the slot of its last line."""
        names, pairs = at.names, list[tuple[nodes.Statement, Names, Slot | None]]()
        for statement in body.statements:
            result = None if isinstance(statement, nodes.Let) else self.states.slot()
            pairs.append((statement, names, result))
            if isinstance(statement, nodes.Let):
                names = names.inner(**{statement.name.text: Deferred(statement.value, names)})
            elif statement.label is not None and result is not None:
                names = names.inner(**{statement.label.text: result})
        rest: list[Reads] = [at.after]
        for statement, around, _ in reversed(pairs):
            rest.append(rest[-1] | self.reader.reads(statement.value, around))
        last = next((result for *_, result in reversed(pairs) if result is not None), at.current)
        for (statement, around, result), later in zip(pairs, rest[-2::-1], strict=True):
            if result is None:
                self.checked(statement.value, around, at.tag, later | at.held)
            elif isinstance(statement, nodes.Flow):
                line = frozenset((at.line,)) if result is not last else later & {at.line}
                self.statement(statement, replace(at, names=around, result=result, after=later | line | {result}))
                at = replace(at, current=result)
        if last is None:
            raise TooMany
        return last

    def checked(self, expr: nodes.Expr, names: Names, tag: Tag, after: Reads) -> None:
        """Rule out the states at which a value cannot be had; nothing is done where it always can."""
        reads = self.reader.reads(expr, names)
        if any(isinstance(r, Variable) for r in reads) and not is_safe(expr, self.reader, names):
            self.states.step(tag, reads, after, self.pieces.value(expr, names))

    def statement(self, statement: nodes.Flow, at: At) -> None:
        """Walk one line of a body."""
        if statement.label is None:
            self.flow(statement.value, at)
            return
        below, label = self.states.slot(), statement.label.text
        single = makes_one_layer(statement.value)

        def begin(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made:
            address = held[at.line].address
            return Made({below: Line(f"{address}.{label}" if address else label, single)})

        reads = self.reader.reads(statement.value, at.names)
        current = replace(at, line=below).held
        self.states.step(at.tag, frozenset((at.line,)), at.rest | reads | current, begin)
        self.flow(statement.value, replace(at, line=below, after=at.after | {below}))
        passed = self.pieces.passed(at.result, at.result, below)
        self.states.step(at.tag, frozenset((below, at.result)), at.after, passed)

    # Flows ------------------------------------------------------------------------------------------------------------

    def flow(self, expr: nodes.Expr, at: At) -> None:
        """Walk an expression: as a whole where what it reads has few values, part by part otherwise."""
        is_small = combinations(self.reader.reads(expr, at.names)) <= MOST_AT_ONCE
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

    def piece(self, expr: nodes.Expr, at: At) -> None:
        """Make a piece as a whole."""
        reads = self.reader.reads(expr, at.names) | at.held
        self.pieces.demand(self.states.different(at.tag, reads))
        self.states.step(at.tag, reads, at.after, self.pieces.piece(expr, at))
        self.steps += self.pieces.steps(expr, at.names)

    def chain(self, expr: nodes.Chain, at: At) -> None:
        """Walk a chain step by step."""
        rest: list[Reads] = [at.after]
        for step in reversed(expr.steps[1:]):
            rest.append(rest[-1] - {at.result} | self.reader.reads(step, at.names))
        *before, last = zip(expr.steps, reversed(rest), strict=True)
        for step, later in before:
            result = self.states.slot()
            self.flow(step, replace(at, result=result, after=later | {result, at.line}))
            at = replace(at, current=result)
        self.flow(last[0], at)

    def joined(self, expr: nodes.Binary | nodes.List | nodes.Index, parts: tuple[nodes.Expr, ...], at: At) -> None:
        """Walk the parts of an expression, then join what they give."""
        results = [self.states.slot() for _ in parts]
        names = [f"{position} of what is joined" for position in range(len(parts))]
        inner = at.names.inner(**dict(zip(names, results, strict=True)))
        whole = _with_parts(expr, [nodes.Name(n, span=part.span) for n, part in zip(names, parts, strict=True)])
        last = self.reader.reads(whole, inner) - frozenset(results)
        for position, (part, result) in enumerate(zip(parts, results, strict=True)):
            later = [self.reader.reads(other, at.names) for other in parts[position + 1 :]]
            after = at.rest.union(last, at.held, results[: position + 1], *later)
            self.flow(part, replace(at, result=result, after=after))
        self.piece(whole, replace(at, names=inner))

    def call(self, expr: nodes.Call, at: At) -> None:
        """Walk the body of a block that is called; a call of an op is a piece."""
        reads = self.reader.reads(expr.function, at.names)
        whole = self.reader.reads(expr, at.names) | at.held | at.rest

        def callee(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made | None:
            found = self.pieces.evaluated(expr.function, at.names, values, held)
            return None if found is UNKNOWN else Made(tag=(*state.tag, found))

        def walk(at: At) -> None:
            case = at.tag[-1]
            if isinstance(case, BlockValue):
                self.block(case.declaration, expr, at)
            else:
                self.piece(expr, at)

        self.each(self.states.fork(at.tag, reads, whole, callee), at, walk)

    def each(self, cases: list[Tag], at: At, walk: Callable[[At], None]) -> None:
        """Walk each of some cases, and let them go on as one."""
        before, most = self.steps, self.steps
        for case in cases:
            self.steps = before
            walk(replace(at, tag=case))
            most = max(most, self.steps)
        self.steps = most
        self.states.together(at.tag, cases, at.after)

    def block(self, block: nodes.Block, expr: nodes.Call, at: At) -> None:
        """Walk the body of a block; no student goes on where it is called inside itself, or too deeply."""
        self.steps += 1
        open = [case.declaration for case in at.tag[:-1] if isinstance(case, BlockValue)]
        names = parameters(block, expr.arguments, at.names)
        if names is None or block in open or len(open) >= MAX_BLOCK_DEPTH:
            self.states.step(at.tag, frozenset(), at.after, lambda values, held, state: None)
            return
        for argument in expr.arguments:
            self.checked(argument.value, at.names, at.tag, self.states.live[at.tag])
        bound = names.inner(input=at.current) if at.current else names
        self.instance(block.body, replace(at, names=bound))

    def instance(self, body: nodes.Body, at: At) -> None:
        """Walk one unfolding of a body under an address of its own."""
        below, single = self.states.slot(), is_one_call(body)
        is_counted = self.pieces.sights.is_counted

        def begin(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made:
            address, line = held[at.line].next(is_counted)
            return Made({at.line: line, below: Line(address, single)})

        reads = self.reader.reads(body, at.names)
        self.states.step(at.tag, frozenset((at.line,)), at.rest | reads | at.held | {below}, begin)
        inner = at.rest | {below} | ({at.line} & at.after)
        result = self.body(body, replace(at, line=below, after=inner))
        self.states.step(at.tag, frozenset((below, result)), at.after, self.pieces.passed(result, at.result, below))

    def repeat(self, expr: nodes.Repeat, at: At) -> None:
        """Walk a repeat round by round."""
        items = self.reader.items(expr.over, at.names) if expr.variable else None
        if items is not None:
            self.checked(expr.over, at.names, at.tag, self.states.live[at.tag])
            self.rounds(expr, items, at)
            return
        reads = self.reader.reads(expr.over, at.names)
        whole = self.reader.reads(expr, at.names) | at.held | at.rest

        def over(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made | None:
            found = self.pieces.rounds(expr, at.names, values, held)
            return None if found is None else Made(tag=(*state.tag, found))

        def walk(at: At) -> None:
            case = at.tag[-1]
            assert isinstance(case, tuple)
            self.rounds(expr, tuple(map(Known, case)), at)

        self.each(self.states.fork(at.tag, reads, whole, over), at, walk)

    def rounds(self, expr: nodes.Repeat, items: tuple[Binding, ...], at: At) -> None:
        """Walk the body of a repeat once for each item."""
        self.steps += len(items)
        variable = expr.variable.text if expr.variable else None
        bound = [at.names.inner(**({variable: item} if variable else {})) for item in items]
        later: list[Reads] = [at.rest]
        for names in reversed(bound[1:]):
            later.append(later[-1] | self.reader.reads(expr.body, names))
        for index, (names, rest) in enumerate(zip(bound, reversed(later), strict=False)):
            is_last = index == len(bound) - 1
            result = at.result if is_last else self.states.slot()
            after = rest | ({result} if is_last else {result, at.line}) | (at.after & {at.line})
            self.instance(expr.body, replace(at, names=names, result=result, after=after))
            at = replace(at, current=result)
        if not bound:
            self._pass_on(at)

    def _pass_on(self, at: At) -> None:
        """Give on what flows in, where nothing is done with it."""
        if at.current is None:
            raise TooMany
        self.states.step(at.tag, frozenset((at.current,)), at.after, self.pieces.passed(at.current, at.result))


def _with_parts(expr: nodes.Binary | nodes.List | nodes.Index, parts: list[nodes.Name]) -> nodes.Expr:
    """An expression with other parts."""
    match expr:
        case nodes.Binary():
            return replace(expr, left=parts[0], right=parts[1])
        case nodes.List():
            return replace(expr, items=tuple(parts))
    return replace(expr, value=parts[0])
