"""Manual pages on the terminal: what a spec can name, and what a diagnostic code means.

A component is its own manual entry: everything here is read from its docstring, its fields and its examples.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping

from pydantic.fields import FieldInfo

from ..component import Component, components
from ..explain import Explanation
from ..ops.base import Op
from ..semantics.fieldtypes import expected
from .spelling import spell
from .terminal import Display, Style, columns, indent, sections, wrap


def kinds() -> dict[str, str]:
    """Every kind of component by the word for several of it: `ops`, `losses`."""
    found = sorted({component.kind for component in components().values()})
    return {plural(kind): kind for kind in found}


def plural(noun: str) -> str:
    """The English plural of a kind."""
    return noun + ("es" if noun.endswith("s") else "s")


def kinds_page(display: Display) -> str:
    """The kinds with how many components each has."""
    rows = [(word, str(len(components(kind))), ", ".join(sorted(components(kind)))) for word, kind in kinds().items()]
    return "\n".join(columns(rows, "<><", width=display.room, squeeze=(2,)))


def kind_page(kind: str, display: Display) -> str:
    """The components of one kind, a line each."""
    rows = [(name, component.summary()) for name, component in sorted(components(kind).items())]
    return "\n".join(columns(rows, "<<", width=display.room, squeeze=(1,)))


def component_page(component: type[Component], display: Display) -> str:
    """The manual entry of one component."""
    fields = component.model_fields
    head = display.paint(f"{component.word}({', '.join(_signature(fields))})", Style.STRONG)
    documentation = (inspect.getdoc(component) or "").split("\n")
    return sections([[head], documentation, _field_lines(fields, display), _example_lines(component)])


def _signature(fields: Mapping[str, FieldInfo]) -> Iterable[str]:
    for name, field in fields.items():
        yield name if field.is_required() else f"{name} = {_default(field)}"


def _default(field: FieldInfo) -> str:
    return spell(field.get_default(call_default_factory=True))


def _field_lines(fields: Mapping[str, FieldInfo], display: Display) -> list[str]:
    if not fields:
        return []
    margin = max(map(len, fields)) + 4
    return [line for name, field in fields.items() for line in _field(name, field, margin, display.width)]


def _field(name: str, field: FieldInfo, margin: int, width: int) -> list[str]:
    text = "; ".join(filter(None, (field.description, expected(field))))
    return wrap(f"  {name}".ljust(margin), text, width)


def _example_lines(component: type[Component]) -> list[str]:
    if not issubclass(component, Op):
        return []
    return [f"{call} on {spell(shape)}" for call, shape in component.examples]


def explanation_page(page: Explanation, display: Display) -> str:
    """What a code means, a spec that is wrong, and the same one mended."""
    return sections(
        [
            [display.paint(f"{page.code}: {page.title}", Style.STRONG)],
            [f"Found when {page.found_when}."] if page.found_when else [],
            *(wrap("", paragraph, display.width) for paragraph in page.why.split("\n\n")),
            [display.paint("wrong", Style.ERROR), *indent(page.wrong.splitlines(), "    ")],
            [display.paint("right", Style.GOOD), *indent(page.right.splitlines(), "    ")],
        ]
    )


def explanations_page(pages: Iterable[Explanation], display: Display) -> str:
    """Every code with its title."""
    rows = [(page.code, page.title) for page in pages]
    return "\n".join(columns(rows, "<<", width=display.room, squeeze=(1,))) if rows else ""
