"""The tree of a spec as the user wrote it: frozen nodes with spans, equal when they say the same thing.

Spans, spellings (`40_000`, `1M`) and comments never take part in equality, so a printed and reparsed spec equals the
first. Nothing here knows what a name means: an op, a loss and a number's name are all `Name`.
"""

from __future__ import annotations

from dataclasses import field, fields
from typing import Literal

from ..dataclass import dataclass
from ..source import NOWHERE, Span


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Node:
    """Anything in the tree; knows where it stands.

    Equality, hash and text are written once here, over the fields that take part: forty classes that each make their
    own would be a tenth of the time that checking a spec takes.
    """

    span: Span = field(default=NOWHERE, compare=False, repr=False)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self._said() == other._said()

    def __hash__(self) -> int:
        return hash((type(self), self._said()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr)
        return f"{type(self).__name__}({shown})"

    def _said(self) -> tuple[object, ...]:
        return tuple(getattr(self, f.name) for f in fields(self) if f.compare)


@dataclass(frozen=True)
class Trivia:
    """What stands around a statement and means nothing to the machine.

    Attributes:
        leading: Comments on the lines above, each without its `#` and outer blanks; None stands for a blank line.
        trailing: The comment at the end of its (first) line.
        dangling: Comments after the last statement inside its braces (for a `Spec`, at the end of the text).
        opening: The comment behind the opening brace, where the statement has one.
    """

    leading: tuple[str | None, ...] = ()
    trailing: str | None = None
    dangling: tuple[str | None, ...] = ()
    opening: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Commented(Node):
    """A node that stands on lines of its own and may carry comments."""

    trivia: Trivia = field(default=Trivia(), compare=False, repr=False)

    @property
    def doc(self) -> str:
        """The comment block right above, as text."""
        block: list[str] = []
        for comment in reversed(self.trivia.leading):
            if comment is None:
                break
            block.append(comment)
        return "\n".join(reversed(block))


@dataclass(frozen=True, eq=False, repr=False)
class Identifier(Node):
    """A name where it is declared or written as a label."""

    text: str

    def __str__(self) -> str:
        return self.text


# Expressions ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Number(Node):
    """`3`, `40_000`, `1M`, `5e-3`; an integer unless written with a point or exponent (`1.5M` is an integer too)."""

    value: int | float
    spelling: str | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, eq=False, repr=False)
class String(Node):
    """`"text"`; the value is without quotes, escapes resolved."""

    value: str


@dataclass(frozen=True, eq=False, repr=False)
class Boolean(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, eq=False, repr=False)
class Name(Node):
    """A name where it is used."""

    id: str


@dataclass(frozen=True, eq=False, repr=False)
class List(Node):
    """`[a, b]`: a list of values, or several flows to merge."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Entry(Node):
    """`key: value` in a dictionary."""

    key: Expr
    value: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Dict(Node):
    """`{key: value, …}`; a key is a name, a string, a number or an address."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Unary(Node):
    """`-x`, `+x`, `not x`."""

    op: Literal["-", "+", "not"]
    operand: Expr


BinaryOp = Literal["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "and", "or"]


@dataclass(frozen=True, eq=False, repr=False)
class Binary(Node):
    """`a + b` and the like; precedence and associativity are Python's, comparisons do not chain."""

    op: BinaryOp
    left: Expr
    right: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Argument(Node):
    """An argument of a call; by position where `name` is None."""

    name: Identifier | None
    value: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Call(Node):
    """`Conv2d(16, 3, padding=1)`, `ramp(4, 1, epochs=5..400)`, `params(student)`."""

    function: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Attribute(Node):
    """`cifar10.input`, `student.s2`, `val.error`."""

    value: Expr
    name: Identifier


@dataclass(frozen=True, eq=False, repr=False)
class Index(Node):
    """`student.s1[2]`, `student[..s2]`, `widths[0]`."""

    value: Expr
    index: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Range(Node):
    """`low .. high`, inclusive; in an index an end may be left out."""

    low: Expr | None
    high: Expr | None


@dataclass(frozen=True, eq=False, repr=False)
class Repeat(Node):
    """`repeat 3 { … }` (no variable; `over` counts) or `repeat w in [16, 32] { … }` (`over` is a list)."""

    variable: Identifier | None
    over: Expr
    body: Body


@dataclass(frozen=True, eq=False, repr=False)
class Chain(Node):
    """`a -> b -> c`: at least two steps, flattened; `->` binds loosest of all."""

    steps: tuple[Expr, ...]


Expr = (
    Number | String | Boolean | Name | List | Dict | Unary | Binary | Call | Attribute | Index | Range | Repeat | Chain
)


# Domains of a param ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Choice(Node):
    """`in {a, b}`: one of these values."""

    values: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, repr=False)
class RangeDomain(Node):
    """`in low .. high`, `in low .. high step s`, `in log(low .. high)`; both ends belong to it."""

    low: Expr
    high: Expr
    step: Expr | None = None
    log: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Draws(Node):
    """`in [domain] * n`: a list of n independent draws from one domain."""

    domain: Domain
    count: Expr


Domain = Choice | RangeDomain | Draws


# Statements inside a network or block ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Flow(Commented):
    """A line of a body: layers, or a merge of flows, with or without a label (`c1 = Conv2d(16, 3)`)."""

    label: Identifier | None
    value: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Let(Commented):
    """`let name = value`, at top level or inside a body."""

    name: Identifier
    value: Expr


Statement = Flow | Let


@dataclass(frozen=True, eq=False, repr=False)
class Body(Commented):
    """What stands between the braces of a network, a block or a repeat; `inline` keeps `{ … }` on one line."""

    statements: tuple[Statement, ...]
    inline: bool = field(default=False, compare=False, repr=False)


# Declarations ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Setting(Commented):
    """`name = value` inside the braces of data, hint, stage or search."""

    name: Identifier
    value: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Use(Commented):
    """`use "blocks/maxout.fit"`."""

    path: String


@dataclass(frozen=True, eq=False, repr=False)
class Param(Commented):
    """`param name = default in domain`; without a domain it is a knob for `--set` that no search turns."""

    name: Identifier
    default: Expr
    domain: Domain | None


@dataclass(frozen=True, eq=False, repr=False)
class Data(Commented):
    """`data name { settings }`."""

    name: Identifier
    settings: tuple[Setting, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Input(Node):
    """`image: cifar10.input` in the header of a network: the type of an input."""

    name: Identifier
    type: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Network(Commented):
    """`teacher name(inputs, option = value) { body } from "weights"`."""

    role: Literal["teacher", "student"]
    name: Identifier
    inputs: tuple[Input, ...]
    options: tuple[Argument, ...]
    body: Body
    weights: String | None = None


@dataclass(frozen=True, eq=False, repr=False)
class External(Commented):
    """`teacher big = torchvision("resnet50", …)`: a network that is not written in the language."""

    role: Literal["teacher", "student"]
    name: Identifier
    value: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Parameter(Node):
    """A parameter of a block; required where it has no default. A default may read the parameters before it."""

    name: Identifier
    default: Expr | None


@dataclass(frozen=True, eq=False, repr=False)
class Block(Commented):
    """`block name(parameters) { body }`."""

    name: Identifier
    parameters: tuple[Parameter, ...]
    body: Body


@dataclass(frozen=True, eq=False, repr=False)
class Hint(Commented):
    """`hint name: teacher.c2 guides student.s2 { settings }`; the braces may be left out."""

    name: Identifier
    teacher: Expr
    student: Expr
    settings: tuple[Setting, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Stage(Commented):
    """`stage name after other, another { settings }`."""

    name: Identifier
    after: tuple[Identifier, ...]
    settings: tuple[Setting, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Search(Commented):
    """`search { settings }`."""

    settings: tuple[Setting, ...]


Declaration = Use | Let | Param | Data | Network | External | Block | Hint | Stage | Search


@dataclass(frozen=True, eq=False, repr=False)
class Spec(Commented):
    """A whole file: its edition (`fit 1`) and its declarations in order."""

    edition: int
    declarations: tuple[Declaration, ...]
