"""Everything that a page needs to draw a spec at any of its points, as one document of JSON.

What differs from point to point stands in `tables`; lists of facts are in `facts`, their texts as they are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any

from ...compilation import Compilation, Standing
from ...dataclass import dataclass
from ...graph.model import Network
from ...graph.sketch import Unfit
from ...program.model import Program
from ...space.params import ParamInfo
from ...syntax.spelling import spell, spell_domain
from ..drawing import boxes, folding, guidance, lanes, letters, painting, picture, shapes, training
from ..plan import effort
from ..table import headline, stage_facts
from ..terminal import printable
from .facts import Facts, shape_of, text_of
from .points import Points, Turned, points
from .tables import Axes, Pool

FINE, INFEASIBLE, UNSOUND = 0, 1, 2
"""How a student stands: it may be trained and found; it misses a requirement of the search; it does not check."""

MEASURES: Mapping[str, float] = {
    "row": boxes.ROW,
    "head": boxes.HEAD,
    "pad": boxes.PAD,
    "gap": boxes.GAP,
    "boxGap": lanes.BOX_GAP,
    "wireGap": lanes.WIRE_GAP,
    "leave": lanes.LEAVE,
    "arrive": lanes.ARRIVE,
    "apart": lanes.APART,
    "narrowest": painting.NARROWEST,
    "widest": painting.WIDEST,
    "margin": painting.MARGIN,
    "base": painting.BASE,
    "corner": painting.CORNER,
    "size": shapes.SIZE,
    "small": shapes.SMALL,
    "large": shapes.LARGE,
    "edge": picture.MARGIN,
    "between": picture.APART,
    "titles": picture.TITLES,
    "cardWidest": guidance.WIDEST,
    "cardBetween": guidance.BETWEEN,
    "cardInside": guidance.INSIDE,
    "bar": training.BAR,
    "barGap": training.BAR_GAP,
    "badge": training.BADGE,
    "pillWidest": training.WIDEST,
    "below": training.BELOW,
    "mostRows": folding.MOST_ROWS,
    "mostParts": folding.MOST_PARTS,
    "bundles": folding.BUNDLES,
}
"""Lengths in pixels and limits of drawings, which scripts share with the drawings of `fit show --format svg`."""


def page_data(
    compilation: Compilation, around: Points | None = None, tell: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """A spec with some of its points; only as it stands if it does not check.

    Args:
        compilation: The spec.
        around: Its points; if left out all of its space that a page can show.
        tell: Told what takes a while.

    Raises:
        FitError: Nothing of it is known.
    """
    sketch = compilation.sketch
    if compilation.is_sound:
        around = around or points(compilation, tell)
        programs = [_program(standing) for standing in around.standings]
        params = list(compilation.params.values())
    else:
        around = Points((), (), is_whole=True, standings=(Standing(None, is_feasible=False),))
        programs, params = [sketch], []
    writer = _Writer(around.axes, [program or sketch for program in programs], around.here)
    return {
        "format_version": 1,
        "name": printable(compilation.name),
        "measures": MEASURES,
        "letters": letters_data(),
        **_space(around, params),
        "isSearched": compilation.is_sound and compilation.search is not None,
        "standing": around.axes.table([_standing(standing) for standing in around.standings]),
        "networks": [writer.network(name) for name in sketch.networks],
        "hints": [writer.hint(name) for name in sketch.hints],
        "losses": [{"text": p.text, "networks": p.networks, "stages": p.stages} for p in training.pills(sketch)],
        "stages": [_stage(sketch, name) for name in sketch.stages],
        "facts": {
            "layers": writer.layers.items,
            "alike": writer.alike.items,
            "structures": writer.structures.items,
            "hints": writer.hints.items,
            "lines": writer.lines.items,
        },
    }


def letters_data() -> dict[str, Any]:
    """How wide texts are, in hundredths of the font size, for scripts."""
    widths = letters.HUNDREDTHS
    return {"first": ord(letters.FIRST), "widths": list(widths), "other": letters.OTHER, "bold": letters.BOLD}


def _program(standing: Standing) -> Program | None:
    return standing.built.program if standing.built else None


def _standing(standing: Standing) -> int:
    if standing.built is None:
        return UNSOUND
    return FINE if standing.is_feasible else INFEASIBLE


def _space(around: Points, params: Sequence[ParamInfo]) -> dict[str, Any]:
    turned = {param.name for param in around.turned}
    return {
        "params": [_turned(param) for param in around.turned],
        "others": [_other(info, info.name in around.left_out) for info in params if info.name not in turned],
        "isWhole": around.is_whole,
        "here": around.here,
    }


def _headline(network: Network) -> str:
    """What it takes and gives, if that is known."""
    is_known = not any(isinstance(layer.op, Unfit) for layer in network.graph.layers.values())
    return headline(network) if is_known else f"{network.role} {network.name}: does not check"


def _turned(param: Turned) -> dict[str, Any]:
    values = list(map(printable, param.values))
    return {"name": param.name, "values": values, "here": param.here, "doc": text_of(param.info.doc)}


def _other(info: ParamInfo, shapes: bool) -> dict[str, Any]:
    domain = info.declaration.domain
    legal = "" if domain is None else f" in {spell_domain(domain)}"
    return {"name": info.name, "text": printable(f"{spell(info.expr)}{legal}"), "shapes": shapes}


def _stage(program: Program, name: str) -> dict[str, Any]:
    stage = program.stages[name]
    said = stage_facts(program, stage) | effort(program, stage)
    facts = [[word, printable(text)] for word, text in said.items() if text]
    return {"name": name, "after": list(stage.after), "facts": facts, "hints": list(stage.hints)}


@dataclass(frozen=True, eq=False)
class _Writer:
    """Writes down what differs between the programs of all points.

    Attributes:
        axes: Of the points.
        programs: One for each point; where a point is not sound, any other one.
        here: Which of them the page begins with.
    """

    axes: Axes
    programs: Sequence[Program]
    here: int
    lines: Pool = field(default_factory=Pool)
    alike: Pool = field(default_factory=Pool)
    layers: Pool = field(default_factory=Pool)
    structures: Pool = field(default_factory=Pool)
    hints: Pool = field(default_factory=Pool)

    @cached_property
    def _facts(self) -> list[Facts]:
        return [Facts(program, self.lines, self.alike) for program in self.programs]

    def network(self, name: str) -> dict[str, Any]:
        """A network: what never changes, and tables of what does."""
        known = [(facts, facts.program.networks[name]) for facts in self._facts]
        _, network = known[self.here]
        found = [{a: self.layers.number(f) for a, f in facts.layers(net)} for facts, net in known]
        default = found[self.here]
        addresses = dict.fromkeys(address for one in found for address in one)
        # where a layer is not there, nothing asks for it
        spare = {address: next(one[address] for one in (default, *found) if address in one) for address in addresses}
        return {
            "name": name,
            "role": network.role,
            "doc": text_of(network.doc),
            "headline": _headline(network),
            "isCounted": network.cost is not None,
            "inputs": [[given, shape_of(type)] for given, type in network.graph.inputs.items()],
            "structure": self.axes.table([self.structures.number(facts.structure(net)) for facts, net in known]),
            "layers": {a: self.axes.table([one.get(a, spare[a]) for one in found]) for a in addresses},
        }

    def hint(self, name: str) -> dict[str, Any]:
        """A hint: its name and its networks, and a table of the rest."""
        hint = self.programs[self.here].hints[name]
        table = self.axes.table([self.hints.number(facts.hint(facts.program.hints[name])) for facts in self._facts])
        return {"name": name, "teacher": hint.teacher, "student": hint.student, "at": table}
