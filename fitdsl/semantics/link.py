"""A spec together with everything it uses: one list of declarations, each file read once.

A used file stands relative to the file that uses it and must lie inside the project, so that checking a spec from a
stranger reads nothing else of the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from pathlib import Path

from ..dataclass import dataclass
from ..diagnostics import Reporter
from ..syntax import nodes
from ..syntax.parser import parse
from ..syntax.reading import load_source

PROJECT_MARKS = ("pyproject.toml", "fit.toml", ".git")


def project_root(folder: Path) -> Path:
    """The nearest parent that holds a project mark, or the folder itself where there is none."""
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in PROJECT_MARKS):
            return candidate
    return folder


@dataclass(frozen=True)
class Linked:
    """A spec in which each `use` is replaced by the declarations of the file it names, and those files."""

    spec: nodes.Spec
    used: frozenset[Path]


def link(spec: nodes.Spec, path: Path | None, include: Sequence[Path], reporter: Reporter) -> Linked:
    """A spec together with everything it uses.

    Args:
        spec: The tree as parsed.
        path: Its file; None for a text without one, which stands in the current folder.
        include: Further folders from which files may be used.
        reporter: Told of files that are missing, outside the project or that use each other in a circle.
    """
    folder = Path.cwd() if path is None else path.resolve().parent
    roots = (project_root(folder), *(extra.resolve() for extra in include))
    linker = _Linker(roots, reporter, open=[] if path is None else [path.resolve()])
    return Linked(replace(spec, declarations=linker.expand(spec, folder)), frozenset(linker.done))


@dataclass
class _Linker:
    roots: tuple[Path, ...]
    reporter: Reporter
    done: set[Path] = field(default_factory=set)
    open: list[Path] = field(default_factory=list)

    def expand(self, spec: nodes.Spec, folder: Path) -> tuple[nodes.Declaration, ...]:
        found: list[nodes.Declaration] = []
        for declaration in spec.declarations:
            found.extend(self.used(declaration, folder) if isinstance(declaration, nodes.Use) else (declaration,))
        return tuple(found)

    def used(self, use: nodes.Use, folder: Path) -> tuple[nodes.Declaration, ...]:
        path = self.locate(use, folder)
        if path is None or path in self.done:
            return ()
        if path in self.open:
            circle = " -> ".join(p.name for p in (*self.open[self.open.index(path) :], path))
            self.reporter.error(
                "FIT1022",
                use.span,
                f"these files use each other in a circle: {circle}",
                helps=("move what both need into a third file",),
            )
            return ()
        read = Reporter()
        source = load_source(_as_shown(path), read)
        if source is None:
            for found in read.diagnostics:
                message = f"cannot use `{use.path.value}`: {found.message}"
                self.reporter.error(found.code, use.path.span, message, helps=found.helps)
            return ()
        self.open.append(path)
        declarations = self.expand(parse(source, self.reporter), path.parent)
        self.open.pop()
        self.done.add(path)
        return declarations

    def locate(self, use: nodes.Use, folder: Path) -> Path | None:
        written = use.path.value
        candidates = [path for base in (folder, *self.roots[1:]) if (path := _resolved(base / written))]
        inside = [path for path in candidates if any(path.is_relative_to(root) for root in self.roots)]
        if candidates and not inside:
            self.reporter.error(
                "FIT1021",
                use.path.span,
                f"`{written}` lies outside the project",
                notes=(f"the project is {self.roots[0]}",),
                helps=("move the file into the project, or allow its folder with --include",),
            )
            return None
        existing = [path for path in inside if path.is_file()]
        if not existing:
            self.reporter.error(
                "FIT1020",
                use.path.span,
                f"cannot use `{written}`: {_absence(inside)}",
                helps=("a used file stands relative to the file that uses it",),
            )
            return None
        return existing[0]


def _resolved(path: Path) -> Path | None:
    """Where a path leads; None where no file can have it: a circle of links, a name too long, a NUL character."""
    try:
        resolved = path.resolve()
        resolved.exists()
    except (OSError, RuntimeError, ValueError):
        return None
    return resolved


def _absence(places: Sequence[Path]) -> str:
    """Why none of these is a file."""
    if not places:
        return "no file can have this path"
    return f"{places[0]} is a folder or a device" if places[0].exists() else f"there is no {places[0]}"


def _as_shown(path: Path) -> Path:
    """The path as messages name it: from the current folder where the file lies below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
