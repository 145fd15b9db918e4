"""From a linked spec at one point to a checked program: networks, hints and stages, with everything wrong reported."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ..component import find
from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..graph.model import Network
from ..late import late
from ..semantics.names import Named, check_names, declared, stages
from ..source import Span
from ..syntax import nodes
from .declarations import BUILT_IN, Declarations
from .hints import Hints
from .model import Hint, Program
from .places import Places
from .stages import Plans, Stages, in_order


@dataclass(frozen=True, eq=False)
class Built:
    """What could be made of a spec: the program as far as it is sound, and the declarations it came from."""

    program: Program
    declarations: Declarations


def build(
    spec: nodes.Spec,
    name: str,
    reporter: Reporter,
    lost: frozenset[str] = frozenset(),
    *,
    known: Mapping[str, Network] | None = None,
    is_named: bool = False,
) -> Built:
    """Everything a linked spec without params says.

    Args:
        spec: The tree, as `resolve` leaves it.
        name: Name of the spec, for runs.
        reporter: Told of every mistake; if it has errors afterwards, the program is not complete.
        lost: Names that a part of the text declares which could not be read.
        known: Networks that were made before, by name, of which nothing is different now.
        is_named: Whether all names in it are known to mean something.
    """
    declarations = Declarations(declared(spec, reporter), reporter, lost, _networks=dict(known or {}))
    if not is_named:
        check_names(spec, Vocabulary.of(declarations), reporter)
    _evaluate_all(declarations)
    networks = dict(_networks(declarations))
    places = Places(declarations)
    hints = {h.name: h for h in _hints(declarations, Hints(declarations, places))}
    planner = Stages(declarations, places, networks, hints)
    written = stages(spec, reporter)
    ordered = in_order(written, declarations)
    plans = planner.plan_all(ordered)
    planner.look_at(stage for stage in written.values() if stage not in ordered)
    _warn_of_unused(declarations, networks, hints, plans)
    data = {n: settings for n in declarations.names(nodes.Data) if (settings := declarations.data(n)) is not None}
    sources = _sources(declarations)
    return Built(Program(name, data, networks, hints, plans.run, sources, tuple(plans.left_out)), declarations)


@dataclass(frozen=True)
class Vocabulary:
    """All names that a spec can use at its top level: its own, and those of components."""

    own: frozenset[str]
    named: Mapping[str, Named]

    @classmethod
    def of(cls, declarations: Declarations) -> Vocabulary:
        """Those of a spec."""
        return cls(frozenset({*declarations.named, *declarations.lost, *BUILT_IN}), declarations.named)

    def __contains__(self, name: object) -> bool:
        return name in self.own or (isinstance(name, str) and find(name) is not None)

    def advice(self, name: nodes.Name, visible: Collection[str], declaration: nodes.Declaration) -> tuple[str, ...]:
        """Help on a name that means nothing, by what is due where it stands."""
        helps: tuple[str, ...] = late("program.due").advice(name, visible, declaration, self.named)
        return helps


def _evaluate_all(declarations: Declarations) -> None:
    for name in declarations.names(nodes.Let, nodes.Param, nodes.Data):
        declarations.value(name)


def _sources(declarations: Declarations) -> dict[str, Span]:
    """Where each data declaration says what its data set is."""
    return {
        name: setting.value.span
        for name, declaration in declarations.named.items()
        if isinstance(declaration, nodes.Data)
        for setting in declaration.settings
        if setting.name.text == "source"
    }


def _networks(declarations: Declarations) -> Iterator[tuple[str, Network]]:
    for name in declarations.names(nodes.Network, nodes.External):
        network = declarations.network(name)
        if network is not None:
            yield name, network


def _hints(declarations: Declarations, hints: Hints) -> Iterator[Hint]:
    for declaration in declarations.named.values():
        hint = hints.build(declaration) if isinstance(declaration, nodes.Hint) else None
        if hint is not None:
            yield hint


def _warn_of_unused(
    declarations: Declarations,
    networks: Mapping[str, Network],
    hints: Mapping[str, Hint],
    plans: Plans,
) -> None:
    """Layers whose output nothing reads, and hints that no stage takes: they run, but are hardly meant."""
    if declarations.reporter.has_errors:
        # what reads them may be what is wrong
        return
    for hint in hints.values():
        if (plans.run or plans.left_out) and hint.name not in plans.hints:
            declarations.reporter.warning(
                "FIT3005",
                hint.span,
                f"no stage uses the hint `{hint.name}`",
                helps=(f"add `hint({hint.name})` to a stage's loss",),
            )
    for network in networks.values():
        graph = network.graph
        ends = {address for h in hints.values() if h.teacher == network.name for address in h.hint}
        ends |= {address for h in hints.values() if h.student == network.name for address in h.guided}
        needed = graph.ancestors([graph.output, *ends])
        for layer in graph.layers.values():
            if layer.address not in needed and not graph.readers[layer.address]:
                declarations.reporter.warning(
                    "FIT2007",
                    layer.span,
                    "nothing reads what this layer gives",
                    under=f"`{network.name}.{layer.address}`",
                    helps=("lead it to the output, or take the line away",),
                )
