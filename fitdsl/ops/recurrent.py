"""Recurrent layers: each token's output depends on all tokens before it."""

from typing import Any, ClassVar

from pydantic import Field, PositiveInt

from ..values import Call, Cost, TensorType
from .base import Op
from .demands import demand_tokens


class _Recurrent(Op):
    """Gives the outputs of all steps; states start at zero.

    Legend: L length, D width of a token, H hidden_size.
    """

    gates: ClassVar[int]

    hidden_size: PositiveInt = Field(description="numbers in the state")
    num_layers: PositiveInt = Field(1, description="layers, each reading the outputs of the one below")
    bias: bool = Field(True, description="add learned numbers to each gate")
    dropout: float = Field(
        0.0, ge=0, le=1, description="probability that a number between layers is dropped while training"
    )
    bidirectional: bool = Field(False, description="read forwards and backwards, and give both outputs side by side")

    @property
    def _directions(self) -> int:
        return 1 + self.bidirectional

    def infer(self, *inputs: TensorType) -> TensorType:
        length, _ = demand_tokens(self, *inputs)
        return TensorType((length, self.hidden_size * self._directions))

    def cost(self, *inputs: TensorType) -> Cost:
        length, width = demand_tokens(self, *inputs)
        hidden, layers = self.hidden_size, self.num_layers
        outputs = hidden * self._directions
        cells = self.gates * hidden * self._directions
        weights = cells * (width + hidden + (layers - 1) * (outputs + hidden))
        # torch keeps two biases for each gate, one for the input and one for the state
        biases = 2 * cells * layers if self.bias else 0
        return Cost(weights + biases, weights, weights * length, length * layers * (cells + outputs))

    def _arguments(self, x: TensorType) -> dict[str, Any]:
        return {"input_size": x.shape[1], **self.options(), "batch_first": True}


class LSTM(_Recurrent):
    """Long short-term memory, [L, D] -> [L, H], or [L, 2 * H] in both directions.

    Source: Hochreiter and Schmidhuber 1997, Long short-term memory.
    """

    gates = 4
    examples = (("LSTM(6)", (5, 8)), ("LSTM(6, num_layers=3, bias=false, dropout=0.1, bidirectional=true)", (5, 8)))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("fitdsl.backend.modules.LSTM", self._arguments(*inputs))


class GRU(_Recurrent):
    """Gated recurrent unit, [L, D] -> [L, H], or [L, 2 * H] in both directions.

    Source: Cho et al. 2014, Learning phrase representations using RNN encoder-decoder.
    """

    gates = 3
    examples = (("GRU(6)", (5, 8)), ("GRU(6, num_layers=2, bias=false, dropout=0.1, bidirectional=true)", (5, 8)))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("fitdsl.backend.modules.GRU", self._arguments(*inputs))
