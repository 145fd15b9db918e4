"""A whole spec in one picture: teachers to the left, students to the right, hints between, losses and stages below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from ...dataclass import dataclass
from ...graph.model import Network
from ...graph.sketch import Unfit
from ...program.model import Program
from ..table import headline
from ..terminal import counted, human, printable
from . import guidance, training
from .align import Column, align
from .boxes import ROW
from .folding import shorten
from .layout import Layout
from .letters import fit, text_width
from .painting import Painter, half_width
from .shapes import LARGE, SMALL, Frame, Picture, Shape, Words
from .stand import Standing

MARGIN = 22.0
APART = 40.0
"""Room between two networks."""
TITLES = 44.0
"""Height of the names and sizes above the networks."""
NARROWEST = 380.0


@dataclass(frozen=True)
class Drawn:
    """A picture, and what was left out of it because it would have been too large.

    Attributes:
        notes: A sentence for each network of which something was left out.
        boxes: The address of the innermost box that shows a layer, by the layer's own; `network.address` both.
    """

    picture: Picture
    notes: tuple[str, ...]
    boxes: Mapping[str, str] = field(default_factory=dict)


def draw(program: Program, depth: int | None = None) -> Drawn:
    """A spec as a picture.

    Args:
        program: The spec at its point.
        depth: Levels of blocks to open; None opens as many as can be looked at.
    """
    columns, notes = _columns(program, depth)
    cards = [guidance.card(hint) for hint in program.hints.values()]
    standing, lane = _stand(program, align(columns, program), cards)
    placed = guidance.set_out(cards, lane, standing)
    ends = [net.y + net.column.box.height for net in standing.values()]
    below = max((*ends, *(card.y + card.height for card in placed)), default=0.0)
    losses = training.set_out(training.pills(program), standing, below + training.BELOW)
    rights = [*(_right(program, net) for net in standing.values()), *(pill.x + pill.width / 2 for pill in losses)]
    width = max((NARROWEST, *rights, *(card.x + card.width / 2 for card in placed))) + MARGIN
    shapes = [*_networks(program, standing, placed), *_losses(losses, program, standing)]
    if not standing:
        shapes.append(Words(MARGIN, MARGIN, "This spec has no networks."))
    legend, height = _legend(program, shapes, width, (losses[0].y + ROW if losses else below) + APART * 0.75)
    picture = Picture(width, height, (*shapes, *legend), _title(program), _description(program))
    return Drawn(picture, notes, dict(_boxes(standing.values())))


def _boxes(standing: Iterable[Standing]) -> Iterator[tuple[str, str]]:
    for net in standing:
        for placed in net.column.box.everything():
            item, name = placed.box.item, net.network.name
            if item is not None and item.address:
                yield from ((f"{name}.{layer}", f"{name}.{item.address}") for layer in item.layers)


def _losses(pills: Sequence[training.Pill], program: Program, standing: Mapping[str, Standing]) -> Iterator[Shape]:
    yield from training.loss_lines(pills, standing)
    for pill in pills:
        yield from pill.paint(training.stage_numbers(program))


def _legend(program: Program, shapes: Sequence[Shape], width: float, y: float) -> tuple[list[Shape], float]:
    """The stages in words and what their bars mean, and the height of the whole picture."""
    if not program.stages:
        return [], y
    legend, end = training.legend(program, MARGIN, y, width - 2 * MARGIN)
    looks = {shape.look for shape in shapes if isinstance(shape, Frame)}
    shown = [state for state in training.STATES if f"bar {state}" in looks]
    return [*legend, *training.key(shown, MARGIN, end)], end + MARGIN


def _columns(program: Program, depth: int | None) -> tuple[dict[str, Column], tuple[str, ...]]:
    columns, notes = {}, []
    for name, network in program.networks.items():
        short = shorten(network.graph, taps_of(program, network), depth)
        notes += [f"`{name}` {short.note}"] if short.note else []
        columns[name] = Column.of(name, short.item, Layout(network.graph, half_width(short.item)))
    return columns, tuple(notes)


def taps_of(program: Program, network: Network) -> frozenset[str]:
    """The layers of a network that hints read."""
    taps = {address for h in program.hints.values() if h.teacher == network.name for address in h.hint}
    taps |= {address for h in program.hints.values() if h.student == network.name for address in h.guided}
    return frozenset(map(network.graph.resolve, taps))


def _stand(
    program: Program, columns: Mapping[str, Column], cards: Sequence[guidance.Card]
) -> tuple[dict[str, Standing], float]:
    """The networks beside each other, and the middle of the lane between teachers and students."""
    networks = sorted(program.networks.values(), key=lambda network: network.role == "student")
    x, y = MARGIN, MARGIN + TITLES
    lane, standing = 0.0, dict[str, Standing]()
    for before, network in zip((None, *networks), networks, strict=False):
        column, bars = columns[network.name], training.bars_width(program, network.name)
        if cards and network.role == "student" and (before is None or before.role == "teacher"):
            room = max(card.width for card in cards) + 2 * APART
            lane = x + room / 2
            x += room
        elif before is not None:
            x += APART + 60.0 * (before.role != network.role)
        x += bars if network.role == "teacher" else 0.0
        width = max(column.box.left + column.box.right, _title_width(network))
        standing[network.name] = Standing(network, column, x + column.box.left, y)
        x += width + (bars if network.role == "student" else 0.0)
    if cards and not lane:
        lane = x + APART + max(card.width for card in cards) / 2
    return standing, lane


def _right(program: Program, net: Standing) -> float:
    bars = training.bars_width(program, net.network.name) if net.network.role == "student" else 0.0
    return max(net.right + bars, net.left + _title_width(net.network))


def _networks(program: Program, standing: Mapping[str, Standing], cards: Sequence[guidance.Card]) -> Iterator[Shape]:
    """Hints, then the networks with the lines to their hints, which lead behind networks that stand nearer to them."""
    for card in cards:
        yield from card.paint()
    teachers = [net for net in standing.values() if net.network.role == "teacher"]
    students = [net for net in standing.values() if net.network.role == "student"]
    for net in (*teachers, *reversed(students)):
        yield from _heading(net)
        yield from Painter(net.network).paint(net.column.box, net.x, net.y)
        bars = training.bars_width(program, net.network.name)
        yield from training.bars(program, net, net.left - bars if net.network.role == "teacher" else net.right + 4.0)
        yield from guidance.ties(cards, net)


def _heading(net: Standing) -> Iterator[Shape]:
    network = net.network
    y = net.y - TITLES + 12
    room = max(net.right - net.left, 200.0)
    role = text_width(f"{network.role} ", LARGE)
    name = fit(network.name, room - role, LARGE, is_bold=True)
    yield Words(net.left, y, network.role, "role", then=name, then_look="title")
    yield Words(net.left, y + 15, fit(size_of(network), room, SMALL), "faint")


def _title_width(network: Network) -> float:
    return min(text_width(f"{network.role} ", LARGE) + text_width(network.name, LARGE, is_bold=True), 200.0)


def size_of(network: Network) -> str:
    """What a network costs, in a few words."""
    if network.cost is None:
        return "from outside"
    faults = sum(isinstance(layer.op, Unfit) for layer in network.graph.layers.values())
    if faults:
        return f"does not check, {counted(faults, 'fault')}"
    return f"{human(network.cost.params)} params, {human(network.cost.macs)} MACs"


def _title(program: Program) -> str:
    return printable(f"{program.name}: {', '.join(map(headline, program.networks.values()))}")


def _description(program: Program) -> str:
    hints = [
        f"hint {hint.name}: {hint.teacher}.{', '.join(hint.hint)} guides {hint.student}.{', '.join(hint.guided)}"
        for hint in program.hints.values()
    ]
    return printable("; ".join((*hints, counted(len(program.stages), "stage"))))
