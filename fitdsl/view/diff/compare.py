"""Two specs compared: data, networks, hints, stages, then the space around them.

What is compared later is seen through what was matched before: a hint has not moved if its layer has another name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...dataclass import dataclass
from ...graph.model import Network
from ...program.model import StagePlan
from ..document import CostDocument, cost_document
from .document import Change, DiffDocument, FactDiff, LayerDiff, NetworkDiff
from .facts import Names, hint_facts, network_facts, record_facts, stage_facts
from .layers import layer_diffs
from .matching import Matching, match
from .parts import Pairs, Parts, differences, fact_diffs, merged, pair
from .sides import Said, Side


def compare(before: Side, after: Side) -> DiffDocument:
    """Everything in which two specs differ."""
    view = _matched(Names(before.program, is_before=True), Names(after.program, is_before=False))
    has_spaces = before.has_space and after.has_space
    found = DiffDocument(
        same=False,
        before=before.title,
        after=after.title,
        params=_between(before.params, after.params),
        domains=_between(before.domains, after.domains) if has_spaces else (),
        data=differences(_data(view.before), _data(view.after), view.data),
        networks=_networks(view),
        hints=differences(_hints(view.before), _hints(view.after), view.hints),
        stages=differences(_stages(view.before), _stages(view.after), view.stages),
        order=_order(view),
        search=fact_diffs(before.search or None, after.search or None) if has_spaces else (),
    )
    parts = (found.params, found.domains, found.data, found.networks, found.hints, found.stages, found.search)
    return found.model_copy(update={"same": not any(parts) and found.order is None})


def _between(before: Mapping[str, Said] | None, after: Mapping[str, Said] | None) -> tuple[FactDiff, ...]:
    """The values that differ; nothing where one side is not known."""
    return () if before is None or after is None else fact_diffs(before, after)


# What belongs together ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _View:
    """Both sides, and what of them belongs together: names after by names before."""

    before: Names
    after: Names
    data: Pairs
    networks: Pairs
    hints: Pairs
    stages: Pairs


def _matched(before: Names, after: Names) -> _View:
    data = pair(_data(before), _data(after))
    before, after = _named(before, after, "data", data)
    networks = _network_pairs(before.program.networks, after.program.networks)
    before, after = _named(before, after, "networks", networks)
    one, other = before.program.networks, after.program.networks
    matchings = {before.tokens["networks"][a]: _matching(one[a], other[b]) for a, b in networks.items()}
    before, after = replace(before, matchings=matchings), replace(after, matchings=matchings)
    hints = pair(_hints(before), _hints(after))
    before, after = _named(before, after, "hints", hints)
    stages = pair(_stages(before), _stages(after))
    before, after = _named(before, after, "stages", stages)
    return _View(before, after, data, networks, hints, stages)


def _named(before: Names, after: Names, kind: str, pairs: Pairs) -> tuple[Names, Names]:
    """Both sides with what stands for names of one kind."""
    one, other = getattr(before.program, kind), getattr(after.program, kind)
    same = {name: f"both {pairs[name]}" if name in pairs else f"before {name}" for name in one}
    others = {name: f"both {name}" if name in pairs.values() else f"after {name}" for name in other}
    return (
        replace(before, tokens={**before.tokens, kind: same}),
        replace(after, tokens={**after.tokens, kind: others}),
    )


def _matching(before: Network, after: Network) -> Matching:
    """Which layer is which; of a network from outside modules are known by their paths alone."""
    one, other = before.graph, after.graph
    if before.source is None and after.source is None:
        return match(one, other)
    return Matching(one, other, {address: address for address in one.layers if address in other.layers})


def _network_pairs(before: Mapping[str, Network], after: Mapping[str, Network]) -> Pairs:
    """Networks of one name, then those of one role that compute the same, then the others of one role in order."""
    found = {name: name for name in before if name in after}
    for is_alike in (_is_same, lambda one, other: True):
        for one in before.values():
            for other in after.values():
                is_left = one.name not in found and other.name not in found.values() and other.name not in before
                if is_left and one.role == other.role and is_alike(one, other):
                    found[one.name] = other.name
    return found


def _is_same(before: Network, after: Network) -> bool:
    one, other = before.graph, after.graph
    return one.identities[one.output] == other.identities[other.output]


# What they say --------------------------------------------------------------------------------------------------------


def _data(names: Names) -> Parts:
    return {name: record_facts(settings, names) for name, settings in names.program.data.items()}


def _hints(names: Names) -> Parts:
    return {name: hint_facts(names.program, hint, names) for name, hint in names.program.hints.items()}


def _stages(names: Names) -> Parts:
    """The settings of each stage and, once it is known which stage is which, after which it comes."""
    stages = names.program.stages
    found = {name: stage_facts(stage, names) for name, stage in stages.items()}
    if "stages" not in names.tokens:
        return found
    return {name: {"after": _after(stages[name], names), **facts} for name, facts in found.items()}


def _after(stage: StagePlan, names: Names) -> Said:
    tokens = sorted(names.tokens["stages"][name] for name in stage.after)
    return Said(tokens, ", ".join(stage.after) or "none", not stage.after)


def _networks(view: _View) -> tuple[NetworkDiff, ...]:
    one, other = view.before.program.networks, view.after.program.networks
    order = merged(tuple(one), tuple(other), view.networks)
    found = (_network(view, one.get(a or ""), other.get(b or "")) for a, b in order)
    return tuple(network for network in found if network is not None)


def _network(view: _View, before: Network | None, after: Network | None) -> NetworkDiff | None:
    """How a network differs from its other self; None if it does not."""
    one = None if before is None else network_facts(before, view.before)
    other = None if after is None else network_facts(after, view.after)
    facts, layers = fact_diffs(one, other), _layers(view, before, after)
    change, shown = _change(before, after, is_same=not (facts or layers)), after or before
    if change is None or shown is None:
        return None
    return NetworkDiff(
        change=change,
        role=shown.role,
        before=before and before.name,
        after=after and after.name,
        facts=facts,
        cost_before=_cost(before),
        cost_after=_cost(after),
        layers=layers,
    )


def _layers(view: _View, before: Network | None, after: Network | None) -> tuple[LayerDiff, ...]:
    if before is None or after is None:
        return ()
    return layer_diffs(view.before.matchings[view.before.tokens["networks"][before.name]])


def _change(before: Network | None, after: Network | None, *, is_same: bool) -> Change | None:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    if not is_same:
        return "changed"
    return "renamed" if before.name != after.name else None


def _cost(network: Network | None) -> CostDocument | None:
    return None if network is None or network.cost is None else cost_document(network.cost)


def _order(view: _View) -> FactDiff | None:
    """The stages that both have, where they run in another order."""
    one = [name for name in view.before.program.stages if name in view.stages]
    other = [name for name in view.after.program.stages if name in view.stages.values()]
    if [view.stages[name] for name in one] == other:
        return None
    return FactDiff(name="order", before=", ".join(one), after=", ".join(other))
