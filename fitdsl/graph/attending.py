"""The regressor between two sequences of tokens of any lengths."""

from pydantic import Field, PositiveInt

from ..ops.attention import QueryAttention
from ..ops.base import Op
from ..values import Rejected, TensorType
from .regressors import Regressor, activation


class Attention(Regressor, name="attention"):
    """Cross-attention from learned queries, one a token of the hint, [L, D] -> [L', D'].

    Source: Jaegle et al. 2021, Perceiver, section 3.1.
    """

    num_heads: PositiveInt = Field(1, description="groups of features that attend on their own")

    def solve(self, guided: TensorType, hint: TensorType, nonlinearity: Op | None) -> tuple[Op, ...]:
        if guided.rank != 2 or hint.rank != 2:
            raise Rejected(f"`attention` joins tokens [L, D], got {guided} and {hint}")
        if hint.shape[1] % self.num_heads:
            raise Rejected(f"`attention` cannot divide tokens of width {hint.shape[1]} among {self.num_heads} heads")
        queries, width = hint.shape
        return (QueryAttention(queries=queries, width=width, num_heads=self.num_heads), *activation(nonlinearity))
