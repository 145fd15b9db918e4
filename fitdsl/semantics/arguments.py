"""From the arguments of a call, or the settings in braces, to the typed fields of a record.

Every mistake is reported at the argument that makes it, in words drawn from the field's own type.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ..component import Component, Record, components
from ..dataclass import dataclass
from ..diagnostics import Label, Reporter, did_you_mean
from ..losses.base import Loss
from ..losses.objective import Objective
from ..source import Span
from ..syntax.words import read_number
from ..values import HintRef, Metric, NetworkRef, Rejected, Selection
from .bindings import BlockValue
from .elsewhere import misplaced, synonyms
from .fieldtypes import FEW, expected, listed, types_of
from .functions import called, describe, is_number
from .scope import UNKNOWN, Unknown

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Given:
    """One argument or setting: its name where it has one, its value, and where both stand."""

    name: str | None
    value: Any
    span: Span
    name_span: Span


@dataclass(frozen=True)
class Site:
    """Where arguments are given: the place of the call and what is called, as messages name it.

    Attributes:
        noun: What an entry is called there: `argument` of a call, `setting` in braces.
    """

    span: Span
    owner: str
    noun: str = "argument"


def assign(given: Iterable[Given], names: Sequence[str], site: Site, reporter: Reporter) -> dict[str, Given] | None:
    """Give each argument its name: by position in the order of `names`, or as written.

    Returns:
        The arguments by name, or None if one has no place; that is reported.
    """
    assigned, is_fine = placed(given, names, site, reporter)
    return assigned if is_fine else None


def placed(
    given: Iterable[Given], names: Sequence[str], site: Site, reporter: Reporter
) -> tuple[dict[str, Given], bool]:
    """As `assign`: the arguments that have a place, and whether all have one."""
    assigned: dict[str, Given] = {}
    is_fine = True
    for position, one in enumerate(given):
        name = one.name or (names[position] if position < len(names) else None)
        if name is None:
            most = f"at most {len(names)}" if names else "no"
            message = f"`{site.owner}` takes {most} {site.noun}{'s' * (len(names) != 1)}"
            helps = (
                (f"a stage's loss names the hint: `hint({one.value.name})`",) if isinstance(one.value, HintRef) else ()
            )
            reporter.error("FIT1005", one.span, message, notes=_listed(names, site), helps=helps)
        elif name not in names:
            _unknown(name, names, one, site, reporter)
        elif name in assigned:
            reporter.error(
                "FIT1005",
                one.name_span,
                f"`{name}` of `{site.owner}` is given twice",
                labels=(Label(assigned[name].span, "first given here"),),
                helps=("leave one of the two out",),
            )
        else:
            assigned[name] = one
            continue
        is_fine = False
    return assigned, is_fine


INFERRED = frozenset({"in_channels", "in_features", "num_features", "input_size", "embed_dim", "d_model"})


def _unknown(name: str, names: Sequence[str], one: Given, site: Site, reporter: Reporter) -> None:
    meant = next((word for word in synonyms(name) if word in names), None)
    helps: tuple[str, ...] = (f"did you mean `{meant}`?",) if meant else did_you_mean(name, names)
    if name in INFERRED:
        helps = (f"leave `{name}` out: input sizes are inferred",)
    elif not helps and (help := misplaced(name, site.noun)):
        helps = (help,)
    reporter.error(
        "FIT1004",
        one.name_span,
        f"`{site.owner}` has no {site.noun} `{name}`",
        notes=() if helps else _listed(names, site),
        helps=helps,
    )


def _listed(names: Sequence[str], site: Site) -> tuple[str, ...]:
    are = "s are" if len(names) > 1 else " is"
    return (f"its {site.noun}{are} {', '.join(f'`{name}`' for name in names)}",) if names else ()


def bind(cls: type[R], given: Iterable[Given], site: Site, reporter: Reporter) -> R | Unknown:
    """An instance of a record from arguments.

    Returns:
        The instance, or UNKNOWN if an argument is missing, misplaced, of the wrong type or itself unknown.
    """
    assigned, is_fine = placed(given, tuple(cls.model_fields), site, reporter)
    missing = [n for n, field in cls.model_fields.items() if field.is_required() and n not in assigned]
    if is_fine and missing:
        report_missing(missing, site, reporter, cls)
    if not is_fine or missing or any(one.value is UNKNOWN for one in assigned.values()):
        _check_apart(cls, assigned, site, reporter)
        return UNKNOWN
    try:
        return cls.model_validate(_values(cls, assigned))
    except ValidationError as error:
        _report_invalid(cls, error.errors(), assigned, site, reporter)
    except Rejected as rejected:
        at = assigned[rejected.field].span if rejected.field in assigned else site.span
        reporter.error("FIT1007", at, rejected.message, helps=(rejected.help,) if rejected.help else ())
    return UNKNOWN


def _values(cls: type[Record], assigned: Mapping[str, Given]) -> dict[str, Any]:
    return {name: _offered(one.value, cls.model_fields[name]) for name, one in assigned.items()}


def _check_apart(cls: type[Record], assigned: Mapping[str, Given], site: Site, reporter: Reporter) -> None:
    """Check what is given by name, each by itself, where the whole cannot be had: others may stand in a wrong place."""
    known = {name: one for name, one in assigned.items() if one.name and one.value is not UNKNOWN}
    try:
        cls.model_validate(_values(cls, known))
    except ValidationError as error:
        errors = [item for item in error.errors() if item["loc"] and item["loc"][0] in known]
        _report_invalid(cls, errors, known, site, reporter)
    except Rejected:
        # said of fields together, one of which is not there
        return


def _offered(value: Any, field: FieldInfo) -> Any:
    """A value as pydantic is to see it: it would make a component of a dictionary, even of a kind without a name."""
    if isinstance(value, tuple):
        return tuple(_offered(item, field) for item in value)
    is_due = get_origin(field.annotation) in (dict, Mapping)
    return MappingProxyType(value) if isinstance(value, dict) and not is_due else value


def report_missing(missing: Sequence[str], site: Site, reporter: Reporter, cls: type[Record] | None = None) -> None:
    """Report arguments without which the call means nothing."""
    *most, last = (f"`{name}`" for name in missing)
    names = f"{', '.join(most)} and {last}" if most else last
    notes = (
        ()
        if cls is None
        else tuple(f"`{name}`: {about}" for name in missing if (about := cls.model_fields[name].description))
    )
    reporter.error("FIT1006", site.span, f"`{site.owner}` needs {names}", notes=notes)


def _report_invalid(
    cls: type[Record], errors: Sequence[ErrorDetails], assigned: Mapping[str, Given], site: Site, reporter: Reporter
) -> None:
    first_by_field = {str(item["loc"][0]) if item["loc"] else "": item for item in reversed(errors)}
    for name, item in first_by_field.items():
        one = assigned.get(name)
        own_words = item["type"] in ("value_error", "assertion_error")
        if one is None or own_words:
            cause = str(item.get("ctx", {}).get("error", item["msg"]))
            reporter.error("FIT1007", one.span if one else site.span, f"`{site.owner}`: {cause}")
            continue
        due = expected(cls.model_fields[name])
        message = f"`{name}` of `{site.owner}` is {due}, got {_got(one.value, item['loc'][1:])}"
        reporter.error("FIT1007", one.span, message, helps=_remedy(name, cls.model_fields[name], one))


def _got(value: Any, path: Sequence[int | str]) -> str:
    """What was given, and which part of a list or dictionary is wrong where `path` leads to one."""
    inner = value
    for step in path:
        is_inside = step in inner if isinstance(inner, dict) else isinstance(inner, tuple) and step in range(len(inner))
        inner = inner[step] if is_inside else inner
    return describe(value) if inner is value else f"{describe(value)} with {describe(inner)}"


def _remedy(name: str, field: FieldInfo, given: Given) -> tuple[str, ...]:
    value = given.value
    types = types_of(field)
    if isinstance(value, str) and (read_number(value.lstrip("+-")) is not None or _is_reference(value, types)):
        return (f"write it without quotes: `{value}`",)
    if isinstance(value, str) and (meant := _named(value)) and meant.kind in expected(field):
        return (f"call it, without quotes: `{called(meant)}`",)
    if isinstance(value, type) and issubclass(value, Component):
        return _in_place_of(value, types, "[{}]" if get_origin(field.annotation) is tuple else "{}")
    if isinstance(value, HintRef) and Objective in types:
        return (f"write `hint({value.name})`",)
    if isinstance(value, tuple) and Objective in types:
        return ("join the terms by `+`, each with its weight in front",)
    if get_origin(field.annotation) is tuple and isinstance(value, types):
        return (f"write a list: `[{given.span.text}]`",)
    if isinstance(value, Component) and not isinstance(value, types):
        return _in_place_of(type(value), types, "{}")
    if isinstance(value, tuple) and name == "shape" and _has_channels_last(value):
        return (f"channels come first: `[{', '.join(map(str, (value[-1], *value[:-1])))}]`",)
    if get_origin(field.annotation) is dict and isinstance(value, tuple):
        key = f'"{value[0]}"' if value and isinstance(value[0], str) else "…"
        of_lists = get_origin(get_args(field.annotation)[1]) is tuple
        return (f"write a dictionary: `{{{key}: {'[…]' if of_lists else '…'}}}`",)
    if given.name is None and isinstance(value, int) and name in _BEHIND_SIZES:
        return (_BEHIND_SIZES[name],)
    return ()


def _is_reference(text: str, types: Collection[type]) -> bool:
    """Whether a text is most likely the name of what is due."""
    return not _REFERENCES.isdisjoint(types) and text.replace(".", "_").isidentifier()


def _in_place_of(value: type[Component], types: Sequence[type], form: str) -> tuple[str, ...]:
    """What to do about a component's bare name: call it, or take one of the kinds that are due."""
    kinds = [Loss if kind is Objective else kind for kind in types if issubclass(kind, Component | Objective)]
    if any(issubclass(value, kind) for kind in kinds):
        return (f"call it{', in a list' * (form != '{}')}: `{form.format(called(value))}`",)
    fitting = {name: cls for kind in kinds for name, cls in components().items() if issubclass(cls, kind)}
    meant = [fitting[word] for word in (value.word.lower(), *synonyms(value.word)) if word in fitting][:1]
    words = [called(one) for one in meant or fitting.values()]
    return (f"write {listed(words)}",) if 0 < len(words) <= FEW else ()


_REFERENCES = frozenset({HintRef, NetworkRef, Selection, Metric, BlockValue})
"""What is named, not made."""

_CHANNELS = (1, 3, 4)
"""How many channels pictures have."""


def _has_channels_last(shape: tuple[Any, ...]) -> bool:
    """Whether a shape is most likely that of a picture as numpy and Pillow have it."""
    return len(shape) == 3 and shape[0] not in _CHANNELS and shape[-1] in _CHANNELS and all(map(is_number, shape))


_INFERRED_SIZE = "give no size of what flows in: input sizes are inferred"
_BEHIND_SIZES: Mapping[str, str] = {
    **dict.fromkeys(("bias", "eps", "dropout"), _INFERRED_SIZE),
    "init": "give no size: it follows from the shapes of the two layers",
}
"""Arguments on which a number falls when a size is given that is inferred, such as PyTorch's input size."""


def _named(word: str) -> type[Component] | None:
    """The component of this name, in whatever case it is written."""
    return next((one for name, one in components().items() if name.casefold() == word.casefold()), None)
