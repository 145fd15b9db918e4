"""A spec as JSON: exact numbers, whole addresses, one format version.

`fit show --format json` prints a `ShowDocument`; its JSON Schema is shipped in `fitdsl/schemas`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeVar

from ..compilation import Compilation
from ..graph.model import Layer, LayerGraph, Network
from ..graph.outside import Opaque
from ..program.model import Hint, Program, StagePlan
from ..space.params import ParamInfo
from ..syntax import nodes
from ..syntax.spelling import spell, spell_domain
from ..values import Cost
from .options import ViewOptions
from .reports import Document
from .spelling import arguments, spell_call

T = TypeVar("T")
Shape = tuple[int, ...]
Layers = dict[str, tuple[str, ...]]


class CostDocument(Document):
    """What one example costs."""

    params: int
    weights: int
    macs: int
    activations: int


class NodeDocument(Document):
    """A layer; `args` leaves out what is at its default, `inputs` are addresses or names of the network's inputs."""

    address: str
    op: str
    args: dict[str, Any]
    inputs: tuple[str, ...]
    shape: Shape
    cost: CostDocument | None


class NetworkDocument(Document):
    """A teacher or student: shapes of its inputs by name, the address of its output, its layers in running order.

    Of a network from outside `source` is the call it comes from, and its nodes are the places whose shape the spec
    states; what these and the whole cost is not known (null).
    """

    role: Literal["teacher", "student"]
    inputs: dict[str, Shape]
    output: str
    source: str | None
    cost: CostDocument | None
    nodes: tuple[NodeDocument, ...]


class HintDocument(Document):
    """A hint: `network.address` on both sides, and the layers of its regressor, whose input is called `guided`.

    Places and shapes are lists where the hint has several layers; `loss_cost` is what a loss with weights of its own
    adds (null for others).
    """

    teacher: str | tuple[str, ...]
    student: str | tuple[str, ...]
    hint_shape: Shape | tuple[Shape, ...]
    guided_shape: Shape | tuple[Shape, ...]
    regressor: tuple[NodeDocument, ...]
    loss_cost: CostDocument | None


class StageDocument(Document):
    """A stage: addresses by network; under a hint's name stand the layers of its regressor."""

    name: str
    after: tuple[str, ...]
    trains: Layers
    runs: Layers
    frozen: Layers


class ParamDocument(Document):
    """A param: its default, its domain as written, and how many values that has (null if infinitely many)."""

    default: Any
    domain: str | None
    size: int | None


class SpaceDocument(Document):
    """How many students there are, and how many meet every requirement and type-check; null where infinite."""

    size: int | None
    feasible: int | None


class ShowDocument(Document):
    """What `fit show --format json` prints."""

    format_version: Literal[1] = 1
    networks: dict[str, NetworkDocument]
    hints: dict[str, HintDocument]
    stages: tuple[StageDocument, ...]
    params: dict[str, ParamDocument]
    space: SpaceDocument


def show_json(compilation: Compilation, options: ViewOptions) -> str:
    """The whole spec at its point; the options do not matter."""
    return show_document(compilation).model_dump_json(indent=2)


def show_document(compilation: Compilation) -> ShowDocument:
    """The whole spec at its point."""
    program, space = compilation.program, compilation.space
    return ShowDocument(
        networks={name: network_document(network) for name, network in program.networks.items()},
        hints={name: hint_document(program, hint) for name, hint in program.hints.items()},
        stages=tuple(stage_document(program, stage) for stage in program.stages.values()),
        params={name: _param(param) for name, param in compilation.params.items()},
        space=SpaceDocument(size=space.size, feasible=space.feasible),
    )


def network_document(network: Network) -> NetworkDocument:
    """A network with all its layers."""
    graph = network.graph
    return NetworkDocument(
        role=network.role,
        inputs={name: given.shape for name, given in graph.inputs.items()},
        output=graph.output,
        source=None if network.source is None else spell_call(network.source),
        cost=None if network.cost is None else cost_document(network.cost),
        nodes=_nodes(graph),
    )


def hint_document(program: Program, hint: Hint) -> HintDocument:
    """A hint with the shapes on both sides."""
    teacher, student = program.networks[hint.teacher].graph, program.networks[hint.student].graph
    return HintDocument(
        teacher=_one_or_several(f"{hint.teacher}.{address}" for address in hint.hint),
        student=_one_or_several(f"{hint.student}.{address}" for address in hint.guided),
        hint_shape=_one_or_several(teacher.type_of(address).shape for address in hint.hint),
        guided_shape=_one_or_several(student.type_of(address).shape for address in hint.guided),
        regressor=_nodes(hint.regressor),
        loss_cost=cost_document(program.learned_cost(hint.name)) if program.learned_loss(hint.name) else None,
    )


def _one_or_several(values: Iterable[T]) -> T | tuple[T, ...]:
    found = tuple(values)
    return found[0] if len(found) == 1 else found


def stage_document(program: Program, stage: StagePlan) -> StageDocument:
    """A stage with the layers it trains, runs and keeps frozen, in running order."""
    regressors = {name: tuple(program.hints[name].regressor.layers) for name in stage.hints}
    return StageDocument(
        name=stage.name,
        after=stage.after,
        trains=_in_order(program, stage.trains) | regressors,
        runs=_in_order(program, stage.runs) | regressors,
        frozen=_in_order(program, stage.frozen),
    )


def _param(param: ParamInfo) -> ParamDocument:
    declaration = param.declaration
    domain = None if declaration.domain is None else spell_domain(declaration.domain)
    return ParamDocument(default=_plain(declaration.default), domain=domain, size=param.size)


def _plain(expr: nodes.Expr) -> Any:
    """A literal as JSON has it; anything else as it is written."""
    match expr:
        case nodes.Number(value=value) | nodes.String(value=value) | nodes.Boolean(value=value):
            return value
        case nodes.Unary(op="-", operand=nodes.Number(value=value)):
            return -value
        case nodes.List(items=items):
            return [_plain(item) for item in items]
        case _:
            return spell(expr)


def _in_order(program: Program, layers: Mapping[str, Iterable[str]]) -> Layers:
    chosen = {name: frozenset(addresses) for name, addresses in layers.items()}
    return {
        name: tuple(address for address in program.networks[name].graph.layers if address in addresses)
        for name, addresses in chosen.items()
        if addresses
    }


def _nodes(graph: LayerGraph) -> tuple[NodeDocument, ...]:
    return tuple(map(node_document, graph.layers.values()))


def node_document(layer: Layer) -> NodeDocument:
    """A layer with what it costs."""
    return NodeDocument(
        address=layer.address,
        op=layer.op.word,
        args=arguments(layer.op),
        inputs=layer.inputs,
        shape=layer.type.shape,
        cost=None if isinstance(layer.op, Opaque) else cost_document(layer.cost),
    )


def cost_document(cost: Cost) -> CostDocument:
    """What one example costs."""
    return CostDocument(params=cost.params, weights=cost.weights, macs=cost.macs, activations=cost.activations)
