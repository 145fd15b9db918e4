"""Maxout gives what `max` gives, to the bit, in every order of memory and at every number of pieces."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from fitdsl.backend.modules import Maxout, MaxoutConv2d

SHAPE = (4, 6, 5, 5)


def largest(x: Tensor, axis: int, pieces: int) -> Tensor:
    return x.unflatten(axis, (-1, pieces)).max(axis + 1).values


@pytest.mark.parametrize("pieces", [2, 3])
@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_convolution_is_that_of_max(pieces: int, order: torch.memory_format, dtype: torch.dtype) -> None:
    layer = MaxoutConv2d(6, 8, kernel_size=3, pieces=pieces).to(dtype=dtype, memory_format=order)
    x = torch.randn(SHAPE, dtype=dtype).relu().to(memory_format=order).requires_grad_()
    torch.nn.init.zeros_(layer.bias)
    plain = torch.nn.functional.conv2d(x, layer.weight, layer.bias)
    gradient = torch.randn(4, 8, 3, 3, dtype=dtype).to(memory_format=order)
    found, expected = layer(x), largest(plain, 1, pieces)
    assert torch.equal(found, expected)
    parameters = (x, layer.weight, layer.bias)
    for one, other in zip(
        torch.autograd.grad(found, parameters, gradient),
        torch.autograd.grad(expected, parameters, gradient),
        strict=True,
    ):
        torch.testing.assert_close(one, other)
    with torch.no_grad():
        assert torch.equal(layer(x), expected)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_equal_pieces_give_the_gradient_to_the_first(axis: int) -> None:
    layer = Maxout(3, 2)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    layer(torch.ones(*[1] * axis, 3)).sum().backward()
    assert layer.bias.grad.tolist() == [1, 0, 1, 0]


def test_it_can_be_differentiated_twice_and_mapped_over_examples() -> None:
    layer = Maxout(3, 2).double()
    x = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, x)
    assert torch.autograd.gradgradcheck(lambda x: layer(x) ** 2, x)
    by_example = torch.func.vmap(torch.func.grad(lambda one: layer(one).sum()))(x)
    (whole,) = torch.autograd.grad(layer(x).sum(), x)
    torch.testing.assert_close(by_example, whole)
