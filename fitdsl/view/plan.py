"""What `fit train` would do, from the program and what was done before: stages with steps and memory, then files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from math import ceil
from pathlib import Path

from ..data.base import Files
from ..data.places import find
from ..graph.model import Network
from ..optim.clipping import clip_of
from ..program.model import Program, StagePlan, StageSettings, steps_per_epoch
from ..program.search import SearchSettings
from ..values import Cost
from ..work.caching import expected_caching, megabytes
from .spelling import spell
from .table import parts, stage_block, stage_facts
from .terminal import Display, Style, counted, indent, printable, sections, wrap

BYTES_PER_NUMBER = 4
BYTES_PER_LOW_NUMBER = 2
"""Of an activation in bf16 or fp16."""
UPDATE_COPIES = 3
"""Numbers kept for each weight that moves, beside itself: its gradient and what Adam remembers."""


def plan(
    program: Program,
    display: Display,
    done: Mapping[str, str] | None = None,
    epochs: int | None = None,
    *,
    base: Path | None = None,
    space: str = "",
    search: SearchSettings | None = None,
) -> str:
    """The plan of every stage in running order, then the files involved, then the space around this point.

    Args:
        program: What is to be trained.
        display: Where it is shown.
        done: For each stage, in words, whether it was done before; left out where nobody has looked.
        epochs: At most so many in each stage.
        base: Folder of the spec; nobody looks whether files are there if it is left out.
        space: Which students a search could train instead, in words; left out where there are none.
        search: How it would look for them, if the spec says so.
    """
    blocks = [*_stage_blocks(program, display, done or {}, epochs), _file_block(program, display, base)]
    if space:
        blocks.append([display.paint("space", Style.STRONG), *indent(wrap("", space, display.width - 2))])
    if search:
        aims = ", ".join(map(str, search.goals))
        sampler = f"{spell(search.sampler)}, up to {counted(search.sampler.trials, 'student')}"
        lines = (f"goals      {aims}", f"sampler    {sampler}", f"scheduler  {spell(search.scheduler)}")
        blocks.append([display.paint("search", Style.STRONG), *indent(map(printable, lines))])
    return sections(blocks)


def _stage_blocks(
    program: Program, display: Display, done: Mapping[str, str], epochs: int | None
) -> Iterator[list[str]]:
    for name, stage in program.stages.items():
        known = stage_facts(program, stage) | effort(program, stage, epochs) | {"done": done.get(name)}
        yield stage_block(stage, known, display)
    for name in program.left_out:
        yield [f"{display.paint(f'stage {name}', Style.STRONG)}: left out, as it has no epochs"]


def effort(program: Program, stage: StagePlan, epochs: int | None = None) -> dict[str, str | None]:
    """What a stage takes, and how it goes about it; None where there is nothing to say."""
    settings = stage.settings
    batch = settings.batch or program.data[stage.data].batch
    megabytes = ceil(training_bytes(program, stage, batch) / 1e6)
    examples = parts(program.data[stage.data])
    return {
        "data": f"{stage.data}: {examples}" if examples else stage.data,
        "steps": _steps(program, stage, batch, epochs),
        "update": _update(settings),
        "rate": f"times {spell(settings.schedule)}" if settings.schedule else None,
        "rates": spell(settings.rates) if settings.rates else None,
        "decay": ", ".join(_decay(settings)),
        "norms": f"at most {spell(settings.max_norm)}" if settings.max_norm else None,
        "ema": f"{settings.ema:g} kept at each update; the average is measured and kept" if settings.ema else None,
        "stop": spell(settings.stop) if settings.stop else None,
        "keep": spell(settings.keep) if settings.keep else None,
        "speed": ", ".join(_speed(settings)) or None,
        "cache": _cache(program, stage),
        "memory": f"about {megabytes:,} MB {_numbers(settings)}, beside {_uncounted(program, stage)}",
    }


def _cache(program: Program, stage: StagePlan) -> str | None:
    """Which outputs of what does not learn are kept, and what they take; None where there are none."""
    kept = expected_caching(program, stage)
    if not kept.cut:
        return f"nothing: {kept.reason}" if kept.reason else None
    places = ", ".join(f"{network}.{a}" for network, found in kept.cut.outputs.items() for a in found)
    if not program.data[stage.data].source.signature.train:
        return f"{places}: {kept.bytes:,} bytes an example, {WHERE[kept.place]}"
    examples = " and ".join(f"{count:,} rows for {part}" for part, count in kept.rows.items())
    said = f"{places}: {megabytes(kept.bytes)} {WHERE[kept.place]}, {examples}"
    return f"{said}; {kept.reason}" if kept.reason else said


WHERE = {"disk": "on disk", "memory": "in memory", None: "nowhere"}
"""Where outputs are kept, in words."""


def _update(settings: StageSettings) -> str:
    """The rule, what goes into one update, and what bounds it."""
    clip = clip_of(settings.clip)
    said = [
        spell(settings.optimizer),
        f"from {settings.accumulate} batches each" if settings.accumulate > 1 else "",
        f"gradients within {spell(clip)}" if clip else "",
    ]
    return ", ".join(filter(None, said))


def _decay(settings: StageSettings) -> Iterator[str]:
    """Weight decay where it is not simply the optimizer's."""
    if settings.decay:
        yield spell(settings.decay)
    if not settings.decay_vectors:
        yield "none of norms, biases and other weights with one axis"


def _steps(program: Program, stage: StagePlan, batch: int, most: int | None) -> str:
    data, epochs = program.data[stage.data], min(stage.settings.epochs, most or stage.settings.epochs)
    length = f"at most {counted(epochs, 'epoch')}" if stage.settings.stop else counted(epochs, "epoch")
    available, per_epoch = data.source.signature.train, steps_per_epoch(data, stage.settings)
    if available is None or per_epoch is None:
        return f"{length} in batches of {batch}"
    batch = min(batch, data.sizes(available)[0])
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
    examples = program.data[stage.data].training_examples
    dropped = sum((_between(program, name, examples) for name in stage.hints), Cost())
    runs = sum((_cost(program, name, layers) for name, layers in stage.runs.items()), dropped)
    trains = sum((_cost(program, name, layers) for name, layers in stage.trains.items()), dropped)
    held = sum(_remembered(program, name, examples) for name in stage.hints)
    copies = UPDATE_COPIES + (stage.settings.ema is not None)
    is_low = stage.settings.precision != "fp32"
    activations = (BYTES_PER_LOW_NUMBER if is_low else BYTES_PER_NUMBER) * batch * runs.activations
    return activations + BYTES_PER_NUMBER * (runs.params + copies * trains.params + held)


def _between(program: Program, hint: str, examples: int | None) -> Cost:
    """What stands between a hint and its guided layer: the regressor, and weights of the loss."""
    return program.hints[hint].regressor.cost + program.learned_cost(hint, examples)


def _remembered(program: Program, hint: str, examples: int | None) -> int:
    """Numbers that a hint's loss keeps of the examples."""
    loss = program.learned_loss(hint)
    return 0 if loss is None else loss.remembers(program.sides(hint, examples))


def _cost(program: Program, name: str, layers: frozenset[str]) -> Cost:
    graph = program.networks[name].graph
    return sum((graph.layers[address].cost for address in layers), Cost())


def _file_block(program: Program, display: Display, base: Path | None) -> list[str]:
    read = chain(
        (line for data in program.data.values() for line in _data_files(data.source.files, base)),
        (line for network in program.networks.values() for line in _network_files(network, base)),
    )
    lines = [*map(printable, read), f"writes  runs/{printable(program.name)}/"]
    return [display.paint("files", Style.STRONG), *indent(lines)]


def _data_files(files: Files, base: Path | None) -> Iterator[str]:
    found = {} if base is None else find(files, base)
    lack = "fetched first" if files.downloads else "which is not there"
    for name in files.names:
        place = found.get(name, f"{files.root}/{name}")
        yield f"reads   {place}" if base is None or name in found else f"reads   {place}, {lack}"


def _network_files(network: Network, base: Path | None) -> Iterator[str]:
    if network.weights:
        is_there = base is None or (base / network.weights).exists()
        yield f"reads   {network.weights} into {network.name}{'' if is_there else ', which is not there'}"
    if network.source is not None and network.source.factory:
        yield f"runs    your own code of {network.source.model} for {network.name}, with `--allow-python`"
