"""Values of a spec as plain JSON without anything that the user has named: what keys are hashes of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any

from ..component import Record

Known = Callable[[Any], Any]
"""What stands for a value that names something of its spec; NotImplemented for any other value."""


def digest(described: Any) -> str:
    """Key of a plain value, 32 hexadecimal digits."""
    return sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:32]


def plain(value: Any, known: Known = lambda value: NotImplemented) -> Any:
    """A value as lists, dictionaries, texts and numbers.

    Args:
        value: Records, dataclasses, mappings, sequences and what they hold.
        known: Is asked first, for references to networks, hints and layers.
    """
    described = known(value)
    if described is not NotImplemented:
        return described
    match value:
        case Record():
            return [
                type(value).__name__,
                {name: plain(getattr(value, name), known) for name in type(value).model_fields},
            ]
        case Mapping():
            return [[plain(key, known), plain(item, known)] for key, item in value.items()]
        case tuple() | list():
            return [plain(item, known) for item in value]
        case None | bool() | int() | float() | str():
            return value
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _named(value, (field.name for field in fields(value) if field.compare), known)
    return repr(value)


def _named(value: Any, names: Iterable[str], known: Known) -> list[Any]:
    return [type(value).__name__, {name: plain(getattr(value, name), known) for name in names}]
