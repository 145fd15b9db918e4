"""From the body of a network to its graph: blocks unfolded, repeats counted out, every shape inferred on the way.

Inference stops at the first layer it cannot type on a path and goes on elsewhere, so one mistake gives one message.

Addresses: a label names what its line makes; where a line makes several layers they are numbered below it; a block that
is one call stands at the address of its own call, so that `s1[2]` is the third `mconv` and not something inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from ..component import Component
from ..dataclass import dataclass
from ..diagnostics import Label, Reporter
from ..ops import combine
from ..ops.base import Op
from ..optim.initializers import Initializer
from ..semantics.arguments import Given, Site, assign, report_missing
from ..semantics.bindings import BlockValue
from ..semantics.evaluate import Evaluator
from ..semantics.functions import called, describe, is_number
from ..semantics.scope import UNKNOWN, Scope
from ..source import NOWHERE, Span
from ..syntax import nodes
from ..syntax.spelling import spell
from ..values import Rejected, TensorType
from .habits import doubt, remedy
from .model import Group, Layer, LayerGraph
from .sketch import UNNAMED, Sketch, Unfit

MAX_LAYERS = 20_000
MAX_BLOCK_DEPTH = 40
MERGES: Mapping[str, type[Op]] = {"+": combine.Add, "-": combine.Sub, "*": combine.Mul}
_NUMBER_OR_NAME = (nodes.Number, nodes.Unary, nodes.Name)


@dataclass(frozen=True)
class Wire:
    """What flows: the address of the layer (or name of the input) it comes from, and its type if that is known."""

    address: str
    type: TensorType | None


@dataclass(frozen=True)
class Bundle:
    """Several wires: a list to merge, or the parts of a split, of which one is picked by `[i]`.

    Attributes:
        splitter: The op that splits, for parts; picking one makes a layer of it.
    """

    wires: tuple[Wire, ...]
    splitter: Op | None = None


Flow = Wire | Bundle


class TooLarge(Exception):
    """A network unfolds into more layers than any spec may have; it was reported."""


@dataclass
class Numbering:
    """Gives addresses to the layers of one body or line: a single layer keeps the address, several are numbered."""

    address: str
    is_single: bool = False
    count: int = 0

    def next(self) -> str:
        """The address of the next layer."""
        if self.is_single:
            return self.address
        self.count += 1
        return f"{self.address}[{self.count - 1}]"

    def label(self, name: str) -> str:
        """The address of what a label names."""
        return f"{self.address}.{name}" if self.address else name


@dataclass
class Elaboration:
    """The unfolding of one network.

    Attributes:
        evaluator: Evaluates arguments, and reports.
        init: How weights start where a layer does not say.
        layers: The layers typed so far, by address.
        groups: Labels, blocks and repeats so far, by address.
        open: The blocks that are being unfolded, outermost first.
        first: Name of the network's first input.
        sketch: What was found wrong, and where.
    """

    evaluator: Evaluator
    init: Initializer | None = None
    layers: dict[str, Layer] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    open: list[nodes.Block] = field(default_factory=list)
    first: str = "input"
    steps: int = 0
    sketch: Sketch = field(default_factory=Sketch)

    @property
    def reporter(self) -> Reporter:
        """Where findings go."""
        return self.evaluator.reporter

    def network(self, body: nodes.Body, inputs: Mapping[str, TensorType | None], scope: Scope) -> LayerGraph | None:
        """The graph of a network; None if a mistake keeps it from being known, which is reported."""
        wires = {name: Wire(name, type) for name, type in inputs.items()}
        self.first = next(iter(inputs), self.first)
        start = next(iter(wires.values())) if len(wires) == 1 else None
        try:
            result = self.body(body, scope.inner(wires), start, Numbering(""))
        except TooLarge:
            return None
        if not isinstance(result, Wire):
            if isinstance(result, Bundle):
                self.error(
                    "FIT2003",
                    body.statements[-1].span,
                    "a network gives one output, this one ends in several flows",
                    scope,
                    "merge them: `[a, b] -> Concat()`",
                )
            elif result is None:
                self.error("FIT2003", body.span, "this network gives no output", scope, "add a layer")
            return None
        if any(type is None for type in inputs.values()) or result.type is None:
            return None
        if any(group.output not in self.layers and group.output not in inputs for group in self.groups.values()):
            # a mistake beside what leads to the output; what a name stands for would have no type
            return None
        types = {name: type for name, type in inputs.items() if type is not None}
        return LayerGraph(types, self.layers, result.address, self.groups)

    def body(self, body: nodes.Body, scope: Scope, current: Any, numbering: Numbering) -> Any:
        """What the last statement of a body gives; UNKNOWN after a mistake."""
        for statement in body.statements:
            if isinstance(statement, nodes.Let):
                scope.names[statement.name.text] = self.evaluator.value(statement.value, scope)
            else:
                current = self.statement(statement, scope, current, numbering)
        return current

    def statement(self, statement: nodes.Flow, scope: Scope, current: Any, numbering: Numbering) -> Any:
        """What one line gives; its label is bound to it."""
        if statement.label is None:
            return self.flow(statement.value, scope, current, numbering)
        name = statement.label.text
        below = Numbering(numbering.label(name), is_single=makes_one_layer(statement.value))
        result = self.flow(statement.value, scope, current, below)
        scope.names[name] = result
        self.group(below.address, result, Group(below.address, "", doc=statement.doc, span=statement.label.span))
        return result

    def group(self, address: str, result: Any, group: Group) -> None:
        """Note that `address` stands for several layers, unless it is a layer itself."""
        if isinstance(result, Wire) and result.address != address and address not in self.layers:
            known = self.groups.get(address, group)
            self.groups[address] = replace(
                known, output=result.address, doc=group.doc or known.doc, block=known.block or group.block
            )

    def flow(self, expr: nodes.Expr, scope: Scope, current: Any, numbering: Numbering) -> Any:
        """What an expression makes of what flows in."""
        match expr:
            case nodes.Chain():
                for step in expr.steps:
                    current = self.flow(step, scope, current, numbering)
                return current
            case nodes.Call():
                return self.marked(expr, scope, current, numbering)
            case nodes.Repeat():
                return self.repeat(expr, scope, current, numbering)
            case nodes.Binary() if expr.op in MERGES:
                return self.merge(expr, scope, current, numbering)
            case nodes.List():
                return self.branches(expr, scope, current, numbering)
            case nodes.Index():
                return self.pick(expr, scope, current, numbering)
        return self.wire(expr, scope)

    def wire(self, expr: nodes.Expr, scope: Scope) -> Any:
        """The flow that a bare name stands for."""
        value = self.evaluator.value(expr, scope)
        if value is UNKNOWN or isinstance(value, Wire | Bundle):
            return value
        help = "layers are calls, such as `Linear(10)`"
        if isinstance(value, BlockValue):
            help = f"call it: `{value.word}({'…' * bool(value.declaration.parameters)})`"
        elif isinstance(value, type) and issubclass(value, Component):
            help = f"call it: `{called(value)}`"
        return self.error("FIT2003", expr.span, f"{describe(value)} is not something that flows", scope, help)

    def branches(self, expr: nodes.List, scope: Scope, current: Any, numbering: Numbering) -> Any:
        """Several flows to merge; each that begins with a call takes what flows in."""
        results = [self.flow(item, scope, current, numbering) for item in expr.items]
        if any(result is UNKNOWN for result in results):
            return UNKNOWN
        for result, item in zip(results, expr.items, strict=True):
            if isinstance(result, Bundle):
                return self.error(
                    "FIT2003",
                    item.span,
                    "a list of flows holds single flows",
                    scope,
                    "pick a part with `[i]`, or merge the inner list first",
                )
        return Bundle(tuple(results))

    def pick(self, expr: nodes.Index, scope: Scope, current: Any, numbering: Numbering) -> Any:
        """One part of a split, or one flow of a list."""
        bundle = self.flow(expr.value, scope, current, numbering)
        index = self.evaluator.value(expr.index, scope)
        if bundle is UNKNOWN or index is UNKNOWN:
            return UNKNOWN
        parts = 0
        if isinstance(bundle, Bundle):
            parts = len(bundle.wires) if bundle.splitter is None else bundle.splitter.parts() or 0
        if not isinstance(index, int) or not 0 <= index < parts:
            return self.error(
                "FIT2003",
                expr.span,
                f"there is no part {index} here",
                scope,
                f"parts are numbered 0 to {parts - 1}" if parts else "only a split has parts",
            )
        if bundle.splitter is None:
            return bundle.wires[index]
        return self.layer(bundle.splitter.model_copy(update={"index": index}), bundle.wires, expr, scope, numbering)

    def marked(self, expr: nodes.Call, scope: Scope, current: Any, numbering: Numbering) -> Any:
        """The layer or the block that a call makes; where it makes none, and nothing in it is at fault, it is."""
        faults = len(self.sketch.faults)
        result = self.call(expr, scope, current, numbering)
        if result is UNKNOWN and current is not UNKNOWN and len(self.sketch.faults) == faults:
            wires = current.wires if isinstance(current, Bundle) else (current,) if isinstance(current, Wire) else ()
            address = numbering.address if numbering.is_single else numbering.label(f"{UNNAMED}{faults + 1}")
            self.mark(address, expr, wires)
        return result

    def mark(self, address: str, expr: nodes.Expr, wires: tuple[Wire, ...]) -> None:
        """Note that what was reported last is to be seen at an address."""
        found = self.reporter.diagnostics
        if found and all(wire.type is not None for wire in wires):
            op = Unfit(call=spell(expr), code=found[-1].code, message=found[-1].message)
            self.sketch.note(address, op, tuple(wire.address for wire in wires), expr.span, len(self.layers))

    def call(self, expr: nodes.Call, scope: Scope, current: Any, numbering: Numbering) -> Any:
        """The layer or the block that a call makes."""
        self.count(expr.span, scope)
        callee = self.evaluator.value(expr.function, scope)
        if callee is UNKNOWN:
            return UNKNOWN
        if isinstance(callee, BlockValue):
            return self.block(callee.declaration, expr, scope, current, numbering)
        if not (isinstance(callee, type) and issubclass(callee, Op)):
            return self.error(
                "FIT2003",
                expr.function.span,
                f"{describe(callee)} is not a layer",
                scope,
                "`fit list ops` names all layers",
            )
        op = self.evaluator.make(callee, expr, scope)
        if op is UNKNOWN or current is UNKNOWN:
            return UNKNOWN
        if current is None:
            return self.error(
                "FIT2003",
                expr.span,
                f"nothing flows into `{callee.word}`",
                scope,
                f"name what does: `{self.first} -> …`",
            )
        wires = current.wires if isinstance(current, Bundle) else (current,)
        if op.parts() is not None:
            return Bundle(wires, op)
        return self.layer(op, wires, expr, scope, numbering)

    def merge(self, expr: nodes.Binary, scope: Scope, current: Any, numbering: Numbering) -> Any:
        """An elementwise merge of two flows."""
        sides = [self.side(side, expr, scope, current, numbering) for side in (expr.left, expr.right)]
        if any(side is UNKNOWN for side in sides):
            return UNKNOWN
        for side in sides:
            if not isinstance(side, Wire):
                message = "`+`, `-` and `*` take two flows"
                return self.error("FIT2003", expr.span, message, scope, "pick a part with `[i]`")
        return self.layer(MERGES[expr.op](), tuple(sides), expr, scope, numbering)

    def side(self, side: nodes.Expr, whole: nodes.Binary, scope: Scope, current: Any, numbering: Numbering) -> Any:
        """One of the two flows of a merge; a number is none."""
        value = self.evaluator.value(side, scope) if isinstance(side, _NUMBER_OR_NAME) else None
        if not is_number(value):
            return self.flow(side, scope, current, numbering)
        message = f"`{whole.op}` joins two flows, {describe(value)} is none"
        help = "leave the number out: no number scales or shifts a flow, and the layers around learn their own scale"
        return self.error("FIT2003", side.span, message, scope, help)

    def layer(self, op: Op, wires: tuple[Wire, ...], expr: nodes.Expr, scope: Scope, numbering: Numbering) -> Wire:
        """Add a layer; one whose inputs do not fit is reported and left without a type."""
        address, span = numbering.next(), expr.span
        types = [wire.type for wire in wires]
        if not self.accepts(op, len(wires), span, scope):
            self.mark(address, expr, wires)
            return Wire(address, None)
        if None in types:
            return Wire(address, None)
        known = [type for type in types if type is not None]
        try:
            output, cost = op.infer(*known), op.cost(*known)
        except Rejected as rejected:
            came = ", ".join(f"`{wire.address}`" for wire in wires)
            code = "FIT2004" if len(wires) == 1 else "FIT2001"
            under = f"input comes from {came}" if len(wires) == 1 else f"inputs come from {came}"
            self.error(code, span, rejected.message, scope, remedy(op, expr, known) or rejected.help, under=under)
            self.mark(address, expr, wires)
            return Wire(address, None)
        if found := doubt(op, expr, known):
            self.reporter.warning(found.code, span, found.message, notes=(found.note,), helps=(found.help,))
        inputs = tuple(wire.address for wire in wires)
        self.layers[address] = Layer(address, op, inputs, output, cost, span, self.init if cost.params else None)
        return Wire(address, output)

    def accepts(self, op: Op, count: int, span: Span, scope: Scope) -> bool:
        """Whether an op joins this many flows; reported if not."""
        low, high = op.min_inputs, op.max_inputs
        if low <= count and (high is None or count <= high):
            return True
        takes = f"{low}" if low == high else f"at least {low}" if high is None else f"{low} to {high}"
        self.error(
            "FIT2002",
            span,
            f"`{op.word}` takes {takes} input{'s' * (takes != '1')}, got {count}",
            scope,
            "merge flows with a list: `[a, b] -> Concat()`" if low > count else "merge the flows first",
        )
        return False

    def repeat(self, expr: nodes.Repeat, scope: Scope, current: Any, numbering: Numbering) -> Any:
        """A body again and again, each time on what the time before gave."""
        over = self.evaluator.value(expr.over, scope)
        if over is UNKNOWN:
            return UNKNOWN
        items = self.rounds(expr, over, scope)
        if items is None:
            return UNKNOWN
        for item in items:
            self.count(expr.span, scope)
            inner = scope.inner({expr.variable.text: item} if expr.variable else None)
            current = self.instance(expr.body, inner, current, numbering.next(), Group("", "", span=expr.span))
        return current

    def rounds(self, expr: nodes.Repeat, over: Any, scope: Scope) -> tuple[Any, ...] | range | None:
        """What a repeat runs over; None if it is no list and no count, which is reported."""
        if expr.variable is not None:
            if isinstance(over, tuple):
                return over
            message = f"`repeat … in` runs over a list, got {describe(over)}"
            help = f"leave `{expr.variable} in` out to repeat so many times" if is_number(over) else None
            self.error("FIT1010", expr.over.span, message, scope, help)
            return None
        if isinstance(over, float) and over.is_integer():
            over = int(over)
        if not isinstance(over, int) or isinstance(over, bool) or over < 0:
            self.error("FIT1010", expr.over.span, f"`repeat` takes a whole number from 0, got {describe(over)}", scope)
            return None
        if over > MAX_LAYERS:
            self.too_large(expr.over.span, scope)
        return range(over)

    def block(self, block: nodes.Block, expr: nodes.Call, scope: Scope, current: Any, numbering: Numbering) -> Any:
        """The layers of a block that is called."""
        is_open = any(block is one for one in self.open)
        if is_open or len(self.open) >= MAX_BLOCK_DEPTH:
            message = f"`{block.name}` is called inside itself"
            if not is_open:
                message = f"blocks are called inside each other more than {MAX_BLOCK_DEPTH} deep"
            self.error("FIT2006", expr.span, message, scope, "write `repeat` where layers come again and again")
            raise TooLarge
        given = self.evaluator.given(expr.arguments, scope)
        inner = self.parameters(block, given, expr.span)
        if inner is None:
            return UNKNOWN
        inner.names["input"] = UNKNOWN if current is None else current
        inner = replace(inner, calls=(*scope.calls, expr.span))
        group = Group("", "", block=block.name.text, doc=block.doc, span=expr.span)
        self.open.append(block)
        result = self.instance(block.body, inner, current, numbering.next(), group)
        self.open.pop()
        return result

    def parameters(self, block: nodes.Block, given: tuple[Given, ...], span: Span) -> Scope | None:
        """The scope in which a block's parameters are bound; None if one is missing or misplaced."""
        site = Site(span, block.name.text)
        assigned = assign(given, [p.name.text for p in block.parameters], site, self.reporter)
        if assigned is None:
            return None
        missing = [p.name.text for p in block.parameters if p.default is None and p.name.text not in assigned]
        if missing:
            report_missing(missing, site, self.reporter)
            return None
        scope = Scope(calls=(span,))
        for parameter in block.parameters:
            name = parameter.name.text
            if name in assigned:
                scope.names[name] = assigned[name].value
            elif parameter.default is not None:
                scope.names[name] = self.evaluator.value(parameter.default, scope)
        return scope

    def instance(self, body: nodes.Body, scope: Scope, current: Any, address: str, group: Group) -> Any:
        """One unfolding of a body under an address of its own."""
        result = self.body(body, scope, current, Numbering(address, is_single=is_one_call(body)))
        self.group(address, result, replace(group, address=address))
        return result

    def count(self, span: Span, scope: Scope) -> None:
        """Count one more step of unfolding, and stop a network that has no end."""
        self.steps += 1
        if self.steps > MAX_LAYERS:
            self.too_large(span, scope)

    def too_large(self, span: Span, scope: Scope) -> None:
        """Report a network without end and leave it."""
        self.error(
            "FIT2005",
            span,
            f"this network has more than {MAX_LAYERS:,} layers",
            scope,
            "no spec needs so many; look at its `repeat`s",
        )
        raise TooLarge

    def error(self, code: str, span: Span, message: str, scope: Scope, help: str | None = None, under: str = "") -> Any:
        """Report a mistake with the calls of blocks that led to it, and give UNKNOWN."""
        calls = dict.fromkeys(call for call in scope.calls if call != NOWHERE)
        labels = tuple(Label(call, "in the block used here") for call in calls)
        self.reporter.error(code, span, message, under=under, labels=labels, helps=(help,) if help else ())
        return UNKNOWN


def makes_one_layer(expr: nodes.Expr) -> bool:
    """Whether an expression makes at most one layer, which then needs no number below its label."""
    if isinstance(expr, nodes.Chain):
        source, *steps = expr.steps
        return len(steps) == 1 and isinstance(source, nodes.Name) and isinstance(steps[0], nodes.Call)
    if isinstance(expr, nodes.Binary):
        return all(isinstance(side, nodes.Name | nodes.Index) for side in (expr.left, expr.right))
    return not isinstance(expr, nodes.Chain | nodes.Repeat | nodes.List)


def is_one_call(body: nodes.Body) -> bool:
    flows = [statement for statement in body.statements if isinstance(statement, nodes.Flow)]
    return len(flows) == 1 and flows[0].label is None and isinstance(flows[0].value, nodes.Call)
