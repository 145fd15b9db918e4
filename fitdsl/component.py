"""Whatever a spec can name: ops, losses, datasets, optimizers and the like, each one class with typed fields.

Defining a leaf class registers it under its kind; a name is taken once over all kinds, so that a spec never has to say
which kind it means. Third parties add theirs through the entry point group `fitdsl.components`.

Modules of components do not postpone annotations: pydantic would evaluate the texts of all base classes again for each
of more than a hundred leaves, every time a command starts.
"""

import inspect
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from .families import FAMILIES, HOMES
from .late import late

_TABLE: "dict[str, type[Component]]" = {}


class Record(BaseModel):
    """Frozen fields filled from spec values: strict types, no unknown names, whole floats where integers are due."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        arbitrary_types_allowed=True,
        allow_inf_nan=False,
        # a spec uses few of all components: validators are built for those alone, when they are first used
        defer_build=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _whole_floats_are_integers(cls, data: Any) -> Any:
        return {name: _whole(value) for name, value in data.items()} if isinstance(data, dict) else data


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    if isinstance(value, tuple):
        return tuple(map(_whole, value))
    return value


class Component(Record):
    """Base of everything a spec can name.

    A direct subclass opens a kind with `kind="…"`. A class below it that leaves nothing abstract is a leaf and is
    registered under its class name, or under `name="…"` where the language's word differs. A leaf with
    `is_listed=False` has a word to be shown by, but no spec can name it.
    """

    kind: ClassVar[str]
    word: ClassVar[str]
    due: ClassVar[str] = ""
    """What messages call it where it is due, if its kind does not say enough."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keep `kind` and `name` from `object`, which takes no keywords; pydantic hands them on below."""
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(
        cls, *, kind: str | None = None, name: str | None = None, is_listed: bool = True, **kwargs: Any
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if kind is not None:
            cls.kind = kind
        elif not inspect.isabstract(cls):
            cls.word = name or cls.__name__
            if is_listed:
                cls._register()

    @classmethod
    def _register(cls) -> None:
        if cls.word in _TABLE:
            raise TypeError(f"two components are called {cls.word!r}: {_TABLE[cls.word]!r} and {cls!r}")
        _TABLE[cls.word] = cls

    @classmethod
    def summary(cls) -> str:
        """First line of the manual entry."""
        return (inspect.getdoc(cls) or "").partition("\n")[0]


def _called(value: Any) -> Any:
    is_callable = isinstance(value, type) and issubclass(value, Component)
    return value() if is_callable and not any(f.is_required() for f in value.model_fields.values()) else value


ByName = BeforeValidator(_called)
"""Lets a field take a component's bare name for a call without arguments: `cache = off`."""


def find(name: str) -> type[Component] | None:
    """The component of a name; None if there is none. Only the family that defines it is loaded."""
    if name not in _TABLE and name in HOMES:
        late(HOMES[name])
    if name not in _TABLE:
        _load_all()
    return _TABLE.get(name)


def components(kind: str | None = None) -> Mapping[str, type[Component]]:
    """Every registered component by name, of one kind or of all kinds."""
    _load_all()
    if kind is None:
        return MappingProxyType(_TABLE)
    return {name: cls for name, cls in _TABLE.items() if cls.kind == kind}


@cache
def _load_all() -> None:
    for family in FAMILIES:
        late(family)
    for entry in import_module("importlib.metadata").entry_points(group="fitdsl.components"):
        entry.load()
