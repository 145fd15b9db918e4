"""What ops refuse: no shape is let through that torch cannot run, and each refusal names numbers and a remedy."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from spelling import OPS, built, op, types

from fitdsl.values import Rejected, TensorType

ONE_INPUT = [text for cls in OPS.values() if cls.min_inputs == 1 for text, _ in cls.examples]
SHAPES = st.lists(st.integers(1, 9), max_size=5).map(tuple)


# torch copies the input of some convolutions, which is right and changes nothing
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@settings(deadline=None)
@given(st.sampled_from(ONE_INPUT), SHAPES)
def test_what_is_accepted_runs(text: str, shape: tuple[int, ...]) -> None:
    layer, x = op(text), TensorType(shape)
    try:
        out = layer.infer(x)
    except Rejected:
        return
    made = built(layer.lower(x))(torch.zeros(2, *shape))
    assert tuple(made.shape) == (2, *out.shape)
    assert layer.cost(x).activations >= 0


REFUSALS = [
    (
        "ZeroPad2d([-9, 2, 0, 0])",
        (3, 8, 8),
        "`ZeroPad2d` cuts all pixels of [3, 8, 8] off",
        "use less negative padding",
    ),
    (
        "Linear(10)",
        (32, 15, 15),
        "`Linear` takes a flat input, got [32, 15, 15]",
        "put `Flatten()` before it",
    ),
    (
        "Conv2d(16, 3)",
        (192,),
        "`Conv2d` takes [C, H, W], got [192]",
        "put it before `Flatten()`",
    ),
    (
        "MaxPool2d(2)",
        (28, 28),
        "`MaxPool2d` takes [C, H, W], got [28, 28]",
        "put `Unflatten(0, [1, 28])` before it to add a channel axis",
    ),
    (
        "Conv1d(8, 3)",
        (3, 32, 32),
        "`Conv1d` takes [C, L], got [3, 32, 32]",
        "put `Flatten(1)` before it to join the last axes",
    ),
    (
        "Conv2d(16, 5)",
        (3, 4, 9),
        "the window of `Conv2d`, 5x5, is larger than its padded input, 4x9",
        "use a smaller kernel, more padding, or fewer pooling layers before it",
    ),
    (
        "MaxPool2d(8, padding=1, dilation=2)",
        (128, 4, 4),
        "the window of `MaxPool2d`, 15x15, is larger than its padded input, 6x6",
        "use a smaller kernel, more padding, or fewer pooling layers before it",
    ),
    (
        "Conv2d(16, 3, groups=4)",
        (6, 9, 9),
        "`Conv2d` cannot divide 6 input channels into 4 equal groups",
        "choose a number of groups that divides 6",
    ),
    (
        "Conv2d(10, 3, groups=4)",
        (8, 9, 9),
        "`Conv2d` cannot divide 10 output channels into 4 equal groups",
        "choose a number of groups that divides 10",
    ),
    (
        'Conv2d(8, 9, padding=4, padding_mode="reflect")',
        (3, 4, 4),
        '`Conv2d` cannot fill 4 pixels of padding in mode "reflect" from 4 pixels of input',
        'use less padding, or padding_mode="zeros"',
    ),
    (
        "ConvTranspose2d(8, 3, padding=4)",
        (3, 4, 5),
        "`ConvTranspose2d` cuts all of its output off: [-2, -1] pixels are left",
        "use less padding",
    ),
    (
        "Add()",
        ((16, 8, 8), (32, 8, 8)),
        "`+` joins flows of one shape, got [16, 8, 8] and [32, 8, 8]",
        "put `Conv2d(16, 1)` behind the one with 32 channels",
    ),
    (
        "Sub()",
        ((16, 8, 8), (16, 4, 4)),
        "`-` joins flows of one shape, got [16, 8, 8] and [16, 4, 4]",
        "stride or pool both to the same height and width",
    ),
    (
        "Add()",
        ((16, 8, 8), (16, 1, 1)),
        "`+` joins flows of one shape, got [16, 8, 8] and [16, 1, 1]",
        "stride or pool both to the same height and width",
    ),
    (
        "Mul()",
        ((16, 8, 8), (16,)),
        "`*` joins flows of one shape, got [16, 8, 8] and [16]",
        "bring both to one shape first; a gate has size 1 along the axes it scales as a whole",
    ),
    (
        "Concat()",
        ((16, 8, 8), (32, 4, 4)),
        "`Concat` along axis 0 needs all other axes equal, got [16, 8, 8] and [32, 4, 4]",
        "bring them to one shape first, save for that axis",
    ),
    (
        "Split(3, index=0)",
        (32, 8, 8),
        "`Split` cannot divide 32 along axis 0 of [32, 8, 8] into 3 equal parts",
        "give a number of parts that divides 32, or the size of each part",
    ),
    (
        "Split([8, 8], index=0)",
        (32, 8, 8),
        "`Split` has parts of 16 in all, for 32 along axis 0 of [32, 8, 8]",
        "make the sizes sum to 32",
    ),
    (
        "Split(2)",
        (32, 8, 8),
        "`Split` gives 2 parts, not one",
        "pick a part with `[i]`, as in `parts[0]`",
    ),
    (
        "Split(2, index=2)",
        (32, 8, 8),
        "`Split` gives 2 parts, there is no part 2",
        "parts are 0 to 1",
    ),
    (
        "Softmax(3)",
        (8, 5, 6),
        "`Softmax` names axis 3 of an input with 3 axes",
        "axes are 0 to 2, or -1 to -3 from the end; the batch axis does not count",
    ),
    (
        "Permute([0, 0, 1])",
        (8, 5, 6),
        "`Permute([0, 0, 1])` does not name each of the 3 axes of [8, 5, 6] once",
        "give the numbers 0 to 2 in some order",
    ),
    (
        "Reshape([5, -1])",
        (8, 6),
        "`Reshape` cannot give 48 numbers the shape [5, -1]",
        "make the sizes multiply to that number; one of them may be -1",
    ),
    (
        "BatchNorm2d()",
        (64,),
        "`BatchNorm2d` takes [C, H, W], got [64]",
        "use `BatchNorm1d()` for vectors",
    ),
    (
        "LayerNorm(64)",
        (16, 32),
        "`LayerNorm` expects the last axes [64], got [16, 32]",
        "leave `normalized_shape` out to normalise the last axis",
    ),
    (
        "PReLU(16)",
        (32, 8, 8),
        "`PReLU` has 16 slopes for 32 channels",
        "write `PReLU(32)` or `PReLU()`",
    ),
    (
        "MultiheadAttention(3)",
        (16, 64),
        "`MultiheadAttention` cannot divide tokens of width 64 among 3 heads",
        "choose a number of heads that divides 64",
    ),
    (
        "TransformerEncoderLayer(4)",
        (64, 8, 8),
        "`TransformerEncoderLayer` takes tokens [L, D], got [64, 8, 8]",
        "put `Flatten(1) -> Transpose(0, 1)` before it to make each pixel a token",
    ),
    (
        "MultiheadAttention(2)",
        ((5, 8), (5, 8)),
        "`MultiheadAttention` takes one flow or three, got 2",
        "write `[query, key, value] -> ...`",
    ),
    (
        "PixelShuffle(2)",
        (6, 5, 5),
        "`PixelShuffle(2)` needs a multiple of 4 channels, got [6, 5, 5]",
        "give the layer before it a multiple of 4 channels",
    ),
    (
        'Upsample(scale_factor=2, mode="linear")',
        (3, 8, 8),
        '`Upsample` in mode "linear" takes [C, L], got [3, 8, 8]',
        'use mode="bilinear"',
    ),
]


@pytest.mark.parametrize(("text", "shapes", "message", "remedy"), REFUSALS, ids=[case[2] for case in REFUSALS])
def test_a_refusal_names_the_numbers_and_a_remedy(
    text: str, shapes: tuple[int, ...] | tuple[tuple[int, ...], ...], message: str, remedy: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        op(text).infer(*types(shapes))
    assert (refusal.value.message, refusal.value.help) == (message, remedy)


WRONG_FIELDS = [
    ("Conv2d(8, [3, 3, 3])", "takes one number or a list of 2, got a list of 3"),
    ('Conv2d(8, 3, stride=2, padding="same")', 'padding="same" works with stride 1 only'),
    ("MaxPool2d(2, padding=2)", "padding must be at most half of kernel_size"),
    ("ConvTranspose2d(8, 3, output_padding=1)", "output_padding must be smaller than the stride or the dilation"),
    ("Upsample()", "takes either `size` or `scale_factor`"),
    ("Upsample(4, align_corners=true)", 'align_corners has no meaning in mode "nearest"'),
    ("Reshape([-1, -1])", "only one size can be -1"),
]


@pytest.mark.parametrize(("text", "message"), WRONG_FIELDS)
def test_fields_that_contradict_each_other(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="validation error") as refusal:
        op(text)
    assert [str(error["ctx"]["error"]) for error in refusal.value.errors()] == [message]  # type: ignore[attr-defined]
