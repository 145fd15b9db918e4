"""Losses between layers: what they are blind to, that they stay finite, and what a hint with one may join."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from findings import found
from torch import Tensor

import fitdsl as fit
from fitdsl.backend.build import build_apart
from fitdsl.backend.losses_maps import ab, at, cwd, ickd, nst, ofd, pkd, srd
from fitdsl.backend.losses_relations import cc, pkt, rkd_angle, rkd_distance, sp
from fitdsl.backend.resolve import resolve
from fitdsl.component import components
from fitdsl.losses.feature import FeatureLoss, LearnedLoss, Sides
from fitdsl.training.terms import one_or_several
from fitdsl.values import TensorType

LOSSES = {word: cls for word, cls in components("loss").items() if issubclass(cls, FeatureLoss)}
LEARNED = {word for word, cls in LOSSES.items() if issubclass(cls, LearnedLoss)}
NOT_DISTANCES = {"ab", "srd"}
RANDOM = torch.Generator().manual_seed(5)


def features(*shape: int) -> Tensor:
    """Random numbers of float64."""
    return torch.randn(*shape, generator=RANDOM, dtype=torch.float64)


def compared(word: str, guided: Tensor, hint: Tensor) -> Tensor:
    """A loss with its defaults; one that reads several layers reads the same one twice."""
    several = 2 if LOSSES[word].takes_several else 1
    sides = [one_or_several([layer] * several) for layer in (guided, hint)]
    value = function(word, guided, hint)(*sides, *([torch.arange(len(hint))] * (len(LOSSES[word].reads) - 2)))
    assert isinstance(value, Tensor)
    return value


def function(word: str, guided: Tensor, hint: Tensor) -> Callable[..., Tensor]:
    """What a loss lowers to, with its defaults; a module in training mode where it has weights of its own."""
    loss, several = LOSSES[word](), 2 if LOSSES[word].takes_several else 1
    if isinstance(loss, LearnedLoss):
        own, other = ((TensorType(tuple(layer.shape[1:])),) * several for layer in (guided, hint))
        return build_apart(loss.lower_between(Sides(own, other, len(hint))), seed=0)
    call = loss.lower()
    return partial(resolve(call.target), **call.kwargs)


@pytest.mark.parametrize("shape", [(6, 3, 4, 5), (6, 4, 3)], ids=["maps", "tokens"])
@pytest.mark.parametrize("word", sorted(LOSSES.keys() - NOT_DISTANCES - LEARNED))
def test_equal_layers_are_no_distance_apart(word: str, shape: tuple[int, ...]) -> None:
    hint = features(*shape)
    torch.testing.assert_close(compared(word, hint, hint), torch.zeros_like(hint.sum()), rtol=0, atol=1e-12)
    assert compared(word, features(*shape), hint) > 1e-4


@pytest.mark.parametrize("word", sorted(LOSSES))
@pytest.mark.parametrize(
    "guided",
    [
        torch.randn(1, 3, 4, 4),
        torch.zeros(4, 3, 4, 4),
        torch.ones(4, 3, 4, 4),
        torch.randn(1, 3, 4, 4).repeat(4, 1, 1, 1),
    ],
    ids=["one example", "zeros", "ones", "equal examples"],
)
def test_values_and_gradients_stay_finite(word: str, guided: Tensor) -> None:
    for hint in (torch.ones_like(guided), torch.randn_like(guided), guided):
        student = guided.clone().requires_grad_()
        loss = compared(word, student, hint)
        loss.backward()  # type: ignore[no-untyped-call]
        assert loss.isfinite()
        assert student.grad is not None
        assert student.grad.isfinite().all()


@pytest.mark.parametrize("loss", [partial(at, power=2, squared=False), partial(nst, power=2)], ids=["at", "nst"])
def test_maps_and_their_tokens_are_the_same_to_losses_over_positions(loss: partial[Tensor]) -> None:
    guided, hint = features(2, 3, 4, 5), features(2, 7, 4, 5)
    tokens = [layer.flatten(2).transpose(1, 2) for layer in (guided, hint)]
    torch.testing.assert_close(loss(*tokens), loss(guided, hint))


def test_attention_is_blind_to_the_order_and_sign_of_channels_and_to_size() -> None:
    guided, hint = features(2, 3, 4, 4), features(2, 5, 4, 4)
    loss = partial(at, power=2, squared=False)
    torch.testing.assert_close(loss(-3 * guided.flip(1), hint), loss(guided, hint))


def test_attention_of_the_release_is_the_mean_of_squares() -> None:
    guided, hint = features(1, 3, 2, 2), features(1, 5, 2, 2)
    norm = at(guided, hint, power=2, squared=False)
    torch.testing.assert_close(at(guided, hint, power=2, squared=True), norm.square() / 4)


def test_relations_are_blind_to_a_rotation() -> None:
    guided, hint = features(5, 4), features(5, 9)
    rotation, _ = torch.linalg.qr(features(4, 4))
    for loss in (pkt, sp, partial(cc, gamma=0.4, order=2), rkd_distance, rkd_angle):
        torch.testing.assert_close(loss(guided @ rotation, hint), loss(guided, hint))


def test_relational_losses_are_blind_to_offset_and_size() -> None:
    guided, hint = features(5, 4), features(5, 9)
    for loss in (rkd_distance, rkd_angle):
        torch.testing.assert_close(loss(7 * guided + 2, hint), loss(guided, hint))


def test_angles_are_those_between_differences() -> None:
    guided, hint = features(4, 3), features(4, 6)

    def cosines(x: Tensor) -> Tensor:
        apart = torch.nn.functional.normalize(x.unsqueeze(0) - x.unsqueeze(1), dim=2)
        return apart @ apart.transpose(1, 2)

    expected = torch.nn.functional.smooth_l1_loss(cosines(guided), cosines(hint))
    torch.testing.assert_close(rkd_angle(guided, hint), expected)


def test_series_of_high_order_is_the_gaussian() -> None:
    guided, hint = (torch.nn.functional.normalize(features(4, 3)) for _ in range(2))
    own, other = (torch.exp(-0.4 * torch.cdist(x, x).square()) for x in (guided, hint))
    torch.testing.assert_close(cc(guided, hint, gamma=0.4, order=20), (own - other).square().mean())


def test_boundaries_past_the_margin_cost_nothing() -> None:
    hint = features(3, 4)
    assert ab(hint.sign() * 1.5, hint, margin=1).item() == 0
    assert ab(-hint.sign(), hint, margin=1).item() == pytest.approx(4 * 4)


def test_overhaul_counts_nothing_below_a_negative_hint() -> None:
    hint = features(3, 4, 2, 2)
    assert ofd(torch.where(hint > 0, hint, -9.0), hint).item() == 0


def test_channels_are_blind_to_offset_and_some_to_size() -> None:
    guided, hint = features(3, 4, 2, 2), features(3, 4, 2, 2)
    torch.testing.assert_close(cwd(guided + 3, hint, temperature=4), cwd(guided, hint, temperature=4))
    torch.testing.assert_close(pkd(5 * guided + 3, hint), pkd(guided, hint))
    torch.testing.assert_close(ickd(5 * guided, hint), ickd(guided, hint))
    torch.testing.assert_close(srd(5 * guided + 3, hint, power=4), srd(guided, hint, power=4), rtol=1e-4, atol=0)


PAIR = """\
fit 1

teacher t(x: [3, 8, 8]) {
  h = Conv2d(6, 3, padding=1)
  f = Flatten() -> Linear(7)
}

student s(x: [3, 8, 8]) {
  g = Conv2d(4, 3, padding=1)
  p = MaxPool2d(2)
  f = Flatten() -> Linear(7)
}

block shrink(out) { MaxPool2d(2) -> Conv2d(out, 1) }

hint mid: teacher.h guides student.g {
  loss = at()
}
"""


def regressor(*changes: tuple[str, str]) -> list[str]:
    """The ops of the regressor of the hint after some replacements."""
    return [layer.op.word for layer in fit.loads(changed(*changes)).program.hints["mid"].regressor.layers.values()]


def changed(*changes: tuple[str, str]) -> str:
    text = PAIR
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("word", sorted(word for word, loss in LOSSES.items() if not loss.takes_several))
def test_a_hint_has_a_regressor_where_its_loss_wants_one(word: str) -> None:
    expected = {"at", "nst", "pkt", "sp", "cc", "rkd_distance", "rkd_angle", "vid", "ft", "mgd", "crd"}
    assert (regressor(("at()", f"{word}()")) == []) == (word in expected)


def test_a_regressor_that_is_named_stays() -> None:
    assert regressor(("at()", "at()\n  regressor = pointwise()")) == ["Conv2d"]


def test_relations_join_any_two_shapes() -> None:
    assert regressor(("at()", "rkd_angle()"), ("guides student.g", "guides student.f")) == []


def test_channels_join_maps_of_other_sizes() -> None:
    size = ("guides student.g", "guides student.p"), ("Conv2d(4", "Conv2d(6")
    assert regressor(("at()", "ickd()\n  regressor = identity()"), *size) == []


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        (
            [("student.g {", "student.p {")],
            "16:28 FIT3001 `at` compares maps or tokens with the same positions, got [4, 4, 4] and [6, 8, 8]"
            "  (guide `s.g` instead, which gives [4, 8, 8])  (use another regressor: `fc()` or `transposed()`)",
        ),
        (
            [("teacher.h", "teacher.f"), ("student.g {", "student.f {")],
            "16:28 FIT3001 `at` compares maps or tokens with the same positions, got [7] and [7]",
        ),
        (
            [("teacher.h", "teacher.f"), ("student.g {", "student.f {"), ("at()", "cwd()")],
            "16:28 FIT3001 `cwd` compares maps or tokens of one shape, got [7] and [7]",
        ),
        (
            [("at()", "ickd()\n  regressor = identity()")],
            "16:28 FIT3001 `ickd` compares maps or tokens with the same channels, got [4, 8, 8] and [6, 8, 8]"
            "  (use another regressor: `conv()` or `fc()` or `pointwise()`)",
        ),
        (
            [("at()", "at()\n  regressor = shrink")],
            "18:15 FIT3004 the regressor `shrink` makes [6, 4, 4], the hint is [6, 8, 8]: `at` compares maps or"
            " tokens with the same positions"
            "  (a regressor is called with `out=6` and `k=1` where it has parameters of these names)",
        ),
    ],
)
def test_what_a_loss_cannot_compare_is_one_error(changes: list[tuple[str, str]], finding: str) -> None:
    assert found(changed(*changes)) == [finding]
