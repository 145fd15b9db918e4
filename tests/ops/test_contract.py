"""What every op promises: torch agrees with its shape and its costs, and it has a manual entry."""

from __future__ import annotations

import inspect
import math
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from spelling import EXAMPLES, OPS, built, op
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from fitdsl.backend.resolve import resolve
from fitdsl.values import TensorType

# torch says that it copies the input here, which is right and changes nothing
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")

BATCH = 2
UNCOUNTED = (nn.BatchNorm1d, nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm, nn.LayerNorm, nn.PReLU)


def example_id(value: object) -> str:
    return value if isinstance(value, str) else " ".join(map(str, value))  # type: ignore[call-overload]


each_example = pytest.mark.parametrize(("text", "inputs"), EXAMPLES, ids=example_id)


def random_inputs(text: str, inputs: tuple[TensorType, ...]) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(BATCH, *x.shape) for x in inputs]
    if text.startswith("Embedding"):
        return [torch.randint(0, 20, shape, generator=generator).float() for shape in shapes]
    return [torch.randn(shape, generator=generator) for shape in shapes]


@each_example
def test_torch_gives_the_inferred_shape(text: str, inputs: tuple[TensorType, ...]) -> None:
    layer = op(text)
    made = built(layer.lower(*inputs))
    expected = (BATCH, *layer.infer(*inputs).shape)
    assert made(*random_inputs(text, inputs)).shape == expected
    if isinstance(made, nn.Module):
        made.eval()
    with torch.no_grad():
        assert made(*random_inputs(text, inputs)).shape == expected


def parameters(made: nn.Module | Callable[..., torch.Tensor]) -> dict[str, int]:
    """How many numbers each parameter has."""
    named = made.named_parameters() if isinstance(made, nn.Module) else ()
    return {name: parameter.numel() for name, parameter in named}


@each_example
def test_parameters_are_those_of_the_module(text: str, inputs: tuple[TensorType, ...]) -> None:
    layer = op(text)
    assert layer.cost(*inputs).params == sum(parameters(built(layer.lower(*inputs))).values())


def is_weight(made: nn.Module | Callable[..., torch.Tensor], name: str) -> bool:
    """Whether papers count a parameter: no bias, nothing of a norm, no slope of an activation."""
    assert isinstance(made, nn.Module)
    owner = made.get_submodule(name.rpartition(".")[0])
    return not isinstance(owner, UNCOUNTED) and "bias" not in name


@each_example
def test_weights_are_parameters_without_biases_and_norms(text: str, inputs: tuple[TensorType, ...]) -> None:
    layer = op(text)
    made = built(layer.lower(*inputs))
    weights = sum(size for name, size in parameters(made).items() if is_weight(made, name))
    assert layer.cost(*inputs).weights == weights


def recurrent_macs(module: nn.LSTM | nn.GRU, length: int) -> int:
    """Each matrix of a recurrent layer meets each step once; the counter of torch does not see it."""
    return length * sum(p.numel() for name, p in module.named_parameters() if "weight" in name)


@each_example
def test_torch_counts_the_same_multiplications(text: str, inputs: tuple[TensorType, ...]) -> None:
    layer = op(text)
    module = built(layer.lower(*inputs))
    if isinstance(module, nn.LSTM | nn.GRU):
        assert layer.cost(*inputs).macs == recurrent_macs(module, inputs[0].shape[0])
        return
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        module(*random_inputs(text, inputs))
    assert layer.cost(*inputs).macs * 2 * BATCH == counter.get_total_flops()


@each_example
def test_gradients_reach_every_parameter_and_input(text: str, inputs: tuple[TensorType, ...]) -> None:
    module = built(op(text).lower(*inputs))
    tensors = random_inputs(text, inputs)
    learned = list(module.parameters()) if isinstance(module, nn.Module) else []
    given = [] if text.startswith("Embedding") else [tensor.requires_grad_() for tensor in tensors]
    module(*tensors).square().sum().backward()
    assert all(tensor.grad is not None for tensor in (*learned, *given))


@each_example
def test_what_torch_takes_by_default_is_what_the_op_takes(text: str, inputs: tuple[TensorType, ...]) -> None:
    call = op(text).lower(*inputs)
    theirs = torch_defaults(resolve(call.target))
    ours = {name: field.default for name, field in OPS[text.partition("(")[0]].model_fields.items()}
    left_out = ours.keys() & theirs.keys() - call.kwargs.keys() - {"start_dim"}  # which counts the batch in torch
    assert {name: ours[name] for name in left_out} == {name: theirs[name] for name in left_out}


def torch_defaults(target: type | object) -> dict[str, object]:
    try:
        parameters = inspect.signature(target).parameters  # type: ignore[arg-type]
    except ValueError:  # functions written in C have no signature, and none of ours has a default
        return {}
    if "kwargs" in parameters or "options" in parameters:  # handed on to the parent
        return torch_defaults(target.__mro__[2 if issubclass(target, nn.RNNBase) else 1])  # type: ignore
    defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    return {name: value.__name__ if callable(value) else value for name, value in defaults.items()}


@pytest.mark.parametrize("name", OPS)
def test_every_op_has_a_manual_entry(name: str) -> None:
    cls = OPS[name]
    assert re.search(r"\[.*\] -> (\[.*\]|shape)", cls.summary()), "the first line gives the shapes"
    assert cls.summary().endswith(".")
    assert all(field.description for field in cls.model_fields.values())


@pytest.mark.parametrize("name", OPS)
def test_every_field_is_shown_in_an_example(name: str) -> None:
    cls = OPS[name]
    made = [op(text) for text, _ in cls.examples]
    shown = set().union(*(layer.model_fields_set for layer in made))
    assert shown == set(cls.model_fields)


def test_ops_do_not_import_torch() -> None:
    program = "import sys, fitdsl.component as c; c.components(); sys.exit(len({'torch', 'ray'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(("name", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_recurrent_cost_by_hand(name: str, gates: int) -> None:
    first, second = 6 * (8 + 6), 6 * (12 + 6)
    cost = op(f"{name}(6, num_layers=2, bidirectional=true)").cost(TensorType((5, 8)))
    assert cost.weights == 2 * gates * (first + second)
    assert cost.params - cost.weights == 2 * 2 * gates * 6 * 2
    assert cost.macs == 5 * cost.weights


def test_maxout_takes_the_largest_neighbour() -> None:
    layer = op("MaxoutConv2d(3, 1, pieces=2)")
    module = built(layer.lower(TensorType((4, 5, 5))))
    assert isinstance(module, nn.Conv2d)
    x = torch.randn(BATCH, 4, 5, 5)
    linear = nn.functional.conv2d(x, module.weight, module.bias)
    expected = torch.stack([torch.maximum(linear[:, 2 * c], linear[:, 2 * c + 1]) for c in range(3)], 1)
    torch.testing.assert_close(module(x), expected, rtol=0, atol=0)
    with torch.no_grad():
        torch.testing.assert_close(module(x), expected, rtol=0, atol=0)


def test_a_tie_of_pieces_sends_its_gradient_once() -> None:
    module = built(op("Maxout(1, pieces=3)").lower(TensorType((2,))))
    assert isinstance(module, nn.Linear)
    nn.init.zeros_(module.weight)
    nn.init.zeros_(module.bias)
    module(torch.ones(1, 2)).sum().backward()
    assert module.bias.grad is not None
    assert module.bias.grad.sum() == 1


def test_drop_path_drops_whole_examples_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    module = built(op("DropPath(0.25)").lower(TensorType((3,))))
    assert isinstance(module, nn.Module)
    x = torch.ones(1000, 3)
    kept = module(x)
    assert kept.unique().tolist() == [0, pytest.approx(4 / 3)]
    assert torch.equal(kept, kept[:, :1].expand(-1, 3))
    assert math.isclose(kept.mean(), 1, abs_tol=0.1)
    assert torch.equal(module.eval()(x), x)


def test_a_class_token_stands_in_front() -> None:
    module = built(op("ClassToken()").lower(TensorType((5, 8))))
    x = torch.randn(BATCH, 5, 8)
    output = module(x)
    assert torch.equal(output[:, 1:], x)
    assert torch.equal(output[0, 0], output[1, 0])


@pytest.mark.parametrize("index", [0, 1])
def test_a_part_of_a_split(index: int) -> None:
    layer = op(f"Split([3, 5], index={index})")
    assert (op("Split([3, 5])").parts(), layer.parts()) == (2, None)
    x = torch.randn(BATCH, 8, 4, 4)
    assert torch.equal(built(layer.lower(TensorType((8, 4, 4))))(x), torch.split(x, [3, 5], 1)[index])
