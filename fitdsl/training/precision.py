"""Computing in 16 bits where a stage asks for it: what is lowered, what stays, and how small gradients survive.

Networks and regressors run under torch's autocast. Their outputs are brought back to fp32 before any loss reads them,
as softmax, logarithms and sums over a batch need more digits; weights, gradients and updates are fp32 throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from warnings import catch_warnings, simplefilter

import torch
from torch import Tensor

from ..backend.refusal import refusal
from ..dataclass import dataclass
from ..program.model import Precision, StagePlan

MOST_LEFT_OUT = 32
"""Steps in a row that are left out before training gives up; each halves the loss's scale, which begins at 2**16."""

GROWS_EVERY = 2000
"""Sound steps in a row after which the scale is doubled."""

_LOW: Mapping[str, torch.dtype] = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Overflow(Exception):
    """Gradients have overflowed in every one of the last steps.

    Args:
        steps: How many steps were left out, one after another.
        scale: What the loss is multiplied by now.
    """

    def __init__(self, steps: int, scale: float) -> None:
        super().__init__(f"{steps} steps left out, loss scale {scale:g}")
        self.steps = steps
        self.scale = scale


def lowered(precision: Precision, device: torch.device) -> AbstractContextManager[Any]:
    """A block in which layers that can do so compute in a precision."""
    return nullcontext() if precision == "fp32" else torch.autocast(device.type, _LOW[precision])


def in_full_precision(tensor: Tensor) -> Tensor:
    """A tensor with numbers of 16 bits in fp32; any other as it is."""
    return tensor.float() if tensor.dtype in _LOW.values() else tensor


def check_precision(plan: StagePlan, device: torch.device) -> None:
    """Hold that a device can compute in the precision of a stage.

    Raises:
        FitError: It cannot (FIT4120).
    """
    precision = plan.settings.precision
    if precision == "fp32" or (reason := _reason_against(precision, device)) is None:
        return
    raise refusal(
        "FIT4120",
        f"stage `{plan.name}` computes in {precision}, which `{device}` cannot",
        span=plan.span,
        notes=[reason],
        helps=['train on another device, or take `precision = "fp32"`'],
    )


def _reason_against(precision: Precision, device: torch.device) -> str | None:
    """Why a product of two small matrices cannot be had in a precision; None if it can."""
    try:
        # where autocast cannot be had torch warns and computes on in fp32
        with catch_warnings(), lowered(precision, device):
            simplefilter("error")
            found = torch.ones(2, 2, device=device) @ torch.ones(2, 2, device=device)
    except (RuntimeError, UserWarning) as error:
        return str(error).partition("\n")[0]
    return None if found.dtype == _LOW[precision] else f"torch computes in {str(found.dtype).removeprefix('torch.')}"


@dataclass(eq=False)
class Scaling:
    """Multiplies the loss in fp16, so that small gradients do not become 0, and divides the gradients again.

    A step whose gradients overflow is left out, and the factor halved; after many sound steps it is doubled. In any
    other precision nothing is multiplied and no step left out.

    Attributes:
        scaler: Torch's; does nothing where it is not enabled.
        left_out: Steps left out one after another, up to the last one.

    Source: Micikevicius et al. 2018, Mixed Precision Training, section 3.2.
    """

    scaler: torch.amp.GradScaler
    left_out: int = 0

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a loss, scaled, to those that are there."""
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]

    def unscale(self, optimizer: torch.optim.Optimizer) -> None:
        """Divide the gradients, once before each step; from here on they may be looked at and clipped."""
        self.scaler.unscale_(optimizer)

    def step(self, optimizer: torch.optim.Optimizer) -> None:
        """Let the optimizer take a step, unless gradients have overflowed.

        Raises:
            Overflow: They have done so in too many steps in a row.
        """
        if not self.scaler.is_enabled():
            optimizer.step()
            return
        before = self.scaler.get_scale()
        self.scaler.step(optimizer)
        self.scaler.update()
        scale = self.scaler.get_scale()
        self.left_out = self.left_out + 1 if scale < before else 0
        if self.left_out >= MOST_LEFT_OUT:
            raise Overflow(self.left_out, scale)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"scaler": self.scaler.state_dict(), "left_out": self.left_out}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.scaler.load_state_dict(state["scaler"])
        self.left_out = state["left_out"]


def scaling_for(precision: Precision, device: torch.device) -> Scaling:
    """A fresh one for a stage."""
    is_needed = precision == "fp16"
    return Scaling(torch.amp.GradScaler(device.type, growth_interval=GROWS_EVERY, enabled=is_needed))


def overflow(plan: StagePlan, epoch: int, found: Overflow) -> Exception:
    """The finding for gradients that overflow without an end."""
    return refusal(
        "FIT4121",
        f"stage `{plan.name}`, epoch {epoch}: the last {found.steps} steps were left out, "
        "as gradients overflow in fp16",
        span=plan.span,
        notes=[f"the loss is multiplied by {found.scale:g} by now, and gradients are still too large"],
        helps=['take `precision = "bf16"` or `"fp32"`, or lower the learning rate'],
    )
