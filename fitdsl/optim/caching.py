"""Where a stage keeps the outputs of what does not learn in it, so that a teacher runs once and not in every epoch."""

from abc import abstractmethod
from typing import Literal

from pydantic import Field, PositiveInt

from ..component import Component

Place = Literal["memory", "disk"]
NumberType = Literal["float32", "bfloat16", "float16"]

BYTES: dict[NumberType, int] = {"float32": 4, "bfloat16": 2, "float16": 2}


BUDGETS: dict[Place, int] = {"memory": 2 * 10**9, "disk": 20 * 10**9}
"""Bytes that each place may take for one stage unless the spec says otherwise."""


class Cache(Component, kind="cache"):
    """A choice of where outputs are kept."""

    @property
    @abstractmethod
    def place(self) -> Place | None:
        """Where they are kept; None for nowhere."""

    @property
    def budget_bytes(self) -> int:
        """How much room they may take."""
        return 0

    @property
    def number(self) -> NumberType:
        """In which type numbers are kept."""
        return "float32"


class _Keeping(Cache):
    dtype: NumberType = Field("float32", description="type of the numbers kept; half the size for half the digits")
    budget: PositiveInt | None = Field(None, description="bytes they may take, such as `4G`; 2G in memory, 20G on disk")

    @property
    def budget_bytes(self) -> int:
        return (BUDGETS[self.place] if self.place else 0) if self.budget is None else self.budget

    @property
    def number(self) -> NumberType:
        return self.dtype


class AutoCache(_Keeping, name="auto"):
    """On disk, in the store of finished work; in memory where that cannot be written."""

    @property
    def place(self) -> Place:
        return "disk"


class MemoryCache(_Keeping, name="memory"):
    """In memory, on the device, for this stage alone."""

    @property
    def place(self) -> Place:
        return "memory"


class DiskCache(_Keeping, name="disk"):
    """On disk, in the store of finished work, where later stages and runs find them."""

    @property
    def place(self) -> Place:
        return "disk"


class NoCache(Cache, name="off"):
    """Nowhere: what does not learn runs in every step."""

    @property
    def place(self) -> None:
        return None
