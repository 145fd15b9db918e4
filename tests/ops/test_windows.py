"""Any window arithmetic that torch accepts, and where it refuses, we do too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn

from fitdsl.ops.base import Op
from fitdsl.ops.conv import Conv1d, Conv2d, Conv3d, ConvTranspose2d
from fitdsl.ops.pool import AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from fitdsl.ops.resize import Upsample
from fitdsl.values import Rejected, TensorType

# torch says that it copies the input here, which is right and changes nothing
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")

EXTENTS = st.integers(1, 12)
KERNELS, STRIDES, PADDINGS, DILATIONS = st.integers(1, 6), st.integers(1, 4), st.integers(0, 4), st.integers(1, 3)
MODES = st.sampled_from(["zeros", "reflect", "replicate", "circular"])


def each_axis(numbers: st.SearchStrategy[int], axes: int) -> st.SearchStrategy[int | tuple[int, ...]]:
    """One number for all axes, or one for each."""
    return st.one_of(numbers, st.tuples(*[numbers] * axes))


def ours(cls: type[Op], fields: dict[str, Any], x: TensorType) -> tuple[int, ...] | None:
    """The inferred shape, or None if the op is refused."""
    try:
        return cls.model_validate(fields).infer(x).shape
    except (Rejected, ValidationError):
        return None


def theirs(module: Callable[[], nn.Module], x: TensorType) -> tuple[int, ...] | None:
    """The shape torch gives, or None if it raises or nothing is left."""
    try:
        shape = module()(torch.zeros(2, *x.shape)).shape[1:]
    except (RuntimeError, ValueError):
        return None
    return tuple(shape) if shape.numel() else None


def agree(cls: type[Op], fields: dict[str, Any], x: TensorType) -> None:
    """Both give the same shape, or both refuse."""
    target: type[nn.Module] = getattr(nn, cls.__name__)
    sizes = {"in_channels": x.shape[0]} if "out_channels" in fields else {}
    assert ours(cls, fields, x) == theirs(lambda: target(**sizes, **fields), x)


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[type[Op], dict[str, Any], TensorType]:
    axes = draw(st.sampled_from([1, 2, 3]))
    fields = {
        "out_channels": draw(st.integers(1, 6)),
        "kernel_size": draw(each_axis(KERNELS, axes)),
        "stride": draw(each_axis(STRIDES, axes)),
        "padding": draw(st.one_of(each_axis(PADDINGS, axes), st.sampled_from(["same", "valid"]))),
        "dilation": draw(each_axis(DILATIONS, axes)),
        "groups": draw(st.integers(1, 3)),
        "padding_mode": draw(MODES),
    }
    x = TensorType((draw(st.integers(1, 6)), *draw(st.tuples(*[EXTENTS] * axes))))
    return (Conv1d, Conv2d, Conv3d)[axes - 1], fields, x


@settings(deadline=None)
@given(convolutions())
def test_convolutions(case: tuple[type[Op], dict[str, Any], TensorType]) -> None:
    agree(*case)


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "out_channels": st.integers(1, 6),
            "kernel_size": each_axis(KERNELS, 2),
            "stride": each_axis(STRIDES, 2),
            "padding": each_axis(PADDINGS, 2),
            "output_padding": each_axis(st.integers(0, 3), 2),
            "groups": st.integers(1, 3),
            "dilation": each_axis(DILATIONS, 2),
        }
    ),
    st.tuples(st.integers(1, 6), EXTENTS, EXTENTS),
)
def test_transposed_convolutions(fields: dict[str, Any], shape: tuple[int, ...]) -> None:
    agree(ConvTranspose2d, fields, TensorType(shape))


@st.composite
def pools(draw: st.DrawFn) -> tuple[type[Op], dict[str, Any], TensorType]:
    axes = draw(st.sampled_from([1, 2]))
    fields = {
        "kernel_size": draw(each_axis(KERNELS, axes)),
        "stride": draw(st.one_of(st.none(), each_axis(STRIDES, axes))),
        "padding": draw(each_axis(PADDINGS, axes)),
        "ceil_mode": draw(st.booleans()),
    }
    kinds: list[type[Op]] = [MaxPool1d, AvgPool1d] if axes == 1 else [MaxPool2d, AvgPool2d]
    cls = draw(st.sampled_from(kinds))
    if cls is kinds[0]:
        fields["dilation"] = draw(each_axis(DILATIONS, axes))
    return cls, fields, TensorType((draw(st.integers(1, 4)), *draw(st.tuples(*[EXTENTS] * axes))))


@settings(deadline=None)
@given(pools())
def test_pooling(case: tuple[type[Op], dict[str, Any], TensorType]) -> None:
    agree(*case)


@settings(deadline=None)
@given(st.floats(0.1, 5), st.tuples(st.integers(1, 4), EXTENTS, EXTENTS))
def test_upsampling_by_a_factor(factor: float, shape: tuple[int, ...]) -> None:
    agree(Upsample, {"scale_factor": factor, "mode": "bilinear"}, TensorType(shape))
