"""Where the files lie that a spec names, and its text for another folder than its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ..component import find
from ..data.base import Dataset
from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..graph.sources import Factory
from ..graph.sources import Source as NetworkSource
from ..source import Source
from ..syntax import nodes
from ..syntax.parser import parse
from ..syntax.spelling import spell
from ..syntax.walk import children

ROOT = "root"
"""The field by which published data sets say in which folder they lie."""


def moved(text: str, base: Path, folder: Path) -> str:
    """A spec's text in which names of files and of the user's modules are as seen from another folder.

    Args:
        text: The spec.
        base: The folder that it is in.
        folder: The one that it is to be read in.
    """
    edits = _Mover(base, folder).edits(parse(Source("spec", text), Reporter()))
    for start, end, replacement in sorted(edits, reverse=True):
        text = f"{text[:start]}{replacement}{text[end:]}"
    return text


def own_module(factory: Factory, base: Path) -> Path | None:
    """The file or folder of the module that makes a network, beside a spec in `base`; None if it lies elsewhere."""
    root = base / factory.folder / factory.module.partition(".")[0]
    return next((place for place in (root.with_suffix(".py"), root) if place.exists()), None)


Edit = tuple[int, int, str]
"""Where a piece of text begins and ends, and what to put in its place."""


@dataclass(frozen=True)
class _Mover:
    base: Path
    folder: Path

    def edits(self, node: nodes.Node) -> Iterator[Edit]:
        """What changes below a node: texts that may name a file, not those that an op, a loss or the like is given."""
        match node:
            case nodes.String():
                yield from self._string(node)
            case nodes.Call(function=nodes.Name(id=word)):
                called = find(word)
                if called is not None and issubclass(called, Dataset):
                    yield from self._dataset(node, called)
                elif called is not None and issubclass(called, NetworkSource):
                    yield from self._network(node, called)
            case _:
                yield from (edit for child in children(node) for edit in self.edits(child))

    def _dataset(self, call: nodes.Call, dataset: type[Dataset]) -> Iterator[Edit]:
        fields = list(dataset.model_fields)
        given = [a.name.text if a.name else fields[place] for place, a in enumerate(call.arguments[: len(fields)])]
        for argument in call.arguments:
            if isinstance(argument.value, nodes.String):
                yield from self._string(argument.value, is_file=True)
        if ROOT in fields and ROOT not in given:
            # a default is as seen from the spec, too
            default = dataset.model_fields[ROOT].default
            if isinstance(default, str) and (self.base / default).exists():
                there = f"{', ' * bool(given)}{ROOT}={_quoted(self._relative(default))}"
                yield call.span.end - 1, call.span.end - 1, there

    def _network(self, call: nodes.Call, source: type[NetworkSource]) -> Iterator[Edit]:
        names = {"weights"} if source.package else {"weights", "model"}
        for argument, field in zip(call.arguments, source.model_fields, strict=False):
            if (argument.name.text if argument.name else field) in names:
                yield from self.edits(argument.value)

    def _string(self, string: nodes.String, *, is_file: bool = False) -> Iterator[Edit]:
        there = self._seen(string.value, is_file=is_file)
        if there is not None:
            yield string.span.start, string.span.end, _quoted(there)

    def _seen(self, name: str, *, is_file: bool) -> str | None:
        """A name of something beside the spec as seen from the other folder; None for any other text."""
        if Path(name).is_absolute() or not (is_file or name.strip("./")):
            return None
        if (self.base / name).exists():
            return self._relative(name)
        factory = Factory.read(name)
        if factory is None or own_module(factory, self.base) is None:
            return None
        return factory.inside(self._relative(factory.folder))

    def _relative(self, name: str) -> str:
        # links to folders are followed, as `..` leads out of where they lead to
        place = self.base / name
        real = place.resolve() if place.is_dir() else place.parent.resolve() / place.name
        return Path(os.path.relpath(real, self.folder.resolve())).as_posix()


def _quoted(text: str) -> str:
    return spell(nodes.String(value=text))
