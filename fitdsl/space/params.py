"""The params of a spec, and the spec at one point of the space they span.

`resolve` puts values in place of params in the tree itself, so that no later phase knows that a search exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

from ..diagnostics import Diagnostic, Reporter, did_you_mean
from ..semantics.evaluate import Evaluator
from ..semantics.functions import describe, is_number
from ..semantics.scope import UNKNOWN, Scope
from ..source import Source
from ..syntax import nodes
from ..syntax.parser import parse
from ..syntax.walk import free
from ..values import Rejected
from .domains import LARGEST_COUNT, Choices, Continuous, Domain, Lists, Steps

Point = Mapping[str, nodes.Expr]
"""Values of some params, as trees."""

MAX_DRAWS = 1_000


@dataclass(frozen=True)
class ParamInfo:
    """A param at a point.

    Attributes:
        declaration: How it was declared.
        expr: Its value at this point, as a tree.
        domain: Its legal values; None for a knob without a domain, which no search turns.
    """

    declaration: nodes.Param
    expr: nodes.Expr
    domain: Domain | None

    @property
    def name(self) -> str:
        """Its name."""
        return self.declaration.name.text

    @property
    def is_default(self) -> bool:
        """Whether this point leaves it as declared."""
        return self.expr == self.declaration.default

    @property
    def spelling(self) -> str:
        """Its value at this point, as the text has it."""
        return self.expr.span.text

    @property
    def doc(self) -> str:
        """The comment above it."""
        return self.declaration.doc

    @property
    def size(self) -> int | None:
        """How many values it can take; None if infinitely many, 1 without a domain."""
        return 1 if self.domain is None else self.domain.size


def params(spec: nodes.Spec) -> Mapping[str, nodes.Param]:
    """The params of a linked spec, the first of each name."""
    found: dict[str, nodes.Param] = {}
    for declaration in spec.declarations:
        if isinstance(declaration, nodes.Param):
            found.setdefault(declaration.name.text, declaration)
    return found


def resolve(spec: nodes.Spec, point: Point) -> nodes.Spec:
    """A linked spec at a point: each param is a `let` of its value, and there is no search."""
    return replace(
        spec,
        declarations=tuple(
            _fixed(declaration, point) for declaration in spec.declarations if not isinstance(declaration, nodes.Search)
        ),
    )


def _fixed(declaration: nodes.Declaration, point: Point) -> nodes.Declaration:
    if not isinstance(declaration, nodes.Param):
        return declaration
    value = point.get(declaration.name.text, declaration.default)
    return nodes.Let(declaration.name, value, span=declaration.span, trivia=declaration.trivia)


def read_point(values: Mapping[str, Any], known: Mapping[str, nodes.Param], reporter: Reporter) -> Point:
    """A point from values as Python has them, or as texts in the language (`--set width=0.75`).

    Reports names that are no params and texts that are no values.
    """
    point: dict[str, nodes.Expr] = {}
    for name, value in values.items():
        text = value if isinstance(value, str) else spell(value)
        source, spec, wrong = _read_value(name, text)
        found = [d for d in spec.declarations if isinstance(d, nodes.Let)]
        for finding in wrong:
            reporter.add(finding)
        if wrong:
            continue
        if name not in known:
            at = found[0].name.span if found else source.span()
            helps = did_you_mean(name, known) if known else (f"declare it: `param {name} = …`",)
            notes = () if helps else (f"its params are {', '.join(f'`{param}`' for param in known)}",)
            reporter.error("FIT5003", at, f"this spec has no param `{name}`", notes=notes, helps=helps)
        elif len(spec.declarations) > 1:
            help = "repeat --set for each param"
            reporter.error("FIT5003", spec.declarations[1].span, f"`{name}` takes one value, not more", helps=(help,))
        else:
            point[name] = found[0].value
    return point


@lru_cache(maxsize=1024)
def _read_value(name: str, text: str) -> tuple[Source, nodes.Spec, tuple[Diagnostic, ...]]:
    """A value as a text that declares it, with what is wrong with it; a search reads the same ones over and over."""
    source, reporter = Source(f"--set {name}", f"fit 1\nlet {name} = {text}"), Reporter()
    return source, parse(source, reporter), tuple(reporter.diagnostics)


def spell(value: Any) -> str:
    """A Python value as the language writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(spell, value))}]"
    return str(value)


def shaping_params(spec: nodes.Spec) -> list[str]:
    """The params that a student's layers depend on, in order."""
    networks = (d for d in spec.declarations if isinstance(d, nodes.Network | nodes.External))
    return params_read(spec, (network for network in networks if network.role == "student"))


def pacing_params(spec: nodes.Spec, stage: str) -> list[str]:
    """The params that the number of a stage's epochs depends on, in order."""
    stages = (d for d in spec.declarations if isinstance(d, nodes.Stage) and d.name.text == stage)
    return params_read(spec, (s.value for found in stages for s in found.settings if s.name.text == "epochs"))


def params_read(spec: nodes.Spec, readers: Iterable[nodes.Node]) -> list[str]:
    """The params that parts of a spec depend on, directly or through lets, blocks and other params, in order."""
    named = {d.name.text: d for d in spec.declarations if not isinstance(d, nodes.Use | nodes.Search | nodes.Stage)}
    pending: list[nodes.Node] = list(readers)
    reached: set[str] = set()
    while pending:
        names = free(pending.pop())
        pending.extend(named[name] for name in names & named.keys() - reached)
        reached |= names
    return [name for name in params(spec) if name in reached]


def grid(infos: Sequence[ParamInfo]) -> Iterator[Point]:
    """Every point that finite params span; those without a domain stay where they are."""
    turned = [(info, info.domain, info.declaration.domain) for info in infos]
    values = [spelled(node, domain) for _, domain, node in turned if domain is not None and node is not None]
    names = [info.name for info, domain, _ in turned if domain is not None]
    yield from (dict(zip(names, choice, strict=True)) for choice in product(*values))


def spelled(node: nodes.Domain, domain: Domain) -> list[nodes.Expr]:
    """The values of a finite domain as trees, in order."""
    match node, domain:
        case nodes.Choice(), _:
            return list(node.values)
        case nodes.Draws(), Lists():
            items = spelled(node.domain, domain.domain)
            return [nodes.List(draw) for draw in product(items, repeat=domain.length)]
    return [nodes.Number(value) for value in domain]


@dataclass(frozen=True, eq=False)
class Domains:
    """Evaluates domains, and checks that params stay within theirs."""

    evaluator: Evaluator

    @property
    def reporter(self) -> Reporter:
        """Where findings go."""
        return self.evaluator.reporter

    def info(self, param: nodes.Param, point: Point) -> ParamInfo:
        """A param at a point; a default or a value outside its domain is reported."""
        domain = None if param.domain is None else self.domain(param.domain)
        if domain is not None:
            self._check(param, param.default, domain, "FIT5001")
            if param.name.text in point:
                self._check(param, point[param.name.text], domain, "FIT5003")
        return ParamInfo(param, point.get(param.name.text, param.default), domain)

    def domain(self, node: nodes.Domain) -> Domain | None:
        """The values a domain means; None if it means none, which is reported."""
        try:
            match node:
                case nodes.Choice():
                    return self._choices(node)
                case nodes.RangeDomain():
                    return self._range(node)
                case nodes.Draws():
                    return self._lists(node)
        except Rejected as rejected:
            self.reporter.error("FIT5002", node.span, rejected.message, helps=(rejected.help,) if rejected.help else ())
            return None

    def _value(self, expr: nodes.Expr) -> Any:
        return self.evaluator.value(expr, Scope())

    def _check(self, param: nodes.Param, expr: nodes.Expr, domain: Domain, code: str) -> None:
        value = self._value(expr)
        what, help = ("default", "a domain holds the default too") if code == "FIT5001" else ("value", "pick one of it")
        if value is not UNKNOWN and value not in domain:
            written = param.domain.span.text if param.domain else ""
            self.reporter.error(
                code,
                expr.span,
                f"the {what} of `{param.name}`, {describe(value)}, is not in its domain",
                notes=(f"the domain is {written}",),
                helps=(f"{help}; both ends of a range belong to it",),
            )

    def _choices(self, node: nodes.Choice) -> Domain | None:
        values = tuple(self._value(expr) for expr in node.values)
        for index, value in enumerate(values):
            if value is not UNKNOWN and value in values[:index]:
                raise Rejected(f"{describe(value)} is there twice", "list each value once")
        return None if UNKNOWN in values else Choices(values)

    def _range(self, node: nodes.RangeDomain) -> Domain | None:
        low, high = self._value(node.low), self._value(node.high)
        step = None if node.step is None else self._value(node.step)
        if UNKNOWN in (low, high, step):
            return None
        for end in (low, high, *(() if step is None else (step,))):
            if not is_number(end):
                raise Rejected(
                    f"a range is between numbers, got {describe(end)}", "list other values in braces: `{a, b}`"
                )
        if low > high:
            raise Rejected(f"the range {low} .. {high} is empty", "put the smaller end first")
        if step is not None and step <= 0:
            raise Rejected(f"a step is above 0, got {step}")
        if node.log:
            if low <= 0:
                raise Rejected(f"a logarithmic range is above 0, got {low} .. {high}")
            return Continuous(low, high, log=True)
        if step is None and isinstance(low, int) and isinstance(high, int):
            step = 1
        if step is None:
            return Continuous(low, high)
        if (high - low) / step >= LARGEST_COUNT:
            raise Rejected(f"{low} .. {high} in steps of {step} are too many values", "leave `step` out, or enlarge it")
        return Steps(low, high, step)

    def _lists(self, node: nodes.Draws) -> Domain | None:
        domain, count = self.domain(node.domain), self._value(node.count)
        if domain is None or count is UNKNOWN:
            return None
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_DRAWS:
            raise Rejected(f"a list of draws has 1 to {MAX_DRAWS:,} of them, got {describe(count)}")
        return Lists(domain, count)
