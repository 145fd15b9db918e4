"""The type of a component's field in a user's words: `a positive whole number`, `one of "same", "valid"`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as at
from pydantic.fields import FieldInfo

from ..component import Component
from ..losses.objective import Objective
from ..values import HintRef, Interval, Metric, NetworkRef, Selection
from .bindings import BlockValue

_WORDS: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "`true` or `false`",
    str: "a text",
    Interval: "a range such as `5..400`",
    Metric: "a metric such as `val.error`",
    NetworkRef: "a network",
    HintRef: "a hint",
    Selection: "a network or some of its layers",
    BlockValue: "a block",
    Objective: "a loss or a weighted sum of losses",
}
_BOUNDS: Mapping[type, str] = {at.Gt: "above", at.Ge: "at least", at.Lt: "below", at.Le: "at most"}

FEW = 10
"""So many names can be listed in one line."""


def expected(field: FieldInfo) -> str:
    """What a field takes, in words."""
    return _words(field.annotation, tuple(field.metadata))


def types_of(field: FieldInfo) -> tuple[type, ...]:
    """The types of what a field takes, those inside its lists and dictionaries included."""
    return tuple(dict.fromkeys(_leaves(field.annotation)))


def _leaves(annotation: Any) -> Iterator[type]:
    arguments = get_args(annotation)
    if isinstance(annotation, type) and not arguments and annotation is not NoneType:
        yield annotation
    for argument in arguments:
        yield from _leaves(argument)


def listed(words: Iterable[str]) -> str:
    """Names in a line: `a`, `b` or `c`."""
    *most, last = (f"`{word}`" for word in words)
    return f"{', '.join(most)} or {last}" if most else last


def _words(annotation: Any, metadata: tuple[Any, ...] = ()) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(arguments[0], (*arguments[1:], *metadata))
    if origin in (Union, UnionType):
        kinds = [a for a in arguments if a is not NoneType and not (a is int and float in arguments)]
        return " or ".join(dict.fromkeys(_words(a, metadata) for a in kinds))
    if origin is Literal:
        return "one of " + ", ".join(f'"{a}"' if isinstance(a, str) else str(a) for a in arguments)
    if origin is tuple:
        return _list_words(arguments)
    if origin in (dict, Mapping):
        return f"a dictionary, each value {_words(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, Component):
        return annotation.due or _article(getattr(annotation, "word", annotation.kind))
    return _bounded(_WORDS.get(annotation, f"a {getattr(annotation, '__name__', annotation)}"), metadata)


def _list_words(arguments: tuple[Any, ...]) -> str:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return f"a list, each item {_words(arguments[0])}"
    first, *others = map(_words, arguments)
    if all(other == first for other in others):
        return f"a list of {len(arguments)}, each item {first}"
    return f"a list of {len(arguments)}, the first {first}, then {' and '.join(dict.fromkeys(others))} each"


def _bounded(words: str, metadata: tuple[Any, ...]) -> str:
    limits = [limit for item in metadata for limit in _limits(item)]
    if "above 0" in limits and words in ("a whole number", "a number"):
        limits.remove("above 0")
        words = words.replace("a ", "a positive ", 1)
    return " ".join((words, *(" and ".join(limits),))) if limits else words


def _limits(item: Any) -> list[str]:
    parts = list(item) if isinstance(item, at.GroupedMetadata) else [item]
    return [
        f"{word} {getattr(part, kind.__name__.lower())}"
        for part in parts
        for kind, word in _BOUNDS.items()
        if isinstance(part, kind)
    ]


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeio" else f"a {word}"
