"""What is wrong with a space: values that lead nowhere, and requirements that no student meets.

A spec whose search is empty can still be trained at its defaults, so these findings are apart from those on the spec.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics import Diagnostic, Severity, diagnostic
from ..source import Span
from ..syntax import nodes
from .shortfalls import Hopeless
from .space import Space


def findings(space: Space) -> Iterator[Diagnostic]:
    """What is wrong with a space; nothing is said of what is not known."""
    if space.hopeless:
        yield from map(_hopeless, space.hopeless)
    elif space.valid and space.feasible == 0:
        yield _together(space)
    else:
        yield from _dead(space)


def _hopeless(hopeless: Hopeless) -> Diagnostic:
    message = "no student meets this requirement"
    notes: tuple[str, ...] = ()
    helps = ("ask for less, or let params take other values",)
    if hopeless.sides is not None:
        left, right = hopeless.sides
        message += f": the nearest has {_number(left)}, off by {_number(abs(left - right))}"
    if hopeless.nearest is not None:
        values = ", ".join(f"{name} = {value}" for name, value in hopeless.nearest.items())
        notes = (f"the nearest student is at {values}",)
    return diagnostic("FIT5010", Severity.ERROR, hopeless.requirement.span, message, notes=notes, helps=helps)


def _together(space: Space) -> Diagnostic:
    requirements = space.requirements
    span = requirements[0].span.to(requirements[-1].span)
    what = f"these {len(requirements)} requirements" if len(requirements) > 1 else "all parts of this requirement"
    message = f"no student meets {what} together, although each of them is met by some"
    return diagnostic("FIT5011", Severity.ERROR, span, message, helps=("ask for less of one of them",))


def _dead(space: Space) -> Iterator[Diagnostic]:
    by_place: dict[Span, list[tuple[str, str, bool]]] = {}
    for value in space.dead_values:
        domain = value.variable.domain
        inner = domain.domain if isinstance(domain, nodes.Draws) else domain
        span = value.expr.span if isinstance(inner, nodes.Choice) else domain.span
        by_place.setdefault(span, []).append((value.variable.param, value.spelling, value.is_valid))
    for span, found in by_place.items():
        name, first, _ = found[0]
        spelled = ", ".join(f"`{spelling}`" for _, spelling, _ in found)
        shown = f"`{name} = {first}`" if len(found) == 1 else f"`{name}` at {spelled}"
        lacks = "meets every requirement" if all(is_valid for *_, is_valid in found) else "type-checks"
        if len({is_valid for *_, is_valid in found}) > 1:
            lacks = "type-checks and meets every requirement"
        yield diagnostic(
            "FIT5009",
            Severity.WARNING,
            span,
            f"no student with {shown} {lacks}",
            helps=("take it out of the domain; a search never tries it",),
        )


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}"
