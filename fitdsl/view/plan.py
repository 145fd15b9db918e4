"""What `fit train` would do, from the program alone: stages with their steps and memory, then the files involved."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from math import ceil

from ..program.model import Program, StagePlan, StageSettings
from ..values import Cost
from .spelling import spell
from .table import parts, stage_block, stage_facts
from .terminal import Display, Style, counted, indent, printable, sections

BYTES_PER_NUMBER = 4
BYTES_PER_LOW_NUMBER = 2
"""Of an activation in bf16 or fp16."""
UPDATE_COPIES = 3
"""Numbers kept for each weight that moves, beside itself: its gradient and what Adam remembers."""


def plan(program: Program, display: Display) -> str:
    """The plan of every stage in running order, then the files involved."""
    stages = (_stage_block(program, stage, display) for stage in program.stages.values())
    return sections([*stages, _file_block(program, display)])


def _stage_block(program: Program, stage: StagePlan, display: Display) -> list[str]:
    return stage_block(stage, stage_facts(program, stage) | _effort(program, stage), display)


def _effort(program: Program, stage: StagePlan) -> dict[str, str | None]:
    settings = stage.settings
    batch = settings.batch or program.data[stage.data].batch
    megabytes = ceil(training_bytes(program, stage, batch) / 1e6)
    examples = parts(program.data[stage.data])
    return {
        "data": f"{stage.data}: {examples}" if examples else stage.data,
        "steps": _steps(program, stage, batch),
        "update": spell(settings.optimizer),
        "rate": f"times {spell(settings.schedule)}" if settings.schedule else None,
        "stop": spell(settings.stop) if settings.stop else None,
        "keep": spell(settings.keep) if settings.keep else None,
        "speed": ", ".join(_speed(settings)) or None,
        "memory": f"about {megabytes:,} MB {_numbers(settings)}, beside {_uncounted(program, stage)}",
    }


def _steps(program: Program, stage: StagePlan, batch: int) -> str:
    data, epochs = program.data[stage.data], stage.settings.epochs
    length = f"at most {counted(epochs, 'epoch')}" if stage.settings.stop else counted(epochs, "epoch")
    available = data.source.signature.train
    if available is None:
        return f"{length} in batches of {batch}"
    # the last batch of an epoch is left out unless it is the only one
    examples = data.sizes(available)[0]
    per_epoch, batch = max(examples // batch, 1), min(batch, examples)
    return f"{length} of {counted(per_epoch, 'step')} of {batch} examples, {epochs * per_epoch:,} in all"


def _speed(settings: StageSettings) -> Iterator[str]:
    """In what a step differs from one in single precision, as it is written, with channels first."""
    if settings.precision != "fp32":
        yield f"networks in {settings.precision}"
        yield "losses and updates in fp32"
    if settings.precision == "fp16":
        yield "the loss scaled"
    if settings.compile:
        yield "compiled"
    if settings.channels_last:
        yield "channels last"


def _numbers(settings: StageSettings) -> str:
    """What memory is filled with."""
    is_single = settings.precision == "fp32"
    return "in single precision" if is_single else f"with activations in {settings.precision}"


def _uncounted(program: Program, stage: StagePlan) -> str:
    """What takes memory that is not in the estimate."""
    outside = (name for name in stage.runs if program.networks[name].source is not None)
    return " and ".join(("the data", *outside))


def training_bytes(program: Program, stage: StagePlan, batch: int) -> int:
    """Roughly what a stage holds at once: all it runs, as if every activation were kept for the way back."""
    regressors = sum((program.hints[name].regressor.cost for name in stage.hints), Cost())
    runs = sum((_cost(program, name, layers) for name, layers in stage.runs.items()), regressors)
    trains = sum((_cost(program, name, layers) for name, layers in stage.trains.items()), regressors)
    is_low = stage.settings.precision != "fp32"
    activations = (BYTES_PER_LOW_NUMBER if is_low else BYTES_PER_NUMBER) * batch * runs.activations
    return activations + BYTES_PER_NUMBER * (runs.params + UPDATE_COPIES * trains.params)


def _cost(program: Program, name: str, layers: frozenset[str]) -> Cost:
    graph = program.networks[name].graph
    return sum((graph.layers[address].cost for address in layers), Cost())


def _file_block(program: Program, display: Display) -> list[str]:
    data = (
        f"reads   {data.source.files.root}/{name}" for data in program.data.values() for name in data.source.files.names
    )
    weights = (
        f"reads   {network.weights} into {network.name}" for network in program.networks.values() if network.weights
    )
    lines = [*map(printable, chain(data, weights)), f"writes  runs/{printable(program.name)}/"]
    return [display.paint("files", Style.STRONG), *indent(lines)]
