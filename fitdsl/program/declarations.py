"""The top level of a spec: what each declared name means, worked out when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, get_args

from pydantic import Field

from ..component import Record, components, find
from ..data.base import DataSettings
from ..diagnostics import Reporter
from ..graph.elaborate import Elaboration
from ..graph.model import Network
from ..graph.outside import INPUT, stated_graph
from ..graph.sources import Source
from ..ops.base import Op
from ..optim.initializers import Initializer
from ..semantics.arguments import Given, Site, bind
from ..semantics.bindings import SPLITS, BlockValue, DataValue, InputOf, SplitMetrics
from ..semantics.evaluate import Evaluator
from ..semantics.functions import FUNCTIONS, Function, describe
from ..semantics.names import ROLES, Named
from ..semantics.scope import UNKNOWN, Scope, Unknown
from ..source import NOWHERE, Span
from ..syntax import nodes
from ..syntax.walk import walk
from ..values import Cost, HintRef, Mode, NetworkRef, Rejected, TensorType

COSTS = ("params", "weights", "macs", "activations")
BUILT_IN = frozenset({*ROLES, *COSTS, *FUNCTIONS, *SPLITS})


class NetworkOptions(Record):
    """What may stand in the header of a network beside its inputs."""

    init: Initializer | None = Field(None, description="how its weights start; PyTorch's own start if left out")
    mode: Mode = Field("eval", description="mode of its layers where they do not learn")


@dataclass(eq=False)
class Declarations:
    """The named declarations of a linked spec without params, and their values.

    Attributes:
        named: Declarations by name.
        reporter: Told of every mistake, once.
        lost: Names that a part of the text declares which could not be read: they may mean anything.
        sketches: Of the networks that turned out wrong what is known of them, by name.
    """

    named: Mapping[str, Named]
    reporter: Reporter
    lost: frozenset[str] = frozenset()
    sketches: dict[str, Network] = field(default_factory=dict, repr=False)
    _values: dict[str, Any] = field(default_factory=dict, repr=False)
    _open: list[str] = field(default_factory=list, repr=False)
    _networks: dict[str, Network | None] = field(default_factory=dict, repr=False)
    _missing: set[str] = field(default_factory=set, repr=False)
    _read: dict[str | None, set[str]] = field(default_factory=dict, repr=False)

    @property
    def evaluator(self) -> Evaluator:
        """Evaluates expressions among these names."""
        return Evaluator(self.reporter, self.lookup)

    def lookup(self, name: nodes.Name) -> Any:
        """What a name means at the top level: a declaration, a role, a function or a component."""
        if name.id in self.lost:
            return UNKNOWN
        if name.id in self.named:
            self._read.setdefault(self._open[-1] if self._open else None, set()).add(name.id)
            return self.value(name.id)
        if name.id in ROLES:
            return self._only(name)
        if name.id in COSTS:
            return Function(name.id, partial(self.cost, name.id), f"{name.id}(network)")
        if name.id in SPLITS:
            return SplitMetrics(name.id)
        return FUNCTIONS.get(name.id) or find(name.id) or UNKNOWN

    def value(self, name: str) -> Any:
        """The value of a declared name; a value that needs itself is reported."""
        if name in self._open:
            circle = " -> ".join((*self._open[self._open.index(name) :], name))
            span = self.named[name].name.span
            help = "give one of them a value of its own"
            self.reporter.error("FIT1008", span, f"`{name}` is defined by itself: {circle}", helps=(help,))
            return UNKNOWN
        if name not in self._values:
            self._open.append(name)
            self._values[name] = self._evaluate(self.named[name])
            self._open.pop()
        return self._values[name]

    def in_use(self) -> frozenset[str]:
        """The names that networks, data, hints and stages have read so far, directly or through other names."""
        pending, reached = [*self._read.get(None, ()), *self.names(nodes.Data)], set[str]()
        while pending:
            name = pending.pop()
            if name not in reached:
                reached.add(name)
                pending.extend(self._read.get(name, ()))
        return frozenset(reached)

    def names(self, *kinds: type[Named]) -> list[str]:
        """Names of the declarations of some kinds, in order."""
        return [name for name, declaration in self.named.items() if isinstance(declaration, kinds)]

    def of_role(self, role: str) -> list[str]:
        """Names of the networks of a role, in order."""
        kinds = (nodes.Network, nodes.External)
        return [name for name, network in self.named.items() if isinstance(network, kinds) and network.role == role]

    def settings(self, settings: Iterable[nodes.Setting]) -> tuple[Given, ...]:
        """Settings in braces with their values."""
        return tuple(
            Given(setting.name.text, self.setting_value(setting.value), setting.value.span, setting.name.span)
            for setting in settings
        )

    def setting_value(self, expr: nodes.Expr) -> Any:
        """The value of a setting; that of an op called as in a network is the op: the setting says what is due."""
        if isinstance(expr, nodes.Call) and isinstance(expr.function, nodes.Name):
            callee = self.evaluator.name(expr.function, Scope())
            if isinstance(callee, type) and issubclass(callee, Op):
                return callee
        return self.evaluator.value(expr, Scope())

    def data(self, name: str) -> DataSettings | None:
        """The settings of a data declaration; None if they are wrong, which is reported."""
        value = self.value(name)
        return value.settings if isinstance(value, DataValue) else None

    def network(self, name: str) -> Network | None:
        """A network with its graph; None if it is wrong, which is reported."""
        if name not in self._networks:
            self._networks[name] = None
            declaration = self.named[name]
            match declaration:
                case nodes.Network():
                    self._networks[name] = self._build(declaration)
                case nodes.External():
                    self._networks[name] = self._from_outside(declaration)
        return self._networks[name]

    def with_costs(self, costs: Mapping[str, Cost]) -> Declarations:
        """The same with other costs of some networks, told of no mistake; of these nothing but costs is to be asked."""
        networks = dict(self._networks)
        for name, cost in costs.items():
            known = self.network(name)
            if known is not None:
                first = next(iter(known.graph.layers.values()))
                graph = replace(known.graph, layers={first.address: replace(first, cost=cost)}, output=first.address)
                networks[name] = replace(known, graph=graph)
        return Declarations(self.named, Reporter(), self.lost, _networks=networks)

    def cost(self, kind: str, network: Any) -> int | Unknown:
        """`params(student)` and the like; UNKNOWN of a network with a mistake, which is reported.

        Raises:
            TypeError: The argument is no network.
            Rejected: Its cost is not known.
        """
        if not isinstance(network, NetworkRef):
            raise TypeError
        built = self.network(network.name)
        if built is None and self.reporter.has_errors:
            return UNKNOWN
        if built is None:
            raise Rejected(f"the {kind} of `{network.name}` are not known")
        if built.cost is None:
            raise Rejected(
                f"the {kind} of `{network.name}` are not known: it comes from outside", "write the number in its place"
            )
        return int(getattr(built.cost, kind))

    def _only(self, name: nodes.Name) -> Any:
        found = self.of_role(name.id)
        if len(found) == 1:
            return NetworkRef(found[0])
        if not found and name.id in self._missing:
            return UNKNOWN
        self._missing.add(name.id)
        several = ", ".join(f"`{one}`" for one in found)
        message = f"there are several: {several}" if found else f"this spec declares no {name.id}"
        help = f"name the {name.id} you mean" if found else f"declare one: `{name.id} net(image: [3, 32, 32]) {{ … }}`"
        self.reporter.error("FIT1011", name.span, message, helps=(help,))
        return UNKNOWN

    def _evaluate(self, declaration: Named) -> Any:
        match declaration:
            case nodes.Let():
                return self.evaluator.value(declaration.value, Scope())
            case nodes.Param():
                return self.evaluator.value(declaration.default, Scope())
            case nodes.Data():
                return self._data(declaration)
            case nodes.Network() | nodes.External():
                return NetworkRef(declaration.name.text)
            case nodes.Block():
                return BlockValue(declaration)
            case nodes.Hint():
                return HintRef(declaration.name.text)

    def _data(self, data: nodes.Data) -> Any:
        site = Site(data.name.span, data.name.text, "setting")
        settings = bind(DataSettings, self.settings(data.settings), site, self.reporter)
        if not isinstance(settings, DataSettings):
            return UNKNOWN
        try:
            settings.input  # noqa: B018 - asked for its refusal
        except Rejected as rejected:
            at = setting_span(data, _refused_setting(settings))
            self.reporter.error("FIT6002", at, rejected.message, helps=(rejected.help,) if rejected.help else ())
            return UNKNOWN
        return DataValue(data.name.text, settings)

    def _build(self, network: nodes.Network) -> Network | None:
        inputs = {item.name.text: self.evaluator.value(item.type, Scope()) for item in network.inputs}
        types = {item.name.text: self._type(inputs[item.name.text], item) for item in network.inputs}
        options = bind(
            NetworkOptions,
            tuple(map(self._option, network.options)),
            Site(network.name.span, network.name.text, "option"),
            self.reporter,
        )
        if not isinstance(options, NetworkOptions):
            options = NetworkOptions()
        elaboration = Elaboration(self.evaluator, options.init)
        graph = elaboration.network(network.body, types, Scope())
        if graph is None:
            known = elaboration.sketch.graph(types, elaboration.layers, elaboration.groups)
            if known is not None:
                self.sketches[network.name.text] = Network(network.name.text, network.role, known, {}, doc=network.doc)
            return None
        data = {name: value.data if isinstance(value, InputOf) else None for name, value in inputs.items()}
        weights = network.weights.value if network.weights else None
        number = self.of_role(network.role).index(network.name.text)
        return Network(
            name=network.name.text,
            role=network.role,
            graph=graph,
            data=data,
            weights=weights,
            doc=network.doc,
            span=network.name.span,
            number=number,
            mode=options.mode,
            weights_span=network.weights.span if network.weights else NOWHERE,
        )

    def _option(self, option: nodes.Argument) -> Given:
        """An option of a network with its value; a mode is a word, although `train` means a split elsewhere."""
        (given,) = self.evaluator.given((option,), Scope())
        match option.value:
            case nodes.Name(id=word) if given.name == "mode" and word in get_args(Mode):
                return replace(given, value=word)
        return given

    def _from_outside(self, network: nodes.External) -> Network | None:
        source = self.evaluator.value(network.value, Scope())
        if source is UNKNOWN:
            return None
        if not isinstance(source, Source):
            words = [f"`{name}(…)`" for name in components("source")]
            message = f"a network is a list of layers, or comes from outside; this is {describe(source)}"
            help = f"give it layers: `{network.role} {network.name}(image: …) {{ … }}`; or write {' or '.join(words)}"
            self.reporter.error("FIT1014", network.value.span, message, helps=(help,))
            return None
        data = self._only_data(network)
        if data is None:
            return None
        name, span = network.name.text, network.name.span
        graph = stated_graph(source, data.settings.input, data.settings.classes, span)
        number = self.of_role(network.role).index(name)
        reads = {INPUT: data.name}
        made = Network(name, network.role, graph, reads, source.file, network.doc, span, source, number)
        return replace(made, weights_span=network.value.span)

    def _only_data(self, network: nodes.External) -> DataValue | None:
        """What a network from outside reads."""
        names = self.names(nodes.Data)
        if len(names) == 1:
            value = self.value(names[0])
            return value if isinstance(value, DataValue) else None
        if self.lost:
            return None
        several = f"has {len(names)}: {', '.join(f'`{name}`' for name in names)}"
        message = f"`{network.name}` reads the only `data` of its spec, which {several if names else 'has none'}"
        help = "write a spec for each" if names else "declare it: `data d { source = … }`"
        self.reporter.error("FIT2009", network.name.span, message, helps=(help,))
        return None

    def input_type(self, item: nodes.Input) -> TensorType | None:
        """The type of an input of a network; None if it has none, which is reported."""
        return self._type(self.evaluator.value(item.type, Scope()), item)

    def _type(self, value: Any, item: nodes.Input) -> TensorType | None:
        if value is UNKNOWN:
            return None
        if isinstance(value, InputOf):
            return value.settings.input
        if isinstance(value, tuple) and value and all(type(size) is int and size > 0 for size in value):
            return TensorType(value)
        self.reporter.error(
            "FIT2008",
            item.type.span,
            f"an input is a shape, got {describe(value)}",
            helps=("write `data.input`, or a shape without the batch axis: `[3, 32, 32]`",),
        )
        return None


def _refused_setting(settings: DataSettings) -> str:
    """Which of the two settings holds the step that does not fit; preparation comes first."""
    try:
        settings.model_copy(update={"augment": ()}).input  # noqa: B018 - asked for its refusal
    except Rejected:
        return "prepare"
    return "augment"


def setting_span(
    declaration: nodes.Data | nodes.Hint | nodes.Stage, name: str, callee: str = "", *, before: int = 0
) -> Span:
    """Where the value of a setting stands; the declaration's name if it is left out.

    Args:
        declaration: What has the setting.
        name: The setting.
        callee: A call in its value to point to, if there is such a one.
        before: How many calls of the same name to skip.
    """
    value = next((setting.value for setting in declaration.settings if setting.name.text == name), None)
    if value is None:
        return declaration.name.span
    calls = (node for node in walk(value) if isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name))
    spans = [call.span for call in calls if call.function == nodes.Name(callee)]
    return spans[before] if before < len(spans) else value.span
