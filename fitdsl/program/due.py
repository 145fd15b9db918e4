"""What to write for a name that means nothing, by what is due where it stands: a regressor in place of a regressor.

Loaded only where there is such a name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise

from ..component import Component, Record, components, find
from ..data.base import DataSettings
from ..diagnostics import closest, did_you_mean
from ..graph.model import state_key
from ..graph.sources import Source
from ..losses.base import Loss
from ..losses.feature import FeatureLoss
from ..losses.objective import Objective
from ..ops.base import Op
from ..optim.schedules import Schedule
from ..semantics.bindings import SPLITS, BlockValue, DataValue
from ..semantics.elsewhere import AIMS, DOMAIN, instead, synonyms
from ..semantics.fieldtypes import FEW, listed, types_of
from ..semantics.functions import FUNCTIONS, called
from ..semantics.names import ROLES, Named
from ..syntax import nodes
from ..syntax.walk import children
from ..values import HintRef, Metric, NetworkRef, Selection
from .declarations import BUILT_IN, COSTS, NetworkOptions
from .hints import HintSettings
from .model import StageSettings
from .search import CostOf, SearchSettings

Due = tuple[type, ...] | None
"""The types of what may stand somewhere; None if it may be anything."""

_SETTINGS: Mapping[type[nodes.Declaration], type[Record]] = {
    nodes.Data: DataSettings,
    nodes.Hint: HintSettings,
    nodes.Stage: StageSettings,
    nodes.Search: SearchSettings,
}
_WANTED: Mapping[str, Due] = {
    "maximize": (Metric, CostOf),
    "minimize": (Metric, CostOf),
    "require": (CostOf, float),
    "trial": (float,),
}
"""What is due in settings of a search that no field of a record stands for."""

_BEHIND: Mapping[type, tuple[tuple[type[nodes.Declaration], ...], Iterable[str]]] = {
    int: ((nodes.Data,), FUNCTIONS),
    float: ((nodes.Data,), FUNCTIONS),
    DataValue: ((nodes.Data,), ()),
    BlockValue: ((nodes.Block,), ()),
    HintRef: ((nodes.Hint,), ()),
    NetworkRef: ((nodes.Network, nodes.External), ROLES),
    Selection: ((nodes.Network, nodes.External), ROLES),
    Metric: ((), SPLITS),
    CostOf: ((), COSTS),
}
"""Which declarations and which built-in names give a value of a type."""


def advice(
    name: nodes.Name, visible: Collection[str], declaration: nodes.Declaration, named: Mapping[str, Named]
) -> tuple[str, ...]:
    """What to do about a name that means nothing.

    Args:
        name: The name.
        visible: Names that are bound around it.
        declaration: Where it stands.
        named: The declarations of the spec by name.
    """
    path = _path(declaration, name)
    due: Due = None
    for above, below in pairwise(path):
        due = _below(above, below, due)
    keys = [above.key for above in path if isinstance(above, nodes.Entry)]
    if due and str in due and (key := next((node for node in path if node in keys), None)):
        return (f'write the path in quotes: `"{state_key(key.span.text)}"`',)
    if help := instead(name.id, is_package=isinstance(path[-2], nodes.Attribute)) or _by_place(name.id, path[-2], due):
        return (help,)
    is_called = isinstance(path[-2], nodes.Call) and path[-2].function is name
    known = {*visible, *_names(due, named, is_called=is_called)}
    meant = next((word for word in synonyms(name.id) if word in known), None)
    helps = (f"did you mean `{meant}`?",) if meant else did_you_mean(name.id, known) or _choice(name.id, due, named)
    return helps or _declared(name, declaration)


def _by_place(name: str, above: nodes.Node, due: Due) -> str | None:
    """What to do about a word that means something else here, and only in some places."""
    if due and (Metric in due or CostOf in due):
        return AIMS.get(name)
    of_range = isinstance(above, nodes.Call) and any(isinstance(one.value, nodes.Range) for one in above.arguments)
    return DOMAIN if name == "log" and of_range else None


def _declared(name: nodes.Name, declaration: nodes.Declaration) -> tuple[str, ...]:
    """How a param is declared, where a value for it was given elsewhere."""
    if not isinstance(declaration, nodes.Let) or name.span.source is declaration.span.source:
        return ()
    return (f"choose a value for `{' '.join(declaration.span.text.split())}`",)


def _path(node: nodes.Node, name: nodes.Name) -> tuple[nodes.Node, ...]:
    """The nodes from one down to a name in it; empty where it is not in it."""
    if node is name:
        return (node,)
    below = next((path for child in children(node) if (path := _path(child, name))), ())
    return (node, *below) if below else ()


def _below(above: nodes.Node, below: nodes.Node, due: Due) -> Due:
    """What is due at a node, where `due` is due at the node above it."""
    match above, below:
        case nodes.Search(), nodes.Setting(name=name) if name.text in _WANTED:
            return _WANTED[name.text]
        case nodes.Data() | nodes.Hint() | nodes.Stage() | nodes.Search(), nodes.Setting(name=name):
            return _of_field(_SETTINGS[type(above)], name.text)
        case nodes.Hint(), _:
            return (NetworkRef,)
        case nodes.Network(), nodes.Argument(name=nodes.Identifier(text=name)):
            return _of_field(NetworkOptions, name)
        case nodes.Network(), nodes.Input():
            return (DataValue,)
        case nodes.External(), _:
            return (Source,)
        case nodes.Flow(), _:
            return (Op, BlockValue, float)
        case nodes.Let(), _:
            return None
        case nodes.Repeat(over=over), _ if over is below:
            return (float,)
        case nodes.Call(), nodes.Argument():
            return _of_argument(above, below)
        case nodes.Binary(), _ if due:
            return (*due, float)
    return due


def _of_argument(call: nodes.Call, argument: nodes.Argument) -> Due:
    name = call.function.id if isinstance(call.function, nodes.Name) else ""
    if name in COSTS:
        return (NetworkRef,)
    if name in FUNCTIONS:
        return (float,)
    callee = find(name)
    if callee is None:
        return None
    position = next(index for index, one in enumerate(call.arguments) if one is argument)
    fields = list(callee.model_fields)
    return _of_field(callee, argument.name.text if argument.name else "".join(fields[position : position + 1]))


def _of_field(record: type[Record], name: str) -> Due:
    field = record.model_fields.get(name)
    return types_of(field) or None if field else None


def _names(due: Due, named: Mapping[str, Named], *, is_called: bool) -> Iterator[str]:
    """The names of all that can stand somewhere; a `let` or a param may hold anything."""
    if due is None:
        yield from (
            *named,
            *BUILT_IN,
            *(name for name, cls in components().items() if is_called or issubclass(cls, Op)),
        )
        return
    yield from (name for name, declaration in named.items() if isinstance(declaration, nodes.Let | nodes.Param))
    for type_ in due:
        yield from _of_type(type_, named)


def _of_type(type_: type, named: Mapping[str, Named]) -> Iterator[str]:
    if issubclass(type_, Component):
        yield from (name for name, cls in components().items() if issubclass(cls, type_))
    elif type_ is Objective:
        yield from (
            n for n, c in components().items() if issubclass(c, Loss | Schedule) and not issubclass(c, FeatureLoss)
        )
    else:
        kinds, built_in = _BEHIND.get(type_, ((), ()))
        yield from (name for name, declaration in named.items() if isinstance(declaration, kinds))
        yield from built_in


def _choice(name: str, due: Due, named: Mapping[str, Named]) -> tuple[str, ...]:
    """What there is to choose from, where that is little."""
    hints = [one for one, declaration in named.items() if isinstance(declaration, nodes.Hint)]
    if due == (HintRef,):
        declare = f"declare it: `hint {name}: teacher.… guides student.…`"
        return (f"take the hint {listed(hints)}" if hints else declare,)
    if due and Objective in due and (near := closest(name, hints)):
        return (f"write `hint({near})`",)
    if due and CostOf in due and Metric not in due:
        return (f"a requirement bounds {listed(COSTS)} of a network, such as `params(student) <= 1M`",)
    kinds = [type_ for type_ in due or () if issubclass(type_, Component)]
    calls = [called(components()[one]) for kind in kinds for one in _of_type(kind, named)]
    return (f"write {listed(calls)}",) if 0 < len(calls) <= FEW else ()
