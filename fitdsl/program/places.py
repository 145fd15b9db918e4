"""From places as users write them (`student.s2`, `student[..s2]`) to layers of a network."""

from __future__ import annotations

from typing import Any

from ..dataclass import dataclass
from ..diagnostics import closest
from ..graph.model import Network, address_of, state_key
from ..semantics.bindings import Place, PlaceRange
from ..semantics.functions import describe
from ..semantics.names import ROLES
from ..semantics.scope import UNKNOWN, Scope
from ..source import Span
from ..syntax import nodes
from ..values import NetworkRef, Selection
from .declarations import Declarations


@dataclass(frozen=True, eq=False)
class Places:
    """Finds layers; reports places that do not exist."""

    declarations: Declarations

    def tap(self, value: Any, span: Span) -> tuple[Network, str] | None:
        """The network and address that one place names; a network by itself stands for its output."""
        if value is UNKNOWN:
            return None
        if not isinstance(value, Place | NetworkRef):
            is_quoted = isinstance(value, str) and value.partition(".")[0] in {*self.declarations.named, *ROLES}
            help = f"write it without quotes: `{address_of(value)}`" if is_quoted else "name one: `student.s2`"
            self._refuse(span, f"{describe(value)} is not a layer", help)
            return None
        network = self._network(value if isinstance(value, NetworkRef) else value.network)
        if network is None:
            return None
        if isinstance(value, NetworkRef):
            return network, network.graph.output
        return (network, value.address) if self._exists(network, value.address, span) else None

    def selection(self, value: Any, span: Span) -> Selection | None:
        """The layers that a network, a place or a range of places means."""
        if value is UNKNOWN:
            return None
        if isinstance(value, str):
            value = self.declarations.lookup(nodes.Name(value, span=span))
        if not isinstance(value, NetworkRef | Place | PlaceRange):
            if value is not UNKNOWN:
                self._refuse(span, f"{describe(value)} selects no layers", "write `student`, or `student[..s2]`")
            return None
        network = self._network(value if isinstance(value, NetworkRef) else value.network)
        layers = None if network is None else self._layers(value, network, span)
        return None if network is None or layers is None else Selection(network.name, layers, span.text)

    def _layers(self, value: NetworkRef | Place | PlaceRange, network: Network, span: Span) -> frozenset[str] | None:
        graph = network.graph
        match value:
            case NetworkRef():
                return frozenset(graph.layers)
            case Place():
                return graph.members(value.address) if self._exists(network, value.address, span) else None
        first, last = (None if end is None else self._end(network, end, span) for end in (value.first, value.last))
        if (first is None, last is None) != (value.first is None, value.last is None):
            return None
        layers = frozenset(graph.layers) if last is None else graph.ancestors(last)
        return layers if first is None else layers & graph.descendants(frozenset().union(*map(graph.members, first)))

    def _end(self, network: Network, address: str, span: Span) -> tuple[str, ...] | None:
        """An end of a range: an address, or a hint, which stands for the layers of this network that it compares."""
        declaration = self.declarations.named.get(address)
        if address in self.declarations.lost and address not in network.graph.groups:
            return None
        if address in network.graph.groups or not isinstance(declaration, nodes.Hint):
            return (address,) if self._exists(network, address, span) else None
        for side in (declaration.student, declaration.teacher):
            taps = self.taps(side)
            if taps is None or taps[0][0] is network:
                return None if taps is None else tuple(address for _, address in taps)
        return (address,) if self._exists(network, address, span) else None

    def taps(self, node: nodes.Expr) -> tuple[tuple[Network, str], ...] | None:
        """What one side of a hint names: a place, or a list of some; None if one is wrong, which is reported."""
        items = node.items if isinstance(node, nodes.List) and node.items else (node,)
        found = [self.tap(self.declarations.evaluator.value(item, Scope()), item.span) for item in items]
        taps = tuple(tap for tap in found if tap is not None)
        return taps if len(taps) == len(items) else None

    def _network(self, ref: NetworkRef) -> Network | None:
        return self.declarations.network(ref.name)

    def _exists(self, network: Network, address: str, span: Span) -> bool:
        graph = network.graph
        known = [*graph.groups, *graph.layers]
        if address in graph.groups or address in graph.layers:
            return True
        if network.source is not None:
            self._refuse(span, *_unstated(network, address))
            return False
        near = closest(address, known)
        tops = [name for name in known if "." not in name and "[" not in name]
        help = f"did you mean `{network.name}.{near}`?" if near else f"its labels are {', '.join(tops) or 'none'}"
        self._refuse(span, f"`{network.name}` has no layer `{address}`", help)
        return False

    def _refuse(self, span: Span, message: str, help: str) -> None:
        self.declarations.reporter.error("FIT1012", span, message, helps=(help,))


def _unstated(network: Network, address: str) -> tuple[str, str]:
    """What to say of a place in a network from outside whose shape the spec does not state."""
    message = f"`{network.name}` comes from outside, and nothing says what its `{address}` gives"
    return message, f'state its shape, such as `features = {{"{state_key(address)}": [64, 28, 28]}}`'
