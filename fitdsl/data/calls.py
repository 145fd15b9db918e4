"""From a call that a declaration names to the function or class, imported when it is first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..values import Call


def target_of(call: Call) -> Any:
    """The object in a module that `call.target` names.

    Unlike `pkgutil.resolve_name`, a module that lacks something it imports says so.

    Raises:
        ModuleNotFoundError: The module, or one that it needs, is not installed.
        AttributeError: The module has no such object.
    """
    module, _, name = call.target.rpartition(".")
    return getattr(import_module(module), name)
