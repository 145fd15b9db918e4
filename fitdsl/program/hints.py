"""Hints: which teacher layer guides which student layer, and the regressor between them, solved from their shapes."""

from __future__ import annotations

from pydantic import Field

from ..component import Record
from ..dataclass import dataclass
from ..diagnostics import Label
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
    loss: FeatureLoss = Field(HalfSquared(), description="compares the regressed output with the hint")


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
        teacher, student = self._end(hint.teacher), self._end(hint.student)
        if not isinstance(settings, HintSettings) or teacher is None or student is None:
            return None
        if teacher.network.name == student.network.name:
            reporter.error(
                "FIT3002",
                hint.student.span,
                f"`{teacher.network.name}` cannot guide itself",
                helps=("a hint leads from a layer of one network to a layer of another",),
            )
            return None
        if (teacher.network.role, student.network.role) == ("student", "teacher"):
            reporter.error(
                "FIT3002",
                hint.teacher.span.to(hint.student.span),
                f"`{teacher.network.name}` is a student, `{student.network.name}` a teacher: students are guided",
                helps=(f"write `{hint.student.span.text} guides {hint.teacher.span.text}`",),
            )
            return None
        regressor = self._regressor(hint, settings.regressor, _Pair(teacher, student, settings.loss))
        if regressor is None:
            return None
        return Hint(
            hint.name.text,
            teacher.network.name,
            teacher.network.graph.resolve(teacher.address),
            student.network.name,
            student.network.graph.resolve(student.address),
            regressor,
            settings.loss,
            hint.name.span,
        )

    def _end(self, node: nodes.Expr) -> _End | None:
        found = self.places.tap(self.declarations.evaluator.value(node, Scope()), node.span)
        return None if found is None else _End(*found, node)

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

    def _refuse(self, rejected: Rejected, regressor: Regressor, pair: _Pair) -> None:
        """Report two ends that a regressor cannot bring together."""
        student, goal = pair.student, pair.goal
        layers = possible(regressor, student.network.graph, goal)
        regressors = [f"`{name}()`" for name in alternatives(student.type, goal)]
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
