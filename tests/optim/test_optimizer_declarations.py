"""What optimizers lower to, and the settings they refuse."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from fitdsl.component import components
from fitdsl.optim.optimizers import SGD, Adam, Optimizer, RMSprop, RMSpropFloor
from fitdsl.values import Call


def test_arguments_are_the_fields() -> None:
    assert SGD(lr=0.1, momentum=0.9).lower() == Call(
        "torch.optim.SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": False, "weight_decay": 0.0}
    )
    assert RMSpropFloor(lr=5e-3).lower() == Call(
        "fitdsl.backend.optimizers.RMSpropFloor", {"lr": 5e-3, "alpha": 0.9, "floor": 1e-5}
    )


@pytest.mark.parametrize("word", sorted(components("optimizer")))
def test_rate_comes_first(word: str) -> None:
    assert next(iter(components("optimizer")[word].model_fields)) == "lr"


@pytest.mark.parametrize(
    ("optimizer", "settings", "place"),
    [
        (SGD, {"lr": 0.0}, "lr"),
        (SGD, {"lr": "1e-3"}, "lr"),
        (Adam, {"betas": (0.9, 1.0)}, "betas"),
        (RMSprop, {"alpha": -0.1}, "alpha"),
        (RMSprop, {"momentun": 0.9}, "momentun"),
    ],
)
def test_bad_settings_are_refused(optimizer: type[Optimizer], settings: dict[str, object], place: str) -> None:
    with pytest.raises(ValidationError) as refused:
        optimizer.model_validate(settings)
    assert [error["loc"][0] for error in refused.value.errors()] == [place]


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(ValidationError, match="nesterov needs a momentum above 0"):
        SGD(lr=0.1, nesterov=True)
