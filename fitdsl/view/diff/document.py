"""What differs between two specs, as JSON.

`fit diff --format json` prints a `DiffDocument`; the text and the table are made from it. Its JSON Schema is shipped in
`fitdsl/schemas`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..document import CostDocument, NodeDocument
from ..reports import Document

Change = Literal["added", "removed", "changed", "renamed"]
Aspect = Literal["address", "op", "arguments", "inputs", "init", "shape", "cost"]


class FactDiff(Document):
    """A setting with its two values as the language writes them; null on the side that does not have it."""

    name: str
    before: str | None
    after: str | None


class PartDiff(Document):
    """A data declaration, a hint or a stage: its names, and the settings that differ; all of them if it is new or gone.

    Under `renamed` it has another name and is the same otherwise.
    """

    change: Change
    before: str | None = Field(description="its name before; null if it is added")
    after: str | None = Field(description="its name after; null if it is removed")
    facts: tuple[FactDiff, ...] = ()


class LayerDiff(Document):
    """A layer as it was and as it is.

    Under `renamed` it stands at another address and is the same otherwise.
    """

    change: Change
    op: FactDiff = Field(description="the op as a call")
    before: NodeDocument | None = Field(description="null if it is added")
    after: NodeDocument | None = Field(description="null if it is removed")
    aspects: tuple[Aspect, ...] = Field((), description="in what it differs, where both are there")
    arguments: tuple[FactDiff, ...] = Field((), description="of the same op, those that differ")
    init: FactDiff | None = Field(None, description="how its weights start, where that differs")


class NetworkDiff(Document):
    """A network whose name, settings, layers or costs differ; one that is new or gone has no list of layers."""

    change: Change
    role: Literal["teacher", "student"] = Field(description="the later one, where that differs")
    before: str | None = Field(description="its name before; null if it is added")
    after: str | None = Field(description="its name after; null if it is removed")
    facts: tuple[FactDiff, ...] = ()
    cost_before: CostDocument | None = Field(description="null where it is not there, or not known")
    cost_after: CostDocument | None = Field(description="null where it is not there, or not known")
    layers: tuple[LayerDiff, ...] = Field((), description="those that differ, in running order")


class DiffDocument(Document):
    """What `fit diff --format json` prints: only what differs."""

    format_version: Literal[1] = 1
    same: bool
    before: str = Field(description="what was compared: a file, a run or a trial, and its point")
    after: str
    params: tuple[FactDiff, ...] = Field(description="values at the two points")
    domains: tuple[FactDiff, ...] = Field(description="what params may be; not compared with a run, which has none")
    data: tuple[PartDiff, ...]
    networks: tuple[NetworkDiff, ...]
    hints: tuple[PartDiff, ...]
    stages: tuple[PartDiff, ...]
    order: FactDiff | None = Field(description="the stages that both have, where they run in another order")
    search: tuple[FactDiff, ...] = Field(description="settings of the search; not compared with a run, which has none")
