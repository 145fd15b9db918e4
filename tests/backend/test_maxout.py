"""Maxout gives what `max` gives, in every order of memory and at every number of pieces."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from fitdsl.backend.modules import Maxout, MaxoutConv2d

ORDERS = [torch.contiguous_format, torch.channels_last]
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]


def largest(x: Tensor, axis: int, pieces: int) -> Tensor:
    return torch.unflatten(x, axis, (-1, pieces)).max(axis + 1).values


def passing(pieces: int, dtype: torch.dtype, order: torch.memory_format) -> MaxoutConv2d:
    """A convolution that passes its 6 channels on as pieces."""
    layer = MaxoutConv2d(6, 6 // pieces, kernel_size=1, bias=False, pieces=pieces, dtype=dtype)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(6, dtype=dtype)[:, :, None, None])
    return laid_out(layer, order)


def laid_out(layer: MaxoutConv2d, order: torch.memory_format) -> MaxoutConv2d:
    layer.weight.data = layer.weight.data.contiguous(memory_format=order)
    return layer


@pytest.mark.parametrize("pieces", [2, 3])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("examples", [0, 4])
def test_it_is_max_to_the_bit(pieces: int, order: torch.memory_format, dtype: torch.dtype, examples: int) -> None:
    x = torch.randn(examples, 6, 5, 5).relu().to(dtype=dtype, memory_format=order).requires_grad_()
    found, expected = passing(pieces, dtype, order)(x), largest(x, 1, pieces)
    assert torch.equal(found, expected)
    gradient = torch.randn(expected.shape).to(dtype)
    (one,), (other,) = (torch.autograd.grad(y, x, gradient) for y in (found, expected))
    assert torch.equal(one, other)
    with torch.no_grad():
        assert torch.equal(passing(pieces, dtype, order)(x), expected)


@pytest.mark.parametrize("order", ORDERS)
def test_the_gradient_of_pieces_lies_in_memory_as_they_do(
    order: torch.memory_format, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = torch.randn(2, 8, 6, 6).to(memory_format=order).requires_grad_()
    monkeypatch.setattr(torch.nn.Conv2d, "forward", lambda *_: pieces)
    y = MaxoutConv2d(3, 4, kernel_size=3)(torch.empty(0))
    (gradient,) = torch.autograd.grad(y, pieces, torch.randn_like(y))
    assert gradient.is_contiguous(memory_format=order)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_equal_pieces_give_the_gradient_to_the_first(axis: int) -> None:
    layer = Maxout(3, 2)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    (gradient,) = torch.autograd.grad(layer(torch.ones(*[1] * axis, 3)).sum(), layer.bias)
    assert gradient.tolist() == [1, 0, 1, 0]


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("layer", "shape"), [(Maxout(3, 2), (5, 3)), (MaxoutConv2d(2, 2, kernel_size=2), (2, 2, 3, 3))], ids=["fc", "conv"]
)
def test_it_can_be_differentiated_twice_forward_and_by_example(layer: torch.nn.Module, shape: tuple[int, ...]) -> None:
    layer = layer.double()
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, x, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(lambda x: layer(x) ** 2, x)
    by_example = torch.func.vmap(torch.func.grad(lambda one: layer(one[None]).sum()))(x)
    (whole,) = torch.autograd.grad(layer(x).sum(), x)
    torch.testing.assert_close(by_example, whole)


def test_it_trains_in_lower_precision() -> None:
    layer = MaxoutConv2d(3, 4, kernel_size=3)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(torch.randn(2, 3, 6, 6))
    assert y.dtype is torch.bfloat16
    (gradient,) = torch.autograd.grad(y.sum(), layer.weight)
    assert gradient.dtype is torch.float32
