"""Pieces of students, each made by the elaborator itself at the values of one state.

So nothing here says a second time what a layer means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..graph.elaborate import Bundle, Elaboration, Numbering, TooLarge, Wire
from ..program.declarations import Declarations
from ..semantics.bindings import BlockValue
from ..semantics.scope import UNKNOWN, Scope
from ..syntax import nodes
from ..values import Cost
from .reading import Binding, Known, Names, Reader, Reads, Slot, Variable
from .sights import FlowPlace, Sighting, Sights
from .states import Flowing, Line, Made, Make, State, Tag, TooMany

MOST_MADE = 12_000
"""So many different pieces are made, and no more."""


@dataclass(frozen=True, eq=False)
class At:
    """Where a flow stands.

    Attributes:
        names: What is bound there.
        current: What flows in.
        line: Where its layers are numbered.
        result: Where what it gives goes.
        after: What will be read after it.
    """

    tag: Tag
    names: Names
    current: Slot | None
    line: Slot
    result: Slot
    after: Reads

    @property
    def held(self) -> Reads:
        """What flows in, and the numbering."""
        return frozenset(slot for slot in (self.current, self.line) if slot is not None)

    @property
    def rest(self) -> Reads:
        """What else will be read after it."""
        return self.after - {self.result}


@dataclass(eq=False)
class Pieces:
    """Makes pieces, each once.

    Attributes:
        reader: Knows what pieces read.
        fixed: Declarations at the values of what is not turned, and values of those that no variable reaches.
        sights: Of the student that is walked.
    """

    reader: Reader
    fixed: Declarations
    sights: Sights = Sights()
    _steps: dict[tuple[int, int], int] = field(default_factory=dict)
    _made: dict[Any, Made | None] = field(default_factory=dict)
    _kept: list[object] = field(default_factory=list)
    _values: dict[str, Any] = field(default_factory=dict)

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

    def value(self, expr: nodes.Expr, names: Names) -> Make:
        """Makes nothing; None where an expression has no value."""

        def make(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made | None:
            return None if self.evaluated(expr, names, values, held) is UNKNOWN else Made()

        return make

    def evaluated(
        self, expr: nodes.Expr, names: Names, values: Mapping[Variable, Any], held: Mapping[Slot, Any]
    ) -> Any:
        """The value of an expression; UNKNOWN where it has none."""
        look = _Look(self.reader, self.at(values), values, held)
        value = look.declarations.evaluator.value(expr, look.scope(expr, names))
        return UNKNOWN if look.declarations.reporter.has_errors else value

    def rounds(
        self, expr: nodes.Repeat, names: Names, values: Mapping[Variable, Any], held: Mapping[Slot, Any]
    ) -> tuple[Any, ...] | None:
        """What a repeat runs over; None where it cannot."""
        value = self.evaluated(expr.over, names, values, held)
        try:
            found = None if value is UNKNOWN else Elaboration(self.at(values).evaluator).rounds(expr, value, Scope())
        except TooLarge:
            return None
        return None if found is None else tuple(found)

    # Flows -----------------------------------------------------------------------------------------------------------

    def inputs(self, network: nodes.Network, inputs: Mapping[str, Slot], line: Slot) -> Make:
        """Makes the inputs of a network, and the line that its layers are numbered in."""

        def make(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made | None:
            declarations = self.at(values)
            slots: dict[Slot, Any] = {line: Line("", False)}
            for item in network.inputs:
                type = declarations.input_type(item)
                if type is None:
                    return None
                slots[inputs[item.name.text]] = Flowing((type,), (frozenset(),))
            return Made(slots)

        return make

    def passed(self, source: Slot, target: Slot, line: Slot | None = None) -> Make:
        """Gives what a slot holds to another one; the address of the line stands for it."""
        sights = self.sights

        def make(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made:
            flowing, address = held[source], "" if line is None else held[line].address
            named = address if flowing.is_single and address in sights.watched else ""
            seen = frozenset((Sighting(sights.network, named, flowing.types[0], False),) if named else ())
            trace = sights.passed(source.number, target.number, len(flowing.types), named)
            return Made({target: flowing}, seen=seen, trace=trace)

        return make

    # Layers -----------------------------------------------------------------------------------------------------------

    def demand(self, count: int) -> None:
        """Stop before more pieces are made than may be.

        Raises:
            TooMany: They would be too many.
        """
        if len(self._made) + count > MOST_MADE:
            raise TooMany

    def piece(self, expr: nodes.Expr, at: At) -> Make:
        """Makes an expression as a whole."""

        def make(values: Mapping[Variable, Any], held: Mapping[Slot, Any], state: State) -> Made | None:
            given = tuple(values.values())
            key = (id(expr), id(at.names), hashable(given), tuple(held.values()), tuple(map(type, given)))
            if key not in self._made:
                # kept beside the answer, so that nothing else takes their identity
                self._kept.append((expr, at.names))
                self._made[key] = self._elaborated(expr, at, values, held)
            return self._made[key]

        return make

    def steps(self, expr: nodes.Expr, names: Names) -> int:
        """The most steps of unfolding that a piece took."""
        return self._steps.get((id(expr), id(names)), 0)

    def _elaborated(
        self, expr: nodes.Expr, at: At, values: Mapping[Variable, Any], held: Mapping[Slot, Any]
    ) -> Made | None:
        """What the elaborator makes of a piece at some values."""
        look = _Look(self.reader, self.at(values), values, held)
        open = [case.declaration for case in at.tag if isinstance(case, BlockValue)]
        elaboration = Elaboration(look.declarations.evaluator, open=open)
        line: Line = held[at.line]
        numbering = Numbering(line.address, line.is_single, line.counted)
        scope = look.scope(expr, at.names)
        current = None if at.current is None else look.wires(at.current)
        try:
            made = elaboration.flow(expr, scope, current, numbering)
        except TooLarge:
            return None
        key = (id(expr), id(at.names))
        self._steps[key] = max(self._steps.get(key, 0), elaboration.steps)
        if look.declarations.reporter.has_errors or not isinstance(made, Wire | Bundle):
            return None
        count = numbering.count if self.sights.is_counted else 0
        below = Line(line.address, line.is_single, count)
        return self._sighted(elaboration, made, look, {at.line: below}, at.result)

    def _sighted(
        self, elaboration: Elaboration, made: Wire | Bundle, look: _Look, lines: Mapping[Slot, Line], result: Slot
    ) -> Made:
        """A piece with what is seen of it."""
        wires = made.wires if isinstance(made, Bundle) else (made,)
        read = {wire.address: (place, look.after(place)) for place, wire in look.read.items()}
        types = {wire.address: wire.type for wire in look.read.values() if wire.type is not None}
        after = self.sights.after(elaboration, {address: known for address, (_, known) in read.items()})
        flowing = Flowing(
            tuple(wire.type for wire in wires if wire.type is not None),
            tuple(after[wire.address] for wire in wires),
            made.splitter if isinstance(made, Bundle) else None,
            isinstance(made, Wire),
        )
        return Made(
            {**lines, result: flowing},
            sum((layer.cost for layer in elaboration.layers.values()), Cost()),
            frozenset(self.sights.sightings(elaboration, types)),
            self.sights.trace(elaboration, made, result.number, read),
        )


@dataclass(frozen=True, eq=False)
class _Look:
    """What names and slots stand for at some values.

    Attributes:
        read: The flows that were asked for.
    """

    reader: Reader
    declarations: Declarations
    values: Mapping[Variable, Any]
    held: Mapping[Slot, Any]
    read: dict[FlowPlace, Wire] = field(default_factory=dict)

    def wires(self, slot: Slot) -> Wire | Bundle:
        """What a slot holds, as wires of the elaborator."""
        flowing: Flowing = self.held[slot]
        wires = tuple(Wire(f"{slot.number}.{i}", type) for i, type in enumerate(flowing.types))
        self.read.update({(slot.number, i): wire for i, wire in enumerate(wires)})
        return wires[0] if flowing.is_single else Bundle(wires, flowing.splitter)

    def after(self, place: FlowPlace) -> frozenset[str]:
        """Below which addresses something leads to a flow."""
        flowing = next(flowing for slot, flowing in self.held.items() if slot.number == place[0])
        found: frozenset[str] = flowing.after[place[1]]
        return found

    def scope(self, node: nodes.Node, names: Names) -> Scope:
        """A scope in which the names of an expression are bound to what they are."""
        bound = ((name, names.find(name)) for name in self.reader.free(node))
        return Scope(names={name: self._bound(binding) for name, binding in bound if binding is not None})

    def _bound(self, binding: Binding) -> Any:
        match binding:
            case Known():
                return binding.value
            case Variable():
                return self.values[binding]
            case Slot():
                return self.wires(binding)
        return self.declarations.evaluator.value(binding.expr, self.scope(binding.expr, binding.names))


def hashable(value: Any) -> Any:
    """A value of the language that can be a key: dictionaries, which cannot, are told by what is in them."""
    if isinstance(value, dict):
        return (dict, *((name, hashable(inner)) for name, inner in value.items()))
    return tuple(map(hashable, value)) if isinstance(value, tuple) else value
