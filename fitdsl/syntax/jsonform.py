"""The canonical JSON of a spec: the tree itself, each node tagged with its `kind`, comments and spellings kept.

The pydantic models that check it, and with them the JSON Schema, are derived from the node classes: there is no second
description of the language to keep in step.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, ForwardRef, Literal, Union, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic import Field as ModelField

from ..diagnostics import FitError, Reporter
from ..source import Source
from . import nodes
from .parser import parse
from .printer import print_spec

FORMAT_VERSION = 1


def to_json(spec: nodes.Spec) -> str:
    """The JSON of a spec; what is at its default is left out."""
    return json.dumps({"format_version": FORMAT_VERSION, **_plain(spec)}, indent=2, ensure_ascii=False) + "\n"


def from_json(text: str) -> nodes.Spec:
    """The spec that some JSON says.

    Raises:
        FitError: The JSON does not match the schema, or says what no spec can say.
    """
    try:
        spec = _node(_document().model_validate_json(text, strict=True))
    except ValidationError as error:
        raise _refused(text, _readable(error)) from None
    printed = print_spec(cast(nodes.Spec, spec))
    if parse(Source("<json>", printed), Reporter()) != spec:
        raise _refused(text, "some name or number in this JSON cannot be written in a spec")
    return cast(nodes.Spec, spec)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the JSON of specs."""
    return _document().model_json_schema()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if not isinstance(value, nodes.Node | nodes.Trivia):
        return value
    kept = {field.name: getattr(value, field.name) for field in _fields(type(value))}
    defaults = {field.name: field.default for field in _fields(type(value))}
    tag = {"kind": type(value).__name__} if isinstance(value, nodes.Node) else {}
    return {**tag, **{name: _plain(part) for name, part in kept.items() if part != defaults[name]}}


def _fields(cls: type[Any]) -> list[Field[Any]]:
    """The fields that are written, comments last."""
    return sorted((field for field in fields(cls) if field.name != "span"), key=lambda field: field.name == "trivia")


# Models derived from the node classes ---------------------------------------------------------------------------------


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


@cache
def _document() -> type[_Model]:
    """The model of a whole document."""
    version = (Literal[1], FORMAT_VERSION)
    models = {name: _model(cls) for name, cls in _reachable(nodes.Spec, {}).items()}
    models["Spec"] = _model(nodes.Spec, format_version=version)
    for model in models.values():
        model.model_rebuild(_types_namespace=models)
    return models["Spec"]


def _reachable(cls: type[Any], found: dict[str, type[Any]]) -> dict[str, type[Any]]:
    """A class and all classes that its fields can hold, by name."""
    found[cls.__name__] = cls
    hints = get_type_hints(cls)
    for field in _fields(cls):
        for part in _classes_in(hints[field.name]):
            if part.__name__ not in found:
                _reachable(part, found)
    return found


def _classes_in(annotation: Any) -> list[type[Any]]:
    if is_dataclass(annotation):
        return [cast("type[Any]", annotation)]
    return [cls for argument in get_args(annotation) for cls in _classes_in(argument)]


def _model(cls: type[Any], **extra: Any) -> type[_Model]:
    """The model of a node class: its fields but for the span, and a tag where it is a kind of node."""
    hints = get_type_hints(cls)
    tag = {"kind": (Literal[cls.__name__], ...)} if issubclass(cls, nodes.Node) else {}
    parts = {
        field.name: (_annotation(hints[field.name]), ... if field.default is MISSING else field.default)
        for field in _fields(cls)
    }
    definitions: dict[str, Any] = {**extra, **tag, **parts}
    return create_model(cls.__name__, __base__=_Model, __doc__=cls.__doc__, **definitions)


def _annotation(annotation: Any) -> Any:
    """An annotation with models in place of classes, told apart by their kind."""
    if is_dataclass(annotation):
        return ForwardRef(cast("type[Any]", annotation).__name__)
    arguments = get_args(annotation)
    if get_origin(annotation) is tuple:
        return tuple.__class_getitem__((_annotation(arguments[0]), ...))
    if get_origin(annotation) not in (Union, UnionType):
        return annotation
    kinds = [_annotation(argument) for argument in arguments if is_dataclass(argument)]
    others = [argument for argument in arguments if not is_dataclass(argument)]
    return _union([*([_told_apart(kinds)] if len(kinds) > 1 else kinds), *others])


def _told_apart(kinds: list[Any]) -> Any:
    return cast(Any, Annotated)[_union(kinds), ModelField(discriminator="kind")]


def _union(members: list[Any]) -> Any:
    return Union.__getitem__(tuple(members))


def _node(value: Any) -> Any:
    """The node that a model stands for."""
    if isinstance(value, tuple):
        return tuple(_node(item) for item in value)
    if not isinstance(value, _Model):
        return value
    cls = getattr(nodes, type(value).__name__)
    names = value.model_fields_set - {"kind", "format_version"}
    return cls(**{name: _node(getattr(value, name)) for name in names})


def _refused(text: str, message: str) -> FitError:
    reporter = Reporter()
    reporter.error("FIT0027", Source("<json>", text).span(0, 0), message)
    return FitError(reporter.diagnostics)


def _readable(error: ValidationError) -> str:
    """The first finding of pydantic, with the path to it."""
    first = error.errors()[0]
    path = ".".join(map(str, first["loc"]))
    return f"this JSON is no spec: at `{path}`: {first['msg']}" if path else f"this JSON is no spec: {first['msg']}"
