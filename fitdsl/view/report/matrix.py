"""Which classes a network takes for which others: a matrix, and its worst confusions sorted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..drawing.svg import number
from .axes import chart
from .markup import Html, Row, details, numbers, paragraph, table, tag, words
from .model import NetworkFacts
from .networks import ordered

Confusion = Sequence[Sequence[int]]
"""For each class the numbers of its examples by the class they were taken for."""

IN_NUMBERS = 20
"""Up to so many classes each number of a matrix is written."""
SHADES = 5
WORST = 10
EDGE = 440.0


def confusions(networks: Sequence[NetworkFacts]) -> list[Html]:
    """The matrices of all networks whose answers were counted, students first; only the first is open."""
    known = [network for network in reversed(ordered(networks)) if network.confusion]
    return [
        details(f"{network.role} {network.name}", confusion_view(network.name, network.confusion), is_open=place == 0)
        for place, network in enumerate(known)
    ]


def confusion_view(network: str, confusion: Confusion) -> Html:
    """A network's matrix beside its worst confusions."""
    drawn = _matrix(network, confusion) if len(confusion) <= IN_NUMBERS else _map(network, confusion)
    return tag("div", tag("div", drawn), tag("div", *_worst(confusion)), class_="beside")


def worst(confusion: Confusion, most: int = WORST) -> list[tuple[int, int, int, int]]:
    """The commonest confusions: class, what it was taken for, how often, and how many examples the class has."""
    found = [
        (place, answer, count, sum(row))
        for place, row in enumerate(confusion)
        for answer, count in enumerate(row)
        if answer != place and count
    ]
    return sorted(found, key=lambda one: (-one[2], one[0], one[1]))[:most]


def _worst(confusion: Confusion) -> Iterator[Html]:
    found = worst(confusion)
    if not found:
        yield paragraph("No test example was taken for another class.")
        return
    rows = [
        Row((f"class {place}", f"class {answer}", str(count), f"{count / total:.1%}"))
        for place, answer, count, total in found
    ]
    wrong = sum(count for row, counts in enumerate(confusion) for column, count in enumerate(counts) if row != column)
    caption = f"{len(rows)} worst confusions" if wrong > sum(one[2] for one in found) else "all confusions"
    yield table((*words("is", "taken for"), *numbers("examples", "of the class")), rows, caption)


def _matrix(network: str, confusion: Confusion) -> Html:
    classes = range(len(confusion))
    heads = [tag("th", str(answer), scope="col") for answer in classes]
    lines = [
        tag("tr", tag("th", str(place), scope="row"), *_cells(place, row), tag("td", str(sum(row)), class_="sum"))
        for place, row in enumerate(confusion)
    ]
    caption = tag("caption", f"test examples of {network}: a row for each class, a column for each answer")
    head = tag("thead", tag("tr", tag("td"), *heads, tag("th", "all", scope="col")))
    inside = tag("table", caption, head, tag("tbody", *lines), class_="matrix")
    return tag("div", inside, class_="wide", tabindex=0, role="region", aria_label=f"confusion matrix of {network}")


def _cells(place: int, row: Sequence[int]) -> Iterator[Html]:
    total = sum(row)
    for answer, count in enumerate(row):
        look = shade(count, total)
        kind = "" if not look else f"right{look}" if answer == place else f"wrong{look}"
        yield tag("td", str(count), class_=kind or "zero")


def shade(count: int, total: int) -> int:
    """How dark a cell is: 0 for nothing, then from 1 to 5 by its share of the class, few examples being seen well."""
    if not count or not total:
        return 0
    share = count / total
    return next((level for level, most in enumerate((0.02, 0.08, 0.25, 0.6), 1) if share <= most), SHADES)


def _map(network: str, confusion: Confusion) -> Html:
    """The matrix of many classes as a map, whose darkness tells numbers; the diagonal leads down."""
    side = EDGE / len(confusion)
    cells = [
        tag(
            "rect",
            x=number(answer * side),
            y=number(place * side),
            width=number(side + 0.1),
            height=number(side + 0.1),
            class_=f"{'right' if answer == place else 'wrong'}{shade(count, sum(row))}",
        )
        for place, row in enumerate(confusion)
        for answer, count in enumerate(row)
        if count
    ]
    right = sum(row[place] for place, row in enumerate(confusion))
    label = f"confusions of {network} among {len(confusion)} classes: {right} of {sum(map(sum, confusion))} right"
    caption = f"test examples of {network}: down the {len(confusion)} classes, across the answers, class 0 first"
    return tag("figure", tag("figcaption", caption), chart((EDGE, EDGE), label, *cells, kind="map"))
