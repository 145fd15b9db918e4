"""The two things that are compared: specs at their points, runs, and trials of searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from ...compilation import Compilation
from ...component import Component
from ...dataclass import dataclass
from ...program.model import Program
from ...program.search import SearchSettings
from ...source import Source
from ...syntax import nodes
from ...syntax.nodes import Node
from ...syntax.spelling import spell as spell_expr
from ...syntax.spelling import spell_domain
from ...work.describe import plain
from ..spelling import spell


@dataclass(frozen=True)
class Said:
    """A value: what it means, which is compared, and how it is written, which is shown.

    Attributes:
        is_default: Whether it would be the same if nothing were written.
    """

    meaning: Any
    text: str
    is_default: bool = False


@dataclass(frozen=True, eq=False)
class Side:
    """One of two specs.

    Attributes:
        title: What the user knows it by.
        program: What it says at its point.
        params: Its params' values; None where they are not known.
        domains: What they may be.
        search: The settings of its search.
        has_space: Whether it is a whole spec; the spec that a run leaves has neither params nor a search.
    """

    title: str
    program: Program
    params: Mapping[str, Said] | None
    domains: Mapping[str, Said]
    search: Mapping[str, Said]
    has_space: bool = True


def side(title: str, compilation: Compilation) -> Side:
    """A whole spec at its point.

    Raises:
        FitError: It is not sound.
    """
    program = compilation.program
    tree = Compilation(Source(compilation.name, compilation.linked)).tree
    lets = {d.name.text: d.value for d in tree.declarations if isinstance(d, nodes.Let)}
    names = {**lets, **_networks(program)}
    params = {name: _said(param.expr, names) for name, param in compilation.params.items()}
    declared = [d for d in tree.declarations if isinstance(d, nodes.Param) and d.domain is not None]
    domains = {d.name.text: _domain(d.domain, names) for d in declared if d.domain is not None}
    blocks = [d for d in tree.declarations if isinstance(d, nodes.Search)]
    search = _search(blocks[0], compilation.search, names) if blocks and compilation.search else {}
    return Side(title, program, params, domains, search)


def run_side(title: str, compilation: Compilation, point: Mapping[str, str] | None) -> Side:
    """The spec that a run has left, with the values that its params had.

    Args:
        title: What the user knows it by.
        compilation: Of the run's `spec.fit`.
        point: Values by name, as the language writes them; None where they are not known.

    Raises:
        FitError: The spec is not sound.
    """
    params = None if point is None else {name: _said(_parsed(text), {}) for name, text in point.items()}
    return Side(title, compilation.program, params, {}, {}, has_space=False)


def _networks(program: Program) -> dict[str, nodes.Expr]:
    """By name and, where a role has only one, by role, what stands for each network."""
    found: dict[str, nodes.Expr] = {n.name: nodes.Name(n.slot) for n in program.networks.values()}
    for role in ("teacher", "student"):
        own = [network for network in program.networks.values() if network.role == role]
        if len(own) == 1:
            found[role] = nodes.Name(own[0].slot)
    return found


def _said(value: nodes.Expr, names: Mapping[str, nodes.Expr]) -> Said:
    return Said(inlined(value, names), spell_expr(value))


def _domain(domain: nodes.Domain, names: Mapping[str, nodes.Expr]) -> Said:
    return Said(inlined(domain, names), spell_domain(domain))


def _search(block: nodes.Search, settings: SearchSettings, names: Mapping[str, nodes.Expr]) -> Mapping[str, Said]:
    """What a search varies, wants and requires, and how it goes about it."""
    found = {"vary": Said(frozenset(settings.vary), f"[{', '.join(settings.vary)}]")}
    for setting in block.settings:
        if setting.name.text in ("maximize", "minimize", "require"):
            found[setting.name.text] = _wanted(setting, names)
    for name in ("sampler", "scheduler", "trial"):
        value, info = getattr(settings, name), SearchSettings.model_fields[name]
        text = spell(value if isinstance(value, Component) else value.model_dump())
        found[name] = Said(plain(value), text, value == info.get_default(call_default_factory=True))
    return found


def _wanted(setting: nodes.Setting, names: Mapping[str, nodes.Expr]) -> Said:
    """What a search wants or requires; the order of requirements means nothing."""
    said = _said(setting.value, names)
    items = said.meaning.items if isinstance(said.meaning, nodes.List) else (said.meaning,)
    return replace(said, meaning=frozenset(items) if setting.name.text == "require" else items)


def _parsed(text: str) -> nodes.Expr:
    """The value that a text in the language means; the text itself where it means none."""
    tree = Compilation(Source("point", f"fit 1\nlet value = {text}")).tree
    found = [d.value for d in tree.declarations if isinstance(d, nodes.Let)]
    return found[0] if len(found) == 1 else nodes.String(text)


def inlined(node: Any, names: Mapping[str, nodes.Expr]) -> Any:
    """A tree in which values stand in place of their names, so that it does not matter what they are called."""
    match node:
        case nodes.Name() if node.id in names:
            return inlined(names[node.id], {name: value for name, value in names.items() if name != node.id})
        case tuple():
            return tuple(inlined(item, names) for item in node)
        case Node():
            own = {f.name: getattr(node, f.name) for f in fields(node) if f.compare}
            return replace(node, **{name: inlined(value, names) for name, value in own.items()})
    return node
