"""What to say where a word cannot stand: for each error state of the parser, what was expected there and a way out.

A state is known by what has been read of the rules it may be in, such as `hint: HINT NAME`; the table below is searched
for the longest ending of that. So the messages belong to places of the grammar, not to state numbers, and outlive edits
of the grammar elsewhere. A test demands an entry for every state, and a state for every entry.
"""

from __future__ import annotations

from ..dataclass import dataclass
from .machine import END, Machine
from .words import Word


@dataclass(frozen=True)
class Expected:
    """What could stand at a place.

    Attributes:
        what: In words; None where it is best listed from what the parser can take.
        help: What a right text looks like there.
        code: The kind of mistake.
    """

    what: str | None
    help: str | None = None
    code: str = "FIT0001"


def _value(what: str, help: str | None = None) -> Expected:
    return Expected(what, help, "FIT0011")


_DECLARATION = Expected(
    "a declaration",
    "one of `use`, `let`, `param`, `data`, `teacher`, `student`, `block`, `hint`, `stage` and `search` comes first",
    "FIT0012",
)
_FOLLOWS = Expected(None)
_ENDED = Expected("the end of the line", "each statement stands on a line of its own")
_OPERAND = _value("a value after the operator")
_COMPARED = Expected("the end of the comparison", "comparisons do not chain: write `a < b and b < c`", "FIT0015")
_NETWORK = "a network looks like `student net(image: digits.input) { … }`"
_BODY = f"{_NETWORK}, one from outside like `teacher big = python(…)`"
_STAGE = "a stage looks like `stage distil after hints { … }`"
_HINT = "a hint looks like `hint mid: teacher.c2 guides student.s2 { … }`"
_PARAM = "a param looks like `param width = 1.0 in {0.75, 1.0, 1.25}`"
_BLOCK = "a block looks like `block basic(out, stride = 1) { … }`"
_REPEAT = "a repeat looks like `repeat 3 { … }` or `repeat w in [16, 32] { … }`"
_SETTING = "a setting looks like `epochs = 500`"
_USE = 'a file is used by its path: `use "blocks/maxout.fit"`'
_LOG = "a logarithmic domain looks like `log(1e-4 .. 1e-2)`"
_DRAWS = "a list of independent draws looks like `[16 .. 64] * 3`"
_INPUT = "an input has a name and a type: `image: digits.input`"

EXPECTED: dict[str, Expected] = {
    # Declarations
    "": _DECLARATION,
    "_items: _items _NL": _DECLARATION,
    "FIT": Expected("the edition, a number", "the first line is `fit 1`"),
    "FIT NUMBER": _ENDED,
    "USE": Expected("the path of a file in quotes", _USE),
    "USE STRING": _ENDED,
    "LET": Expected("a name", "a let looks like `let half = width / 2`"),
    "LET NAME": Expected("`=`", "a let looks like `let half = width / 2`"),
    "PARAM": Expected("the name of the param", _PARAM),
    "PARAM NAME": Expected("`=` and a default", _PARAM),
    "PARAM NAME EQUAL": _value("the default of the param", _PARAM),
    "PARAM NAME EQUAL flow": Expected("`in` and a domain, or the end of the line", _PARAM),
    "PARAM NAME EQUAL flow IN": _value(
        "a domain", "a domain is `{a, b}`, `lo .. hi`, `log(lo .. hi)` or `[domain] * n`"
    ),
    "DATA": Expected("a name for the data", "data looks like `data digits { … }`"),
    "DATA NAME": Expected("`{`", "data looks like `data digits { … }`"),
    "TEACHER": Expected("a name for the teacher", _NETWORK),
    "STUDENT": Expected("a name for the student", _NETWORK),
    "_role": Expected("a name for the network", _NETWORK),
    "_role NAME": Expected("`(` and the inputs", _NETWORK),
    "_role NAME LPAR": Expected("an input", _INPUT),
    "_role NAME LPAR RPAR": Expected("`{`", _BODY),
    "_role NAME LPAR _headers": Expected("`,` or `)`", _INPUT),
    "_role NAME LPAR _headers RPAR": Expected("`{`", _BODY),
    "_header_list COMMA": Expected("an input or `)`", _INPUT),
    "input: NAME": Expected("`:` and the type of the input", _INPUT),
    "input: NAME COLON": _value("the type of the input", _INPUT),
    "body FROM": Expected(
        "the path of a file in quotes", 'weights are read from a file: `} from "runs/best.safetensors"`'
    ),
    "BLOCK": Expected("a name for the block", _BLOCK),
    "BLOCK NAME": Expected("`(` and the parameters", _BLOCK),
    "BLOCK NAME LPAR": Expected("a parameter or `)`", _BLOCK),
    "BLOCK NAME LPAR RPAR": Expected("`{`", _BLOCK),
    "BLOCK NAME LPAR _parameters": Expected("`,` or `)`", _BLOCK),
    "BLOCK NAME LPAR _parameters RPAR": Expected("`{`", _BLOCK),
    "_parameter_list COMMA": Expected("a parameter or `)`", _BLOCK),
    "parameter: NAME": Expected("`=`, `,` or `)`", _BLOCK),
    "HINT": Expected("a name for the hint", _HINT),
    "HINT NAME": Expected("`:`", _HINT),
    "HINT NAME COLON": _value("the layer that gives the hint", _HINT),
    "HINT NAME COLON expr": Expected("`guides`", _HINT),
    "HINT NAME COLON expr GUIDES": _value("the layer that is guided", _HINT),
    "HINT NAME COLON expr GUIDES expr": Expected("`{` or the end of the line", _HINT),
    "STAGE": Expected("a name for the stage", _STAGE),
    "STAGE NAME": Expected("`after` or `{`", _STAGE),
    "STAGE NAME AFTER": Expected("the name of a stage", _STAGE),
    "STAGE NAME AFTER _names": Expected("`,` or `{`", _STAGE),
    "_names COMMA": Expected("the name of a stage", _STAGE),
    "SEARCH": Expected("`{`", "a search looks like `search { … }`"),
    "braces: LBRACE": Expected("a setting or `}`", _SETTING),
    "_settings _NL": Expected("a setting or `}`", _SETTING),
    "setting: NAME": Expected("`=`", _SETTING),
    # Networks
    "body: LBRACE": Expected("a line of the network or `}`", "a line looks like `c1 = Conv2d(16, 3) -> ReLU()`"),
    "_statements _NL": Expected("a line of the network or `}`", "a line looks like `c1 = Conv2d(16, 3) -> ReLU()`"),
    "REPEAT": _value("how often to repeat", _REPEAT),
    "REPEAT expr": Expected("`{`", _REPEAT),
    "REPEAT NAME": Expected("`in` or `{`", _REPEAT),
    "REPEAT NAME IN": _value("the list to go through", _REPEAT),
    "REPEAT NAME IN expr": Expected("`{`", _REPEAT),
    # Domains
    "choice: LBRACE": _value("a value to choose from", "a choice looks like `{0.75, 1.0, 1.25}`"),
    "_choice_list": Expected("`,` or `}`", "a choice looks like `{0.75, 1.0, 1.25}`"),
    "_choice_list COMMA": _value("a value to choose from or `}`"),
    "interval: sum": Expected("`..` and the high end", "a range looks like `1 .. 6` or `16 .. 64 step 16`"),
    "sum DOTS sum STEP": _value("the step"),
    "LOG": Expected("`(`", _LOG),
    "LOG LPAR": _value("the low end", _LOG),
    "LOG LPAR sum": Expected("`..`", _LOG),
    "LOG LPAR sum DOTS": _value("the high end", _LOG),
    "LOG LPAR sum DOTS sum": Expected("`)`", _LOG),
    "draws: LSQB": _value("a domain", _DRAWS),
    "draws: LSQB _domain": Expected("`]`", _DRAWS),
    "draws: LSQB _domain RSQB": Expected("`*` and the number of draws", _DRAWS),
    "draws: LSQB _domain RSQB STAR": _value("the number of draws", _DRAWS),
    # Values
    "EQUAL": _value("a value after `=`"),
    "COLON": _value("a value after `:`"),
    "ARROW": _value("a layer after `->`"),
    "DOTS": _value("an end of the range"),
    **dict.fromkeys(
        (
            "PLUS",
            "MINUS",
            "STAR",
            "SLASH",
            "FLOOR",
            "PERCENT",
            "POWER",
            "EQUALS",
            "DIFFERS",
            "LESSTHAN",
            "MORETHAN",
            "AT_MOST",
            "AT_LEAST",
            "AND",
            "OR",
            "NOT",
        ),
        _OPERAND,
    ),
    "DOT": Expected("a name after `.`"),
    "LPAR": _value("a value after `(`"),
    "postfix LPAR": _value("an argument or `)`"),
    "LSQB": _value("a value or `]`"),
    "postfix LSQB": _value("an index"),
    "LBRACE": _value("an entry or `}`", "a dictionary looks like `{train: 1_500, val: 200}`"),
    "_argument_list COMMA": _value("an argument or `)`"),
    "_element_list COMMA": _value("a value or `]`"),
    "_entry_list COMMA": _value("an entry or `}`", "a dictionary looks like `{train: 1_500, val: 200}`"),
    # What is complete so far: the parser lists what may follow
    **dict.fromkeys(
        (
            "comparison: sum EQUALS sum",
            "comparison: sum DIFFERS sum",
            "comparison: sum LESSTHAN sum",
            "comparison: sum MORETHAN sum",
            "comparison: sum AT_MOST sum",
            "comparison: sum AT_LEAST sum",
        ),
        _COMPARED,
    ),
    **dict.fromkeys(
        (
            "NAME",
            "NUMBER",
            "STRING",
            "TRUE",
            "FALSE",
            "atom",
            "postfix",
            "power",
            "signed",
            "product",
            "sum",
            "comparison",
            "negation",
            "conjunction",
            "expr",
            "flow",
            "slot",
            "_steps",
            "body",
            "braces",
            "RPAR",
            "RSQB",
            "RBRACE",
            "_argument",
            "_argument_list",
            "_arguments",
            "named",
            "positional",
            "_element_list",
            "_elements",
            "_entry_list",
            "_entries",
            "entry",
            "_header",
            "_header_list",
            "input",
            "_parameter_list",
            "parameter",
            "interval",
            "logarithmic",
            "choice",
            "draws",
            "_domain",
        ),
        _FOLLOWS,
    ),
    **dict.fromkeys(
        (
            "_items",
            "_item",
            "edition",
            "use",
            "let",
            "param",
            "data",
            "network",
            "external",
            "block",
            "hint",
            "stage",
            "search",
            "_settings",
            "setting",
            "_statements",
            "_statement",
            "line",
            "start",
        ),
        _ENDED,
    ),
}

_SPELLED = {
    "COMMA": "`,`",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "GUIDES": "`guides`",
    "IN": "`in`",
    "AFTER": "`after`",
    "FROM": "`from`",
    "STEP": "`step`",
    "DOTS": "`..`",
    "LBRACE": "`{`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "RBRACE": "`}`",
    "_NL": "the end of the line",
    END: "the end of the file",
}
"""What may follow something complete, in the order in which it is named."""

_OPERATORS = frozenset({"PLUS", "STAR", "OR"})


def expected(machine: Machine) -> Expected:
    """What could stand where the machine is."""
    entry = EXPECTED[key_of(machine.table.items[machine.state])]
    if entry.what is not None:
        return entry
    return Expected(_following(machine.accepted()), entry.help, entry.code)


def key_of(items: tuple[str, ...]) -> str:
    """The entry of `EXPECTED` that speaks for a state.

    Raises:
        KeyError: There is none.
    """
    endings = {" ".join(words[start:]) for item in items for words in [item.split()] for start in range(len(words))}
    known = [ending for ending in endings or {""} if ending in EXPECTED]
    if not known:
        raise KeyError(items)
    return max(known, key=lambda ending: (len(ending.split()), ending))


def _following(accepted: frozenset[str]) -> str:
    words = ["an operator"] if accepted & _OPERATORS else []
    hidden = {END} if "_NL" in accepted else {"DOTS"} if "COMMA" in accepted else set()
    words += [spelled for type, spelled in _SPELLED.items() if type in accepted - hidden]
    return _either(words)


def _either(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def found(word: Word) -> str:
    """A word as a message names it."""
    if word.type in ("_NL", END):
        return _SPELLED[word.type]
    text = word.text if len(word.text) <= 30 else f"{word.text[:27]}..."
    return f"`{text}`"
