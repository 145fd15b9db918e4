"""How much of a network's input each layer sees.

The receptive field of a layer is the edge of the window of input pixels that one of its outputs depends on. It grows by
`(k - 1) * d * j` along an axis at a window of k pixels, d apart, where j is the distance of neighbouring pixels of the
layer's input, measured on the network's input (Araujo, Norris and Sim 2019, Computing receptive fields, eq. 2). Behind
an enlargement, where neighbouring pixels see some of the same, it may be a pixel of the smaller map off.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

from ..dataclass import dataclass
from ..ops import activation, combine, dropout, norm
from ..ops.activation import Softmax
from ..ops.combine import Concat, Split
from ..ops.conv import ConvTranspose2d
from ..ops.resize import PixelShuffle, Upsample, ZeroPad2d
from ..ops.shape import ChannelShuffle, Identity
from ..ops.windows import Windowed, reach
from ..values import TensorType
from .model import Layer, LayerGraph

_POINTWISE = {module.__name__ for module in (activation, combine, dropout)}
_NEIGHBOURS = {"linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4}
"""How many pixels along an axis an interpolated one is made of."""
_SAME_PLACE = (ChannelShuffle, Identity, Split, ZeroPad2d, norm.BatchNorm1d, norm.BatchNorm2d, norm.LocalResponseNorm)


@dataclass(frozen=True)
class _Sight:
    """What one pixel of a flow sees.

    Attributes:
        edges: Of the window of input pixels, along each axis.
        steps: Distance of neighbouring pixels, in input pixels.
    """

    edges: tuple[float, ...]
    steps: tuple[float, ...]


def receptive_fields(graph: LayerGraph) -> Mapping[str, tuple[int, ...] | None]:
    """For each layer the edges of its receptive field in input pixels; None for one that may see all of the input."""
    sights: dict[str, _Sight | None] = {name: _start(type) for name, type in graph.inputs.items()}
    for layer in graph.layers.values():
        sights[layer.address] = _sight(layer, graph, [sights[name] for name in layer.inputs])
    seen = ((address, sights[address]) for address in graph.layers)
    return {address: None if sight is None else tuple(map(ceil, sight.edges)) for address, sight in seen}


def _start(type: TensorType) -> _Sight | None:
    axes = type.rank - 1
    return _Sight((1.0,) * axes, (1.0,) * axes) if axes else None


def _sight(layer: Layer, graph: LayerGraph, read: list[_Sight | None]) -> _Sight | None:
    known = [sight for sight in read if sight is not None]
    if not known or len(known) < len(read) or len({sight.steps for sight in known}) > 1:
        return None
    both = _Sight(tuple(map(max, *(s.edges for s in known))) if known[1:] else known[0].edges, known[0].steps)
    op = layer.op
    if isinstance(op, Softmax | Concat) and op.dim % layer.type.rank:
        return None  # along an axis of the image: each pixel depends on all of them, or stands where others stood
    if type(op).__module__ in _POINTWISE or isinstance(op, _SAME_PLACE):
        return both
    given = graph.type_of(layer.inputs[0])
    if isinstance(op, Upsample | PixelShuffle):
        return _enlarged(op, both, given, layer.type)
    window = getattr(op, "kernel_size", None)
    return None if window is None or not isinstance(op, Windowed) else _windowed(op, both, window)


def _windowed(op: Windowed, sight: _Sight, window: Any) -> _Sight:
    """What a convolution or a pooling sees; a transposed convolution puts its pixels nearer to each other."""
    stride = getattr(op, "stride", None)
    strides = op.spread(window if stride is None else stride)
    dilations = op.spread(getattr(op, "dilation", 1))
    reaches = [reach(k, d) for k, d in zip(op.spread(window), dilations, strict=True)]
    shrinks = isinstance(op, ConvTranspose2d)
    if shrinks:
        reaches = [ceil(r / s) for r, s in zip(reaches, strides, strict=True)]
    edges = tuple(e + (r - 1) * j for e, r, j in zip(sight.edges, reaches, sight.steps, strict=True))
    steps = tuple(j / s if shrinks else j * s for j, s in zip(sight.steps, strides, strict=True))
    return _Sight(edges, steps)


def _enlarged(op: Upsample | PixelShuffle, sight: _Sight, given: TensorType, made: TensorType) -> _Sight:
    """Each pixel is made of one, or of its nearest neighbours along each axis."""
    read = _NEIGHBOURS.get(op.mode, 1) if isinstance(op, Upsample) else 1
    edges = tuple(e + (read - 1) * j for e, j in zip(sight.edges, sight.steps, strict=True))
    factors = [new / old for old, new in zip(given.shape[1:], made.shape[1:], strict=True)]
    return _Sight(edges, tuple(j / f for j, f in zip(sight.steps, factors, strict=True)))
