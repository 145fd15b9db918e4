"""Our dataclasses behave as the standard ones, in all that this package uses."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field, fields, replace
from functools import cached_property
from typing import Any

import pytest

from fitdsl.dataclass import dataclass


@dataclass(frozen=True)
class Base:
    """A value with a required field, defaults, and a field that takes no part in equality."""

    first: int
    second: str = "b"
    place: int = field(default=0, compare=False, repr=False)

    @cached_property
    def doubled(self) -> int:
        """Twice the first."""
        return 2 * self.first


@dataclass(frozen=True)
class Derived(Base):
    """One more field, with a factory."""

    items: list[int] = field(default_factory=list)


@dataclass
class Open:
    """One that may change."""

    count: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Named:
    """Fields by name only, equal to itself alone."""

    size: int


def test_values_come_by_position_name_and_default() -> None:
    assert Base(1) == Base(first=1, second="b") == replace(Base(2), first=1)
    assert Derived(1, "c", 3, [4]).items == [4]
    assert Derived(1).items is not Derived(1).items
    assert [f.name for f in fields(Derived)] == ["first", "second", "place", "items"]


def test_equality_hash_and_text_are_over_the_fields_that_take_part() -> None:
    assert Base(1, place=3) == Base(1, place=4)
    assert hash(Base(1, place=3)) == hash(Base(1, place=4))
    assert Base(1) != Derived(1)
    assert repr(Base(1, place=3)) == "Base(first=1, second='b')"
    assert Named(size=1) != Named(size=1)


def test_frozen_values_stay_as_they_are() -> None:
    value = Base(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot change field 'first'"):
        value.first = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del value.first
    assert value.doubled == 2
    opened = Open()
    opened.count = 3
    assert opened == Open(3)
    with pytest.raises(TypeError):
        hash(opened)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Base(),  # type: ignore[call-arg]
        lambda: Base(1, "b", 2, 3),  # type: ignore[call-arg]
        lambda: Base(1, first=1),  # type: ignore[misc]
        lambda: Base(1, third=1),  # type: ignore[call-arg]
        lambda: Named(1),  # type: ignore[call-arg]
    ],
)
def test_wrong_arguments_are_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(TypeError):
        make()


def test_values_are_copied_and_pickled() -> None:
    value = Derived(1, items=[2])
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
