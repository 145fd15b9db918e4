"""Hints: which teacher layer guides which student layer, and the regressor between them, solved from their shapes."""

from __future__ import annotations

from pydantic import Field

from ..component import Component, Record, components
from ..dataclass import dataclass
from ..diagnostics import Diagnostic, Label, Severity, diagnostic
from ..graph.elaborate import Elaboration
from ..graph.model import LayerGraph, Network
from ..graph.regressors import (
    GUIDED,
    Convolution,
    Goal,
    NoRegressor,
    Regressor,
    alternatives,
    chain,
    nonlinearity,
    possible,
)
from ..losses.feature import FeatureLoss, HalfSquared, Needs
from ..semantics.arguments import Site, bind
from ..semantics.bindings import BlockValue
from ..semantics.scope import Scope
from ..source import Span
from ..syntax import nodes
from ..values import Rejected, TensorType
from .declarations import Declarations, setting_span
from .model import Hint
from .places import Places


class HintSettings(Record):
    """What stands between the braces of a hint."""

    regressor: Regressor | BlockValue | None = Field(
        None, description="maps the guided output to the hint's shape; `conv()` if left out, where the loss wants one"
    )
    loss: FeatureLoss = Field(default_factory=HalfSquared, description="compares the regressed output with the hint")


@dataclass(frozen=True)
class _End:
    """One end of a hint."""

    network: Network
    address: str
    node: nodes.Expr

    @property
    def type(self) -> TensorType:
        return self.network.graph.type_of(self.address)

    @property
    def label(self) -> Label:
        return Label(self.node.span, f"gives {self.type}")


@dataclass(frozen=True)
class _Side:
    """The layers of one network that a hint names: one, or a list of several."""

    network: Network
    ends: tuple[_End, ...]
    node: nodes.Expr


@dataclass(frozen=True)
class _Pair:
    """Both ends of a hint and what compares them."""

    teacher: _End
    student: _End
    loss: FeatureLoss

    @property
    def goal(self) -> Goal:
        kind = nonlinearity(self.teacher.network.graph, self.teacher.address)
        return Goal(self.teacher.type, kind, self.loss)


@dataclass(frozen=True, eq=False)
class Hints:
    """Builds hints; reports those that compare what cannot be compared."""

    declarations: Declarations
    places: Places

    def build(self, hint: nodes.Hint) -> Hint | None:
        """One hint; None if it is wrong, which is reported."""
        reporter = self.declarations.reporter
        site = Site(hint.name.span, hint.name.text, "setting")
        settings = bind(HintSettings, self.declarations.settings(hint.settings), site, reporter)
        teacher, student = self._side(hint.teacher), self._side(hint.student)
        if not isinstance(settings, HintSettings) or teacher is None or student is None:
            return None
        if finding := _misled(hint, teacher, student) or _miscounted(hint, settings, teacher, student):
            reporter.add(finding)
            return None
        regressor = self._between(hint, settings, teacher, student)
        if regressor is None:
            return None
        return Hint(
            hint.name.text,
            teacher.network.name,
            tuple(teacher.network.graph.resolve(end.address) for end in teacher.ends),
            student.network.name,
            tuple(student.network.graph.resolve(end.address) for end in student.ends),
            regressor,
            settings.loss,
            hint.name.span,
        )

    def _side(self, node: nodes.Expr) -> _Side | None:
        """The layers that an end of a hint names; None if they are wrong, which is reported."""
        taps = self.places.taps(node)
        if taps is None:
            return None
        items = node.items if isinstance(node, nodes.List) else (node,)
        ends = [_End(*tap, item) for tap, item in zip(taps, items, strict=True)]
        names = list(dict.fromkeys(end.network.name for end in ends))
        if len(names) > 1:
            message = f"the layers of one list lie in one network, not in `{names[0]}` and `{names[1]}`"
            help = "write a hint for each network"
            self.declarations.reporter.error("FIT3006", node.span, message, helps=(help,))
            return None
        return _Side(ends[0].network, tuple(ends), node)

    def _between(self, hint: nodes.Hint, settings: HintSettings, teacher: _Side, student: _Side) -> LayerGraph | None:
        """What stands between the two sides: a regressor, or nothing where there are several layers."""
        pairs = [_Pair(*ends, settings.loss) for ends in zip(teacher.ends, student.ends, strict=True)]
        if not settings.loss.takes_several:
            return self._regressor(hint, settings.regressor, pairs[0])
        for pair in pairs:
            try:
                pair.goal.demand_comparable(pair.student.type)
            except Rejected as rejected:
                self._refuse(rejected, NoRegressor(), pair, others=False)
                return None
        inputs = {f"{GUIDED}[{index}]": pair.student.type for index, pair in enumerate(pairs)}
        return LayerGraph(inputs, {}, next(iter(inputs)))

    def _regressor(self, hint: nodes.Hint, regressor: Regressor | BlockValue | None, pair: _Pair) -> LayerGraph | None:
        if isinstance(regressor, BlockValue):
            return self._from_block(hint, regressor, pair)
        regressor = regressor or (Convolution() if pair.loss.wants_regressor() else NoRegressor())
        try:
            ops = pair.goal.ops(regressor, pair.student.type)
        except Rejected as rejected:
            self._refuse(rejected, regressor, pair)
            return None
        return chain(ops, pair.student.type, regressor.init)

    def _refuse(self, rejected: Rejected, regressor: Regressor, pair: _Pair, *, others: bool = True) -> None:
        """Report two ends that a regressor cannot bring together, and whether another one could."""
        student, goal = pair.student, pair.goal
        layers = possible(regressor, student.network.graph, goal)
        regressors = [f"`{name}()`" for name in alternatives(student.type, goal)] if others else []
        other = (f"use another regressor: {' or '.join(regressors)}",) if regressors else ()
        self.declarations.reporter.error(
            "FIT3001",
            student.node.span,
            rejected.message,
            under=f"gives {student.type}",
            labels=(pair.teacher.label,),
            helps=(*_instead(student, list(layers)), *other),
        )

    def _from_block(self, hint: nodes.Hint, block: BlockValue, pair: _Pair) -> LayerGraph | None:
        """A block of the spec as a regressor, called with `out` and `k` where it has such parameters."""
        teacher, student = pair.teacher, pair.student
        wanted = {parameter.name.text for parameter in block.declaration.parameters}
        solved = {"out": teacher.type.shape[0]}
        if teacher.type.rank == student.type.rank == 3:
            solved["k"] = student.type.shape[1] - teacher.type.shape[1] + 1
        if "k" in wanted and solved.get("k", 1) < 1:
            message = f"a convolution cannot make {teacher.type} from the smaller map {student.type}"
            self._refuse(Rejected(message), Convolution(), pair)
            return None
        span = setting_span(hint, "regressor")
        arguments = tuple(
            nodes.Argument(nodes.Identifier(name), nodes.Number(value, span=span), span=span)
            for name, value in solved.items()
            if name in wanted
        )
        call = nodes.Call(nodes.Name(block.word, span=span), arguments, span=span)
        body = nodes.Body((nodes.Flow(None, call, span=span),), span=span)
        graph = Elaboration(self.declarations.evaluator).network(body, {GUIDED: student.type}, Scope())
        if graph is None or pair.loss.needs.met_by(graph.type_of(graph.output), teacher.type):
            return graph
        numbers = " and ".join(f"`{name}={value}`" for name, value in solved.items())
        made = graph.type_of(graph.output)
        self.declarations.reporter.error(
            "FIT3004",
            span,
            f"the regressor `{block.word}` makes {made}, the hint is {teacher.type}{_needed(pair)}",
            labels=(teacher.label, student.label),
            helps=(f"a regressor is called with {numbers} where it has parameters of these names",),
        )
        return None


def _misled(hint: nodes.Hint, teacher: _Side, student: _Side) -> Diagnostic | None:
    """A hint that leads from a student to a teacher, or inside a network where nothing learns from it."""
    own, other = teacher.network, student.network
    if (own.role, other.role) == ("student", "teacher"):
        message = f"`{own.name}` is a student, `{other.name}` a teacher: students are guided"
        help = f"write `{hint.student.span.text} guides {hint.teacher.span.text}`"
        return _error("FIT3002", hint.teacher.span.to(hint.student.span), message, help)
    if own.name != other.name:
        return None
    if own.role == "teacher":
        help = "a hint leads to a layer of a student"
        return _error("FIT3002", hint.student.span, f"the teacher `{own.name}` cannot guide itself", help)
    for end, guided in zip(teacher.ends, student.ends, strict=False):
        if own.graph.resolve(end.address) in own.graph.ancestors([guided.address]):
            above, below = guided.node.span.text, end.node.span.text
            whom = "itself" if above == below else f"`{above}`, which is computed from it"
            help = "in one student, a deeper layer guides a shallower one"
            return _error("FIT3002", hint.student.span, f"`{below}` cannot guide {whom}", help)
    return None


def _miscounted(hint: nodes.Hint, settings: HintSettings, teacher: _Side, student: _Side) -> Diagnostic | None:
    """Lists of layers that do not go together, or that the loss does not take."""
    loss, count, other = settings.loss, len(teacher.ends), len(student.ends)
    if count != other:
        message = f"layers are compared pair by pair, here are {count} and {other}"
        return _error("FIT3006", hint.teacher.span.to(hint.student.span), message, "name as many layers on both sides")
    if loss.takes_several and count == 1:
        message = f"`{loss.word}` compares two layers of each network or more, here is one"
        help = "write lists: `[teacher.a, teacher.b] guides [student.a, student.b]`"
        return _error("FIT3006", hint.teacher.span.to(hint.student.span), message, help)
    if not loss.takes_several and count > 1:
        message = f"`{loss.word}` compares one layer of each network, here are {count}"
        words = " or ".join(f"`{name}()`" for name, cls in components("loss").items() if _takes_several(cls))
        help = f"write a hint for each pair, or use a loss of several layers: {words}"
        return _error("FIT3006", hint.teacher.span.to(hint.student.span), message, help)
    if count > 1 and settings.regressor is not None and not isinstance(settings.regressor, NoRegressor):
        message = "a hint of several layers has no regressor"
        return _error("FIT3006", setting_span(hint, "regressor"), message, "leave it out")
    return None


def _takes_several(loss: type[Component]) -> bool:
    return issubclass(loss, FeatureLoss) and loss.takes_several


def _error(code: str, span: Span, message: str, help: str) -> Diagnostic:
    return diagnostic(code, Severity.ERROR, span, message, helps=(help,))


def _needed(pair: _Pair) -> str:
    """What the loss compares, where that goes without saying for most."""
    return "" if pair.loss.needs is Needs.SHAPE else f": `{pair.loss.word}` compares {pair.loss.needs}"


def _instead(student: _End, others: list[str]) -> tuple[str, ...]:
    """A help line that names the layer to guide instead: the deepest label that fits, else the deepest layer."""
    graph = student.network.graph
    labels = [address for address in others if "[" not in address]
    if not others:
        return ()
    best = max(labels or others, key=lambda address: list(graph.layers).index(graph.resolve(address)))
    return (f"guide `{student.network.name}.{best}` instead, which gives {graph.type_of(best)}",)
