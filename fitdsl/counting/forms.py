"""Requirements as bounds on sums of costs: `macs(student) * 2 <= macs(teacher)` bounds one linear form.

A requirement with `or` and `not` is several cases, no two of which hold together, so that counts of cases add up. One
that is none of this, such as a cost times a cost, has no form and is looked at student by student.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from fractions import Fraction
from math import gcd, lcm

from ..dataclass import dataclass
from ..program.declarations import COSTS, Declarations
from ..semantics.functions import is_number
from ..semantics.scope import Scope
from ..syntax import nodes
from ..syntax.walk import walk
from ..values import NetworkRef

Sum = tuple[str, str]
"""A student and a kind of cost."""


@dataclass(frozen=True)
class Bound:
    """`low <= form <= high`, for a form with whole factors that have no common divisor, the first of them positive.

    Attributes:
        form: Factors of sums, in their order.
        low, high: None where there is no bound.
    """

    form: tuple[tuple[Sum, int], ...]
    low: int | None
    high: int | None

    def excess(self, value: int) -> int:
        """By how much a value of the form is out of bounds; 0 if it is within them."""
        above = 0 if self.high is None else value - self.high
        below = 0 if self.low is None else self.low - value
        return max(above, below, 0)

    def others(self) -> Iterator[Bound]:
        """What holds where this one does not."""
        if self.low is not None:
            yield Bound(self.form, None, self.low - 1)
        if self.high is not None:
            yield Bound(self.form, self.high + 1, None)


Case = tuple[Bound, ...]
"""Bounds that hold together."""
MOST_CASES = 16


class NotLinear(Exception):
    """A requirement is no bound on a sum of costs."""


@dataclass(frozen=True)
class _Linear:
    """A sum of costs with factors, and a number."""

    number: Fraction
    factors: Mapping[Sum, Fraction] = field(default_factory=dict)

    def plus(self, other: _Linear, factor: Fraction) -> _Linear:
        """The sum of this one and a multiple of another one."""
        sums = {*self.factors, *other.factors}
        zero = Fraction()
        factors = {s: self.factors.get(s, zero) + factor * other.factors.get(s, zero) for s in sums}
        return _Linear(self.number + factor * other.number, {s: f for s, f in factors.items() if f})

    def times(self, factor: Fraction) -> _Linear:
        """A multiple."""
        return _Linear(Fraction()).plus(self, factor)


@dataclass(frozen=True, eq=False)
class Forms:
    """Reads requirements.

    Attributes:
        declarations: At one point; costs of its students are not asked for.
        students: Their names.
    """

    declarations: Declarations
    students: Collection[str]

    def cases(self, expr: nodes.Expr, *, is_met: bool = True) -> tuple[Case, ...]:
        """The cases in which a requirement is met, or is not met; no two of them hold together.

        Raises:
            NotLinear: It is made of other things than bounds on sums of costs.
        """
        match expr:
            case nodes.Binary(op="and" | "or" as op):
                # what is not met of `a or b` is as what is met of `a and b`, and the other way round
                first = self.cases(expr.left, is_met=is_met)
                second = self.cases(expr.right, is_met=is_met)
                if (op == "and") == is_met:
                    return _limited(_both(first, second))
                return _limited((*first, *_both(self.cases(expr.left, is_met=not is_met), second)))
            case nodes.Unary(op="not"):
                return self.cases(expr.operand, is_met=not is_met)
            case nodes.Name() if self._varies(expr):
                return self.cases(self._named(expr), is_met=is_met)
            case nodes.Binary(op="!=") if self._varies(expr):
                return self.cases(replace(expr, op="=="), is_met=not is_met)
            case nodes.Binary(op=op) if op in _RELATIONS and self._varies(expr):
                bound = _bound(self._linear(expr.left).plus(self._linear(expr.right), Fraction(-1)), op)
                return ((bound,),) if is_met else tuple((other,) for other in bound.others())
        if self._varies(expr):
            raise NotLinear
        value = self.declarations.evaluator.value(expr, Scope())
        return ((),) if (value is True) == is_met else ()

    def _linear(self, expr: nodes.Expr) -> _Linear:
        match expr:
            case _ if not self._varies(expr):
                value = self.declarations.evaluator.value(expr, Scope())
                if not is_number(value):
                    raise NotLinear
                return _Linear(Fraction(value))
            case nodes.Call(function=nodes.Name(id=kind), arguments=(argument,)) if kind in COSTS:
                network = self.declarations.evaluator.value(argument.value, Scope())
                if isinstance(network, NetworkRef):
                    return _Linear(Fraction(), {(network.name, kind): Fraction(1)})
            case nodes.Name():
                return self._linear(self._named(expr))
            case nodes.Unary(op="-" | "+" as sign):
                return self._linear(expr.operand).times(Fraction(-1 if sign == "-" else 1))
            case nodes.Binary(op="+" | "-" as sign):
                return self._linear(expr.left).plus(self._linear(expr.right), Fraction(-1 if sign == "-" else 1))
            case nodes.Binary(op="*" | "/" as op):
                left, right = self._linear(expr.left), self._linear(expr.right)
                if op == "*" and not left.factors:
                    return right.times(left.number)
                if not right.factors and (op == "*" or right.number):
                    return left.times(right.number if op == "*" else 1 / right.number)
        raise NotLinear

    def _named(self, name: nodes.Name) -> nodes.Expr:
        declaration = self.declarations.named.get(name.id)
        if not isinstance(declaration, nodes.Let):
            raise NotLinear
        return declaration.value

    def _varies(self, expr: nodes.Node, depth: int = 0) -> bool:
        """Whether a cost of a student takes part."""
        if depth > 40:
            raise NotLinear
        return any(self._is_cost(node) or self._leads(node, depth) for node in walk(expr))

    def _is_cost(self, node: nodes.Node) -> bool:
        if not (isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name) and node.function.id in COSTS):
            return False
        values = [self.declarations.evaluator.value(argument.value, Scope()) for argument in node.arguments]
        return any(isinstance(value, NetworkRef) and value.name in self.students for value in values)

    def _leads(self, node: nodes.Node, depth: int) -> bool:
        declaration = self.declarations.named.get(node.id) if isinstance(node, nodes.Name) else None
        return isinstance(declaration, nodes.Let) and self._varies(declaration.value, depth + 1)


def _both(first: Sequence[Case], second: Sequence[Case]) -> tuple[Case, ...]:
    return tuple((*one, *other) for one in first for other in second)


def _limited(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    if len(cases) > MOST_CASES:
        raise NotLinear
    return cases


_RELATIONS = ("<=", "<", ">=", ">", "==")


def _bound(difference: _Linear, op: str) -> Bound:
    """What `difference op 0` says of its form."""
    factors = sorted(difference.factors.items())
    if not factors:
        raise NotLinear
    scale = Fraction(lcm(*(f.denominator for _, f in factors)), 1)
    scale /= gcd(*(int(f * scale) for _, f in factors))
    scale *= 1 if factors[0][1] > 0 else -1
    form = tuple((sum, int(f * scale)) for sum, f in factors)
    limit = -difference.number * scale
    if scale < 0:
        op = {"<=": ">=", "<": ">", ">=": "<=", ">": "<"}.get(op, op)
    low, high = dict(_limits(limit)).get(op, (None, None))
    return Bound(form, low, high)


def _limits(limit: Fraction) -> Iterator[tuple[str, tuple[int | None, int | None]]]:
    below, above = limit.numerator // limit.denominator, -(-limit.numerator // limit.denominator)
    yield "<=", (None, below)
    yield "<", (None, above - 1)
    yield ">=", (above, None)
    yield ">", (below + 1, None)
    yield "==", (above, below)


def items(expr: nodes.Expr) -> tuple[nodes.Expr, ...]:
    """The requirements of a setting: one, or a list."""
    return expr.items if isinstance(expr, nodes.List) else (expr,)
