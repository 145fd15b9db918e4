"""A spec as tables: every network layer by layer with what it costs, then hints, stages and params."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ..compilation import Compilation
from ..data.base import DataSettings
from ..graph.model import Layer, Network
from ..program.model import Hint, Program, StagePlan
from ..space.params import ParamInfo
from ..syntax.spelling import spell as spell_expr
from ..syntax.spelling import spell_domain
from ..values import Cost
from .options import ViewOptions
from .space import space_text
from .spelling import spell, spell_call
from .terminal import Display, Style, columns, counted, human, indent, printable, sections, wrap

HEAD = ("layer", "op", "shape", "params", "MACs")
ALIGN = "<<<>>"
OP, LAYER = 1, 0


def table(compilation: Compilation, options: ViewOptions) -> str:
    """The whole spec at its point; `options.depth` does not matter."""
    return sections([*program_blocks(compilation.program, options.display), param_block(compilation, options.display)])


def program_blocks(program: Program, display: Display) -> list[list[str]]:
    """A block of lines for each network and one each for data, hints and stages, without the params."""
    data = [line for name, settings in program.data.items() for line in _data_lines(name, settings, display)]
    hints = [line for hint in program.hints.values() for line in _hint_lines(program, hint, display)]
    return [
        _titled("data", data, display),
        *(network_block(network, display) for network in program.networks.values()),
        _comparisons(program),
        _titled("hints", hints, display),
        *(stage_block(stage, stage_facts(program, stage), display) for stage in program.stages.values()),
    ]


def _titled(title: str, lines: Sequence[str], display: Display) -> list[str]:
    return [display.paint(printable(title), Style.STRONG), *indent(lines)] if lines else []


def facts(pairs: Mapping[str, str | None], display: Display) -> list[str]:
    """Words and what stands for each, in two columns; pairs without a text are left out."""
    margin = max(map(len, pairs)) + 2
    return [
        line
        for word, text in pairs.items()
        if text
        for line in wrap(word.ljust(margin), printable(text), display.width - 2)
    ]


def _data_lines(name: str, data: DataSettings, display: Display) -> list[str]:
    known = {
        "source": spell(data.source),
        "gives": f"{data.input}, {counted(data.classes, 'class', 'classes')}",
        "parts": parts(data),
        "split": spell(data.split),
        "prepare": ", ".join(map(spell, data.prepare)),
        "augment": ", ".join(map(spell, data.augment)),
        "batch": str(data.batch),
    }
    return [name, *indent(facts(known, replace(display, width=display.width - 2)))]


def parts(data: DataSettings) -> str | None:
    """`1,078 train, 269 val, 360 test`; None where that is known only when the data are opened."""
    known = data.source.signature
    if known.train is None:
        return None
    train, val = data.sizes(known.train)
    sizes = {"train": train, "val": val, "test": known.test}
    return ", ".join(f"{size:,} {name}" for name, size in sizes.items() if size)


# Networks -------------------------------------------------------------------------------------------------------------


def network_block(network: Network, display: Display) -> list[str]:
    """Headline, documentation, a row a layer, and the totals."""
    rows = [HEAD, *map(_layer_row, network.graph.layers.values()), _total_row(network)]
    head, *body, total = columns(rows, ALIGN, width=display.width - 2, squeeze=(OP, LAYER))
    comment = [line for text in network.doc.split("\n") for line in wrap("# ", printable(text), display.width)]
    return [
        *(display.paint(line, Style.FAINT) for line in comment),
        display.paint(headline(network), Style.STRONG),
        *indent([display.paint(head, Style.FAINT), *body, display.paint(total, Style.STRONG)]),
        *indent([_totals_beyond(network.cost)]),
    ]


def headline(network: Network) -> str:
    """`student fitnet2: image [3, 32, 32] -> logits [10]`, and the file its weights come from."""
    graph = network.graph
    takes = ", ".join(f"{name} {given}" for name, given in graph.inputs.items())
    label = "" if graph.output.startswith("[") else f"{graph.output} "
    gives = f"{label}{graph.type_of(graph.output)}"
    return printable(f"{network.role} {network.name}: {takes} -> {gives}{_origin(network)}")


def _origin(network: Network) -> str:
    if network.source is not None:
        return f", from {spell_call(network.source, but=('features',))}"
    return f", from {spell(network.weights)}" if network.weights else ""


def _layer_row(layer: Layer) -> tuple[str, ...]:
    op = printable(spell_call(layer.op))
    return layer.address, op, str(layer.type), _amount(layer.cost.params), _amount(layer.cost.macs)


def _total_row(network: Network) -> tuple[str, ...]:
    cost, layers = network.cost, counted(len(network.graph.layers), "layer")
    if cost is None:
        return "total", "not counted", "", "-", "-"
    return "total", layers, "", human(cost.params), human(cost.macs)


def _totals_beyond(cost: Cost | None) -> str:
    if cost is None:
        return "only the layers whose shape the spec states are listed"
    return f"{cost.weights:,} weights without biases and norms, {human(cost.activations)} activations an example"


def _comparisons(program: Program) -> list[str]:
    """How much smaller each student is than each teacher."""
    networks = program.networks.values()
    teachers = [network for network in networks if network.role == "teacher"]
    students = [network for network in networks if network.role == "student"]
    pairs = ((student, teacher) for student in students for teacher in teachers)
    return [line for student, teacher in pairs for line in _comparison(student, teacher)]


def _comparison(student: Network, teacher: Network) -> Iterator[str]:
    less, more = student.cost, teacher.cost
    if less is not None and more is not None:
        weights, macs = times(less.weights, more.weights, "weights"), times(less.macs, more.macs, "MACs")
        yield f"{student.name} has {weights} and {macs} than {teacher.name}"


def times(own: int, other: int, noun: str) -> str:
    """How much less, or more, one number is than another: `9.6 times fewer weights`."""
    if own == other or not (own and other):
        return f"{human(own)} {noun} against {human(other)}"
    return f"{other / own:.3g} times fewer {noun}" if own < other else f"{own / other:.3g} times more {noun}"


def _amount(number: int) -> str:
    return human(number) if number else "-"


# Hints and stages -----------------------------------------------------------------------------------------------------


def _hint_lines(program: Program, hint: Hint, display: Display) -> list[str]:
    regressor = " -> ".join(spell_call(layer.op) for layer in hint.regressor.layers.values())
    own = program.learned_cost(hint.name).params
    known = {
        "hint": _places(program.networks[hint.teacher], hint.hint),
        "guided": _places(program.networks[hint.student], hint.guided),
        "regressor": f"{regressor}, {counted(hint.regressor.cost.params, 'param')}" if regressor else "none",
        "loss": f"{spell(hint.loss)}, {counted(own, 'param')} of its own" if own else spell(hint.loss),
    }
    return [hint.name, *indent(facts(known, replace(display, width=display.width - 2)))]


def _places(network: Network, addresses: Iterable[str]) -> str:
    return ", ".join(f"{network.name}.{address} {network.graph.type_of(address)}" for address in addresses)


def stage_block(stage: StagePlan, known: Mapping[str, str | None], display: Display) -> list[str]:
    """A stage's name, what it starts from, and facts on it."""
    after = f" after {', '.join(stage.after)}" if stage.after else ""
    return _titled(f"stage {stage.name}{after}", facts(known, display), display)


def stage_facts(program: Program, stage: StagePlan) -> dict[str, str | None]:
    """What a stage trains, minimises, runs and keeps frozen."""
    regressors = (f"regressor of {name}" for name in stage.hints if program.hints[name].regressor.layers)
    losses = (f"loss of {name}" for name in stage.hints if program.learned_cost(name).params)
    return {
        "trains": ", ".join((*map(str, stage.settings.train), *regressors, *losses)),
        "loss": spell(stage.settings.loss),
        "runs": ", ".join(_share(program, name, layers) for name, layers in stage.runs.items()),
        "frozen": ", ".join(_frozen_parts(program, stage)) or "nothing",
    }


def _share(program: Program, name: str, layers: frozenset[str]) -> str:
    return f"{name} ({len(layers)} of {counted(len(program.networks[name].graph.layers), 'layer')})"


def _frozen_parts(program: Program, stage: StagePlan) -> Iterator[str]:
    """Networks that stay as they are, and how many layers of those that do so in part."""
    for name, frozen in stage.frozen.items():
        if frozen:
            part = "" if frozen == stage.runs[name] else f" ({counted(len(frozen), 'layer')})"
            yield name + part + (" in training mode" if program.networks[name].mode == "train" else "")


# Params ---------------------------------------------------------------------------------------------------------------


def param_block(compilation: Compilation, display: Display) -> list[str]:
    """Every param with its value here and what it may be, then the size of the space."""
    params = compilation.params
    if not params:
        return []
    rows = [_param_row(param) for param in params.values()]
    lines = columns(rows, "<<<<", width=display.width - 2, squeeze=(2, 1))
    return _titled("params", [*lines, *wrap("", space_text(compilation.space), display.width - 2)], display)


def _param_row(param: ParamInfo) -> tuple[str, ...]:
    domain = param.declaration.domain
    legal = "" if domain is None else f"in {spell_domain(domain)}"
    size = "" if domain is None or param.size is None else counted(param.size, "value")
    return param.name, printable(spell_expr(param.expr)), printable(legal), size
