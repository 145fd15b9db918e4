"""Every loss gives the value worked by hand in its example, and refuses settings that make no sense."""

from __future__ import annotations

import ast
from functools import partial
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor
from torch.nn import functional

from fitdsl.backend.build import build_apart
from fitdsl.backend.losses import Layers, kd, of_one_shape
from fitdsl.backend.losses import hint as hint_loss
from fitdsl.backend.resolve import resolve
from fitdsl.component import components
from fitdsl.losses.base import Loss
from fitdsl.losses.distillation import Distillation
from fitdsl.losses.feature import LearnedLoss, Sides
from fitdsl.optim.schedules import Cosine, Ramp
from fitdsl.values import HintRef, TensorType


def made(text: str) -> Loss:
    """The loss an example calls; a bare name in it is a hint's."""
    call = ast.parse(text.replace("=false", "=False"), mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Name)
    cls = components("loss")[call.func.id]
    values = [HintRef(arg.id) if isinstance(arg, ast.Name) else ast.literal_eval(arg) for arg in call.args]
    named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    loss = cls.model_validate(dict(zip(cls.model_fields, values, strict=False)) | named)
    assert isinstance(loss, Loss)
    return loss


def tensor(values: Any) -> Tensor:
    """Labels as integers, everything else in float64."""
    found = torch.tensor(values)
    return found if found.dtype == torch.int64 else torch.tensor(values, dtype=torch.float64)


def tensors(values: Any) -> Layers:
    """A tensor, or several of several layers."""
    return tuple(map(tensor, values)) if isinstance(values, tuple) else tensor(values)


def with_ones(loss: LearnedLoss, inputs: dict[str, Any]) -> torch.nn.Module:
    """The module of a loss between these tensors, in evaluation mode: matrices of ones, biases of zeros."""
    guided, hint = (
        tuple(TensorType(tuple(layer.shape[1:])) for layer in (side if isinstance(side, tuple) else (side,)))
        for side in (tensors(inputs["guided"]), tensors(inputs["hint"]))
    )
    torch.set_default_dtype(torch.float64)
    module = build_apart(loss.lower_between(Sides(guided, hint, len(inputs.get("indices", ())))), seed=0)
    torch.set_default_dtype(torch.float32)
    with torch.no_grad():
        for name, held in module.state_dict().items():
            if held.ndim > 1 or name.endswith(".bias"):
                held.fill_(0.0 if name.endswith(".bias") else 1.0)
    return module.eval()


def plain(loss: Loss) -> partial[Tensor]:
    """The function of a loss; a hint has `mse`."""
    call = loss.lower()
    kwargs = {name: functional.mse_loss if isinstance(arg, HintRef) else arg for name, arg in call.kwargs.items()}
    return partial(resolve(call.target), **kwargs)


@pytest.mark.parametrize("word", sorted(components("loss")))
def test_example_has_the_value_worked_by_hand(word: str) -> None:
    cls = components("loss")[word]
    assert issubclass(cls, Loss)
    text, inputs, value = cls.example
    written = made(text)
    function = with_ones(written, inputs) if isinstance(written, LearnedLoss) else plain(written)
    loss = function(*(tensors(inputs[read]) for read in cls.reads))
    assert loss.shape == ()
    assert loss.item() == pytest.approx(value, rel=1e-14)


LOGITS = tensor([[0.5, -1.0, 2.0], [0.0, 0.25, -0.5]])
TEACHER = tensor([[1.5, 1.0, -2.0], [3.0, -0.25, 0.5]])


def test_kd_of_the_release_softens_the_teacher_only() -> None:
    expected = -(functional.softmax(TEACHER / 3, 1) * functional.log_softmax(LOGITS, 1)).sum(1).mean()
    torch.testing.assert_close(kd(LOGITS, TEACHER, temperature=3, soften_student=False), expected)


def test_kd_squared_is_hintons() -> None:
    torch.testing.assert_close(kd(LOGITS, TEACHER, temperature=3, squared=True), 9 * kd(LOGITS, TEACHER, temperature=3))


def test_no_gradient_reaches_the_teacher() -> None:
    student, teacher = LOGITS.clone().requires_grad_(), TEACHER.clone().requires_grad_()
    (kd(student, teacher, temperature=3) + hint_loss(student, teacher, compare=functional.mse_loss)).backward()  # type: ignore[no-untyped-call]
    assert student.grad is not None
    assert teacher.grad is None


def test_tensors_of_two_shapes_are_not_broadcast() -> None:
    compare = partial(of_one_shape, compare=functional.mse_loss)
    with pytest.raises(ValueError, match=r"the guided output is \[2, 3\], its hint \[2, 1\]"):
        compare(LOGITS, TEACHER[:, :1])


@pytest.mark.parametrize("temperature", [-4.0, 0, Ramp(start=4, stop=-1), Cosine(start=4), "3"])
def test_temperature_stays_above_zero(temperature: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Distillation.model_validate({"temperature": temperature})
    assert {error["loc"][0] for error in refused.value.errors()} == {"temperature"}


def test_temperature_may_be_a_schedule() -> None:
    schedule = Cosine(start=4, stop=1)
    assert Distillation(temperature=schedule).lower().kwargs["temperature"] is schedule
