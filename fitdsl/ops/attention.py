"""Attention between tokens, and the squeeze-and-excite gate between channels."""

from typing import Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from ..values import Call, Cost, Rejected, TensorType
from .base import Op
from .demands import demand, demand_map, demand_tokens


class MultiheadAttention(Op):
    """Attention of queries over keys and values, [L, E] -> [L, E] or [L, E], [S, K], [S, V] -> [L, E].

    One flow attends to itself; a list of three is query, key and value.

    Source: Vaswani et al. 2017, Attention is all you need.
    Legend: L queries, S keys and values; E, K, V their widths.
    """

    max_inputs = 3
    examples = (
        ("MultiheadAttention(2)", (5, 8)),
        ("MultiheadAttention(4, dropout=0.1, bias=false)", (5, 8)),
        ("MultiheadAttention(2)", ((5, 8), (7, 8), (7, 8))),
        ("MultiheadAttention(2)", ((5, 8), (7, 6), (7, 4))),
    )

    num_heads: PositiveInt = Field(description="groups of features that attend on their own")
    dropout: float = Field(0.0, ge=0, le=1, description="probability that an attention weight is dropped in training")
    bias: bool = Field(True, description="add learned numbers after each linear map")

    def infer(self, *inputs: TensorType) -> TensorType:
        query, key, value = _query_key_value(self, inputs)
        demand_heads(self, query, self.num_heads)
        demand_tokens(self, key)
        demand_tokens(self, value)
        demand(
            key.shape[0] == value.shape[0],
            f"`{self.word}` needs as many keys as values, got {key.shape[0]} and {value.shape[0]}",
            "take key and value from the same layer",
        )
        return query

    def cost(self, *inputs: TensorType) -> Cost:
        return attention_cost(*_query_key_value(self, inputs), heads=self.num_heads, bias=self.bias)

    def lower(self, *inputs: TensorType) -> Call:
        widths = {name: x.shape[1] for name, x in zip(("embed_dim", "kdim", "vdim"), inputs, strict=False)}
        return Call("fitdsl.backend.modules.MultiheadAttention", {**widths, **self.options(), "batch_first": True})


class QueryAttention(Op):
    """Attention of learned queries over the tokens that come in, [L, D] -> [queries, width].

    Source: Jaegle et al. 2021, Perceiver, section 3.1.
    """

    examples = (
        ("QueryAttention(3, 6)", (5, 8)),
        ("QueryAttention(queries=1, width=8, num_heads=2, bias=false)", (5, 8)),
    )

    queries: PositiveInt = Field(description="tokens it gives")
    width: PositiveInt = Field(description="width of a token it gives")
    num_heads: PositiveInt = Field(1, description="groups of features that attend on their own")
    bias: bool = Field(True, description="add learned numbers after each linear map")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand_tokens(self, x)
        given = TensorType((self.queries, self.width))
        demand_heads(self, given, self.num_heads)
        return given

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        query = self.infer(x)
        learned = Cost(query.size, query.size)
        return learned + attention_cost(query, x, x, heads=self.num_heads, bias=self.bias)

    def lower(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        return Call("fitdsl.backend.modules.QueryAttention", {**self.options(), "kdim": x.shape[1], "vdim": x.shape[1]})


def _query_key_value(op: Op, inputs: tuple[TensorType, ...]) -> tuple[TensorType, TensorType, TensorType]:
    if len(inputs) == 2:
        raise Rejected(f"`{op.word}` takes one flow or three, got 2", "write `[query, key, value] -> ...`")
    query, key, value = inputs if len(inputs) == 3 else inputs * 3
    return query, key, value


def demand_heads(op: Op, x: TensorType, heads: int) -> None:
    """Go on only if tokens can be shared out over the heads.

    Raises:
        Rejected: `x` is no sequence of tokens, or its width is no multiple of the heads.
    """
    _, width = demand_tokens(op, x)
    demand(
        width % heads == 0,
        f"`{op.word}` cannot divide tokens of width {width} among {heads} heads",
        f"choose a number of heads that divides {width}",
    )


def attention_cost(query: TensorType, key: TensorType, value: TensorType, *, heads: int, bias: bool) -> Cost:
    """Cost of attention with its four linear maps and the products query by key and attention by value."""
    (length, width), keys = query.shape, key.shape[0]
    weights = width * (width + key.shape[1] + value.shape[1] + width)
    projections = 2 * width * query.size + width * (key.size + value.size)
    products = 2 * length * keys * width
    # queries, keys, values, attention weights, what they gather, and the output
    stored = 3 * query.size + 2 * keys * width + heads * length * keys
    return Cost(weights + (4 * width if bias else 0), weights, projections + products, stored)


class TransformerEncoderLayer(Op):
    """Self-attention and two linear maps on each token, each with a shortcut and a norm, [L, D] -> [L, D].

    Source: Vaswani et al. 2017, Attention is all you need.
    """

    examples = (
        ("TransformerEncoderLayer(2)", (5, 8)),
        ('TransformerEncoderLayer(4, 32, dropout=0, activation="gelu", norm_first=true)', (5, 8)),
        ("TransformerEncoderLayer(nhead=2, dim_feedforward=16, layer_norm_eps=1e-6, bias=false)", (5, 8)),
    )

    nhead: PositiveInt = Field(description="groups of features that attend on their own")
    dim_feedforward: PositiveInt = Field(2048, description="numbers between the two linear maps")
    dropout: float = Field(0.1, ge=0, le=1, description="probability that a number is dropped while training")
    activation: Literal["relu", "gelu"] = Field("relu", description="non-linearity between the two linear maps")
    layer_norm_eps: PositiveFloat = Field(1e-5, description="added to the variance in both norms")
    norm_first: bool = Field(False, description="normalise before attention and maps, not after the shortcuts")
    bias: bool = Field(True, description="learn biases in maps, attention and norms")

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand_heads(self, x, self.nhead)
        return x

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        (length, width), hidden = x.shape, self.dim_feedforward
        weights, norms = 2 * width * hidden, 2 * width
        biases = hidden + width + norms if self.bias else 0
        # both maps and both norms; the activation between the maps stores as much as the first of them
        stored = 3 * x.size + 2 * length * hidden
        rest = Cost(weights + norms + biases, weights, weights * length, stored)
        return attention_cost(x, x, x, heads=self.nhead, bias=self.bias) + rest

    def lower(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        return Call("torch.nn.TransformerEncoderLayer", {"d_model": x.shape[1], **self.options(), "batch_first": True})


class SqueezeExcite(Op):
    """Scales each channel by a gate computed from the means of all channels, [C, H, W] -> [C, H, W].

    Source: Hu et al. 2018, Squeeze-and-excitation networks.
    """

    examples = (
        ("SqueezeExcite()", (8, 5, 6)),
        ('SqueezeExcite(3, activation="silu", scale_activation="hardsigmoid")', (8, 5, 6)),
    )

    squeeze_channels: PositiveInt | None = Field(
        None, description="channels between the two linear maps; a quarter of the input's if left out"
    )
    activation: Literal["relu", "silu"] = Field("relu", description="non-linearity between the two linear maps")
    scale_activation: Literal["sigmoid", "hardsigmoid"] = Field("sigmoid", description="non-linearity of the gate")

    def _squeezed(self, channels: int) -> int:
        return self.squeeze_channels or max(1, channels // 4)

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        demand_map(self, x, 2)
        return x

    def cost(self, *inputs: TensorType) -> Cost:
        (x,) = inputs
        channels, squeezed = x.shape[0], self._squeezed(x.shape[0])
        weights = 2 * channels * squeezed
        # the means, both sides of each non-linearity, and the scaled input
        stored = x.size + 3 * channels + 2 * squeezed
        return Cost(weights + channels + squeezed, weights, weights, stored)

    def lower(self, *inputs: TensorType) -> Call:
        (x,) = inputs
        sizes: dict[str, Any] = {"input_channels": x.shape[0], "squeeze_channels": self._squeezed(x.shape[0])}
        return Call("fitdsl.backend.modules.SqueezeExcite", {**self.options(), **sizes})
