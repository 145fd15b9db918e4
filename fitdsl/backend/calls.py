"""Modules out of calls."""

from __future__ import annotations

from torch import nn

from ..values import Call
from .resolve import resolve


def build_module(call: Call) -> nn.Module:
    """The module a call makes."""
    module: nn.Module = resolve(call.target)(**call.kwargs)
    return module
