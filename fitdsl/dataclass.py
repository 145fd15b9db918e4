"""`dataclasses.dataclass` without generated code.

The standard decorator writes and compiles up to six functions for each class, which for the hundred and more small
values of this package was a fifth of the time of `fit check`. Here all classes share the same few functions; `fields`,
`replace`, `field` and type checkers see what they always see.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, eq=True, repr=True, kw_only=False):
        """As the standard decorator, for the arguments that this package uses."""

        def make(cls: type) -> type:
            own = vars(cls).keys()
            cls = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(cls)
            methods = {"__init__": _initializer(dataclasses.fields(cls))}
            if repr:
                methods["__repr__"] = _repr
            if eq:
                methods |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
            if frozen:
                methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
            for name, method in methods.items():
                if name not in own:
                    setattr(cls, name, method)
            return cls

        return make if cls is None else make(cls)


def _initializer(fields: tuple[dataclasses.Field[Any], ...]) -> Callable[..., None]:
    positional = tuple(field.name for field in fields if field.init and not field.kw_only)
    accepted = frozenset(field.name for field in fields if field.init)
    defaults = [(field.name, maker) for field in fields if (maker := _default(field)) is not None]

    def initialize(self: Any, *args: Any, **kwargs: Any) -> None:
        values = self.__dict__
        values.update(zip(positional, args, strict=False))
        if len(args) > len(positional) or not accepted.issuperset(kwargs) or not values.keys().isdisjoint(kwargs):
            given = f"{len(args)} values and {', '.join(kwargs) or 'no names'}"
            raise TypeError(f"{type(self).__name__} takes {', '.join(sorted(accepted))}; got {given}")
        values.update(kwargs)
        for name, make in defaults:
            if name not in values:
                values[name] = make()
        if missing := accepted - values.keys():
            raise TypeError(f"{type(self).__name__} needs {', '.join(sorted(missing))}")
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    return initialize


def _default(field: dataclasses.Field[Any]) -> Callable[[], Any] | None:
    if field.default is not dataclasses.MISSING:
        return lambda: field.default
    return field.default_factory if field.default_factory is not dataclasses.MISSING else None


def _said(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, field.name) for field in dataclasses.fields(self) if field.compare)


def _eq(self: Any, other: object) -> Any:
    return _said(self) == _said(other) if type(self) is type(other) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_said(self))


def _repr(self: Any) -> str:
    shown = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({shown})"


def _refuse(self: Any, name: str, *value: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot change field {name!r}")
