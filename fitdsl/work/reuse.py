"""What of a program's stages has been done before, and for those that have not, in what the nearest work differs."""

from __future__ import annotations

from collections.abc import Mapping

from ..program.model import Program
from .key import Around, StageKey, stage_keys
from .store import Entry, Store


def done_before(program: Program, store: Store, around: Around) -> Mapping[str, str]:
    """For each stage, in words, whether training would take it from the store, and if not, why."""
    keys = stage_keys(program, program.stages, around)
    entries = [entry for entry in store.entries() if entry.record.kind == "stage"]
    return {name: _said(program.name, name, key, entries) for name, key in keys.items()}


def _said(spec: str, stage: str, key: StageKey | None, entries: list[Entry]) -> str:
    if key is None:
        return "not known before its data and weights are here"
    if any(entry.record.key == key.digest for entry in entries):
        return f"trained before ({key.digest[:12]}), so it is taken from the store"
    near = [entry for entry in entries if (entry.record.spec, entry.record.part) == (spec, stage)]
    if not near:
        return "never trained before"
    nearest = min((_differences(key, entry) for entry in near), key=len)
    return f"not trained like this before; the nearest differs in {', '.join(nearest)}"


def _differences(key: StageKey, entry: Entry) -> list[str]:
    return [part for part, digest in key.parts.items() if entry.record.parts.get(part) != digest]
