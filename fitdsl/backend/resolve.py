"""From the dotted path of a call to the class or function it names."""

from __future__ import annotations

import pkgutil
from functools import cache
from typing import Any


@cache
def resolve(path: str) -> Any:
    """The object at a dotted path such as `torch.nn.Conv2d`.

    Raises:
        ImportError, AttributeError: There is nothing at this path.
    """
    return pkgutil.resolve_name(path)
