"""Where flows meet and part: sums, products, concatenation, and the parts of a split."""

from pydantic import Field, NonNegativeInt, PositiveInt

from ..values import Call, Cost, Rejected, TensorType
from .base import Op
from .demands import batched, demand, demand_axis


class _Merge(Op):
    """Two flows joined number by number."""

    min_inputs = 2
    max_inputs = 2


class Add(_Merge):
    """Sum of two flows, what `a + b` means, [...], [...] -> [...]."""

    is_commutative = True
    examples = (("Add()", ((8, 5, 6), (8, 5, 6))),)

    def infer(self, *inputs: TensorType) -> TensorType:
        return _same("+", *inputs)

    def lower(self, *inputs: TensorType) -> Call:
        return Call("operator.add")


class Sub(_Merge):
    """Difference of two flows, what `a - b` means, [...], [...] -> [...]."""

    examples = (("Sub()", ((8, 5, 6), (8, 5, 6))),)

    def infer(self, *inputs: TensorType) -> TensorType:
        return _same("-", *inputs)

    def lower(self, *inputs: TensorType) -> Call:
        return Call("operator.sub")


class Mul(_Merge):
    """Product of two flows, what `a * b` means, [...], [...] -> [...].

    One of them may be a gate, with size 1 along some axes: [C, H, W], [C, 1, 1] -> [C, H, W].
    """

    is_commutative = True
    examples = (
        ("Mul()", ((8, 5, 6), (8, 5, 6))),
        ("Mul()", ((8, 5, 6), (8, 1, 1))),
        ("Mul()", ((1, 5, 6), (8, 5, 6))),
    )

    def infer(self, *inputs: TensorType) -> TensorType:
        left, right = inputs
        if _is_gate(right, left):
            return left
        demand(
            _is_gate(left, right),
            f"`*` joins flows of one shape, got {left} and {right}",
            "bring both to one shape first; a gate has size 1 along the axes it scales as a whole",
        )
        return right

    def lower(self, *inputs: TensorType) -> Call:
        return Call("operator.mul")


def _is_gate(gate: TensorType, x: TensorType) -> bool:
    """Whether each number of `gate` scales one number, or one whole axis, of `x`."""
    return gate.rank == x.rank and all(g in (1, n) for g, n in zip(gate.shape, x.shape, strict=True))


def _same(sign: str, left: TensorType, right: TensorType) -> TensorType:
    demand(left == right, f"`{sign}` joins flows of one shape, got {left} and {right}", _remedy(left, right))
    return left


def _remedy(left: TensorType, right: TensorType) -> str:
    if left.rank == right.rank == 3 and left.shape[1:] == right.shape[1:]:
        return f"put `Conv2d({left.shape[0]}, 1)` behind the one with {right.shape[0]} channels"
    if left.rank == right.rank == 3:
        return "stride or pool both to the same height and width"
    return "bring both to one shape first"


class Concat(Op):
    """Flows behind one another along one axis, [C1, H, W], [C2, H, W] -> [C1 + C2, H, W]."""

    min_inputs = 2
    max_inputs = None
    tokens = "kept"
    examples = (
        ("Concat()", ((8, 5, 6), (4, 5, 6))),
        ("Concat(-1)", ((8, 5, 6), (8, 5, 1), (8, 5, 2))),
        ("Concat(dim=1)", ((5, 6), (5, 2))),
    )

    dim: int = Field(0, description="axis of an example along which they stand")

    def infer(self, *inputs: TensorType) -> TensorType:
        first = inputs[0].shape
        axis = demand_axis(self, self.dim, len(first))
        around = {(x.rank, x.shape[:axis], x.shape[axis + 1 :]) for x in inputs}
        shapes = " and ".join(map(str, inputs))
        differ_in_channels_alone = axis == 1 and len({x.shape[1:] for x in inputs}) == 1
        demand(
            len(around) == 1,
            f"`{self.word}` along axis {axis} needs all other axes equal, got {shapes}",
            f"write `{self.word}()` to join axis 0, the channels"
            if differ_in_channels_alone
            else "bring them to one shape first, save for that axis",
        )
        return TensorType((*first[:axis], sum(x.shape[axis] for x in inputs), *first[axis + 1 :]))

    def lower(self, *inputs: TensorType) -> Call:
        return Call("fitdsl.backend.modules.Concat", {"dim": batched(self.dim)})


class Split(Op):
    """One part of the input along one axis, [C, H, W] -> [C / sections, H, W]; `x[i]` picks the part.

    `parts = Split(2)` gives `parts[0]` and `parts[1]`; `Split(2, index=0)` is the first part alone.
    """

    role = "transparent"
    tokens = "kept"
    examples = (
        ("Split(2, index=1)", (8, 5, 6)),
        ("Split([3, 5], index=0)", (8, 5, 6)),
        ("Split([1, 4], dim=-2, index=1)", (8, 5, 6)),
    )

    sections: PositiveInt | tuple[PositiveInt, ...] = Field(description="number of equal parts, or the size of each")
    dim: int = Field(0, description="axis of an example that is split")
    index: NonNegativeInt | None = Field(None, description="the part it gives; left out, `[i]` picks one")

    def parts(self) -> int | None:
        return self._count if self.index is None else None

    @property
    def _count(self) -> int:
        return self.sections if isinstance(self.sections, int) else len(self.sections)

    def _slice(self, x: TensorType) -> tuple[int, int, int]:
        """Axis, start and length of the picked part."""
        if self.index is None:
            raise Rejected(
                f"`{self.word}` gives {self._count} parts, not one", "pick a part with `[i]`, as in `parts[0]`"
            )
        demand(
            self.index < self._count,
            f"`{self.word}` gives {self._count} parts, there is no part {self.index}",
            f"parts are 0 to {self._count - 1}",
        )
        sizes = self._sizes(x)
        return demand_axis(self, self.dim, x.rank), sum(sizes[: self.index]), sizes[self.index]

    def _sizes(self, x: TensorType) -> tuple[int, ...]:
        whole = x.shape[demand_axis(self, self.dim, x.rank)]
        if isinstance(self.sections, int):
            demand(
                whole % self.sections == 0,
                f"`{self.word}` cannot divide {whole} along axis {self.dim} of {x} into {self.sections} equal parts",
                f"give a number of parts that divides {whole}, or the size of each part",
            )
            return (whole // self.sections,) * self.sections
        demand(
            sum(self.sections) == whole,
            f"`{self.word}` has parts of {sum(self.sections)} in all, for {whole} along axis {self.dim} of {x}",
            f"make the sizes sum to {whole}",
        )
        return self.sections

    def infer(self, *inputs: TensorType) -> TensorType:
        (x,) = inputs
        axis, _, length = self._slice(x)
        return TensorType((*x.shape[:axis], length, *x.shape[axis + 1 :]))

    def cost(self, *inputs: TensorType) -> Cost:
        return Cost()

    def lower(self, *inputs: TensorType) -> Call:
        axis, start, length = self._slice(*inputs)
        return Call("torch.narrow", {"dim": batched(axis), "start": start, "length": length})
