"""What losses between two outputs have in common with each other and with what they are made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from fitdsl.backend.losses import kd
from fitdsl.backend.losses_logits import dist, dkd, jsd, mlkd

LOGITS = torch.tensor([[0.5, -1.0, 2.0], [0.0, 0.25, -0.5]], dtype=torch.float64)
TEACHER = torch.tensor([[1.5, 1.0, -2.0], [3.0, -0.25, 0.5]], dtype=torch.float64)
TARGETS = torch.tensor([2, 0])


def divergence(first: Tensor, second: Tensor) -> Tensor:
    """KL between the softmax of two outputs, mean over the batch."""
    return functional.kl_div(
        functional.log_softmax(second, 1), functional.softmax(first, 1), reduction="batchmean", log_target=False
    )


def test_dkd_weighted_by_what_the_teacher_leaves_is_plain_divergence() -> None:
    for n in range(2):
        one = slice(n, n + 1)
        left = 1 - functional.softmax(TEACHER, 1)[n, TARGETS[n]].item()
        decoupled = dkd(LOGITS[one], TEACHER[one], TARGETS[one], temperature=1, alpha=1, beta=left, squared=True)
        torch.testing.assert_close(decoupled, divergence(TEACHER[one], LOGITS[one]))


def test_dkd_of_logits_far_apart_is_finite() -> None:
    student = torch.tensor([[200.0, -200.0, 0.0]], requires_grad=True)
    loss = dkd(student, -student.detach(), TARGETS[1:], temperature=1, alpha=1, beta=8, squared=True)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.isfinite()
    assert student.grad is not None
    assert student.grad.isfinite().all()


def test_dist_is_blind_to_a_line_through_probabilities() -> None:
    student = (0.5 * functional.softmax(TEACHER, 1) + 0.1).log()
    loss = dist(student, TEACHER, temperature=1, inter=1, intra=1, squared=True)
    torch.testing.assert_close(loss, torch.zeros((), dtype=torch.float64))


def test_jsd_of_two_ends_approaches_divergence_either_way() -> None:
    share = 1e-6
    near_teacher = jsd(LOGITS, TEACHER, temperature=1, share=share, squared=False) / share
    torch.testing.assert_close(near_teacher, divergence(TEACHER, LOGITS), rtol=1e-4, atol=0)
    near_student = jsd(LOGITS, TEACHER, temperature=1, share=1 - share, squared=False) / share
    torch.testing.assert_close(near_student, divergence(LOGITS, TEACHER), rtol=1e-4, atol=0)


def test_jsd_of_impossible_classes_is_finite() -> None:
    student, teacher = torch.tensor([[500.0, 0.0, 0.0]]), torch.tensor([[0.0, 500.0, 0.0]])
    loss = jsd(student, teacher, temperature=1, share=0.5, squared=False)
    torch.testing.assert_close(loss, torch.tensor(2.0).log())


def test_mlkd_of_equal_outputs_is_nothing() -> None:
    torch.testing.assert_close(mlkd(TEACHER, TEACHER, temperature=2, squared=True), torch.zeros_like(TEACHER[0, 0]))
    assert mlkd(TEACHER.flip(0), TEACHER, temperature=2, squared=True) > divergence(TEACHER / 2, TEACHER.flip(0) / 2)


def test_standardized_logits_have_neither_size_nor_offset() -> None:
    plain = kd(LOGITS, TEACHER, temperature=2, standardize=True)
    moved = kd(3 * LOGITS + 5, 0.2 * TEACHER - 1, temperature=2, standardize=True)
    torch.testing.assert_close(moved, plain, rtol=1e-6, atol=0)
    scaled = [(x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True) for x in (LOGITS, TEACHER)]
    torch.testing.assert_close(plain, kd(*scaled, temperature=2), rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    "loss",
    [partial(dist, inter=1, intra=0.5), partial(jsd, share=0.3), partial(dkd, targets=TARGETS, alpha=1, beta=8)],
    ids=["dist", "jsd", "dkd"],
)
def test_squared_multiplies_by_the_temperature_squared(loss: Callable[..., Tensor]) -> None:
    plain, squared = (loss(LOGITS, TEACHER, temperature=3, squared=flag) for flag in (False, True))
    torch.testing.assert_close(squared, 9 * plain)


def test_squared_multiplies_what_mlkd_finds_by_example_alone() -> None:
    plain, squared = (mlkd(LOGITS, TEACHER, temperature=3, squared=flag) for flag in (False, True))
    torch.testing.assert_close(squared - plain, 8 * divergence(TEACHER / 3, LOGITS / 3))
