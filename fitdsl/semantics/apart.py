"""What a text with syntax errors still says for sure: the declarations without one, and the names that the others have.

A name that a broken declaration may declare is lost, not unknown: what reads it is not judged by it, and everything
else is checked as ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ..component import find
from ..dataclass import dataclass
from ..diagnostics import Diagnostic, Severity
from ..source import Source
from ..syntax import nodes
from ..syntax.walk import walk
from .bindings import SPLITS
from .names import ROLES, Named

_SYNTAX = re.compile(r"FIT00(0[1-9]|1[1-8])")
"""Codes of mistakes that leave the rest of the text readable."""
_DECLARES = re.compile(r"\b(?:let|param|data|teacher|student|block|hint|stage)\s+([A-Za-z_]\w*)")
_BEGINS = re.compile(r"^(\w+)(?:[ \t]+(\w+))?", re.MULTILINE)
_USES = re.compile(r"^\s*use\b", re.MULTILINE)


@dataclass(frozen=True)
class Certain:
    """Declarations to check, and names of which nothing is known."""

    spec: nodes.Spec
    lost: frozenset[str] = frozenset()


def certain(spec: nodes.Spec, source: Source, findings: Iterable[Diagnostic]) -> Certain:
    """The declarations of a linked spec that no error touches.

    Args:
        spec: All that was understood.
        source: Its own text.
        findings: What reading and linking it has found; nothing is certain where a used file is missing or broken.
    """
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        return Certain(spec)
    nothing = Certain(replace(spec, declarations=()))
    if any(error.span.source is not source or not _SYNTAX.fullmatch(error.code) for error in errors):
        return nothing
    own = [one for one in spec.declarations if one.span.source is source]
    regions = list(_regions(own, len(source.text)))
    broken = [(start, end) for start, end in regions if any(_touches(error, start, end) for error in errors)]
    texts = [source.text[start:end] for start, end in broken]
    if any(_USES.search(text) for text in texts):
        return nothing
    kept = tuple(one for one in spec.declarations if one not in own or not _lies_in(one, broken))
    lost = {name for text in texts for name in _lost(text)}
    if any(_is_nameless(error) for error in errors):
        declared = {one.name.text for one in kept if isinstance(one, Named | nodes.Stage)}
        lost |= set(_strangers(kept)) - declared - {*SPLITS}
    return Certain(replace(spec, declarations=kept), frozenset(lost))


def _regions(own: Sequence[nodes.Declaration], end: int) -> Iterator[tuple[int, int]]:
    """Where each declaration stands, with what was given up behind it; first what stands before all."""
    yield from pairwise((0, *(one.span.start for one in own), end + 1))


def _touches(error: Diagnostic, start: int, end: int) -> bool:
    places = (error.span, *(label.span for label in error.labels))
    # where a declaration begins, the one before may lack its end
    return any(place.start <= end - (end > place.end) and start <= max(place.end - 1, place.start) for place in places)


def _lies_in(declaration: nodes.Declaration, regions: Sequence[tuple[int, int]]) -> bool:
    return any(start <= declaration.span.start < end for start, end in regions)


def _is_nameless(error: Diagnostic) -> bool:
    """Whether a declaration may have lost its very name: it ends before its body begins, or its head is not there."""
    source, start = error.span.source, error.span.start
    head = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    return error.code == "FIT0012" or (not head[:1].isspace() and not re.search(r"[{=]|\w\s*:(?!.*\()", head))


def _strangers(kept: Iterable[nodes.Declaration]) -> Iterator[str]:
    """Names that some declaration reads and that belong to no component."""
    for declaration in kept:
        yield from (node.id for node in walk(declaration) if isinstance(node, nodes.Name) and find(node.id) is None)
        yield from (after.text for after in declaration.after) if isinstance(declaration, nodes.Stage) else ()


def _lost(text: str) -> Iterator[str]:
    """Every name that a text may declare, and the roles where it may declare a network."""
    bare = re.sub(r"#.*", "", text)
    begun = [word for words in _BEGINS.findall(bare) for word in words if word]
    names = {*_DECLARES.findall(bare), *begun} - {"fit"}
    yield from names
    declared = {"let", "param", "data", "block", "hint", "stage", "search"}
    if names and not (set(begun[:1]) & declared and len(_BEGINS.findall(bare)) == 1):
        yield from ROLES
