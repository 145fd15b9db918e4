"""Requirements as bounds on sums of costs: `macs(student) * 2 <= macs(teacher)` bounds one linear form.

A requirement with `or` and `not` is several cases, no two of which hold together, so that counts of cases add up. One
that is none of this, such as a cost times a cost, has no form and is looked at student by student.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import gcd, lcm

from ..dataclass import dataclass
from ..program.declarations import COSTS, Declarations
from ..semantics.functions import is_number
from ..semantics.scope import Scope
from ..syntax import nodes
from ..syntax.walk import walk
from ..values import Cost, NetworkRef
from .linear import Linear, NotLinear, Sum
from .reading import MOST_FOLLOWED


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
MOST_STEPS = 100
"""A bound that floats round is at most so far from the exact one."""


@dataclass(frozen=True, eq=False)
class Forms:
    """Reads requirements.

    Attributes:
        declarations: At one point; costs of its students are not asked for.
        students: Their names.
        extents: The most of each sum; none where only `varies` is asked.
    """

    declarations: Declarations
    students: Collection[str]
    extents: Mapping[Sum, int]

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
            case nodes.Name() if self.varies(expr):
                return self.cases(self._named(expr), is_met=is_met)
            case nodes.Binary(op="!=") if self.varies(expr):
                return self.cases(replace(expr, op="=="), is_met=not is_met)
            case nodes.Binary(op=op) if op in _RELATIONS and self.varies(expr):
                bound = self._bound(expr)
                return ((bound,),) if is_met else tuple((other,) for other in bound.others())
        if self.varies(expr):
            raise NotLinear
        value = self.declarations.evaluator.value(expr, Scope())
        return ((),) if (value is True) == is_met else ()

    def has_value(self, expr: nodes.Expr) -> bool:
        """Whether an expression has a value whatever students cost; no where that is not known."""
        for reading in (self._linear, self.cases):
            try:
                reading(expr)
            except NotLinear:
                continue
            return True
        return False

    def _bound(self, expr: nodes.Binary) -> Bound:
        """What a comparison says.

        Raises:
            NotLinear: The checker rounds what is compared, and it is not one cost on one side.
        """
        left, right = self._linear(expr.left), self._linear(expr.right)
        difference = left.plus(right, -1)
        if left.is_exact and right.is_exact:
            return _bound(difference, expr.op)
        if len(difference.factors) != 1 or (left.factors and right.factors) or not (left.trend or right.trend):
            raise NotLinear
        if expr.op != "==":
            return self._as_checked(expr, difference)
        ends = (self._as_checked(replace(expr, op=op), difference) for op in ("<=", ">="))
        return _narrowed(*ends)

    def _as_checked(self, expr: nodes.Binary, difference: Linear) -> Bound:
        """The bound on a single cost at which the checker's answer changes, near the exact one."""
        bound = _bound(difference, expr.op)
        edge, step = (bound.high, 1) if bound.high is not None else (bound.low, -1)
        ((student, kind), _), *_ = bound.form
        for _ in range(MOST_STEPS if edge is not None else 0):
            assert edge is not None
            if not self._holds(expr, student, kind, edge):
                edge -= step
            elif self._holds(expr, student, kind, edge + step):
                edge += step
            else:
                return replace(bound, high=edge) if step > 0 else replace(bound, low=edge)
        raise NotLinear

    def _holds(self, expr: nodes.Expr, student: str, kind: str, value: int) -> bool:
        known = self.declarations.with_costs({student: replace(Cost(), **{kind: value})})
        return known.evaluator.value(expr, Scope()) is True

    def _linear(self, expr: nodes.Expr) -> Linear:
        match expr:
            case _ if not self.varies(expr):
                value = self.declarations.evaluator.value(expr, Scope())
                if not is_number(value):
                    raise NotLinear
                return Linear.of_number(value)
            case nodes.Call(function=nodes.Name(id=kind), arguments=(argument,)) if kind in COSTS:
                network = self.declarations.evaluator.value(argument.value, Scope())
                if isinstance(network, NetworkRef):
                    return Linear.of_cost((network.name, kind), self.extents.get((network.name, kind), 0))
            case nodes.Name():
                return self._linear(self._named(expr))
            case nodes.Unary(op="-" | "+" as sign):
                return self._linear(expr.operand).times(Linear.of_number(-1 if sign == "-" else 1))
            case nodes.Binary(op="+" | "-" as sign):
                return self._linear(expr.left).plus(self._linear(expr.right), -1 if sign == "-" else 1)
            case nodes.Binary(op="*" | "/" as op):
                left, right = self._linear(expr.left), self._linear(expr.right)
                if op == "*" and not left.factors:
                    return right.times(left)
                if not right.factors:
                    return left.times(right) if op == "*" else left.over(right)
        raise NotLinear

    def _named(self, name: nodes.Name) -> nodes.Expr:
        declaration = self.declarations.named.get(name.id)
        if not isinstance(declaration, nodes.Let):
            raise NotLinear
        return declaration.value

    def varies(self, node: nodes.Node, depth: int = 0) -> bool:
        """Whether a cost of a student takes part, or may do so."""
        if depth > MOST_FOLLOWED:
            return True
        harmless = sum(self._is_cost_of_others(one) for one in walk(node))
        named = [one.id for one in walk(node) if isinstance(one, nodes.Name)]
        return sum(name in COSTS for name in named) > harmless or any(self._leads(name, depth) for name in named)

    def _is_cost_of_others(self, node: nodes.Node) -> bool:
        match node:
            case nodes.Call(function=nodes.Name(id=kind), arguments=(argument,)) if kind in COSTS:
                network = self.declarations.evaluator.value(argument.value, Scope())
                return isinstance(network, NetworkRef) and network.name not in self.students
        return False

    def _leads(self, name: str, depth: int) -> bool:
        declaration = self.declarations.named.get(name)
        return isinstance(declaration, nodes.Let) and self.varies(declaration.value, depth + 1)


def _both(first: Sequence[Case], second: Sequence[Case]) -> tuple[Case, ...]:
    return tuple((*one, *other) for one in first for other in second)


def _limited(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    if len(cases) > MOST_CASES:
        raise NotLinear
    return cases


_RELATIONS = ("<=", "<", ">=", ">", "==")


def _narrowed(first: Bound, second: Bound) -> Bound:
    """What two bounds on one form say together."""
    lows = [bound.low for bound in (first, second) if bound.low is not None]
    highs = [bound.high for bound in (first, second) if bound.high is not None]
    return replace(first, low=max(lows, default=None), high=min(highs, default=None))


def _bound(difference: Linear, op: str) -> Bound:
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
