"""Where the files lie that a spec names, and its text for another folder than its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..component import find
from ..data.base import Dataset
from ..diagnostics import Reporter
from ..graph.sources import Factory
from ..graph.sources import Source as NetworkSource
from ..source import Source
from ..syntax import nodes
from ..syntax.parser import parse
from ..syntax.walk import children


def moved(text: str, base: Path, folder: Path) -> str:
    """A spec's text in which names of files and of the user's modules are as seen from another folder.

    Args:
        text: The spec.
        base: The folder that it is in.
        folder: The one that it is to be read in.
    """
    found = _paths(parse(Source("spec", text), Reporter()))
    for string in sorted(found, key=lambda string: string.span.start, reverse=True):
        if seen := _seen_from(folder, string.value, base):
            text = f'{text[: string.span.start]}"{seen}"{text[string.span.end :]}'
    return text


def own_module(factory: Factory, base: Path) -> Path | None:
    """The file or folder of the module that makes a network, beside a spec in `base`; None if it lies elsewhere."""
    root = base / factory.folder / factory.module.partition(".")[0]
    return next((place for place in (root.with_suffix(".py"), root) if place.exists()), None)


def _paths(node: nodes.Node) -> Iterator[nodes.String]:
    """The texts that may name a file or a function: all but those that an op, a loss or the like is given."""
    match node:
        case nodes.String():
            yield node
        case nodes.Call(function=nodes.Name(id=word)):
            called = find(word)
            if called is not None and issubclass(called, Dataset):
                yield from _below(node)
            elif called is not None and issubclass(called, NetworkSource):
                yield from _paths_of_source(node, called)
        case _:
            yield from _below(node)


def _below(node: nodes.Node) -> Iterator[nodes.String]:
    return (string for child in children(node) for string in _paths(child))


def _paths_of_source(call: nodes.Call, source: type[NetworkSource]) -> Iterator[nodes.String]:
    names = {"weights"} if source.package else {"weights", "model"}
    for argument, field in zip(call.arguments, source.model_fields, strict=False):
        if (argument.name.text if argument.name else field) in names:
            yield from _paths(argument.value)


def _seen_from(folder: Path, name: str, base: Path) -> str | None:
    """A name of something beside the spec; None for any other text."""
    if Path(name).is_absolute() or not name.strip("./"):
        return None
    if (base / name).exists():
        return _relative(base / name, folder)
    factory = Factory.read(name)
    if factory is None or own_module(factory, base) is None:
        return None
    return factory.inside(_relative(base / factory.folder, folder))


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
