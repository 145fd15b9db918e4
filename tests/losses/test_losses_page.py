"""The page on losses lists every loss with the words its class has for itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from fitdsl.component import components
from fitdsl.losses.base import Loss, Reads
from fitdsl.losses.feature import FeatureLoss, LearnedLoss
from fitdsl.view.spelling import spell

PAGE = Path(__file__).parents[2] / "docs" / "losses.md"
LOSSES: set[type[Loss]] = {cls for cls in components("loss").values() if issubclass(cls, Loss)}
OF_HINTS: set[type[Loss]] = {cls for cls in LOSSES if issubclass(cls, FeatureLoss)}
HEAD = {
    "stage": "| loss | reads | value | source |",
    "hint": "| loss of a hint | compares | value | source |",
}


def signature(loss: type[Loss]) -> str:
    """A call with all that has a default, but for the networks, which any loss between outputs takes."""
    fields = ((name, field) for name, field in loss.model_fields.items() if name not in ("student", "teacher"))
    parts = (name.upper() if field.is_required() else f"{name}={spell(field.default)}" for name, field in fields)
    return f"`{loss.word}({', '.join(parts)})`"


def value(loss: type[Loss]) -> str:
    """The first line of the docstring, without shapes."""
    words = re.sub(r":[^:]*-> scalar\.$|\.$", "", loss.summary())
    return re.sub(r"([|*])", r"\\\1", words)


def compared(loss: type[Loss]) -> str:
    if issubclass(loss, FeatureLoss):
        own = "; has weights of its own" if issubclass(loss, LearnedLoss) else ""
        if loss.takes_several:
            return f"two layers of each network or more: {loss.needs}{own}"
        regressor = "" if loss.wants_regressor() else "; no regressor unless named"
        return f"{loss.needs}{regressor}{own}"
    words = {
        Reads.LOGITS: "answers",
        Reads.TEACHER_LOGITS: "the teacher's answers",
        Reads.TARGETS: "labels",
        Reads.GUIDED: "the guided layer",
        Reads.HINT: "its hint",
    }
    return ", ".join(words[read] for read in loss.reads)


def table(head: str, losses: Iterable[type[Loss]]) -> str:
    """A table of losses, a row each, by name."""
    rows = (
        f"| {signature(loss)} | {compared(loss)} | {value(loss)} | {loss.source} |"
        for loss in sorted(losses, key=lambda loss: loss.word)
    )
    return "\n".join((head, "|---|---|---|---|", *rows))


def test_the_page_holds_the_table_of_stages_and_that_of_hints() -> None:
    page = PAGE.read_text()
    assert table(HEAD["stage"], LOSSES - OF_HINTS) in page
    assert table(HEAD["hint"], OF_HINTS) in page


def test_no_row_of_the_page_is_too_many() -> None:
    rows = re.findall(r"^\| `(\w+)\(", PAGE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(components("loss"))
