"""Hints between networks: for each a card with its regressor and its loss, and dashed lines from both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...dataclass import dataclass
from ...graph.model import Layer
from ...program.model import Hint
from ..spelling import spell, spell_call
from ..terminal import printable
from .boxes import GAP, HEAD, ROW
from .letters import fit, fit_call, text_width
from .outline import family_of
from .painting import BASE, CORNER, MARGIN
from .shapes import SIZE, SMALL, Dot, Frame, Line, Shape, Words
from .stand import Standing

WIDEST = 250.0
BETWEEN = 12.0
"""Room between two cards."""
INSIDE = 7.0


@dataclass(frozen=True, eq=False)
class Card:
    """The box of one hint between the networks; (x, y) is the middle of its upper edge."""

    hint: Hint
    width: float
    x: float = 0.0
    y: float = 0.0

    @property
    def rows(self) -> tuple[tuple[str, str, str], ...]:
        """Look, text and shape of the layers of its regressor, from the guided side on."""
        layers = self.hint.regressor.layers.values()
        return tuple(map(_row_of, layers))

    @property
    def height(self) -> float:
        """From its upper to its lower edge."""
        rows = len(self.hint.regressor.layers)
        return HEAD + 2 * INSIDE + rows * ROW + (GAP if rows else 0.0) + ROW

    @property
    def loss_y(self) -> float:
        """The middle of its loss."""
        return self.y + self.height - INSIDE - ROW / 2

    @property
    def guided_y(self) -> float:
        """The middle of what the guided output flows into."""
        return self.y + HEAD + INSIDE + ROW / 2

    def paint(self) -> Iterator[Shape]:
        """Its frame, its regressor and its loss."""
        left, inner = self.x - self.width / 2, self.width - 2 * INSIDE
        yield Frame(left, self.y, self.width, self.height, "card", 6.0, f"hint {self.hint.name}", self.hint.name)
        name = fit(self.hint.name, self.width - 2 * MARGIN - text_width("hint ", SIZE), SIZE, is_bold=True)
        yield Words(left + MARGIN, self.y + 13, "hint", "kind", then=name, then_look="name")
        y = self.y + HEAD + INSIDE
        for look, text, shape in self.rows:
            yield from _row(left + INSIDE, y, inner, look, text, shape)
            y += ROW
        if self.rows:
            yield Line(((self.x, y), (self.x, y + GAP)))
            y += GAP
        yield from _row(left + INSIDE, y, inner, "layer loss", printable(spell(self.hint.loss)), "")


def _row_of(layer: Layer) -> tuple[str, str, str]:
    family = family_of(type(layer.op))
    return f"layer {family}", printable(spell_call(layer.op)), "" if family == "pointwise" else str(layer.type)


def _row(x: float, y: float, width: float, look: str, text: str, shape: str) -> Iterator[Shape]:
    room = width - 3 * MARGIN - text_width(shape, SMALL)
    yield Frame(x, y, width, ROW, look, CORNER, text)
    yield Words(x + MARGIN, y + BASE, fit_call(text, room, SIZE))
    yield Words(x + width - MARGIN, y + BASE, shape, "faint", "end")


def card(hint: Hint) -> Card:
    """The card of a hint, as wide as its texts need within reason."""
    blank = Card(hint, 0.0)
    texts = [(text, shape) for _, text, shape in blank.rows] + [(spell(hint.loss), "")]
    need = max(text_width(text, SIZE) + text_width(shape, SMALL) for text, shape in texts) + 4 * MARGIN + 2 * INSIDE
    head = text_width("hint ", SIZE) + text_width(hint.name, SIZE, is_bold=True) + 2 * MARGIN
    return Card(hint, min(max(need, head, 130.0), WIDEST))


def set_out(cards: Sequence[Card], x: float, standing: Mapping[str, Standing]) -> list[Card]:
    """The cards below each other in the lane whose middle is x, each as near as can be to what it joins.

    All are as wide as the widest, so that lines that lead to one pass the others by.
    """
    width = max((card.width for card in cards), default=0.0)
    wished = sorted(((_wish(card, standing), place) for place, card in enumerate(cards)))
    placed: list[Card] = []
    free = float("-inf")
    for y, place in wished:
        card = cards[place]
        placed.append(Card(card.hint, width, x, max(y, free)))
        free = placed[-1].y + card.height + BETWEEN
    return placed


def _wish(card: Card, standing: Mapping[str, Standing]) -> float:
    """The upper edge at which a card stands level with the middle of what it joins."""
    hint = card.hint
    ends = [standing[hint.student].side(address, 0.0)[1] for address in hint.guided]
    ends += [standing[hint.teacher].side(address, 0.0)[1] for address in hint.hint]
    return sum(ends) / len(ends) - HEAD - (card.height - HEAD) / 2


def ties(cards: Sequence[Card], network: Standing) -> Iterator[Shape]:
    """The dashed lines from a network: from a hint layer to the loss, from a guided one to the regressor."""
    for card in cards:
        for number, address in enumerate(card.hint.hint if card.hint.teacher == network.network.name else ()):
            yield from _tie(card, network, address, card.loss_y, number)
        for number, address in enumerate(card.hint.guided if card.hint.student == network.network.name else ()):
            yield from _tie(card, network, address, card.guided_y, number)


def _tie(card: Card, network: Standing, address: str, y: float, number: int) -> Iterator[Shape]:
    start = network.side(address, card.x)
    side = 1 if start[0] > card.x else -1
    end = (card.x + side * (card.width / 2 - INSIDE), y)
    # several lines of one hint bend at different places
    bend = end[0] + side * (INSIDE + 12.0 + 5.0 * number)
    yield Line((start, (bend, start[1]), (bend, y), end) if abs(start[1] - y) > 0.5 else (start, end), "tie")
    yield Dot(*start, "tie-end")
