"""Values as a spec would write them, for tables and drawings."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from pydantic.fields import FieldInfo

from ..component import Component
from ..losses.objective import Objective, Term
from ..values import HintRef, Interval, NetworkRef


def spell(value: Any) -> str:
    """A value as it would be written: `[3, 3]`, `true`, `5..400`, `Conv2d(16, 3)`."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case float():
            return repr(value).removesuffix(".0")
        case tuple() | list():
            return f"[{', '.join(map(spell, value))}]"
        case Mapping():
            return f"{{{', '.join(f'{_key(key)}: {spell(item)}' for key, item in value.items())}}}"
        case Component():
            return spell_call(value)
        case type():
            return str(getattr(value, "word", value.__name__))
        case _:
            return _spell_special(value)


def _spell_special(value: Any) -> str:
    match value:
        case Interval():
            return f"{_end(value.low)}..{_end(value.high)}" + (f" step {value.step:g}" if value.step else "")
        case Objective():
            return " + ".join(map(_spell_term, value.terms))
        case NetworkRef() | HintRef():
            return value.name
        case _:
            return str(value)


def spell_call(component: Component, *, but: Collection[str] = ()) -> str:
    """A component as a call: required fields by position, others by name where they were given or are no default.

    Args:
        component: What to show.
        but: Fields to leave out.
    """
    fields = type(component).model_fields
    arguments = [_argument(component, name, field) for name, field in fields.items() if name not in but]
    return f"{component.word}({', '.join(argument for argument in arguments if argument)})"


def arguments(component: Component) -> dict[str, Any]:
    """The fields that are not at their default, as JSON values; what JSON cannot say is spelled."""
    fields = type(component).model_fields
    return {name: _plain(getattr(component, name)) for name in fields if not _is_default(component, name)}


def _is_default(component: Component, name: str) -> bool:
    field = type(component).model_fields[name]
    return not field.is_required() and getattr(component, name) == field.get_default(call_default_factory=True)


def _argument(component: Component, name: str, field: FieldInfo) -> str:
    value = spell(getattr(component, name))
    if field.is_required():
        return value
    is_silent = name not in component.model_fields_set and _is_default(component, name)
    return "" if is_silent else f"{name}={value}"


def _spell_term(term: Term) -> str:
    weight = term.weight
    scale = [] if weight.scale == 1 else [f"{weight.scale:g}"]
    schedule = [] if weight.schedule is None else [spell(weight.schedule)]
    return " * ".join((*scale, *schedule, spell(term.loss)))


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple() | list():
            return [_plain(item) for item in value]
        case Mapping():
            return {_key(key): _plain(item) for key, item in value.items()}
        case _:
            return spell(value)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else spell(key)


def _end(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
