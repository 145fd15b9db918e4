"""Layers that torch lacks or gives another signature; parameters are named as in the nearest torch module."""

from __future__ import annotations

from functools import reduce
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

_ACTIVATIONS = {"relu": nn.ReLU, "silu": nn.SiLU, "sigmoid": nn.Sigmoid, "hardsigmoid": nn.Hardsigmoid}


class _LargerOfPairs(torch.autograd.Function):
    """Larger of each pair, [..., n, 2, ...] -> [..., n, ...]; of equals the first gets the gradient.

    With finite gradients, bit for bit what `max` gives. On a CPU, where it was measured, a student of 12 maxout layers
    trains one and a half times as fast, as nothing is gathered or scattered by index and no layer's gradient is copied
    into the order of its input (8 and 16 channels, 28x28, batch 128, channels-last order).
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(pairs: Tensor, axis: int) -> tuple[Tensor, Tensor]:
        first, second = pairs.unbind(axis + 1)
        return torch.maximum(first, second), (first >= second).to(pairs.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int], output: tuple[Tensor, Tensor]) -> None:
        ctx.axis = inputs[1]
        ctx.mark_non_differentiable(output[1])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(output[1])
        ctx.save_for_forward(output[1])

    @staticmethod
    def backward(ctx: Any, grad: Tensor | None, _: None) -> tuple[Tensor | None, None]:
        if grad is None:
            return None, None
        (is_first,) = ctx.saved_tensors
        to_first = grad * is_first
        return _paired(to_first, grad - to_first, ctx.axis), None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, _: None) -> tuple[Tensor, None]:
        (is_first,) = ctx.saved_tensors
        first, second = tangent.unbind(ctx.axis + 1)
        return torch.where(is_first.bool(), first, second), None


def _paired(first: Tensor, second: Tensor, axis: int) -> Tensor:
    """Two tensors of one shape as pairs, [..., n, ...] -> [..., n, 2, ...]."""
    inner = [part.movedim(axis, -1) for part in (first, second)]
    # Pairs of real numbers that lie side by side in memory are complex numbers, which torch writes far faster.
    if first.dtype in (torch.float32, torch.float64) and all(part.is_contiguous() for part in inner):
        return torch.view_as_real(torch.complex(*inner)).movedim((-2, -1), (axis, axis + 1))
    return torch.stack((first, second), axis + 1)


def _largest_piece(x: Tensor, axis: int, pieces: int) -> Tensor:
    """Largest of each `pieces` neighbours along an axis; of equals the first gets the gradient."""
    stacked = torch.unflatten(x, axis, (-1, pieces))
    if not x.requires_grad:
        return reduce(torch.maximum, stacked.unbind(axis + 1))
    if pieces == 2 and x.device.type == "cpu" and not torch.compiler.is_compiling():
        return cast(Tensor, _LargerOfPairs.apply(stacked, axis)[0])  # type: ignore[no-untyped-call]
    return stacked.max(axis + 1).values


class MaxoutConv2d(nn.Conv2d):
    """Convolution and the largest of each channel's pieces, [n, in_channels, h, w] -> [n, out_channels, h', w']."""

    def __init__(self, in_channels: int, out_channels: int, *, pieces: int = 2, **options: Any) -> None:
        super().__init__(in_channels, out_channels * pieces, **options)
        self.pieces = pieces

    def forward(self, input: Tensor) -> Tensor:
        return _largest_piece(super().forward(input), 1, self.pieces)


class Maxout(nn.Linear):
    """The largest of the pieces of each output, [n, ..., in_features] -> [n, ..., out_features]."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True, pieces: int = 2) -> None:
        super().__init__(in_features, out_features * pieces, bias)
        self.pieces = pieces

    def forward(self, input: Tensor) -> Tensor:
        return _largest_piece(super().forward(input), input.dim() - 1, self.pieces)


class Concat(nn.Module):
    """Tensors behind one another along `dim`."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *inputs: Tensor) -> Tensor:
        return torch.cat(inputs, self.dim)


class DropPath(nn.Module):
    """Sets whole examples to zero with probability `p` while training, and scales the others by 1 / (1 - p)."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return input
        each = input.new_ones(input.shape[0], *[1] * (input.dim() - 1))
        return input * functional.dropout(each, self.p)


class MultiheadAttention(nn.MultiheadAttention):
    """Attention that gives its output alone, [n, l, e] -> [n, l, e]; without key and value it attends to its query."""

    def forward(  # type: ignore[override]  # torch's gives the attention weights too
        self, query: Tensor, key: Tensor | None = None, value: Tensor | None = None
    ) -> Tensor:
        key = query if key is None else key
        output: Tensor = super().forward(query, key, key if value is None else value, need_weights=False)[0]
        return output


class QueryAttention(nn.Module):
    """Attention of learned queries over tokens, [n, l, d] -> [n, queries, width]."""

    def __init__(self, queries: int, width: int, *, num_heads: int = 1, bias: bool = True, **options: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.trunc_normal_(torch.empty(queries, width), std=0.02))
        self.attention = MultiheadAttention(width, num_heads, bias=bias, batch_first=True, **options)

    def forward(self, input: Tensor) -> Tensor:
        output: Tensor = self.attention(self.weight.expand(input.shape[0], -1, -1), input)
        return output


class SqueezeExcite(nn.Module):
    """Channels scaled by a gate that is computed from their means, [n, c, h, w] -> [n, c, h, w].

    The parts are named as in torchvision, whose weights fit.
    """

    def __init__(
        self,
        input_channels: int,
        squeeze_channels: int,
        *,
        activation: Literal["relu", "silu"] = "relu",
        scale_activation: Literal["sigmoid", "hardsigmoid"] = "sigmoid",
    ) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(input_channels, squeeze_channels, 1)
        self.fc2 = nn.Conv2d(squeeze_channels, input_channels, 1)
        self.activation = _ACTIVATIONS[activation]()
        self.scale_activation = _ACTIVATIONS[scale_activation]()

    def forward(self, input: Tensor) -> Tensor:
        squeezed = self.activation(self.fc1(self.avgpool(input)))
        gate: Tensor = self.scale_activation(self.fc2(squeezed))
        return input * gate


class Embedding(nn.Embedding):
    """A learned vector for each index, [n, l] of any number type -> [n, l, d]."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.long())


class PositionalEmbedding(nn.Module):
    """Adds a learned vector to each position, [n, length, width] -> [n, length, width]."""

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.trunc_normal_(torch.empty(length, width), std=0.02))

    def forward(self, input: Tensor) -> Tensor:
        return input + self.weight


class ClassToken(nn.Module):
    """Puts a learned token in front, [n, l, width] -> [n, l + 1, width]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.trunc_normal_(torch.empty(width), std=0.02))

    def forward(self, input: Tensor) -> Tensor:
        return torch.cat((self.weight.expand(input.shape[0], 1, -1), input), 1)


class LSTM(nn.LSTM):
    """Long short-term memory that gives the outputs of all steps alone, [n, l, d] -> [n, l, h]."""

    def forward(self, input: Tensor) -> Tensor:  # type: ignore[override]  # torch's gives the last states too
        output: Tensor = super().forward(input)[0]
        return output


class GRU(nn.GRU):
    """Gated recurrent units that give the outputs of all steps alone, [n, l, d] -> [n, l, h]."""

    def forward(self, input: Tensor) -> Tensor:  # type: ignore[override]  # torch's gives the last states too
        output: Tensor = super().forward(input)[0]
        return output
