"""From a graph of layers to a plain torch module, and to the part of it that gives the outputs of some layers.

A built network is a `torch.fx.GraphModule`: its `forward` is straight-line code that can be read (`.code`), copied,
pickled and compiled, and its `state_dict` keys are the layers' addresses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Generator, nn
from torch.fx import Graph, GraphModule, Node

from ..graph.model import Layer, LayerGraph
from ..values import Call
from .calls import build_module
from .refusal import refusal
from .resolve import resolve
from .seeds import derived_seed

FRESH = (nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.Linear)
"""Layers whose output is a tensor of its own that their gradient is not computed from."""


def build(network: LayerGraph, *, name: str, seed: int, slot: str = "") -> GraphModule:
    """The network as a module from its inputs, [n, ...] each, to its output; on the CPU, in training mode.

    Args:
        network: A graph whose shapes fit.
        name: Name of the network, as shown when the module is printed.
        seed: Decides the weights, each layer's by itself: the same seed, slot and identity (see
            `LayerGraph.identities`) give the same weights. Torch's own random state is left alone.
        slot: Tells networks apart that may have layers in common, so that their weights differ.

    Raises:
        FitError: A layer has a name that torch keeps for itself.
    """
    root = GraphModule(nn.Module(), Graph(), class_name=name)
    with torch.random.fork_rng(devices=()):
        for layer in network.layers.values():
            identity = network.identities[layer.address]
            if _is_module(_call(network, layer)):
                _place(root, layer, _made(network, layer, derived_seed(seed, slot, identity)))
    root.graph = _traced(network, network.ancestors([network.output]), network.output)
    return root


def tap(module: nn.Module, network: LayerGraph, addresses: Sequence[str], *, given: Sequence[str] = ()) -> GraphModule:
    """The part of a built network that gives the outputs of some layers and runs nothing else.

    Args:
        module: What `build` made of `network`, or a copy of it.
        network: The graph it was built from.
        addresses: The layers, groups or inputs whose outputs are wanted.
        given: Layers whose outputs are handed in, so that what leads to them need not run.

    Returns:
        A module from the network's inputs, then the given outputs, to a tuple, one output for each address; it shares
        its layers with `module`.
    """
    wanted = tuple(network.resolve(address) for address in addresses)
    layers = network.ancestors(wanted, known=given)
    graph = _traced(network, layers, wanted, given)
    _overwrite(graph, module)
    return GraphModule(module, graph, class_name=type(module).__name__)


def build_apart(call: Call, *, seed: int) -> nn.Module:
    """A module that is part of no network, with weights that the seed decides; torch's random state is left alone."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        return build_module(call)


def _call(network: LayerGraph, layer: Layer) -> Call:
    return layer.op.lower(*(network.type_of(source) for source in layer.inputs))


def _is_module(call: Call) -> bool:
    target = resolve(call.target)
    return isinstance(target, type) and issubclass(target, nn.Module)


def _made(network: LayerGraph, layer: Layer, seed: int) -> nn.Module:
    # layers are made on the CPU; seeding all devices takes ten times as long as making a layer
    torch.default_generator.manual_seed(seed)
    module = build_module(_call(network, layer))
    if layer.init is not None:
        call = layer.init.lower()
        fill = resolve(call.target)
        fill(module, Generator().manual_seed(seed), **call.kwargs)
    return module


def _place(root: GraphModule, layer: Layer, module: nn.Module) -> None:
    """Put a layer under its key, with plain modules as the containers on the way."""
    *path, last = layer.key.split(".")
    owner: nn.Module = root
    for name in path:
        if name not in owner._modules:
            _add(owner, name, nn.Module(), layer)
        owner = owner.get_submodule(name)
    _add(owner, last, module, layer)


def _add(owner: nn.Module, name: str, module: nn.Module, layer: Layer) -> None:
    if hasattr(owner, name):
        message = f"`{name}` cannot be part of a layer's address: torch modules have an attribute of that name"
        raise refusal("FIT4105", message, span=layer.span, helps=[f"call it `{name}_` or anything else"])
    owner.add_module(name, module)


def _traced(
    network: LayerGraph, layers: Collection[str], wanted: str | tuple[str, ...], given: Sequence[str] = ()
) -> Graph:
    """The calls of some layers in the network's order, ending with what is wanted of them."""
    graph = Graph()
    values: dict[str, Node] = {name: graph.placeholder(name) for name in network.inputs}
    values |= {address: graph.placeholder(f"given_{place}") for place, address in enumerate(given)}
    for address, layer in network.layers.items():
        if address in layers:
            values[address] = _traced_call(graph, network, layer, tuple(values[source] for source in layer.inputs))
    graph.output(values[wanted] if isinstance(wanted, str) else tuple(values[address] for address in wanted))
    return graph


def _traced_call(graph: Graph, network: LayerGraph, layer: Layer, inputs: tuple[Node, ...]) -> Node:
    call = _call(network, layer)
    if _is_module(call):
        return graph.call_module(layer.key, inputs)
    name = layer.key.replace(".", "_")
    return graph.create_node("call_function", resolve(call.target), inputs, dict(call.kwargs), name=name)


def _overwrite(graph: Graph, module: nn.Module) -> None:
    """Let a ReLU write over what it is given where nobody else reads that: the same numbers with less memory moved.

    In the call and not in the layer, which other parts of the network share that may read both.
    """
    for node in graph.nodes:
        if _runs(node, module, nn.ReLU) and _runs(node.args[0], module, FRESH) and len(node.args[0].users) == 1:
            node.op, node.target = "call_function", torch.relu_


def _runs(node: Node, module: nn.Module, kinds: type[nn.Module] | tuple[type[nn.Module], ...]) -> bool:
    return node.op == "call_module" and isinstance(module.get_submodule(str(node.target)), kinds)
