"""What training adds to a picture: losses below the networks, and for each stage what it trains and what it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ...dataclass import dataclass
from ...program.model import Program, StagePlan
from ..spelling import spell
from ..table import stage_facts
from ..terminal import printable
from .boxes import ROW
from .letters import fit_call, text_width, wrap_text
from .painting import BASE, MARGIN
from .shapes import SIZE, SMALL, Frame, Line, Shape, Words
from .stand import Standing

BAR, BAR_GAP = 8.0, 4.0
BADGE = 14.0
WIDEST = 240.0
BELOW = 44.0
"""Room between the networks and their losses."""


def stage_numbers(program: Program) -> dict[str, int]:
    """Numbers of the stages in their order, from 1."""
    return {name: number for number, name in enumerate(program.stages, 1)}


# Bars -----------------------------------------------------------------------------------------------------------------


def bars_width(program: Program, network: str) -> float:
    """How wide the bars of all stages that run a network are."""
    count = sum(network in stage.runs for stage in program.stages.values())
    return count * (BADGE + BAR_GAP)


def bars(program: Program, standing: Standing, x: float) -> Iterator[Shape]:
    """For each stage that runs a network a bar along the layers that it runs, filled where they learn."""
    for name, number in stage_numbers(program).items():
        stage = program.stages[name]
        if standing.network.name in stage.runs:
            yield from badge(x + BADGE / 2, standing.y + ROW / 2, number, name)
            yield from _bar(stage, standing, x + (BADGE - BAR) / 2)
            x += BADGE + BAR_GAP


def _bar(stage: StagePlan, standing: Standing, x: float) -> Iterator[Shape]:
    rows = [(_state(stage, standing.network.name, p.box.item.layers), p) for p in standing.rows() if p.box.item]
    for state, run in groupby(rows, lambda pair: pair[0]):
        if state:
            inside = [placed for _, placed in run]
            top, bottom = inside[0].y, max(placed.bottom for placed in inside)
            yield Frame(x, top, BAR, bottom - top, f"bar {state}", BAR / 2, f"stage {stage.name}: {STATES[state]}")


STATES = {"trains": "trained", "runs": "runs, passes gradients on", "frozen": "runs, frozen"}
"""What a stage does with a layer, and how a bar says it."""


def _state(stage: StagePlan, network: str, layers: Sequence[str]) -> str:
    own = frozenset(layers)
    if own & (stage.learning(network) | stage.trains.get(network, frozenset())):
        return "trains"
    if own & stage.frozen.get(network, frozenset()):
        return "frozen"
    return "runs" if own & stage.runs[network] else ""


def badge(x: float, y: float, number: int, name: str) -> Iterator[Shape]:
    """The number of a stage in a disc around (x, y)."""
    yield Frame(x - BADGE / 2, y - BADGE / 2, BADGE, BADGE, "badge", BADGE / 2, f"stage {name}")
    yield Words(x, y + 3.5, str(number), "number", "middle")


# Losses ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Pill:
    """A loss of what networks give as a whole, and the stages that have it; (x, y) is the middle of its upper edge."""

    text: str
    networks: tuple[str, ...]
    stages: tuple[str, ...]
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        """As wide as its text and the numbers of its stages need."""
        badges = len(self.stages) * (BADGE + 2)
        return min(text_width(self.text, SIZE), WIDEST) + badges + 2 * MARGIN + 4

    def at(self, x: float, y: float) -> Pill:
        """The same elsewhere."""
        return Pill(self.text, self.networks, self.stages, x, y)

    def paint(self, numbers: Mapping[str, int]) -> Iterator[Shape]:
        """Its frame, its text and its stages' numbers."""
        left = self.x - self.width / 2
        yield Frame(left, self.y, self.width, ROW, "layer loss", ROW / 2, self.text)
        yield Words(left + MARGIN, self.y + BASE, fit_call(self.text, WIDEST, SIZE))
        for place, name in enumerate(reversed(self.stages)):
            x = left + self.width - MARGIN / 2 - BADGE / 2 - place * (BADGE + 2)
            yield from badge(x, self.y + ROW / 2, numbers[name], name)


def pills(program: Program) -> list[Pill]:
    """Every loss that compares no hint, once for the networks it reads."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for stage in program.stages.values():
        for term in stage.terms:
            if term.hint is None:
                key = (printable(spell(term.term.loss)), (*term.teachers, term.student))
                found.setdefault(key, []).append(stage.name)
    return [Pill(text, networks, tuple(dict.fromkeys(names))) for (text, networks), names in found.items()]


def set_out(pills: Sequence[Pill], standing: Mapping[str, Standing], y: float) -> list[Pill]:
    """The losses in one line, each below the middle of the networks it reads, moved aside where they would overlap."""
    middles = [sum(standing[name].end[0] for name in pill.networks) / len(pill.networks) for pill in pills]
    placed: list[Pill] = []
    free = float("-inf")
    for place in sorted(range(len(pills)), key=lambda place: (middles[place], place)):
        pill = pills[place]
        x = max(middles[place], free + pill.width / 2)
        placed.append(pill.at(x, y))
        free = x + pill.width / 2 + MARGIN
    return placed


def loss_lines(placed: Sequence[Pill], standing: Mapping[str, Standing]) -> Iterator[Line]:
    """From the end of each network to the losses that read it; each network's lines run at a height of their own."""
    for level, (name, network) in enumerate(standing.items()):
        start = network.end
        for pill in placed:
            if name in pill.networks:
                count = len(pill.networks)
                x = pill.x + (pill.networks.index(name) - (count - 1) / 2) * 14.0
                yield Line(_way(start, (x, pill.y), pill.y - 12.0 - 5.0 * (level % 4)))


def _way(start: tuple[float, float], end: tuple[float, float], turn: float) -> tuple[tuple[float, float], ...]:
    if abs(start[0] - end[0]) < 0.5:
        return start, end
    return start, (start[0], turn), (end[0], turn), end


# Legend ---------------------------------------------------------------------------------------------------------------


def legend(program: Program, x: float, y: float, width: float) -> tuple[list[Shape], float]:
    """The stages in words from (x, y) down, and where they end."""
    shapes: list[Shape] = []
    for name, number in stage_numbers(program).items():
        stage = program.stages[name]
        shapes += badge(x + BADGE / 2, y, number, name)
        after = f"after {', '.join(stage.after)}" if stage.after else ""
        shapes.append(Words(x + BADGE + MARGIN, y + 4, name, "name", then=printable(after), then_look="kind"))
        facts = stage_facts(program, stage)
        for text in (f"trains {facts['trains']}", f"loss {facts['loss']}"):
            for line in wrap_text(printable(text), width - BADGE - MARGIN, SMALL):
                y += 14
                shapes.append(Words(x + BADGE + MARGIN, y + 4, line, "faint"))
        y += 22
    return shapes, y


def key(shown: Sequence[str], x: float, y: float) -> Iterator[Shape]:
    """What the bars that are `shown` mean, in a line from (x, y) on."""
    for state in shown:
        text = STATES[state]
        yield Frame(x, y - BAR / 2, 2 * BAR, BAR, f"bar {state}", BAR / 2)
        yield Words(x + 2 * BAR + 5, y + 3.5, text, "faint")
        x += 2 * BAR + 5 + text_width(text, SMALL) + 16
