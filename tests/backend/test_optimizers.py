"""The paper's optimizer against numbers worked by hand, and torch's against their declarations."""

from __future__ import annotations

import pytest
import torch

from fitdsl.backend.optimizers import RMSpropFloor
from fitdsl.backend.resolve import resolve
from fitdsl.component import components
from fitdsl.optim.optimizers import Optimizer


def stepped(gradients: list[float], **settings: float) -> list[float]:
    """Values of a weight that begins at 1, after each step."""
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    optimizer = RMSpropFloor([weight], **settings)
    values = []
    for gradient in gradients:
        weight.grad = torch.full_like(weight, gradient)
        optimizer.step()
        values.append(weight.item())
    return values


def test_two_steps_by_hand() -> None:
    # m = 0.1 * 4 = 0.4, then 0.9 * 0.4 + 0.1 * 1 = 0.46
    first = 1 - 0.5 * 2 / 0.4**0.5
    assert stepped([2.0, 1.0], lr=0.5, alpha=0.9) == pytest.approx([first, first - 0.5 * 1 / 0.46**0.5], rel=1e-14)


def test_floor_is_the_smallest_divisor() -> None:
    # m = 0.1 * 1e-14, whose root 3.2e-8 is below the floor
    assert stepped([1e-7], lr=0.5) == pytest.approx([1 - 0.5 * 1e-7 / 1e-5], rel=1e-14)


def test_weights_without_gradient_stay() -> None:
    moved, still = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.ones(2))
    optimizer = RMSpropFloor([moved, still], lr=0.1)
    moved.grad = torch.ones(2)
    optimizer.step()
    assert (moved < 1).all()
    assert torch.equal(still, torch.ones(2))


def test_closure_is_called_and_its_loss_returned() -> None:
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = RMSpropFloor([weight], lr=0.1)

    def closure() -> float:
        loss = weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    assert optimizer.step(closure) == 1.0
    assert weight.item() == pytest.approx(1 - 0.1 * 2 / 0.4**0.5)


@pytest.mark.parametrize("word", sorted(components("optimizer")))
def test_every_declaration_makes_an_optimizer_with_its_values(word: str) -> None:
    cls = components("optimizer")[word]
    declared = cls.model_validate({"lr": 0.125})
    assert isinstance(declared, Optimizer)
    call = declared.lower()
    optimizer = resolve(call.target)([torch.nn.Parameter(torch.ones(1))], **call.kwargs)
    assert {name: optimizer.defaults[name] for name in call.kwargs} == dict(call.kwargs)


def test_defaults_of_torch_are_the_same() -> None:
    for word in components("optimizer").keys() - {"RMSpropFloor"}:
        cls = components("optimizer")[word]
        defaults = resolve(f"torch.optim.{word}")([torch.nn.Parameter(torch.ones(1))]).defaults
        ours = {name: field.default for name, field in cls.model_fields.items() if not field.is_required()}
        assert {name: defaults[name] for name in ours} == ours
