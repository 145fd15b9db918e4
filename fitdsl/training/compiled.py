"""A stage's step compiled as a whole: teacher, student, regressors and losses, forwards and backwards.

What moves over the epochs enters as tensors, so one compilation serves all steps of a stage. Validation, with batches
of other sizes, runs uncompiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import torch
from torch import Tensor
from torch._dynamo.exc import TorchDynamoException
from torch._inductor.cpp_builder import get_cpp_compiler
from torch._inductor.exc import InvalidCxxCompiler

from ..backend.refusal import refusal
from ..program.model import StagePlan
from .data import Batch
from .stage import Stage
from .terms import Moment, Numbers, RunningTerm

Measure = Callable[[Batch, Moment], tuple[Tensor, ...]]
"""What one step of a stage computes before weights move: as `Stage.measure`."""

BACKEND = "inductor"
"""Who makes machine code of what torch has traced."""


def step_of(stage: Stage, device: torch.device) -> Measure:
    """How a stage measures a training batch: as it is written, or compiled where its settings ask for that."""
    return _compiled(stage, device) if stage.plan.settings.compile else stage.measure


def check_compiler(plan: StagePlan, device: torch.device) -> None:
    """Hold that a stage which is to be compiled finds a compiler.

    Raises:
        FitError: There is none (FIT4122).
    """
    if plan.settings.compile and BACKEND == "inductor" and device.type == "cpu":
        with compiling(plan):
            get_cpp_compiler()


@contextmanager
def compiling(plan: StagePlan) -> Iterator[None]:
    """Turns what torch raises where it cannot compile a stage into a finding (FIT4122)."""
    try:
        yield
    except InvalidCxxCompiler:
        helps = ["install a C++ compiler or name one in `CXX`, or take `compile` away"]
        message = f"stage `{plan.name}` is to be compiled, and there is no C++ compiler"
        raise refusal("FIT4122", message, span=plan.span, helps=helps) from None
    except TorchDynamoException as error:
        message = f"stage `{plan.name}` cannot be compiled as a whole"
        notes = [f"torch says: {str(error).strip().partition(chr(10))[0]}"]
        raise refusal("FIT4122", message, span=plan.span, notes=notes, helps=["take `compile` away"]) from error


def _compiled(stage: Stage, device: torch.device) -> Measure:
    def step(batch: Batch, numbers: Sequence[Numbers]) -> tuple[Tensor, ...]:
        return stage.compute(batch, numbers)

    # CUDA graphs record the kernels of a step once and start them together.
    mode = "reduce-overhead" if device.type == "cuda" else None
    traced = _with_own_code(step, f"step_of_{stage.plan.name}")
    compiled = torch.compile(traced, fullgraph=True, dynamic=False, backend=BACKEND, mode=mode)

    def measure(batch: Batch, moment: Moment) -> tuple[Tensor, ...]:
        numbers = [_traceable(term, moment, device) for term in stage.terms]
        if mode is not None:
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        found: tuple[Tensor, ...] = compiled(batch, numbers)
        return found

    return measure


def _with_own_code(function: Any, name: str) -> FunctionType:
    """The same function, with code of its own: torch counts compilations by code, and allows few."""
    code = function.__code__.replace(co_name=name)
    return FunctionType(code, function.__globals__, closure=function.__closure__)


def _traceable(term: RunningTerm, moment: Moment, device: torch.device) -> Numbers:
    """A term's numbers, with what moves as tensors: torch compiles anew for every other number."""
    weight, moving = term.numbers(moment)
    if term.weight.schedule is not None:
        weight = torch.tensor(weight, device=device)
    return Numbers(weight, {name: torch.tensor(value, device=device) for name, value in moving.items()})
